"""Asks npm about a TypeScript module's locked packages, and reads its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gates.errors import ToolFailedError
from gates.toolchains.advisories import HINT, Advisory
from gates.toolchains.languages.typescript.install_files import install_files
from gates.toolchains.languages.typescript.lock import LOCK_FILE
from gates.toolchains.locks import Locked
from gates.toolchains.processes import Ran, disk
from gates.toolchains.tools import Tools


def ask_advisories(tools: Tools, packages: Sequence[Locked]) -> list[Advisory]:
    """Ask by `npm audit` about the packages of the module's lock."""
    ran = _ask(tools, "audit", install_files(tools.session).files, len(packages))
    return parse_npm_audit(ran, packages)


def ask_about(tools: Tools, packages: Sequence[Locked]) -> list[Advisory]:
    """Ask by `npm audit` about any packages, in a lock that has each in a folder of its own."""
    folders = {f"node_modules/p{number}": each for number, each in enumerate(packages)}
    asked = {path.rpartition("/")[2]: f"npm:{e.name}@{e.version}" for path, e in folders.items()}
    root = {"name": "asked", "version": "1.0.0", "dependencies": asked}
    entries = {path: {"name": e.name, "version": e.version} for path, e in folders.items()}
    lock = {"lockfileVersion": 3, "requires": True, "packages": {"": root, **entries}}
    files = {"package.json": json.dumps(root).encode(), LOCK_FILE: json.dumps(lock).encode()}
    return parse_npm_audit(_ask(tools, "audit-carried", files, len(packages)), packages, folders)


def _ask(tools: Tools, place: str, files: Mapping[str, bytes], subjects: int) -> Ran:
    folder = tools.folder / place
    with disk():
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    return tools.run(
        "npm",
        ["audit", "--json", "--package-lock-only", "--loglevel=error"],
        cwd=folder,
        ok=(0, 1),
        subjects=subjects,
        env=tools.install_environment(),
    )


def parse_npm_audit(
    ran: Ran, packages: Sequence[Locked], folders: Mapping[str, Locked] | None = None
) -> list[Advisory]:
    """What `npm audit --json` says about these packages; `folders` tells versions of one apart."""
    document: Any = ran.json()
    if not isinstance(document, dict) or "vulnerabilities" not in document:
        reason = (
            document.get("message") or document.get("error") if isinstance(document, dict) else ""
        )
        raise ToolFailedError(f"npm could not ask: {json.dumps(reason)[:300]}", hint=HINT)
    try:
        total = int(document["metadata"]["dependencies"]["total"])
        if total < 1 and packages:
            raise ToolFailedError(f"npm asked about 0 of {len(packages)} packages of {LOCK_FILE}")
        found: list[Advisory] = []
        for name, entry in document["vulnerabilities"].items():
            first = next(
                (each for each in packages if each.name == name), Locked("npm", name, "?", 1)
            )
            nodes = entry.get("nodes", ()) if folders else ()
            affected = [folders[each] for each in nodes if folders and each in folders] or [first]
            fix = entry.get("fixAvailable")
            fixed = (
                fix.get("version", "") if isinstance(fix, dict) and fix.get("name") == name else ""
            )
            found += [
                Advisory(
                    package,
                    str(via.get("url") or via.get("source") or "").rpartition("/")[2],
                    str(via.get("title") or ""),
                    str(via.get("severity") or ""),
                    fixed,
                )
                for via in entry["via"]
                if isinstance(via, dict)
                for package in affected
            ]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ToolFailedError(f"npm's answer is not understood: {error}") from error
    if bool(found) != bool(ran.exit_status):
        raise ToolFailedError(f"npm audit ended with status {ran.exit_status}: {ran.end()}")
    return found
