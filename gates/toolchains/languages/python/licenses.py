"""The licences that installed Python packages state in their metadata.

Source: core metadata 2.4 of the Python packaging specifications (License-Expression, Classifier).
"""

from __future__ import annotations

from collections.abc import Sequence
from email.parser import HeaderParser

from gates.errors import CouldNotCheckError
from gates.toolchains.languages.python.environment import install_packages
from gates.toolchains.languages.python.lock import normalize
from gates.toolchains.licenses import Licensed, find_refused, read_metadata
from gates.toolchains.locks import Locked
from gates.toolchains.tools import Tools

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


def read_licenses(tools: Tools, packages: Sequence[Locked]) -> list[Licensed]:
    """The packages that are installed on this machine, with their licences."""
    site = install_packages(tools).site_packages
    installed = {
        normalize(folder.name.split("-")[0]): folder / "METADATA"
        for folder in site.glob("*.dist-info")
    }
    found = []
    for package in packages:
        if package.name in installed:
            found.append(parse_metadata(package, read_metadata(installed[package.name])))
        elif not package.marker:
            raise CouldNotCheckError(f"{package.name} is locked and not installed")
    return found


def parse_metadata(package: Locked, text: str) -> Licensed:
    """The licence that a file METADATA states."""
    fields = HeaderParser().parsestr(text)
    if expression := (fields["License-Expression"] or "").strip():
        return Licensed(package, expression, expression)
    stated = " ".join((fields["License"] or "").split())
    if stated and find_refused(stated, ()) is not None:
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
