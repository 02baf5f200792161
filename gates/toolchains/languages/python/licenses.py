"""The licences that installed Python packages state in their metadata.

Source: core metadata 2.4 of the Python packaging specifications (License-Expression, Classifier).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.parser import HeaderParser

from gates.errors import CouldNotCheckError
from gates.toolchains.languages.python.environment import install_packages
from gates.toolchains.languages.python.lock import applies, normalize
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
_IDS = re.compile(r"[A-Za-z0-9.+-]+")
_MAX_WORDS = 120
"""A longer field License is the text of a licence, not its name."""
_NO_LICENCE = {"OSI Approved", "DFSG approved"}
"""Classifiers that say that there is a licence, and not which."""
_WORDS = {
    "apache": "Apache-2.0", "apache 2": "Apache-2.0", "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0", "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause", "bsd license": "BSD-3-Clause", "new bsd": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause", "bsd 3-clause": "BSD-3-Clause", "bsd-3-clause license":
    "BSD-3-Clause", "2-clause bsd": "BSD-2-Clause", "bsd 2-clause": "BSD-2-Clause",
    "isc license": "ISC", "mit license": "MIT", "the mit license": "MIT", "mpl 2.0": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0", "psf": "PSF-2.0", "psfl": "PSF-2.0",
    "lgplv3": "LGPL-3.0-only", "lgplv3+": "LGPL-3.0-or-later", "gplv2": "GPL-2.0-only",
    "gplv2+": "GPL-2.0-or-later", "gplv3": "GPL-3.0-only", "gplv3+": "GPL-3.0-or-later",
    "agplv3": "AGPL-3.0-only", "agplv3+": "AGPL-3.0-or-later",
    "psf license": "PSF-2.0", "python software foundation license": "PSF-2.0",
}  # fmt: skip
"""What the field License says instead of an SPDX id, in small letters."""
_STRICT = re.compile(
    r"\b(?:[AL]?GPL|GNU|SSPL|BUSL|copyleft|proprietary|commercial|all rights reserved)(?![a-z])",
    re.IGNORECASE,
)
"""What a text of permissive licences does not speak of."""


def read_licenses(tools: Tools, packages: Sequence[Locked]) -> list[Licensed]:
    """The packages that are installed on this machine, with their licences."""
    site = install_packages(tools).site_packages
    installed = {
        normalize(folder.name.split("-")[0]): folder / "METADATA"
        for folder in site.glob("*.dist-info")
    }
    found = []
    for package in packages:
        if not applies(package):
            found.append(Licensed(package, (), absent=True))
        elif package.name in installed:
            found.append(parse_licenses(package, read_metadata(installed[package.name])))
        else:
            raise CouldNotCheckError(f"{package.name} is locked and not installed")
    return found


def parse_licenses(package: Locked, text: str) -> Licensed:
    """The licences that a file METADATA states: by expression, field License and classifiers.

    A classifier says less than an expression of its family ("BSD License" and BSD-2-Clause), and
    does not count beside it. A whole text in the field License counts beside other statements only
    where it speaks of what permissive licences do not.
    """
    fields = HeaderParser().parsestr(text)
    exact = [each for each in ((fields["License-Expression"] or "").strip(),) if each]
    words = " ".join((fields["License"] or "").split())
    if words.casefold() in {"unknown", "none", "n/a"}:
        words = ""
    if words and words.casefold() not in _WORDS and find_refused(words, ()) is not None:
        exact.append(words)
        words = ""
    names = {_family(id_) for each in exact for id_ in _IDS.findall(each)}
    others = []
    for classifier in fields.get_all("Classifier", []):
        name = classifier.rpartition(" :: ")[2].strip()
        if classifier.startswith("License :: ") and name not in _NO_LICENCE:
            known = _CLASSIFIERS.get(name, "")
            if not known or _family(known) not in names:
                others.append(known or name)
    known = _WORDS.get(words.casefold(), "")
    same = known and _family(known) in names | {_family(each) for each in others}
    whole = len(words) > _MAX_WORDS and (exact or others) and not _STRICT.search(words)
    if words and not same and not whole:
        others.append(known or words)
    return Licensed(package, tuple(dict.fromkeys([*exact, *others])))


def _family(spdx: str) -> str:
    return spdx.partition("-")[0].casefold()
