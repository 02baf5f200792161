"""Where kept results lie: one signed file each, in folders by key, module and check.

A file speaks for itself: its name means nothing. What is not signed by a key that counts, does not
say what its folder says, is cut off or too old is as if it were not there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
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
        from gates.evidence import envelope
        from gates.evidence.envelope import MalformedError, parse_json
        from gates.reuse.entry import read

        for path in self._files(check, trust.keys):
            data = read_plain(path, LARGEST)
            if data is None:
                continue
            try:
                signed = envelope.parse(parse_json(data))
                if signed.to_bytes() != data or signed.problems(trust):
                    continue
                kept = read(signed.payload)
            except MalformedError:
                continue
            if (kept.module, kept.result.check) == (self.module, check):
                yield Found(kept, signed.key_ids[0])

    def write(self, kept: Kept, sign: Callable[[bytes], Envelope]) -> bool:
        """Keep a result; False where that was not possible, which is no fault of the run."""
        from gates.reuse.entry import build

        signed = sign(build(kept))
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
