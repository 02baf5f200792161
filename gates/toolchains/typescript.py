"""The platform's own TypeScript tools, and the packages that a module has locked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError
from gates.model import RanRecord
from gates.module import Module
from gates.toolchains.locks import NPM_LOCK, LockError, npm_packages, reachable, read_npm_lock
from gates.toolchains.processes import disk
from gates.toolchains.python import into_cache, tree_digest
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.session import Session
from gates.toolchains.tools import Program, Tools

TOOLCHAIN = Path(__file__).with_name("npm")
CONFIG = Path(__file__).with_name("config")
LOCK_HINT = "npm install --package-lock-only"
_SCRIPTS = {
    "eslint": ("eslint", "bin/eslint.js"),
    "prettier": ("prettier", "bin/prettier.cjs"),
    "tsc": ("typescript", "bin/tsc"),
}
SUFFIXES = (".ts", ".tsx", ".mts", ".cts")


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
        detail = "made now" if self.seconds else "from the cache"
        return RanRecord("npm-packages", "", 0, self.count, self.seconds, detail)


def sources(module: Module, *, tests: bool = False) -> list[str]:
    """The module's TypeScript files under src, with `tests` those under tests too, in order."""
    tops = ("src/", "tests/") if tests else ("src/",)
    return sorted(p for p in module.files if p.endswith(SUFFIXES) and p.startswith(tops))


def tool(tools: Tools, name: str) -> Program:
    """One of the platform's own tools (eslint, prettier, tsc), installed on first use.

    Raises `ToolMissingError` without Node and `ToolFailedError` where npm cannot install it.
    """
    session = tools.session
    node = tools.resolve("node")
    folder = session.once("typescript-toolchain", lambda: _install_toolchain(session))
    package, script = _SCRIPTS[name]
    home = folder / "node_modules" / package
    version = json.loads((home / "package.json").read_text("utf-8"))["version"]
    return Program(name, (*node.command, str(home / script)), version)


def toolchain(tools: Tools) -> Path:
    """The folder of the platform's own tools, with `node_modules` and the configurations."""
    session = tools.session
    return session.once("typescript-toolchain", lambda: _install_toolchain(session))


def packages(tools: Tools) -> Packages:
    """The module's packages, linked into the check's copy; its record goes to `tools`.

    Raises `CouldNotCheckError` without a usable package-lock.json, and `ToolFailedError` where a
    package cannot be installed as it is locked.
    """
    session = tools.session
    made = session.once("npm-packages", lambda: _install_packages(session))
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


def package_program(tools: Tools, made: Packages, name: str, script: str) -> Program:
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
        f"{name} is not among the packages that {NPM_LOCK} locks",
        hint=f"npm install --save-dev {name}",
    )


def sandbox(tools: Tools, made: Packages, *, network: bool = False) -> Sandbox:
    """The walls for a Node program of the module."""
    node = Path(tools.resolve("node").command[0])
    return Sandbox(read=(made.folder, node), network=network)


def _install_toolchain(session: Session) -> Path:
    tools = Tools(session)
    lock = (TOOLCHAIN / NPM_LOCK).read_bytes()
    digest = hashlib.sha256(lock)
    for path in sorted(CONFIG.glob("eslint*.mjs")):
        digest.update(path.read_bytes())
    place = session.settings.cache / "toolchains" / f"typescript-{digest.hexdigest()[:32]}"
    if not place.is_dir():
        folder = tools.folder / "toolchain"
        folder.mkdir()
        for name in ("package.json", NPM_LOCK):
            shutil.copyfile(TOOLCHAIN / name, folder / name)
        # ESLint's configurations import from their own folder.
        for path in CONFIG.glob("eslint*.mjs"):
            shutil.copyfile(path, folder / path.name)
        _npm_ci(tools, folder)
        into_cache(folder, place)
    return place


def _npm_ci(tools: Tools, folder: Path) -> None:
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    flags.append("--offline" if tools.session.settings.offline else "--prefer-offline")
    tools.run("npm", ["ci", *flags], cwd=folder, env=tools.install_environment())


def locked(session: Session) -> tuple[str, str, str]:
    """The module's lock: its text, the module's own folder in it, and what to call it.

    Raises `CouldNotCheckError` where there is none.
    """
    module, workspace = session.module, session.policy.npm_workspace
    if "package.json" not in module.files:
        raise CouldNotCheckError("there is no package.json", hint="npm init")
    try:
        manifest = json.loads(module.text("package.json"))
    except (ValueError, RecursionError) as error:
        raise CouldNotCheckError(f"package.json is not JSON: {error}") from error
    if workspace is not None and (workspace / NPM_LOCK).is_file() and isinstance(manifest, dict):
        text = (workspace / NPM_LOCK).read_text("utf-8")
        for folder, entry in npm_packages(text).items():
            if (
                folder
                and "node_modules" not in folder
                and entry.get("name") == manifest.get("name")
            ):
                return text, folder, f"{NPM_LOCK} of the workspace"
    if NPM_LOCK not in module.files:
        raise CouldNotCheckError(
            f"there is no {NPM_LOCK}, so nobody knows which packages the module runs with",
            hint=LOCK_HINT,
        )
    return module.text(NPM_LOCK), "", NPM_LOCK


def _install_packages(session: Session) -> Packages:
    module = session.module
    text, member, title = locked(session)
    try:
        count = len(read_npm_lock(text, member))
        entries = npm_packages(text)
        kept = reachable(entries, member) | {""}
    except LockError as error:
        raise CouldNotCheckError(f"{title}:{error.line}: {error}", hint=LOCK_HINT) from error
    manifest = module.data("package.json")
    digest = hashlib.sha256(manifest + text.encode() if not member else manifest)
    files: dict[str, bytes] = {"package.json": manifest, NPM_LOCK: text.encode()}
    members: dict[str, Path] = {}
    if member and (workspace := session.policy.npm_workspace):
        files = _trimmed(workspace, text, kept, member, manifest)
        members = {
            path: workspace / path
            for path in sorted(kept - {"", member})
            if "node_modules/" not in f"{path}/"
        }
        for name, data in sorted(files.items()):
            digest.update(hashlib.sha256(name.encode() + b"\0" + data).digest())
        for path, folder in members.items():
            digest.update(f"{path} {tree_digest(folder)}\n".encode())
    tools = Tools(session)
    digest.update(tools.resolve("node").version.encode() + os.uname().machine.encode())
    place = session.settings.cache / "environments" / f"npm-{digest.hexdigest()[:32]}"
    if place.is_dir():
        return Packages(place, member, count, 0.0)
    started = time.monotonic()
    install = tools.folder / "packages"
    with disk():
        for name, data in files.items():
            (install / name).parent.mkdir(parents=True, exist_ok=True)
            (install / name).write_bytes(data)
        for path, folder in members.items():
            ignored = shutil.ignore_patterns("node_modules", ".*")
            shutil.copytree(folder, install / path, symlinks=True, ignore=ignored)
    _npm_ci(tools, install)
    (install / "node_modules").mkdir(exist_ok=True)
    into_cache(install, place)
    return Packages(place, member, count, round(time.monotonic() - started, 3))


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
        NPM_LOCK: json.dumps(lock).encode(),
        f"{member}/package.json": manifest,
    }
    if (workspace / ".npmrc").is_file():
        files[".npmrc"] = (workspace / ".npmrc").read_bytes()
    return files
