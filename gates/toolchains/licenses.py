"""The licences that a module's locked packages state, read from the packages as installed.

Not from the lock: the module's author writes that. Sources: core metadata 2.4 of the Python
packaging specifications (License-Expression, Classifier), `license` of npm's package.json, and the
SPDX licence expressions of SPDX 2.3, annex D.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import CouldNotCheckError
from gates.model import RanRecord
from gates.toolchains import npm_packages, python
from gates.toolchains.locks import PYTHON_LOCK, Locked, reachable, read_npm_lock
from gates.toolchains.locks import npm_packages as npm_entries
from gates.toolchains.tools import Tools
from gates.toolchains.vulnerabilities import locked_packages

if TYPE_CHECKING:
    from boolean import Expression

_MAX_METADATA = 4 * 1024 * 1024
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Zope Public License": "ZPL-2.1",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
}
"""Trove classifiers of Python packages below "License :: OSI Approved ::", as SPDX ids."""


@dataclass(frozen=True)
class Licensed:
    """One locked package with the licence that it states."""

    package: Locked
    expression: str
    """As stated; "" where it states none, or one that has no SPDX form."""
    stated: str
    """What it says instead, shortened; "" where it says nothing."""


def read(tools: Tools) -> tuple[list[Licensed], str]:
    """The packages that run with the module, with their licences, and the lock's path.

    Of npm packages those that only develop, test or build it are left out: they are not shipped,
    and the lock is asked only for what depends on what.
    Raises `CouldNotCheckError` where there is no usable lock or a package is not installed.
    """
    packages, path = locked_packages(tools)
    if tools.session.module.language == "python":
        found = _python(tools, packages)
        path = PYTHON_LOCK
    else:
        found = _npm(tools)
    own = path in tools.session.module.files
    tools.records.append(RanRecord("package-licenses", "", 0, len(found), 0.0))
    return found, path if own else "package.json"


def refused(expression: str, allowed: Collection[str]) -> list[str] | None:
    """The licences of an SPDX expression that keep it from being allowed; [] where it is.

    Of licences joined by OR one must be allowed, of those joined by AND all; an exception (WITH)
    only adds permissions. None for a text that is no SPDX expression.
    """
    from license_expression import ExpressionError, get_spdx_licensing

    if len(expression) > 500 or expression.count("(") > 20:
        return None
    licensing = get_spdx_licensing()
    try:
        parsed = licensing.parse(expression, validate=True)
    except (ExpressionError, ValueError, TypeError, AttributeError, LookupError):
        return None
    return None if parsed is None else _refused(parsed, {each.casefold() for each in allowed})


def _refused(parsed: Expression, allowed: Collection[str]) -> list[str]:
    name = type(parsed).__name__
    if name in {"AND", "OR"}:
        parts = [_refused(each, allowed) for each in parsed.args]
        if name == "OR" and any(not each for each in parts):
            return []
        return sorted({one for each in parts for one in each})
    base = getattr(parsed, "license_symbol", parsed)
    return [] if str(base.key).casefold() in allowed else [str(base.key)]


def _python(tools: Tools, packages: list[Locked]) -> list[Licensed]:
    site = python.environment(tools).site_packages
    there = {
        re.sub(r"[-_.]+", "-", folder.name.split("-")[0]).lower(): folder / "METADATA"
        for folder in site.glob("*.dist-info")
    }
    found = []
    for package in packages:
        if package.name in there:
            found.append(_of_metadata(package, _text(there[package.name])))
        elif not package.marker:
            raise CouldNotCheckError(f"{package.name} is locked and not installed")
    return found


def _of_metadata(package: Locked, text: str) -> Licensed:
    from email.parser import HeaderParser

    fields = HeaderParser().parsestr(text)
    if expression := (fields["License-Expression"] or "").strip():
        return Licensed(package, expression, expression)
    stated = " ".join((fields["License"] or "").split())
    if stated and refused(stated, ()) is not None:
        return Licensed(package, stated, stated)
    names = [
        each.rpartition(" :: ")[2]
        for each in fields.get_all("Classifier", [])
        if each.startswith("License :: ")
    ]
    known = [_CLASSIFIERS.get(name, "") for name in names]
    # Several classifiers do not say whether one may choose, so every one has to be allowed.
    expression = " AND ".join(known) if known and all(known) else ""
    return Licensed(package, expression, (stated or ", ".join(names))[:80])


def _npm(tools: Tools) -> list[Licensed]:
    made = npm_packages.packages(tools)
    text, member, _ = npm_packages.locked(tools.session)
    entries = npm_entries(text)
    running = reachable(entries, member, development=False)
    by_name = {(each.name, each.version): each for each in read_npm_lock(text, member)}
    found = []
    for path in sorted(running):
        entry = entries[path]
        if entry.get("link") or "node_modules/" not in path:
            continue
        manifest = made.folder / path / "package.json"
        name = str(entry.get("name") or path.rpartition("node_modules/")[2])
        package = by_name.get((name, str(entry.get("version"))))
        if package is None or (not manifest.is_file() and entry.get("optional")):
            continue
        found.append(_of_package_json(package, _text(manifest)))
    return found


def _of_package_json(package: Locked, text: str) -> Licensed:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CouldNotCheckError(f"package.json of {package.name} is not JSON: {error}") from error
    stated = value.get("license") if isinstance(value, dict) else None
    several = value.get("licenses") if isinstance(value, dict) else None
    if isinstance(stated, dict):  # npm's documentation calls this and `licenses` outdated
        stated = stated.get("type")
    if stated is None and isinstance(several, list):
        types = [each.get("type") if isinstance(each, dict) else each for each in several]
        stated = " OR ".join(f"({each})" for each in types)
    text = stated if isinstance(stated, str) else ""
    return Licensed(package, text, text[:80])


def _text(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        raise CouldNotCheckError(f"{path.parent.name} is locked and not installed")
    with path.open("rb") as stream:
        return stream.read(_MAX_METADATA).decode("utf-8", "replace")
