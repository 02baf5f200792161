"""Where kept results lie: one signed file each, in folders by key, module and check.

A file speaks for itself: its name means nothing. What is not signed by a key that counts, does not
say what its folder says, is cut off or too old is as if it were not there.

`TOGETHER` holds once more those on which the last run rested, under one signature: a run in which
nothing has changed reads and verifies one file, and not one for each check.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gates.filesystem import read_plain, write_whole
from gates.model import CheckResult, Reused
from gates.records import dataclass, replace
from gates.run import asked_of_catalog

if TYPE_CHECKING:
    from gates.evidence.envelope import Envelope
    from gates.evidence.keys import Trust
    from gates.reuse.entry import Kept

LARGEST = 8 * 1024 * 1024
"""Bytes of one kept result."""
TOGETHER = "together.dsse.json"
KEPT = 6
"""Results of one check of one module; the oldest go first."""


@dataclass(frozen=True)
class Found:
    """A kept result whose signature counts."""

    kept: Kept
    key: str
    """The id of the key that signed it."""

    def as_reused(self) -> CheckResult:
        """The result as that of a run in which it is reused."""
        made = self.kept.made.isoformat(timespec="seconds").replace("+00:00", "Z")
        return replace(
            self.kept.result,
            reused=Reused(made, self.key),
            seconds=0.0,
            catalog=asked_of_catalog(self.kept.trace),
        )

    def difference(self, now: CheckResult) -> str | None:
        """What differs between this result, which holds, and its check run now; None for
        nothing."""
        before = self.kept.result
        if (before.verdict, _keys(before)) == (now.verdict, _keys(now)):
            return None
        return (
            f"the kept result of {self.kept.made:%Y-%m-%d %H:%M} UTC says {before.verdict} with"
            f" {len(before.findings)} findings, and a run now says {now.verdict} with"
            f" {len(now.findings)}, though nothing that it asks for has changed"
        )


def _keys(result: CheckResult) -> list[tuple[object, ...]]:
    return [each.sort_key for each in result.findings]


class Together(Mapping[str, Found]):
    """The results of `TOGETHER`, whose signature counts, by check; each is understood when it is
    asked for, and what is not understood is not there."""

    def __init__(self, module: str, parts: Mapping[str, tuple[str, Callable[[], Kept]]]) -> None:
        self._module = module
        self._parts = parts
        self._found: dict[str, Found | None] = {}

    def __getitem__(self, check: str) -> Found:
        if check not in self._found:
            self._found[check] = self._understood(*self._parts[check])
        if (found := self._found[check]) is None:
            raise KeyError(check)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def _understood(self, key: str, part: Callable[[], Kept]) -> Found | None:
        from gates.evidence.envelope import MalformedError

        try:
            kept = part()
        except MalformedError:
            return None
        return Found(kept, key) if kept.module == self._module else None


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

    def read_together(self, trust: Trust) -> Together:
        """What the last runs rested on; of several keys, the one that comes first."""
        from gates.evidence.envelope import MalformedError
        from gates.reuse.entry import read_together

        parts: dict[str, tuple[str, Callable[[], Kept]]] = {}
        for key in trust.keys:
            data = read_plain(self._of_key(key) / TOGETHER, LARGEST)
            signed = None if data is None else _signed(data, trust)
            if signed is None or isinstance(signed, str):
                continue
            try:
                every = read_together(signed.payload)
            except MalformedError:
                continue
            parts = {check: (signed.key_ids[0], each) for check, each in every.items()} | parts
        return Together(self.module, parts)

    def write_together(self, every: Sequence[Kept], signed: Envelope) -> None:
        """Keep the results on which a run rested; where there are none, or where they are too large
        for one file, take away what is kept there of an earlier run."""
        data, (key,) = signed.to_bytes(), signed.key_ids
        if not every or len(data) > LARGEST:
            self.remove_together(key)
        else:
            write_whole(self._of_key(key) / TOGETHER, data)

    def remove_together(self, key: str) -> None:
        """From here on, the results count one by one."""
        with contextlib.suppress(OSError):
            (self._of_key(key) / TOGETHER).unlink()

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
        return self._of_key(key) / check

    def _of_key(self, key: str) -> Path:
        return self.folder / key[:16] / self.module

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
    from gates.evidence.envelope import MalformedError
    from gates.reuse.entry import read

    signed = _signed(data, trust)
    if isinstance(signed, str):
        return signed
    try:
        kept = read(signed.payload)
    except MalformedError as error:
        return str(error)
    if kept.module != module:
        return "is of another module"
    return Found(kept, signed.key_ids[0])


def _signed(data: bytes, trust: Trust) -> Envelope | str:
    """The envelope in bytes, or why its signatures do not count."""
    from gates.evidence import envelope
    from gates.evidence.envelope import MalformedError, parse_json

    try:
        signed = envelope.parse(parse_json(data))
    except MalformedError as error:
        return str(error)
    if signed.to_bytes() != data:
        return "is not in its one form"
    problems = signed.problems(trust)
    return problems[0] if problems else signed
