"""The npm packages that a TypeScript module has locked, installed once into the cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError
from gates.model import RanRecord
from gates.toolchains.cache import digest_folder, install_once, install_record
from gates.toolchains.languages.typescript.lock import (
    LOCK_COMMAND,
    LOCK_FILE,
    lock_entries,
    reachable,
    read_npm_lock,
)
from gates.toolchains.languages.typescript.platform_tools import npm_ci
from gates.toolchains.locks import Locked, LockError, NoLockError
from gates.toolchains.processes import disk
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.session import Session
from gates.toolchains.tools import Program, Tools

PROJECT = "package.json"


@dataclass(frozen=True)
class Packages:
    """The installed packages of a module, in the cache; read-only to its code."""

    folder: Path
    """Holds `node_modules`, and of a workspace the members that the module uses."""
    member: str
    """The module's own folder in it; "" outside a workspace."""
    count: int
    seconds: float

    @property
    def modules(self) -> Path:
        """Its node_modules."""
        return self.folder / "node_modules"

    @property
    def record(self) -> RanRecord:
        """What proves that it is there."""
        return install_record("npm-packages", self.count, self.seconds)


def install_packages(tools: Tools) -> Packages:
    """The module's packages, linked into the check's copy; its record goes to `tools`.

    Raises `CouldNotCheckError` without a usable package-lock.json, and `ToolFailedError` where a
    package cannot be installed as it is locked.
    """
    session = tools.session
    made = session.once("npm-packages", lambda: _install(session))
    tools.records.append(made.record)
    link_packages(made, tools.module_copy)
    return made


def link_packages(made: Packages, folder: Path) -> None:
    """Let the module's files in `folder` find their packages, without copying them."""
    own = folder / "node_modules"
    if own.exists() and not own.is_symlink():
        raise CouldNotCheckError("the module's files hold a node_modules folder", hint="remove it")
    nested = made.folder / made.member / "node_modules"
    links = [(own, nested)] if nested.is_dir() else []
    if made.member:
        links.append((folder.parent / "node_modules", made.modules))
    for link, target in links:
        if not link.is_symlink():
            link.symlink_to(target)


def find_program(tools: Tools, made: Packages, name: str, script: str) -> Program:
    """A program of the module's own packages; only ever in a sandbox.

    Raises `CouldNotCheckError` where the module has not locked it.
    """
    node = tools.resolve("node")
    for modules in (made.folder / made.member / "node_modules", made.modules):
        home = modules / name
        if (home / script).is_file():
            version = json.loads((home / "package.json").read_text("utf-8"))["version"]
            return Program(name, (*node.command, str(home / script)), version)
    raise CouldNotCheckError(
        f"{name} is not among the packages that {LOCK_FILE} locks",
        hint=f"npm install --save-dev {name}",
    )


def make_sandbox(tools: Tools, made: Packages, *, network: bool = False) -> Sandbox:
    """What a Node program of the module may reach."""
    node = Path(tools.resolve("node").command[0])
    return Sandbox(read=(made.folder, node), network=network)


def find_lock(session: Session) -> tuple[str, str, str]:
    """The module's lock: its text, the module's own folder in it, and what to call it.

    Raises `NoLockError` where there is none, `LockError` for a workspace's that cannot be read.
    """
    module, workspace = session.module, session.policy.npm_workspace
    if "package.json" not in module.files:
        raise NoLockError("there is no package.json", "package.json", hint="npm init")
    try:
        manifest = json.loads(module.text("package.json"))
    except (ValueError, RecursionError) as error:
        raise CouldNotCheckError(f"package.json is not JSON: {error}") from error
    if workspace is not None and (workspace / LOCK_FILE).is_file() and isinstance(manifest, dict):
        text = (workspace / LOCK_FILE).read_text("utf-8")
        for folder, entry in lock_entries(text).items():
            if (
                folder
                and "node_modules" not in folder
                and entry.get("name") == manifest.get("name")
            ):
                return text, folder, f"{LOCK_FILE} of the workspace"
    if LOCK_FILE not in module.files:
        raise NoLockError(
            f"there is no {LOCK_FILE}, so nobody knows which packages the module runs with",
            "package.json",
            hint=LOCK_COMMAND,
        )
    return module.text(LOCK_FILE), "", LOCK_FILE


def read_lock(session: Session) -> list[Locked]:
    """The packages of the module's lock. Raises `NoLockError` without one, and `LockError`."""
    text, member, _ = find_lock(session)
    return read_npm_lock(text, member)


@dataclass(frozen=True)
class Install:
    """What an installation of the module's packages is made from."""

    files: Mapping[str, bytes]
    """package.json, the lock and what else npm reads, by path."""
    folders: Mapping[str, Path]
    """Members of the workspace that the module uses, by path."""
    member: str
    count: int


def install_files(session: Session) -> Install:
    """Everything that decides which packages are installed, and nothing else of the module.

    Raises `CouldNotCheckError` where the lock is not there, or holds what it must not.
    """
    text, member, title = find_lock(session)
    try:
        count = len(read_npm_lock(text, member))
        kept = reachable(lock_entries(text), member) | {""}
    except LockError as error:
        raise CouldNotCheckError(f"{title}:{error.line}: {error}", hint=LOCK_COMMAND) from error
    manifest = session.module.data("package.json")
    workspace = session.policy.npm_workspace
    if not member or workspace is None:
        files = {"package.json": manifest, LOCK_FILE: text.encode()}
        return Install(files, {}, member, count)
    folders = {
        path: workspace / path
        for path in sorted(kept - {"", member})
        if "node_modules/" not in f"{path}/"
    }
    return Install(_trimmed(workspace, text, kept, member, manifest), folders, member, count)


def _install(session: Session) -> Packages:
    install = install_files(session)
    tools = Tools(session)
    digest = hashlib.sha256(tools.resolve("node").version.encode() + os.uname().machine.encode())
    for name, data in sorted(install.files.items()):
        digest.update(hashlib.sha256(name.encode() + b"\0" + data).digest())
    for path, folder in sorted(install.folders.items()):
        digest.update(f"{path} {digest_folder(folder)}\n".encode())
    place = session.settings.cache / "environments" / f"npm-{digest.hexdigest()[:32]}"
    seconds = install_once(place, lambda: _install_into(tools, install))
    return Packages(place, install.member, install.count, seconds)


def _install_into(tools: Tools, install: Install) -> Path:
    made = tools.folder / "packages"
    with disk():
        for name, data in install.files.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(data)
        for path, folder in install.folders.items():
            ignored = shutil.ignore_patterns("node_modules", ".*")
            shutil.copytree(folder, made / path, symlinks=True, ignore=ignored)
    npm_ci(tools, made)
    (made / "node_modules").mkdir(exist_ok=True)
    return made


def _trimmed(
    workspace: Path, text: str, kept: set[str], member: str, manifest: bytes
) -> dict[str, bytes]:
    """The workspace without the members and packages that the module does not need."""
    lock = json.loads(text)
    root = json.loads((workspace / "package.json").read_text("utf-8"))
    folders = sorted(p for p in kept if p and "node_modules/" not in f"{p}/")
    slim: dict[str, Any] = {"name": "workspace", "private": True, "workspaces": folders}
    if "overrides" in root:
        slim["overrides"] = root["overrides"]
    entries: Mapping[str, Any] = lock["packages"]
    lock["name"] = "workspace"
    lock["packages"] = {path: entries[path] for path in entries if path in kept and path}
    links = {
        path: entry
        for path, entry in entries.items()
        if entry.get("link") and entry.get("resolved") in folders
    }
    lock["packages"] = {
        "": {"name": "workspace", "workspaces": folders},
        **lock["packages"],
        **links,
    }
    files = {
        "package.json": json.dumps(slim).encode(),
        LOCK_FILE: json.dumps(lock).encode(),
        f"{member}/package.json": manifest,
    }
    if (workspace / ".npmrc").is_file():
        files[".npmrc"] = (workspace / ".npmrc").read_bytes()
    return files
