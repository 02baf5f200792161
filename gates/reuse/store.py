"""Where kept results lie: one signed file each, in folders by key, module and check.

A file speaks for itself: its name means nothing. What is not signed by a key that counts, does not
say what its folder says, is cut off or too old is as if it were not there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gates.filesystem import read_plain, write_whole

if TYPE_CHECKING:
    from gates.evidence.envelope import Envelope
    from gates.evidence.keys import Trust
    from gates.reuse.entry import Kept

LARGEST = 8 * 1024 * 1024
"""Bytes of one kept result."""
KEPT = 6
"""Results of one check of one module; the oldest go first."""


@dataclass(frozen=True)
class Found:
    """A kept result whose signature counts."""

    kept: Kept
    key: str
    """The id of the key that signed it."""


@dataclass(frozen=True)
class Results:
    """The kept results of one module."""

    folder: Path
    """Of all keys and modules."""
    module: str
    """A slug."""

    def read(self, check: str, trust: Trust) -> Iterator[Found]:
        """What is kept of a check, newest first."""
        for path in self._files(check, trust.keys):
            data = read_plain(path, LARGEST)
            found = None if data is None else understand(data, self.module, trust)
            if isinstance(found, Found) and found.kept.result.check == check:
                yield found

    def write(self, kept: Kept, signed: Envelope) -> bool:
        """Keep a result; False where that was not possible, which is no fault of the run."""
        data, (key,) = signed.to_bytes(), signed.key_ids
        if len(data) > LARGEST:
            return False
        check = kept.result.check
        written = write_whole(self._place(key, check) / f"{kept.digest}.dsse.json", data)
        for old in self._files(check, [key])[KEPT:]:
            with contextlib.suppress(OSError):
                old.unlink()
        return written

    def _place(self, key: str, check: str) -> Path:
        return self.folder / key[:16] / self.module / check

    def _files(self, check: str, keys: Iterable[str]) -> list[Path]:
        found = []
        for key in keys:
            with contextlib.suppress(OSError), os.scandir(self._place(key, check)) as entries:
                for entry in entries:
                    if entry.name.endswith(".dsse.json") and not entry.name.startswith("."):
                        state = entry.stat(follow_symlinks=False)
                        found.append((state.st_mtime_ns, entry.path))
        return [Path(path) for _, path in sorted(found, reverse=True)]


def understand(data: bytes, module: str, trust: Trust) -> Found | str:
    """The kept result that bytes are, or why they do not count as one of this module."""
    from gates.evidence import envelope
    from gates.evidence.envelope import MalformedError, parse_json
    from gates.reuse.entry import read

    try:
        signed = envelope.parse(parse_json(data))
        if signed.to_bytes() != data:
            return "is not in its one form"
        if problems := signed.problems(trust):
            return problems[0]
        kept = read(signed.payload)
    except MalformedError as error:
        return str(error)
    if kept.module != module:
        return "is of another module"
    return Found(kept, signed.key_ids[0])
