"""The licences that a module's locked packages state, read from the packages as installed.

Not from the lock: the module's author writes that. Source: the licence expressions of SPDX 2.3,
annex D.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import CouldNotCheckError
from gates.filesystem import is_file, is_link
from gates.model import RanRecord
from gates.records import dataclass, replace
from gates.toolchains.locks import Locked
from gates.toolchains.tools import Tools

if TYPE_CHECKING:
    from boolean import Expression
    from license_expression import Licensing

RECORD = "package-licenses"
"""The ran-record of the scan whose detail says what each package states."""
MOST_STATED = 60_000
"""Characters."""
_MAX_METADATA = 4 * 1024 * 1024


_PLAIN = {
    each.casefold(): each
    for each in (
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "CC-BY-4.0",
        "CC0-1.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
    )
}  # fmt: skip
"""What nearly all packages state, so that the tables of 2,000 licences are not made for it."""


@dataclass(frozen=True)
class Licensed:
    """One locked package with the licences that it states."""

    package: Locked
    statements: tuple[str, ...]
    """SPDX expressions, and whatever else it says of its licence, as it is; () for nothing."""
    carrier: str = ""
    """The package that carries it, where no lock lists it."""

    absent: bool = False
    """Whether it is locked for other machines, and so nobody here knows what it states."""

    @property
    def title(self) -> str:
        """Its name and version, and where it lies."""
        inside = f" in {self.carrier}" if self.carrier else ""
        return f"{self.package.name} {self.package.version}{inside}"


def read_licenses(tools: Tools) -> tuple[list[Licensed], str]:
    """The packages that run with the module, with their licences, and the lock's path; where the
    lock is not the module's own, that of the file which names its packages.

    A package that another one carries counts where it states a licence; without one it has that of
    its carrier. Raises `CouldNotCheckError` where there is no usable lock or a package is not
    installed.
    """
    from gates.toolchains.advisory_search import locked_packages
    from gates.toolchains.languages import language_of

    language = language_of(tools.session.module)
    packages, path = locked_packages(tools)
    found = language.read_licenses(tools, packages)
    found += _of_carried(tools, found, packages)
    tools.records.append(RanRecord(RECORD, "", 0, len(found), 0.0, write_stated(found)))
    return found, path


def _of_carried(
    tools: Tools, running: Sequence[Licensed], packages: Sequence[Locked]
) -> list[Licensed]:
    from gates.toolchains.carried.packages import as_locked, carried_in
    from gates.toolchains.languages import LANGUAGES

    parsers = {each.ecosystem.name: each.parse_licenses for each in LANGUAGES.values()}
    kept = {(each.package.name, each.package.version) for each in running}
    found = []
    for each in carried_in(tools).unique():
        runs = not each.carrier.folder or (each.carrier.name, each.carrier.version) in kept
        if each.manifest and runs:
            licensed = parsers[each.ecosystem](as_locked(each, packages), each.manifest)
            found += [replace(licensed, carrier=str(each.carrier))] if licensed.statements else []
    return found


def write_stated(found: Sequence[Licensed]) -> str:
    """What packages state, as a ran-record keeps it: JSON, statements by name and version; "" where
    that is longer than evidence keeps of a detail."""
    stated = {each.title: list(each.statements) for each in found if not each.absent}
    text = json.dumps(stated, sort_keys=True, separators=(",", ":"))
    return text if len(text) <= MOST_STATED else ""


def read_stated(detail: str) -> dict[str, tuple[str, ...]]:
    """What `write_stated` wrote. Raises `ValueError` for anything else."""
    stated = json.loads(detail)
    if not isinstance(stated, dict) or not all(
        isinstance(each, list) and all(isinstance(text, str) for text in each)
        for each in stated.values()
    ):
        raise ValueError("it is no table of lists")
    return {name: tuple(each) for name, each in stated.items()}


def find_fault(package: Licensed, allowed: Collection[str]) -> str:
    """Why a package may not be used, as the end of a sentence about it; "" where it may.

    All that it states has to be allowed: one of several statements is no choice.
    """
    if package.absent:
        return ""
    if not package.statements:
        return "states no licence of the SPDX list"
    against = {text: find_refused(text, allowed) for text in package.statements}
    refused = {text: each for text, each in against.items() if each != []}
    if not refused:
        return ""
    names = sorted({name for each in refused.values() for name in each or ()})
    unknown = [text for text, each in refused.items() if each is None]
    reasons = [f"the policy does not allow {', '.join(names)}"] if names else []
    if len(against) > 1:
        said = " and ".join(repr(text[:80]) for text in against)
        reasons += [f"{text[:80]!r} is no licence of the SPDX list" for text in unknown]
        return f"states more than one licence, {said}; {', and '.join(reasons)}"
    if unknown:
        return f"states {unknown[0][:80]!r}, which is no licence of the SPDX list"
    return f"is under {package.statements[0]}; {reasons[0]}"


def find_refused(expression: str, allowed: Collection[str]) -> list[str] | None:
    """The licences of an SPDX expression that keep it from being allowed; [] where it is.

    Of licences joined by OR one must be allowed, of those joined by AND all; an exception (WITH)
    only adds permissions. None for a text that is no SPDX expression.
    """
    if len(expression) > 500 or expression.count("(") > 20:
        return None
    names = [_PLAIN.get(each.casefold(), "") for each in expression.split(" OR ")]
    if all(names):
        may = {each.casefold() for each in allowed}
        return [] if any(each.casefold() in may for each in names) else sorted({*names})
    from license_expression import ExpressionError

    licensing = _licensing()
    try:
        parsed = licensing.parse(expression, validate=True)
    except (ExpressionError, ValueError, TypeError, AttributeError, LookupError):
        return None
    return None if parsed is None else _refused(parsed, {each.casefold() for each in allowed})


@cache
def _licensing() -> Licensing:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def _refused(parsed: Expression, allowed: Collection[str]) -> list[str]:
    name = type(parsed).__name__
    if name in {"AND", "OR"}:
        parts = [_refused(each, allowed) for each in parsed.args]
        if name == "OR" and any(not each for each in parts):
            return []
        return sorted({one for each in parts for one in each})
    base = getattr(parsed, "license_symbol", parsed)
    return [] if str(base.key).casefold() in allowed else [str(base.key)]


def read_metadata(path: Path) -> str:
    """The start of a file of an installed package; raises where it is not there."""
    if is_link(path) or not is_file(path):
        raise CouldNotCheckError(f"{path.parent.name} is locked and not installed")
    with path.open("rb") as stream:
        return stream.read(_MAX_METADATA).decode("utf-8", "replace")
