"""What an embedded catalog answered last, kept beside it while no server runs on it.

Starting a server to hear what is known takes longer than all checks of a manifest. The answers hold
for as long as the server's control file is byte for byte the one that its last stop wrote: nothing
can change a database without changing that.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

NAME = "answers.json"
_LARGEST = 1 << 20


def recall(folder: Path) -> Mapping[str, str]:
    """Digests of answers by question, of the catalog in `folder`; none while a server runs on it,
    or where one has since the answers were written."""
    try:
        if (folder / "data" / "postmaster.pid").exists():
            return {}
        with (folder / NAME).open("rb") as file:
            kept = json.loads(file.read(_LARGEST))
        same = kept["control"] == _control(folder)
        answers = kept["answers"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return answers if same and isinstance(answers, dict) else {}


def remember(folder: Path, answers: Mapping[str, str]) -> None:
    """Keep the answers of a server that has just stopped. The caller holds its locks."""
    # Where they cannot be kept, the next run starts the server and asks it.
    path = folder / NAME
    aside = path.with_name(f".{NAME}.{os.urandom(8).hex()}")
    with contextlib.suppress(OSError):
        text = json.dumps({"control": _control(folder), "answers": dict(answers)})
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def _control(folder: Path) -> str:
    return hashlib.sha256((folder / "data" / "global" / "pg_control").read_bytes()).hexdigest()
