"""Kept results as in-toto statements: what a check found, and what it had asked.

The subject is the trace; its digest is `digest_of` its questions and answers. The predicate is of
the type `PREDICATE_TYPE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from gates.digests import digest_of
from gates.evidence.envelope import MalformedError, canonical, parse_json
from gates.evidence.reader import Reader
from gates.evidence.statement import STATEMENT_TYPE
from gates.model import CheckResult, Finding, Level, Location, RanRecord, Verdict

PREDICATE_TYPE = "https://schemas.axon.dev/gates/result/v1"


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

    @property
    def digest(self) -> str:
        """Of the trace: equal for equal questions with equal answers."""
        return digest_of(self.trace)


def build(kept: Kept) -> bytes:
    """The statement as canonical JSON."""
    result = kept.result
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": f"{kept.module} {result.check}", "digest": {"sha256": kept.digest}}
            ],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "check": result.check,
                "module": kept.module,
                "made": kept.made.isoformat(timespec="seconds"),
                "trace": dict(kept.trace),
                "verdict": result.verdict.value,
                "findings": [asdict(each) for each in result.findings],
                "records": [asdict(each) for each in result.records],
                "seconds": round(result.seconds, 3),
                "exhibits": asdict(kept.exhibits),
            },
        }
    )


def read(payload: bytes) -> Kept:
    """The kept result in a payload. Raises `MalformedError`, whatever the bytes are."""
    value = Reader(parse_json(payload), "the statement")
    if value.text("_type") != STATEMENT_TYPE or value.text("predicateType") != PREDICATE_TYPE:
        raise MalformedError("it is no statement about a result")
    predicate: Any = value.value["predicate"]
    try:
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
        kept = Kept(predicate["module"], made, predicate["trace"], result, Exhibits(**parts))
        digest = value.items("subject")[0].member("digest").hex("sha256")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise MalformedError(f"it cannot be understood: {error}") from error
    if kept.digest != digest:
        raise MalformedError("its trace is not the one of its subject")
    return kept


def _finding(value: Mapping[str, Any]) -> Finding:
    return Finding(
        **{**value, "location": Location(**value["location"]), "level": Level(value["level"])}
    )
