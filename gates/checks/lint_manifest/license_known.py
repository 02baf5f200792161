"""The licence is an SPDX expression, or Proprietary."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Level, Stage
from gates.module import Module
from gates.module.document import show
from gates.module.explain import closest

PROPRIETARY = "Proprietary"
COMMON = frozenset(
    {
        PROPRIETARY, "Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MPL-2.0",
        "GPL-2.0-only", "GPL-3.0-only", "LGPL-3.0-only", "AGPL-3.0-only", "MIT OR Apache-2.0",
    }
)  # fmt: skip
"""Known without loading the SPDX list, which takes longer than all the rest of this stage."""


@check(Stage.LINT_MANIFEST)
def license_known(module: Module) -> Iterator[Finding]:
    """The licence is an SPDX expression, or Proprietary.

    Why: what may be combined and sold is decided by tools, and tools know SPDX identifiers.
    Bad: "license": "Apache 2", "license": "see LICENSE file"
    Good: "license": "Apache-2.0", "license": "MIT OR Apache-2.0", "license": "Proprietary"
    Fix: write the identifier from the SPDX licence list, joined by AND, OR and WITH.
    """
    document = module.require_manifest()
    text = document.get("license")
    if not isinstance(text, str) or not text or text in COMMON:
        return
    if wrong := _why(text):
        message, fix = wrong
        # SPDX compares identifiers without regard to case, so another spelling is still right.
        level = Level.WARNING if " is written " in message else Level.ERROR
        yield license_known.finding(message, document.at("license"), level=level, fix=fix)


def _why(text: str) -> tuple[str, str] | None:
    from license_expression import ExpressionError, get_spdx_licensing

    licensing = get_spdx_licensing()
    if text.casefold() == PROPRIETARY.casefold():
        return f"{show(text)} is written {PROPRIETARY}", f'write "{PROPRIETARY}"'
    fix = 'write an SPDX identifier, such as "Apache-2.0", or "Proprietary"'
    if len(text) > 500 or text.count("(") > 20:
        return "the licence expression is too long to be one", fix
    try:
        parsed = licensing.parse(text, validate=False)
        unknown = licensing.unknown_license_keys(parsed)
    except (ExpressionError, ValueError, TypeError, AttributeError, LookupError):
        return f"{show(text)} is no SPDX expression", _guess(text) or fix
    unknown = [each for each in unknown if not each.startswith("LicenseRef-")]
    if unknown:
        named = ", ".join(show(each) for each in unknown[:3])
        return f"{named} is no licence on the SPDX list", _guess(unknown[0]) or fix
    if parsed is None:
        return f"{show(text)} is no SPDX expression", fix
    plain = parsed.render("{symbol.key}")
    return None if plain == text else _spelling(text, plain)


def _spelling(text: str, plain: str) -> tuple[str, str] | None:
    squeezed = " ".join(text.replace("(", " ( ").replace(")", " ) ").split())
    other = " ".join(plain.replace("(", " ( ").replace(")", " ) ").split())
    if squeezed.casefold() == other.casefold() and squeezed != other:
        return f"{show(text)} is written {plain}", f'write "{plain}"'
    return None


def _guess(text: str) -> str | None:
    from license_expression import get_spdx_licensing

    by_loose = {
        "apache 2": "Apache-2.0", "apache 2.0": "Apache-2.0", "apache2": "Apache-2.0",
        "apache": "Apache-2.0", "apache license 2.0": "Apache-2.0", "bsd": "BSD-3-Clause",
        "mit license": "MIT", "gpl": "GPL-3.0-only", "gplv3": "GPL-3.0-only",
        "unlicensed": PROPRIETARY, "closed": PROPRIETARY, "commercial": PROPRIETARY,
    }  # fmt: skip
    if "/" in text or "," in text:
        return 'join several with OR or AND, such as "MIT OR Apache-2.0"'
    guess = by_loose.get(text.casefold().strip())
    guess = guess or closest(text, [*get_spdx_licensing().known_symbols, PROPRIETARY], 0.8)
    return f'did you mean "{guess}"?' if guess else None
