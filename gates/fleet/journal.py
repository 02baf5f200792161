"""What a fleet's run has found so far, on disk, so that one that was broken off goes on."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError
from gates.fleet.task import VERDICTS, Outcome
from gates.records import asdict, fields

_CURRENT, _BEFORE = "current", "before"
_FIELDS = {each.name for each in fields(Outcome)}


class Journal:
    """A folder with a file for each module of the run that goes on, and of the one before it.

    Files are written whole or not at all; one that cannot be read counts as not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, *, resume: bool) -> Mapping[str, Outcome]:
        """Start a run; what the broken-off one found, by key, where it is to go on.

        Without `resume` what was current becomes what was before. Raises `CouldNotCheckError` where
        the folder cannot be written.
        """
        try:
            current = self.folder / _CURRENT
            if current.is_dir() and not resume:
                self._forget(_BEFORE)
                current.rename(self.folder / _BEFORE)
            current.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CouldNotCheckError(
                f"the fleet's journal {self.folder} cannot be written: {error.strerror or error}",
                hint="name another folder: --state",
            ) from error
        return {each.key: each for each in self._read(_CURRENT)} if resume else {}

    def keep(self, outcome: Outcome) -> None:
        """Write down what came of a module."""
        place = self.folder / _CURRENT / f"{outcome.key}.json"
        aside = place.with_suffix(f".{secrets.token_hex(4)}")
        aside.write_text(json.dumps(asdict(outcome)), "utf-8")
        aside.replace(place)

    def before(self) -> Mapping[str, Outcome]:
        """What the run before this one found, by the module's name."""
        return {each.name: each for each in self._read(_BEFORE)}

    def _read(self, which: str) -> list[Outcome]:
        folder = self.folder / which
        files = sorted(folder.glob("*.json")) if folder.is_dir() else []
        return [each for each in map(_outcome, files) if each is not None]

    def _forget(self, which: str) -> None:
        folder = self.folder / which
        for each in folder.iterdir() if folder.is_dir() else ():
            each.unlink()
        if folder.is_dir():
            folder.rmdir()


def _outcome(file: Path) -> Outcome | None:
    try:
        found: dict[str, Any] = json.loads(file.read_bytes())
        if set(found) != _FIELDS or found["verdict"] not in VERDICTS:
            return None
        return Outcome(**{**found, "blocking": tuple(found["blocking"])})
    except (OSError, ValueError, TypeError, RecursionError):
        return None
