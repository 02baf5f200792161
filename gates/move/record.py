"""Signed records of rehearsals and runs: in-toto statements whose subject is the plan's file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates import __version__
from gates.errors import RefusedError
from gates.evidence.envelope import MalformedError, canonical, parse_json, sign
from gates.evidence.signed import parse
from gates.evidence.statement import STATEMENT_TYPE, storable
from gates.move.journal import Entry
from gates.move.plan import Plan
from gates.records import asdict, dataclass, field

if TYPE_CHECKING:
    from gates.evidence.keys import Trust
    from gates.settings import Settings

REHEARSAL = "https://schemas.axon.dev/gates/migration-rehearsal/v1"
RUN = "https://schemas.axon.dev/gates/migration-run/v1"


@dataclass(frozen=True)
class Rehearsed:
    """One way forwards, and back where it was rolled back."""

    passed: bool
    seconds: float
    steps: Mapping[str, float]
    rollback: float | None = None
    """Seconds of the rollback; None where there was none."""
    equal: bool | None = None
    """Whether the database then equalled the backup."""
    note: str = ""


@dataclass(frozen=True)
class Injected:
    """One fault, and what came of it."""

    fault: str
    step: str
    survived: bool
    outcome: str


@dataclass(frozen=True)
class Rehearsal:
    """A series of rehearsals of one plan."""

    plan: str
    """SHA-256 of its file."""
    made: str
    """RFC 3339, UTC."""
    source: str
    """What was moved: a generated world, a dump, a clone."""
    size: int
    """Bytes of the database before the move."""
    server: str
    rehearsals: tuple[Rehearsed, ...]
    faults: tuple[Injected, ...]
    key: str = field(default="", compare=False)
    """Id of the key that signed it."""


def rehearsal_payload(made: Rehearsal) -> bytes:
    """The statement about a series of rehearsals."""
    predicate = asdict(made)
    del predicate["key"]
    return _statement(REHEARSAL, made.plan, predicate)


def run_payload(plan: Plan, entries: tuple[Entry, ...], state: str, go: list[str]) -> bytes:
    """The statement about a run: its whole journal, how it ended, and why it was begun."""
    predicate = {"state": state, "journal": [asdict(each) for each in entries], "go": go}
    return _statement(RUN, plan.sha256, predicate)


def _statement(kind: str, plan: str, predicate: Mapping[str, Any]) -> bytes:
    return canonical(
        storable(
            {
                "_type": STATEMENT_TYPE,
                "predicateType": kind,
                "subject": [{"name": "migration-plan.toml", "digest": {"sha256": plan}}],
                "predicate": dict(predicate) | {"gates": __version__},
            }
        )
    )


def write(payload: bytes, folder: Path, name: str, settings: Settings) -> Path:
    """Sign a statement with this installation's key and write it, whole or not at all."""
    from gates.evidence.keys import signing_key

    data = sign(payload, signing_key(settings.key)).to_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(payload).hexdigest()[:12]}.json"
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return path


def read_rehearsals(folder: Path, plan: Plan, trust: Trust) -> tuple[Rehearsal, ...]:
    """The rehearsals of exactly this plan in a folder, whose signatures count.

    Raises `RefusedError` for a record that is none, or that nobody trusted has signed.
    """
    found = [_rehearsal(path, trust) for path in sorted(folder.glob("rehearsal-*.json"))]
    return tuple(each for each in found if each.plan == plan.sha256)


def _rehearsal(path: Path, trust: Trust) -> Rehearsal:
    try:
        signed = parse(path.read_bytes())
        if problems := signed.problems(trust):
            raise RefusedError([f"{path.name} {each}" for each in problems])
        value: Any = parse_json(signed.payload)
        if value["predicateType"] != REHEARSAL:
            raise MalformedError("it is about something else")
        given = value["predicate"]
        if value["subject"][0]["digest"]["sha256"] != given["plan"]:
            raise MalformedError("its subject is another plan")
        return Rehearsal(
            given["plan"], given["made"], given["source"], int(given["size"]), given["server"],
            tuple(Rehearsed(**each) for each in given["rehearsals"]),
            tuple(Injected(**each) for each in given["faults"]),
            signed.key_ids[0],
        )  # fmt: skip
    except (MalformedError, KeyError, TypeError, IndexError, OSError) as error:
        raise RefusedError([f"{path.name} is no record of a rehearsal: {error}"]) from error


def times(series: tuple[Rehearsal, ...]) -> Iterator[tuple[str, list[float]]]:
    """Seconds by step over all rehearsals that passed, and of rollbacks."""
    passed = [one for each in series for one in each.rehearsals if one.passed]
    names = list(dict.fromkeys(name for one in passed for name in one.steps))
    for name in names:
        yield name, [one.steps[name] for one in passed if name in one.steps]
    if backs := [one.rollback for one in passed if one.rollback is not None]:
        yield "rollback", backs


def percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that `share` of all do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-int(len(ranked) * share * 1000) // 1000) - 1)]
