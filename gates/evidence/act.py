"""Signed acts: what somebody decided about versions, as in-toto statements over a list of digests.

Subjects: versions as `<slug>@<version>` with the dirHash1 of their content, and waivers of the
policy as `waiver <check>` with the SHA-256 of the entry. The predicate is of the type `ACT_TYPE`;
`made` is RFC 3339 in UTC. Acts are signed as evidence is (`gates.evidence.signed`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from gates.evidence import signed
from gates.evidence.envelope import MalformedError, canonical, parse_json, shown
from gates.evidence.identity import Claims
from gates.evidence.reader import Reader
from gates.evidence.statement import STATEMENT_TYPE, storable
from gates.records import dataclass, field, replace
from gates.settings import Waiver

ACT_TYPE = "https://schemas.axon.dev/gates/act/v1"
CONTENT = "dirHash1"
"""The digest of a version's content."""
_HEX = re.compile(r"[0-9a-f]{64}\Z")


class Verb(StrEnum):
    """What is done about the subjects."""

    APPROVE = "approve"
    YANK = "yank"
    QUARANTINE = "quarantine"
    REVOKE = "revoke"
    DEPRECATE = "deprecate"
    ROLL_BACK = "roll-back"
    LIFT = "lift"
    REVERIFY = "reverify"


LIFTED = (Verb.YANK, Verb.QUARANTINE, Verb.REVOKE, Verb.DEPRECATE)
"""What a lift can undo."""


@dataclass(frozen=True)
class Subject:
    """What an act is about."""

    name: str
    digest: str
    """64 hex digits."""
    kind: str = CONTENT
    """`dirHash1` or `sha256`."""


@dataclass(frozen=True)
class Act:
    """One act; whether to believe it is decided elsewhere."""

    verb: Verb
    subjects: tuple[Subject, ...]
    reason: str
    made: str
    until: date | None = None
    """The last day of an approval, the day of a sunset."""
    replacement: str = ""
    """A version of the same module, or `<slug>@<version>`; "" names none."""
    lifts: str = ""
    """SHA-256 of the payload of the act that it undoes."""
    catalog: str = ""
    """The id of the catalog that it is for; "" for an approval, which comes before."""
    details: Mapping[str, str] = field(default_factory=dict)
    payload: bytes = b""
    """The exact bytes that were signed."""
    key_ids: tuple[str, ...] = ()
    claims: Claims | None = None
    envelope: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Of what was signed, in hex."""
        return hashlib.sha256(self.payload).hexdigest()

    def is_about(self, subject: Subject) -> bool:
        """Whether a subject is among its own, by name and digest."""
        return subject in self.subjects


def version_subject(slug: str, version: str, digest: str) -> Subject:
    """A version; `digest` is the dirHash1 of its content, in hex."""
    return Subject(f"{slug}@{version}", digest)


def waiver_subject(waiver: Waiver) -> Subject:
    """A waiver, by every word of it."""
    members = {key: str(value) for key, value in vars(waiver).items() if value is not None}
    text = json.dumps(members, sort_keys=True)
    return Subject(f"waiver {waiver.check}", hashlib.sha256(text.encode()).hexdigest(), "sha256")


def build(act: Act) -> bytes:
    """An act as canonical JSON, to be signed."""
    predicate: dict[str, object] = {
        "verb": act.verb.value,
        "reason": act.reason,
        "made": act.made,
        "until": act.until.isoformat() if act.until else "",
        "replacement": act.replacement,
        "lifts": act.lifts,
        "catalog": act.catalog,
        "details": dict(act.details),
    }
    subjects = [{"name": each.name, "digest": {each.kind: each.digest}} for each in act.subjects]
    return canonical(
        storable(
            {
                "_type": STATEMENT_TYPE,
                "subject": subjects,
                "predicateType": ACT_TYPE,
                "predicate": predicate,
            }
        )
    )


def read(payload: bytes) -> Act:
    """The act in a payload. Raises `MalformedError`, whatever the bytes are."""
    value = Reader(parse_json(payload), "the statement")
    if value.text("_type") != STATEMENT_TYPE or value.text("predicateType") != ACT_TYPE:
        raise MalformedError("it is no act")
    predicate = value.member("predicate")
    try:
        verb = Verb(predicate.text("verb"))
        until = predicate.text("until")
        ends = date.fromisoformat(until) if until else None
        datetime.fromisoformat(predicate.text("made"))
    except ValueError as error:
        raise MalformedError(shown(str(error))) from error
    subjects = tuple(_subject(each) for each in value.items("subject"))
    if not subjects:
        raise MalformedError("it has no subject")
    return Act(
        verb=verb,
        subjects=subjects,
        reason=predicate.text("reason"),
        made=predicate.text("made"),
        until=ends,
        replacement=predicate.text("replacement"),
        lifts=predicate.text("lifts"),
        catalog=predicate.text("catalog"),
        details=predicate.texts("details"),
        payload=payload,
    )


def read_signed(data: bytes) -> tuple[Act, signed.Signed]:
    """The act in an envelope, not verified, and the envelope. Raises `MalformedError`."""
    envelope = signed.parse(data)
    found = replace(
        read(envelope.payload),
        key_ids=envelope.key_ids,
        claims=envelope.claims,
        envelope=envelope.value,
    )
    return found, envelope


def read_stored(envelope: Mapping[str, Any]) -> tuple[Act, signed.Signed]:
    """The act in an envelope that is JSON data already. Raises `MalformedError`."""
    return read_signed(canonical(envelope) + b"\n")


def names(subjects: Sequence[Subject]) -> str:
    """The subjects, for messages."""
    return ", ".join(shown(each.name) for each in subjects)


def _subject(entry: Reader) -> Subject:
    digests = entry.texts("digest")
    for kind in (CONTENT, "sha256"):
        if set(digests) == {kind} and _HEX.match(digests[kind]):
            return Subject(entry.text("name"), digests[kind], kind)
    raise MalformedError("a subject has not one digest of 64 hex digits")
