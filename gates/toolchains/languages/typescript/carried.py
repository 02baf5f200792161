"""What installed npm packages carry."""

from __future__ import annotations

from functools import cache

from gates.toolchains.carried.found import Carrier, Findings
from gates.toolchains.carried.scan import files_below
from gates.toolchains.carried.scan import find_carried as find
from gates.toolchains.languages.typescript.install_files import find_lock
from gates.toolchains.languages.typescript.lock import lock_entries, name_in
from gates.toolchains.languages.typescript.packages import install_packages
from gates.toolchains.tools import Tools


def find_carried(tools: Tools) -> Findings:
    """What lies inside of the packages below each `node_modules` that npm made."""
    made = install_packages(tools)
    text, _, _ = find_lock(tools.session)
    entries = lock_entries(text)
    members = [path for path in entries if "node_modules/" not in f"{path}/"]
    folders = [f"{path}/node_modules".lstrip("/") for path in members]

    @cache
    def carrier(folder: str) -> Carrier:
        entry = entries.get(folder, {})
        name = name_in(entries, folder) if entry else folder.rpartition("node_modules/")[2]
        return Carrier(name, str(entry.get("version") or "?"), folder)

    return find(
        files_below(made.folder, folders),
        lambda path: carrier(package_folder(path)),
        lambda path: path == f"{package_folder(path)}/package.json",
    )


def package_folder(path: str) -> str:
    """The folder of the installed package that a file belongs to.

    A folder node_modules further inside is the package's own: no installer has put it there.
    """
    parts = path.split("/")
    at = parts.index("node_modules") if "node_modules" in parts else len(parts)
    while parts[at : at + 1] == ["node_modules"] and at + 2 < len(parts):
        at += 3 if parts[at + 1].startswith("@") else 2
    return "/".join(parts[:at])
