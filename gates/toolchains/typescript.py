"""The platform's own TypeScript tools: which compiler, linter and formatter judge a module."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from gates.module import Module
from gates.toolchains.locks import NPM_LOCK
from gates.toolchains.python import into_cache
from gates.toolchains.session import Session
from gates.toolchains.tools import Program, Tools

TOOLCHAIN = Path(__file__).with_name("npm")
CONFIG = Path(__file__).with_name("config")
_SCRIPTS = {
    "eslint": ("eslint", "bin/eslint.js"),
    "prettier": ("prettier", "bin/prettier.cjs"),
    "tsc": ("typescript", "bin/tsc"),
}
SUFFIXES = (".ts", ".tsx", ".mts", ".cts")


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
        npm_ci(tools, folder)
        into_cache(folder, place)
    return place


def npm_ci(tools: Tools, folder: Path) -> None:
    """Install what the lock in a folder says, and run no script of any package."""
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    flags.append("--offline" if tools.session.settings.offline else "--prefer-offline")
    tools.run("npm", ["ci", *flags], cwd=folder, env=tools.install_environment())
