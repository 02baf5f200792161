"""What installed Python packages carry."""

from __future__ import annotations

import csv
import posixpath
from importlib.metadata import distributions

from gates.toolchains.carried.found import Carrier, Findings
from gates.toolchains.carried.scan import Entry, files_below
from gates.toolchains.carried.scan import find_carried as find
from gates.toolchains.languages.python.environment import PythonEnvironment, install_packages
from gates.toolchains.languages.python.lock import normalize
from gates.toolchains.languages.python.tree import named_in
from gates.toolchains.tools import Tools

_DATA = ("etc", "share")
"""Where wheels put data beside site-packages."""
_METADATA = (".dist-info", ".egg-info")


def find_carried(tools: Tools) -> Findings:
    """What lies inside of the distributions in site-packages, and in what they put beside it."""
    made = install_packages(tools)
    owners = _owners(made)

    def carrier(path: str) -> Carrier:
        file = path.partition(" > ")[0]
        while file and file not in owners:
            file = posixpath.dirname(file)
        top = path.partition("/")[0]
        return owners.get(file) or Carrier(normalize(top), "?", normalize(top))

    def is_own(path: str) -> bool:
        folder, _, name = path.partition("/")
        return folder.endswith(_METADATA) and name in {"METADATA", "PKG-INFO"}

    beside = posixpath.relpath(made.folder, made.site_packages)
    entries = [
        *files_below(made.site_packages, [""]),
        *(Entry(f"{beside}/{each.path}", each.opener) for each in files_below(made.folder, _DATA)),
    ]
    return find(entries, carrier, is_own)


def _owners(made: PythonEnvironment) -> dict[str, Carrier]:
    """Whose a file or a folder in site-packages is, as RECORD says, by its path."""
    found: dict[str, Carrier] = {}
    for each in distributions(path=[str(made.site_packages)]):
        said, version = named_in(each.read_text("METADATA") or each.read_text("PKG-INFO") or "")
        name = normalize(said)
        carrier = Carrier(name, version, name)
        for row in filter(None, csv.reader((each.read_text("RECORD") or "").splitlines())):
            path = posixpath.normpath(row[0])
            found[path] = carrier
            folder = posixpath.dirname(path)
            while "/" in folder and folder not in found:
                found[folder] = carrier
                folder = posixpath.dirname(folder)
    return found
