"""Kept results in a registry, so that other machines have them, too.

For each key and module there is one artifact: `results-of-<slug>` under the id of the key. Its
layer has a line for each result, the envelope that `store` keeps in a file of its own. It is
written whole by whoever has the key; of two who write at once, the results of one are lost, and run
again. Nothing in it is believed but what a line itself proves; what does not count is left out, and
said in a note.
"""

from __future__ import annotations

import io
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from gates.errors import CouldNotCheckError, GatesError
from gates.model import Stage
from gates.records import dataclass, field
from gates.registry import Content, Registry
from gates.registry.artifacts import Kind, put, take
from gates.reuse.store import KEPT, LARGEST, Found, understand

if TYPE_CHECKING:
    from gates.evidence.envelope import Envelope
    from gates.evidence.keys import Trust
    from gates.reuse.entry import Kept
    from gates.settings import Settings

KIND = Kind(
    artifact_type="application/vnd.axon.results.v1",
    layer_type="application/vnd.axon.results.v1+jsonl",
    file_name="results.jsonl",
)


@dataclass
class SharedResults:
    """The kept results of one module in a registry. Safe to use from several threads."""

    registry: Registry
    module: str
    """A slug."""
    trust: Trust
    """Whose results count: the policy's keys, with what each may sign."""
    stages: Mapping[str, str]
    """The stage of each check; publish and release are of one machine."""
    note: Callable[[str], object]
    """Is told what was left out, and why."""
    _new: list[tuple[Kept, bytes]] = field(default_factory=list)
    _read: Mapping[str, list[Found]] | None = None
    _unreachable: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def of(
        cls, settings: Settings, module: str, trust: Trust, note: Callable[[str], object]
    ) -> SharedResults | None:
        """Those of the registry that the settings name for results; None where it cannot be used,
        which is a note."""
        from gates.check import outlines

        try:
            registry = Registry.open(
                settings.results,
                authorities=settings.registry_ca,
                offline=settings.offline,
                hurried=True,
            )
        except GatesError as error:
            note(f"no results of other machines: {error.message}")
            return None
        stages = {
            each.id: stage.value for stage in Stage.PUBLISH.before for each in outlines(stage)
        }
        return cls(registry, module, trust, stages, note)

    def read(self, check: str) -> Iterator[Found]:
        """What the registry has of a check, newest first; it is asked once in a run."""
        with self._lock:
            if self._read is None:
                self._read = self._by_check()
        yield from self._read.get(check, ())

    def add(self, kept: Kept, signed: Envelope) -> None:
        """A result that `send` is to send, where its key may sign the check's stage."""
        data = signed.to_bytes()
        found = self._understood(data)
        if isinstance(found, Found) and len(data) <= LARGEST:
            with self._lock:
                self._new.append((kept, data))

    def send(self) -> None:
        """Write what was added to what the registry has by this key; a failure is a note. A
        registry that did not answer before is not asked again."""
        by_key: defaultdict[str, list[bytes]] = defaultdict(list)
        for _, data in self._new:
            found = self._understood(data)
            if isinstance(found, Found):
                by_key[found.key].append(data)
        self._new.clear()
        for key, lines in by_key.items():
            try:
                content = Content.of_bytes(b"".join(self._merged(lines, key)))
                if not self._unreachable:
                    put(self.registry.place, self._repository, key, content, KIND)
            except GatesError as error:
                self.note(f"results were not sent to {self.registry.where}: {error.message}")

    @property
    def _repository(self) -> str:
        return f"results-of-{self.module}"

    def _merged(self, new: list[bytes], key: str) -> list[bytes]:
        """Lines newest first: of each check so many as are kept, all of them no larger than may
        be."""
        held: Counter[str] = Counter()
        lines, size = [], 0
        for data in dict.fromkeys([*reversed(new), *self._lines(key)]):
            found = self._understood(data)
            if not isinstance(found, Found) or held[found.kept.result.check] >= KEPT:
                continue
            if (size := size + len(data)) > KIND.largest:
                break
            held[found.kept.result.check] += 1
            lines.append(data)
        return lines

    def _by_check(self) -> Mapping[str, list[Found]]:
        every: defaultdict[str, list[Found]] = defaultdict(list)
        for key in self.trust.keys:
            against: list[str] = []
            lines = self._lines(key)
            for data in lines:
                found = self._understood(data)
                if isinstance(found, Found):
                    every[found.kept.result.check].append(found)
                else:
                    against.append(found)
            if against:
                self.note(
                    f"{len(against)} of {len(lines)} results in {self.registry.where} do not count:"
                    f" one {against[0]}"
                )
        for each in every.values():
            each.sort(key=lambda one: one.kept.made, reverse=True)
        return every

    def _lines(self, key: str) -> list[bytes]:
        """What the registry has by a key, line by line; none where it cannot be had whole."""
        read = io.BytesIO()
        if self._unreachable:
            return []
        try:
            if take(self.registry.place, self._repository, key, KIND, read.write) is None:
                return []
        except GatesError as error:
            self._unreachable = isinstance(error, CouldNotCheckError)
            self.note(f"results in {self.registry.where} are not used: {error.message}")
            return []
        return read.getvalue().splitlines(keepends=True)

    def _understood(self, data: bytes) -> Found | str:
        """A result that counts for its check's stage, or why it does not."""
        from gates.evidence.grants import signer_problems

        found = (
            understand(data, self.module, self.trust) if len(data) <= LARGEST else "is too large"
        )
        if isinstance(found, str):
            return found
        stage = self.stages.get(found.kept.result.check)
        if stage is None:
            return "is of a check that does not exist here"
        problems = signer_problems(self.trust, (found.key,), None, stage, found.kept.made)
        return problems[0] if problems else found
