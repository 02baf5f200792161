"""The licences that installed npm packages state. Source: `license` of npm's package.json."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gates.errors import CouldNotCheckError
from gates.filesystem import is_file
from gates.toolchains.languages.typescript.install_files import find_lock
from gates.toolchains.languages.typescript.lock import lock_entries, reachable, resolve
from gates.toolchains.languages.typescript.packages import install_packages
from gates.toolchains.languages.typescript.sources.imports import find_imports
from gates.toolchains.licenses import Licensed, read_metadata
from gates.toolchains.locks import Locked
from gates.toolchains.tools import Tools


def read_licenses(tools: Tools, packages: Sequence[Locked]) -> list[Licensed]:
    """The packages that run with the module, with their licences.

    Those that only develop, test or build it are left out, unless the sources import them: they
    are not shipped. The lock is asked only for what depends on what.
    """
    made = install_packages(tools)
    text, member, _ = find_lock(tools.session)
    entries = lock_entries(text)
    running = find_running(entries, member, find_imports(tools.session.module))
    by_name = {(each.name, each.version): each for each in packages}
    found = []
    for path in sorted(running):
        entry = entries[path]
        if entry.get("link") or "node_modules/" not in path:
            continue
        manifest = made.folder / path / "package.json"
        name = str(entry.get("name") or path.rpartition("node_modules/")[2])
        package = by_name.get((name, str(entry.get("version"))))
        if package is None:
            continue
        if not is_file(manifest) and entry.get("optional"):
            found.append(Licensed(package, (), absent=True))
            continue
        found.append(parse_licenses(package, read_metadata(manifest)))
    return found


def find_running(
    entries: Mapping[str, Mapping[str, Any]], member: str, imported: Collection[str] | None
) -> set[str]:
    """The folders in a lock that a module runs with, and what it imports from the others.

    Where nobody knows what it imports (None), they are all.
    """
    if imported is None:
        return reachable(entries, member)
    running = reachable(entries, member, development=False)
    for name in imported:
        place = resolve(entries, member, name)
        if place is not None and place not in running:
            running |= reachable(entries, place, development=False)
    return running


def parse_licenses(package: Locked, text: str) -> Licensed:
    """The licences that a package.json states, by `license` and by the older `licenses`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CouldNotCheckError(f"package.json of {package.name} is not JSON: {error}") from error
    if not isinstance(value, dict):
        return Licensed(package, ())
    found = [_stated(value["license"])] if value.get("license") else []
    several = value.get("licenses")
    if isinstance(several, list) and len(several) > 1:
        found.append(" OR ".join(f"({_stated(each)})" for each in several))
    elif several:
        found.append(_stated(several[0] if isinstance(several, list) else several))
    return Licensed(package, tuple(dict.fromkeys(found)))


def _stated(value: object) -> str:
    if isinstance(value, dict):  # npm's documentation calls this form outdated
        value = value.get("type", value)
    return value if isinstance(value, str) else json.dumps(value)
