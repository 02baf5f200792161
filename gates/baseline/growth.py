"""Signed growth: who let which findings into a baseline, why, and on top of which release.

An in-toto statement in a DSSE envelope, as evidence is. Its subject is the baseline of a module,
its digest that of the entries; the predicate is of the type `PREDICATE_TYPE`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from gates.baseline.entries import Baseline, Entry, Line
from gates.digests import digest_of
from gates.evidence import Trust
from gates.evidence.envelope import MalformedError, canonical, parse_json, shown
from gates.evidence.freshness import read_time
from gates.evidence.grants import signer_problems
from gates.evidence.reader import Reader
from gates.evidence.signed import parse
from gates.evidence.statement import STATEMENT_TYPE, storable
from gates.records import dataclass

ROLE = "approval"
"""What a signer of a trust file must be allowed to sign: to let a fault pass is an approval."""
PREDICATE_TYPE = "https://schemas.axon.dev/gates/baseline/v1"


@dataclass(frozen=True)
class Growth:
    """What one signature lets into the baseline of one module."""

    module: str
    """Its slug."""
    base: str
    """The newest released version when it was signed, "" for none: it counts on top of that."""
    reason: str
    made: datetime
    added: Mapping[Entry, int]


def statement(growth: Growth) -> bytes:
    """The payload to be signed."""
    added = [Line(entry, count).value for entry, count in sorted(growth.added.items())]
    subject = {"name": f"{growth.module} baseline", "digest": {"sha256": digest_of(added)}}
    return canonical(
        storable(
            {
                "_type": STATEMENT_TYPE,
                "subject": [subject],
                "predicateType": PREDICATE_TYPE,
                "predicate": {
                    "module": growth.module,
                    "base": growth.base,
                    "reason": growth.reason,
                    "made": growth.made.isoformat(timespec="seconds"),
                    "added": added,
                },
            }
        )
    )


def read_growth(payload: bytes) -> Growth:
    """The growth in a payload. Raises `MalformedError`, whatever the bytes are."""
    value = Reader(parse_json(payload), "the statement")
    if value.text("_type") != STATEMENT_TYPE or value.text("predicateType") != PREDICATE_TYPE:
        raise MalformedError("it is no statement about a baseline")
    predicate = value.member("predicate")
    added: Counter[Entry] = Counter()
    for each in predicate.items("added"):
        entry = Entry(each.text("check"), each.text("object"), each.text("digest"))
        count = int(each.number("count"))
        if count < 1:
            raise MalformedError("a count is not positive")
        added[entry] += count
    reason = predicate.text("reason")
    if not reason.strip():
        raise MalformedError("it gives no reason")
    if (made := read_time(predicate.text("made"))) is None:
        raise MalformedError("it does not say when it was signed")
    return Growth(predicate.text("module"), predicate.text("base"), reason, made, added)


def counted(
    baseline: Baseline, module: str, base: str, trust: Trust
) -> tuple[tuple[tuple[str, Growth], ...], tuple[str, ...]]:
    """The growths that count, each as it is written, and why others do not: a clause each.

    What was signed on top of another release counts no more and is no fault: the release holds it.
    """
    found, refused = [], []
    for text in baseline.growths:
        try:
            envelope = parse(canonical(json.loads(text)) + b"\n")
            if problems := envelope.problems(trust):
                refused += [f"growth that {problem}" for problem in problems]
                continue
            growth = read_growth(envelope.payload)
            if reasons := signer_problems(
                trust, envelope.key_ids, envelope.claims, ROLE, growth.made
            ):
                refused += [f"growth that {reason}" for reason in reasons]
                continue
        except (MalformedError, ValueError, AttributeError, RecursionError) as error:
            refused.append(f"growth that cannot be read: {shown(str(error), 200)}")
            continue
        if growth.module != module:
            refused.append(f"growth that was signed for {shown(growth.module)}")
        elif growth.base == base:
            found.append((text, growth))
    return tuple(found), tuple(refused)


def unsigned(
    lines: Iterable[Line], released: Mapping[Entry, int], growths: Iterable[Growth]
) -> Iterator[tuple[Entry, int]]:
    """Each entry of which more is listed than was released and signed for, and how many more."""
    allowed: Counter[Entry] = Counter(released)
    for growth in growths:
        allowed.update(growth.added)
    listed: Counter[Entry] = Counter()
    for line in lines:
        listed[line.signed_entry] += line.count
    for entry, count in sorted(listed.items()):
        if count > allowed[entry]:
            yield entry, count - allowed[entry]
