"""Kept results as in-toto statements: what a check found, and what it had asked.

The subject is the trace; its digest is that of its questions and answers as canonical JSON. The
predicate is of the type `PREDICATE_TYPE`; one of `TOGETHER_TYPE` holds those of several results,
and the statement as many subjects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from gates.evidence.envelope import MalformedError, canonical, parse_json
from gates.evidence.reader import Reader
from gates.evidence.statement import STATEMENT_TYPE
from gates.model import CheckResult, Finding, Level, Location, RanRecord, Verdict
from gates.records import asdict, dataclass, field

PREDICATE_TYPE = "https://schemas.axon.dev/gates/result/v1"
TOGETHER_TYPE = "https://schemas.axon.dev/gates/results/v2"


@dataclass(frozen=True)
class Exhibits:
    """What a check leaves for reports and evidence besides its result, as JSON data."""

    environment: Mapping[str, str] = field(default_factory=dict)
    bundle: str = ""
    """SHA-256 of the bundle, in hex; "" where the check did not ask for it."""
    coverage: tuple[Mapping[str, Any], ...] = ()
    changes: tuple[Mapping[str, Any], ...] = ()
    base: str | None = None
    locks: tuple[Mapping[str, Any], ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Of publish and release: what the stage made."""


@dataclass(frozen=True)
class Kept:
    """One kept result."""

    module: str
    """The slug."""
    made: datetime
    trace: Mapping[str, str]
    result: CheckResult
    exhibits: Exhibits = Exhibits()

    @cached_property
    def predicate(self) -> dict[str, Any]:
        """What a statement says of it, as JSON data."""
        return _predicate(self)

    @cached_property
    def digest(self) -> str:
        """Of the trace: equal for equal questions with equal answers."""
        return hashlib.sha256(canonical(self.trace)).hexdigest()


def build(kept: Kept) -> bytes:
    """The statement about one result as canonical JSON."""
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [_subject(kept)],
            "predicateType": PREDICATE_TYPE,
            "predicate": kept.predicate,
        }
    )


def build_together(every: Sequence[Kept]) -> bytes:
    """The statement about several results as canonical JSON. Most checks ask the same, so each
    question stands there once with its answer, and a trace is a list of places in that list."""
    places: dict[tuple[str, str], int] = {}
    results = []
    for each in every:
        trace = [places.setdefault(asked, len(places)) for asked in each.trace.items()]
        results.append(each.predicate | {"trace": trace})
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [_subject(each) for each in every],
            "predicateType": TOGETHER_TYPE,
            "predicate": {"asked": [list(each) for each in places], "results": results},
        }
    )


def read(payload: bytes) -> Kept:
    """The kept result in a payload. Raises `MalformedError`, whatever the bytes are."""
    value, digests = _read(payload, PREDICATE_TYPE)
    if len(digests) != 1:
        raise MalformedError("it is not about one result")
    return _understood(value["predicate"], digests[0])


def read_together(payload: bytes) -> dict[str, Callable[[], Kept]]:
    """What gives the kept results in a payload of several, by check. Raises `MalformedError`, and
    so does each of them, whatever the bytes are."""
    value, digests = _read(payload, TOGETHER_TYPE)
    try:
        parts = value["predicate"]["results"]
        checks = [str(each["check"]) for each in parts]
        asked = [(str(question), str(answer)) for question, answer in value["predicate"]["asked"]]
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError(f"it cannot be understood: {error}") from error
    if len(set(checks)) != len(digests) or len(checks) != len(digests):
        raise MalformedError("its results are not those of its subjects")
    return {
        check: partial(_understood, part, digest, asked)
        for check, part, digest in zip(checks, parts, digests, strict=True)
    }


def _subject(kept: Kept) -> dict[str, Any]:
    return {"name": f"{kept.module} {kept.result.check}", "digest": {"sha256": kept.digest}}


def _predicate(kept: Kept) -> dict[str, Any]:
    result = kept.result
    return {
        "check": result.check,
        "module": kept.module,
        "made": kept.made.isoformat(timespec="seconds"),
        "trace": dict(kept.trace),
        "verdict": result.verdict.value,
        "findings": [asdict(each) for each in result.findings],
        "records": [asdict(each) for each in result.records],
        "seconds": round(result.seconds, 3),
        "exhibits": asdict(kept.exhibits),
    }


def _read(payload: bytes, kind: str) -> tuple[Any, list[str]]:
    """A statement of one of the two types, and the digests of its subjects."""
    value = Reader(parse_json(payload), "the statement")
    if value.text("_type") != STATEMENT_TYPE or value.text("predicateType") != kind:
        raise MalformedError("it is no statement about a result")
    subjects = value.items("subject")
    return value.value, [each.member("digest").hex("sha256") for each in subjects]


def _understood(
    predicate: Any,  # noqa: ANN401 - JSON data from outside
    digest: str,
    asked: Sequence[tuple[str, str]] | None = None,
) -> Kept:
    """A result from its predicate, whose trace is a list of places in `asked` where that is given;
    the digest of the subject holds it."""
    try:
        if asked is not None:
            predicate = {**predicate, "trace": dict([asked[each] for each in predicate["trace"]])}
        kept = _kept(predicate)
        same = kept.digest == digest
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise MalformedError(f"it cannot be understood: {error}") from error
    if not same:
        raise MalformedError("its trace is not the one of its subject")
    return kept


def _kept(predicate: Mapping[str, Any]) -> Kept:
    made = datetime.fromisoformat(predicate["made"])
    if made.utcoffset() is None:
        raise ValueError("a time without its zone")
    result = CheckResult(
        check=predicate["check"],
        verdict=Verdict(predicate["verdict"]),
        findings=tuple(_finding(each) for each in predicate["findings"]),
        records=tuple(RanRecord(**each) for each in predicate["records"]),
        seconds=float(predicate["seconds"]),
    )
    parts: Any = {
        name: tuple(each) if isinstance(each, list) else each
        for name, each in predicate["exhibits"].items()
    }
    return Kept(predicate["module"], made, predicate["trace"], result, Exhibits(**parts))


def _finding(value: Mapping[str, Any]) -> Finding:
    return Finding(
        **{**value, "location": Location(**value["location"]), "level": Level(value["level"])}
    )
