"""The licences that installed npm packages state. Source: `license` of npm's package.json."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gates.errors import CouldNotCheckError
from gates.toolchains.languages.typescript.install_files import find_lock
from gates.toolchains.languages.typescript.lock import lock_entries, reachable
from gates.toolchains.languages.typescript.packages import install_packages
from gates.toolchains.licenses import Licensed, read_metadata
from gates.toolchains.locks import Locked
from gates.toolchains.tools import Tools


def read_licenses(tools: Tools, packages: Sequence[Locked]) -> list[Licensed]:
    """The packages that run with the module, with their licences.

    Those that only develop, test or build it are left out: they are not shipped. The lock is
    asked only for what depends on what.
    """
    made = install_packages(tools)
    text, member, _ = find_lock(tools.session)
    entries = lock_entries(text)
    running = reachable(entries, member, development=False)
    by_name = {(each.name, each.version): each for each in packages}
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
        found.append(parse_package_json(package, read_metadata(manifest)))
    return found


def parse_package_json(package: Locked, text: str) -> Licensed:
    """The licence that a package.json states."""
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
