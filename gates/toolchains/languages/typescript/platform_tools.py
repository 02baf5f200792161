"""The platform's own TypeScript tools: which compiler, linter and formatter judge a module."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from gates.errors import ToolFailedError, ToolMissingError
from gates.module import Module
from gates.toolchains.cache import Installed, install_once
from gates.toolchains.languages.typescript.lock import LOCK_FILE, find_outdated
from gates.toolchains.session import Session
from gates.toolchains.tools import Program, Tools

PACKAGES = Path(__file__).with_name("npm")
CONFIG = Path(__file__).with_name("config")
_SCRIPTS = {
    "oxlint": ("oxlint", "bin/oxlint"),
    "prettier": ("prettier", "bin/prettier.cjs"),
    "tsc": ("typescript-native", "bin/tsc"),
}
SUFFIXES = (".ts", ".tsx", ".mts", ".cts")


def sources(module: Module, *, tests: bool = False) -> list[str]:
    """The module's TypeScript files under src, with `tests` those under tests too, in order."""
    tops = ("src/", "tests/") if tests else ("src/",)
    return sorted(p for p in module.files if p.endswith(SUFFIXES) and p.startswith(tops))


def platform_tool(tools: Tools, name: str) -> Program:
    """One of the platform's own tools (oxlint, prettier, tsc), installed on first use.

    Raises `ToolMissingError` without Node and `ToolFailedError` where npm cannot install it.
    """
    node = tools.resolve("node")
    folder = platform_tools(tools)
    package, script = _SCRIPTS[name]
    home = folder / "node_modules" / package
    version = json.loads((home / "package.json").read_text("utf-8"))["version"]
    return Program(name, (*node.command, str(home / script)), version)


def platform_tools(tools: Tools) -> Path:
    """The folder of the platform's own tools, with `node_modules`; its record goes to `tools`."""
    session = tools.session
    made = session.once("typescript-toolchain", lambda: _install(session))
    packages = json.loads((PACKAGES / LOCK_FILE).read_text("utf-8"))["packages"]
    tools.records.append(made.record("typescript-toolchain", len(packages) - 1))
    return made.place


def find_tsgolint(tools: Tools) -> Path:
    """The program by which oxlint runs the rules that need types.

    Raises `ToolMissingError` where there is none for this machine.
    """
    found = sorted((platform_tools(tools) / "node_modules/@oxlint-tsgolint").glob("*/tsgolint"))
    if len(found) != 1:
        raise ToolMissingError("oxlint-tsgolint has no program for this machine")
    return found[0]


def _install(session: Session) -> Installed:
    lock = (PACKAGES / LOCK_FILE).read_bytes()
    digest = hashlib.sha256(lock).hexdigest()
    place = session.settings.cache / "toolchains" / f"typescript-{digest[:32]}"

    def install() -> Path:
        tools = Tools(session)
        folder = tools.folder / "toolchain"
        folder.mkdir()
        for name in ("package.json", LOCK_FILE):
            shutil.copyfile(PACKAGES / name, folder / name)
        npm_ci(tools, folder)
        return folder

    return install_once(place, install)


def npm_ci(tools: Tools, folder: Path, lock: str = "") -> None:
    """Install what the lock in a folder says, and run no script of any package.

    Raises `OutdatedLockError` where package.json asks for something else; `lock` is the text that
    its line is of.
    """
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    flags.append("--offline" if tools.session.settings.offline else "--prefer-offline")
    ran = tools.run("npm", ["ci", *flags], cwd=folder, ok=(0, 1), env=tools.install_environment())
    if ran.exit_status:
        raise find_outdated(ran.stderr, lock) or ToolFailedError(
            f"npm ended with exit status {ran.exit_status}: {ran.end() or 'it printed nothing'}"
        )
