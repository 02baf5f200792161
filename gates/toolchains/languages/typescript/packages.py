"""The npm packages that a TypeScript module has locked, installed once into the cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from pathlib import Path

from gates.errors import CouldNotCheckError
from gates.filesystem import status
from gates.model import RanRecord
from gates.records import dataclass, replace
from gates.toolchains.cache import install_once
from gates.toolchains.folders import digest_folder
from gates.toolchains.languages.typescript.install_files import (
    Install,
    find_lock,
    install_files,
)
from gates.toolchains.languages.typescript.lock import LOCK_FILE, lock_entries, reachable
from gates.toolchains.languages.typescript.platform_tools import npm_ci
from gates.toolchains.languages.typescript.tree import compare
from gates.toolchains.processes import disk
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.session import Session
from gates.toolchains.tools import Program, Tools

LAYOUT = b"3"
"""Goes up where packages are installed, or held against their lock, in another way."""


@dataclass(frozen=True)
class Packages:
    """The installed packages of a module, in the cache; read-only to its code."""

    folder: Path
    """Holds `node_modules`, and of a workspace the members that the module uses."""
    member: str
    """The module's own folder in it; "" outside a workspace."""
    record: RanRecord
    """What proves that they are there."""

    @property
    def modules(self) -> Path:
        """Its node_modules."""
        return self.folder / "node_modules"


def install_packages(tools: Tools) -> Packages:
    """The module's packages, linked into the check's copy; its record goes to `tools`.

    Raises `CouldNotCheckError` without a usable package-lock.json, `OutdatedLockError` where it is
    not what package.json asks for, and `ToolFailedError` where a package cannot be installed as it
    is locked.
    """
    session = tools.session
    made = session.once("npm-packages", lambda: _install(session))
    tools.records.append(made.record)
    link_packages(made, tools.module_copy)
    return made


def install_running(tools: Tools) -> Packages:
    """The packages that the module runs with, in a tree that has none for development."""
    made = install_packages(tools)
    text, member, _ = find_lock(tools.session)
    entries = lock_entries(text)
    paths = sorted(reachable(entries, member, development=False) - {"", member})
    place = made.folder.with_name(f"{made.folder.name}-running")

    def copy() -> Path:
        folder = tools.folder / "running"
        (folder / "node_modules").mkdir(parents=True)
        for path in paths:
            _copy(made.folder / path, folder / path)
        return folder

    installed = install_once(place, copy)
    record = installed.record("npm-packages", len(paths))
    return replace(made, folder=installed.place, record=record)


def _copy(source: Path, target: Path) -> None:
    """A package without those in it, by links to the same files; what is not there is optional."""
    found = status(source, follow=False)
    if found is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISLNK(found.st_mode):
        target.symlink_to(source.readlink())
        return
    if stat.S_ISDIR(found.st_mode):
        shutil.copytree(
            source,
            target,
            symlinks=True,
            copy_function=os.link,
            dirs_exist_ok=True,
            ignore=lambda folder, _: {"node_modules"} if Path(folder) == source else (),
        )


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


def _install(session: Session) -> Packages:
    install = install_files(session)
    tools = Tools(session)
    machine = f"{tools.resolve('node').version} {os.uname().machine} ".encode()
    digest = hashlib.sha256(machine + LAYOUT)
    for name, data in sorted(install.files.items()):
        digest.update(hashlib.sha256(name.encode() + b"\0" + data).digest())
    for path, folder in sorted(install.folders.items()):
        digest.update(f"{path} {digest_folder(folder)}\n".encode())
    place = session.settings.cache / "environments" / f"npm-{digest.hexdigest()[:32]}"
    made = install_once(place, lambda: _install_into(tools, install))
    record = made.record("npm-packages", len(install.expected))
    return Packages(made.place, install.member, record)


def _install_into(tools: Tools, install: Install) -> Path:
    made = tools.folder / "packages"
    with disk():
        for name, data in install.files.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(data)
        for path, folder in install.folders.items():
            ignored = shutil.ignore_patterns("node_modules", ".*")
            shutil.copytree(folder, made / path, symlinks=True, ignore=ignored)
    npm_ci(tools, made, find_lock(tools.session)[0])
    compare(made, ["", *install.folders, install.member], install.expected)
    (made / "node_modules").mkdir(exist_ok=True)
    return made
