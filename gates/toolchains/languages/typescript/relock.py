"""Makes package-lock.json anew, by npm."""

from __future__ import annotations

import json

from gates.errors import CouldNotCheckError
from gates.toolchains.languages.typescript.lock import (
    LOCK_COMMAND,
    LOCK_FILE,
    lock_entries,
)
from gates.toolchains.locks import LockError
from gates.toolchains.session import Session
from gates.toolchains.tools import Tools


def can_write_lock(session: Session) -> bool:
    """Whether the policy names a workspace with the platform's packages, or the lock holds all that
    package.json asks for already: what it does not hold may be a package that no registry has."""
    if session.policy.npm_workspace is not None:
        return True
    module = session.module
    try:
        project = json.loads(module.text("package.json"))
        locked = lock_entries(module.text(LOCK_FILE))
        asked = [
            name
            for kind in ("dependencies", "devDependencies", "peerDependencies")
            for name in project.get(kind) or {}
        ]
    except (LockError, CouldNotCheckError, KeyError, ValueError, TypeError, AttributeError):
        return False
    return all(f"node_modules/{name}" in locked for name in asked)


def write_lock(tools: Tools) -> bytes:
    """The lock that npm makes from package.json; no script of any package runs.

    Versions that are locked stay where they still fit. Raises `CouldNotCheckError` offline, and
    `ToolFailedError` where npm cannot resolve them, or a registry cannot be reached.
    """
    if tools.session.settings.offline:
        raise CouldNotCheckError(
            f"{LOCK_FILE} is made from what the registry has, which is not asked offline",
            hint=LOCK_COMMAND,
        )
    tools.take("program")
    flags = ["--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    flags += ["--no-progress", "--loglevel=error", "--workspaces=false"]
    tools.run("npm", ["install", *flags], env=tools.install_environment(), subjects=1)
    return (tools.module_copy / LOCK_FILE).read_bytes()
