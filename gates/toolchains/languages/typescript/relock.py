"""Makes package-lock.json anew, by npm."""

from __future__ import annotations

from gates.errors import CouldNotCheckError
from gates.toolchains.languages.typescript.lock import LOCK_COMMAND, LOCK_FILE
from gates.toolchains.tools import Tools


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
