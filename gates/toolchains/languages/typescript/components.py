"""The parts of a TypeScript module for its bill of materials."""

from __future__ import annotations

from collections.abc import Sequence

from gates.toolchains.languages.typescript.install_files import find_lock
from gates.toolchains.languages.typescript.lock import NPM, lock_entries, reachable
from gates.toolchains.locks import Locked
from gates.toolchains.sbom import Component, make_component
from gates.toolchains.session import Session


def list_components(session: Session, packages: Sequence[Locked]) -> list[Component]:  # noqa: ARG001 - the lock says more of each
    """Everything that the module's lock holds for it, members of the workspace too."""
    text, member, _ = find_lock(session)
    entries = lock_entries(text)
    found = []
    for path in reachable(entries, member):
        entry = entries[path]
        if entry.get("link") or path in ("", member):
            continue
        name = str(entry.get("name") or path.rpartition("node_modules/")[2])
        found.append(make_component(NPM, name, str(entry.get("version") or "0.0.0"), entry))
    return found
