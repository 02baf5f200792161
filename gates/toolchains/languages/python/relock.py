"""Makes requirements.lock anew, by uv."""

from __future__ import annotations

from gates.errors import CouldNotCheckError
from gates.toolchains.languages.python.lock import LOCK_COMMAND, LOCK_FILE
from gates.toolchains.session import Session
from gates.toolchains.tools import Tools


def can_write_lock(_session: Session) -> bool:
    """True: requirements.in names what is locked, and what the platform supplies is not in it."""
    return True


def write_lock(tools: Tools) -> bytes:
    """The lock that uv makes from requirements.in, or pyproject.toml where there is none.

    Versions that are locked stay where they still fit. Raises `CouldNotCheckError` offline, and
    `ToolFailedError` where uv cannot resolve them, or a registry cannot be reached.
    """
    if tools.session.settings.offline:
        raise CouldNotCheckError(
            f"{LOCK_FILE} is made from what the registry has, which is not asked offline",
            hint=LOCK_COMMAND,
        )
    tools.take("program")
    files = tools.session.module.files
    source = "requirements.in" if "requirements.in" in files else "pyproject.toml"
    tools.run(
        "uv",
        [
            "pip", "compile", "--universal", "--generate-hashes", "--no-emit-index-url",
            "--no-header", "--no-build", "--no-config", "--python-version", "3.11",
            source, "-o", LOCK_FILE,
        ],
        env=tools.install_environment(),
        subjects=1,
    )  # fmt: skip
    return (tools.module_copy / LOCK_FILE).read_bytes()
