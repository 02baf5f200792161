"""A module's own lock, and the packages that the platform's workspace supplies beside it. Pure.

Platform packages that no registry serves cannot stand in a module's lock. Where the policy names a
workspace which has them, the module is installed as if it were a member of that workspace, with
the versions of its own lock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gates.toolchains.languages.typescript.lock import (
    NAME,
    lock_entries,
    reachable,
    resolve,
)

SUPPLIED_MEMBER = "module"
"""The module's folder in the workspace that is made for it."""


def supply(text: str, shared: str) -> str | None:
    """The lock `text` with what it lacks and the workspace's lock `shared` has as its members.

    None where it lacks nothing of the kind, holds more than packages of registries, or has a name
    that no package can have. What stands in `text` stays on its line, so that findings name the
    right one. Raises `LockError` where a lock cannot be read.
    """
    own, others = lock_entries(text), lock_entries(shared)
    root = own.get("", {})
    if any(path and not _is_package(path, entry) for path, entry in own.items()):
        return None  # else a module could name folders of the workspace that it is not given
    kinds = (root.get("dependencies"), root.get("devDependencies"))
    wanted = {name: None for each in kinds if isinstance(each, dict) for name in each}
    links = [f"node_modules/{each}" for each in wanted if resolve(own, "", each) is None]
    links = [each for each in links if others.get(each, {}).get("link")]
    name = root.get("name")
    if not links or SUPPLIED_MEMBER in others or not isinstance(name, str):
        return None
    place = f"node_modules/{name}"
    if not NAME.fullmatch(name) or place in own or place in others:
        return None
    needed = set().union(*(reachable(others, each, development=False) for each in links))
    added: dict[str, object] = {path: others[path] for path in sorted(needed) if path not in own}
    added[""] = {"name": "workspace"}
    added[place] = {"resolved": SUPPLIED_MEMBER, "link": True}
    members = {SUPPLIED_MEMBER if path == "" else path: entry for path, entry in own.items()}
    document = {"lockfileVersion": 3, "packages": {**members, **added}}
    inserted = text.replace('"": {', f'"{SUPPLIED_MEMBER}": {{', 1)
    inserted = inserted.replace('"packages": {', f'"packages": {{{json.dumps(added)[1:-1]},', 1)
    try:
        same = json.loads(inserted)["packages"] == document["packages"]
    except (ValueError, KeyError, TypeError):
        same = False
    return inserted if same else json.dumps(document, indent=1)


def _is_package(path: str, entry: Mapping[str, Any]) -> bool:
    return path.startswith("node_modules/") and not entry.get("link")
