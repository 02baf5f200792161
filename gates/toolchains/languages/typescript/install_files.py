"""What an installation of a TypeScript module's packages is made from, and nothing else of it.

npm is not given the module's own lock, but one written anew from what the gate read in it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates.digests import digest_of
from gates.errors import CouldNotCheckError
from gates.recorder import note
from gates.records import dataclass
from gates.toolchains.folders import named_registries
from gates.toolchains.languages.typescript.lock import (
    LOCK_COMMAND,
    LOCK_FILE,
    REGISTRY,
    in_tree,
    lock_entries,
    name_in,
    reachable,
    read_npm_lock,
    write_npm_lock,
)
from gates.toolchains.languages.typescript.supplied import SUPPLIED_MEMBER, supply
from gates.toolchains.languages.typescript.tree import Expected
from gates.toolchains.locks import Locked, LockError, NoLockError
from gates.toolchains.session import Session


def find_lock(session: Session) -> tuple[str, str, str]:
    """The module's lock: its text, the module's own folder in it, and what to call it.

    Raises `NoLockError` where there is none, or where the module asks for packages of a workspace
    whose lock it is not in; `LockError` for a workspace's that cannot be read.
    """
    module, workspace = session.module, session.policy.npm_workspace
    shared = ""
    if "package.json" not in module.files:
        raise NoLockError("there is no package.json", "package.json", hint="npm init")
    try:
        manifest = json.loads(module.text("package.json"))
    except (ValueError, RecursionError) as error:
        raise CouldNotCheckError(f"package.json is not JSON: {error}") from error
    if workspace is not None and (workspace / LOCK_FILE).is_file() and isinstance(manifest, dict):
        shared = (workspace / LOCK_FILE).read_text("utf-8")
        for folder, entry in lock_entries(shared).items():
            if (
                folder
                and "node_modules" not in folder
                and entry.get("name") == manifest.get("name")
            ):
                return shared, folder, f"{LOCK_FILE} of the workspace"
    own = module.text(LOCK_FILE) if LOCK_FILE in module.files else ""
    if own and shared and (supplied := supply(own, shared)):
        return supplied, SUPPLIED_MEMBER, LOCK_FILE
    if shared:
        _refuse_outsider(manifest, own, lock_entries(shared))
    if not own:
        raise NoLockError(
            f"there is no {LOCK_FILE}, so nobody knows which packages the module runs with",
            "package.json",
            hint=LOCK_COMMAND,
        )
    return own, "", LOCK_FILE


def _refuse_outsider(
    manifest: Mapping[str, Any], own: str, workspace: Mapping[str, Mapping[str, Any]]
) -> None:
    """Raise `NoLockError` for a module that asks for members of a workspace and is none itself.

    Which version of them it gets, and what they need, is written in the workspace's lock alone.
    """
    supplied = {
        path.removeprefix("node_modules/") for path, each in workspace.items() if each.get("link")
    }
    wanted: set[str] = set()
    for key in ("dependencies", "devDependencies"):
        each = manifest.get(key)
        wanted |= each.keys() if isinstance(each, dict) else set()
    if own:
        wanted = {each for each in wanted if f"node_modules/{each}" not in lock_entries(own)}
    if missing := sorted(wanted & supplied):
        raise NoLockError(
            f"the workspace of the platform supplies {', '.join(missing)}, and its {LOCK_FILE} does"
            f" not hold {manifest.get('name') or 'the module'}",
            "package.json",
            hint="list the module's folder under `workspaces` there, and run npm install",
        )


def read_lock(session: Session) -> list[Locked]:
    """The packages of the module's lock. Raises `NoLockError` without one, and `LockError`."""
    return [*session.once("npm-lock", lambda: _read_lock(session))]


def _read_lock(session: Session) -> list[Locked]:
    text, member, _ = find_lock(session)
    return read_npm_lock(text, member, _registries(session), _overrides(session, member))


def _overrides(session: Session, member: str) -> object:
    """What replaces packages in the tree that a module is installed in, as its root says."""
    workspace = session.policy.npm_workspace
    text = session.module.text("package.json")
    if member and workspace is not None:
        text = (workspace / "package.json").read_text("utf-8")
    manifest = json.loads(text)
    return manifest.get("overrides") if isinstance(manifest, dict) else None


def _registries(session: Session) -> list[str]:
    """The public registry, and those that the machine and the platform's workspace name."""
    named = named_registries(os.environ)
    note("registries:", digest_of(named))
    found = [REGISTRY, *named]
    workspace = session.policy.npm_workspace
    if workspace is not None and (workspace / ".npmrc").is_file():
        text = (workspace / ".npmrc").read_text("utf-8")
        found += re.findall(r"^\s*(?:@[\w.~-]+:)?registry\s*=\s*(\S+)", text, re.MULTILINE)
    return [each.rstrip("/") for each in found]


@dataclass(frozen=True)
class Install:
    """What an installation of the module's packages is made from."""

    files: Mapping[str, bytes]
    """package.json, the lock and what else npm reads, by path."""
    folders: Mapping[str, Path]
    """Members of the workspace that the module uses, by path."""
    member: str
    expected: Mapping[str, Expected]
    """What has to be in the folders of the tree afterwards."""


def install_files(session: Session) -> Install:
    """Everything that decides which packages are installed, and nothing else of the module.

    Raises `CouldNotCheckError` where the lock is not there, or holds what it must not.
    """
    text, member, title = find_lock(session)
    try:
        packages = lock_entries(text)
        kept = reachable(packages, member)
        needed = reachable(packages, member, optional=False)
        overrides = _overrides(session, member)
        locked = read_npm_lock(text, member, _registries(session), overrides)
    except LockError as error:
        raise CouldNotCheckError(f"{title}:{error.line}: {error}", hint=LOCK_COMMAND) from error
    paths = sorted(path for path in kept if in_tree(packages, path))
    expected = {
        path: Expected(name_in(packages, path), each.version, each.digests, path in needed)
        for path, each in zip(paths, locked, strict=True)
    }
    manifest = session.module.data("package.json")
    workspace = session.policy.npm_workspace
    if not member or workspace is None:
        files = {"package.json": manifest, LOCK_FILE: write_npm_lock(packages, kept)}
        return Install(files, {}, member, expected)
    folders = [path for path in sorted(kept - {""}) if "node_modules/" not in f"{path}/"]
    files = {**_trimmed(workspace, packages, kept, folders), f"{member}/package.json": manifest}
    others = {path: workspace / path for path in folders if path != member}
    return Install(files, others, member, expected)


def _trimmed(
    workspace: Path,
    packages: Mapping[str, Mapping[str, object]],
    kept: set[str],
    folders: list[str],
) -> dict[str, bytes]:
    """The workspace without the members and packages that the module does not need."""
    root = json.loads((workspace / "package.json").read_text("utf-8"))
    slim: dict[str, object] = {"name": "workspace", "private": True, "workspaces": folders}
    if "overrides" in root:
        slim["overrides"] = root["overrides"]
    links = {
        path
        for path, entry in packages.items()
        if entry.get("link") and entry.get("resolved") in folders
    }
    entries = {**packages, "": {"name": "workspace", "workspaces": folders}}
    files = {
        "package.json": json.dumps(slim).encode(),
        LOCK_FILE: write_npm_lock(entries, kept | links | {""}),
    }
    if (workspace / ".npmrc").is_file():
        files[".npmrc"] = (workspace / ".npmrc").read_bytes()
    return files
