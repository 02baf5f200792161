"""The parts of a TypeScript module for its bill of materials, and what its code imports."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.toolchains.bundle import Bundle
from gates.toolchains.languages.typescript.install_files import find_lock
from gates.toolchains.languages.typescript.lock import (
    LOCK_FILE,
    NPM,
    in_tree,
    key_lines,
    lock_entries,
    name_in,
    reachable,
    resolve,
)
from gates.toolchains.languages.typescript.sources.imports import find_imports
from gates.toolchains.locks import Locked
from gates.toolchains.sbom import Part, read_digest
from gates.toolchains.session import Session

NODE = frozenset(
    {
        "async_hooks", "buffer", "console", "constants", "crypto", "diagnostics_channel", "dns",
        "events", "fs", "http", "http2", "https", "net", "os", "path", "perf_hooks", "process",
        "punycode", "querystring", "readline", "stream", "string_decoder", "timers", "tls", "url",
        "util", "zlib",
    }
)  # fmt: skip
"""Node's own modules that sources may import (`rules/imports.mjs`), whatever package has the
name."""


def list_components(session: Session, packages: Sequence[Locked]) -> list[Part]:  # noqa: ARG001 - the lock says more of each
    """Everything that the module's lock holds for it, members of the workspace too."""
    text, member, _ = find_lock(session)
    entries = lock_entries(text)
    running = reachable(entries, member, development=False)
    found = []
    for path in sorted(reachable(entries, member)):
        entry = entries[path]
        if entry.get("link") or path in ("", member):
            continue
        digests = (read_digest(each) for each in str(entry.get("integrity") or "").split())
        license_ = entry.get("license")
        found.append(
            Part(
                NPM.url_type,
                name_in(entries, path),
                str(entry.get("version") or "0.0.0"),
                tuple(sorted(each for each in digests if each)),
                license_ if isinstance(license_, str) else "",
                development=path not in running,
                supplied=not in_tree(entries, path),
            )
        )
    # Of one that is locked at several places, one needed at run time decides: it comes last.
    return sorted(found, key=lambda each: not each.development)


def list_unneeded(session: Session) -> list[Locked]:
    """The packages in the module's own lock that nothing in it asks for."""
    text, member, title = find_lock(session)
    if member and title != LOCK_FILE:
        return []  # a workspace's lock holds other modules' packages, too
    own = session.module.text(LOCK_FILE)
    entries, lines = lock_entries(own), key_lines(own)
    needed = reachable(lock_entries(text), member)
    return [
        Locked(NPM.name, name_in(entries, path), str(entry.get("version")), lines.get(path, 1))
        for path, entry in entries.items()
        if in_tree(entries, path) and path not in needed
    ]


def find_required(session: Session, bundle: Bundle) -> dict[str, Location]:  # noqa: ARG001 - its code is what the sources say
    """The packages that package.json asks for to run, and those that the sources import.

    Raises `CouldNotCheckError` where only a run knows what is imported.
    """
    module = session.module
    imported = find_imports(module)
    if imported is None:
        raise CouldNotCheckError("only a run knows which packages the sources import")
    text, member, _ = find_lock(session)
    entries = lock_entries(text)
    manifest = json.loads(module.text("package.json"))
    asked = manifest.get("dependencies") or {}
    own = {name for name in imported if name.startswith("node:")} | NODE | {manifest.get("name")}
    entry = Location(module.entrypoint or "package.json")
    found = dict.fromkeys(sorted(imported - own), entry)
    found |= dict.fromkeys(asked, Location("package.json"))
    places = {name: resolve(entries, member, name) for name in found}
    return {
        name if (place := places[name]) is None else name_in(entries, place): where
        for name, where in found.items()
    }
