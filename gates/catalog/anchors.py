"""Anchors of the audit trail: signed statements of where its streams ended, kept in the registry.

An anchor is an in-toto statement in a DSSE envelope, or in the bundle of a workflow's identity,
like the evidence of a stage. In the registry it is a version, which never changes, of the name
`audit-of-<id of the catalog>`: 1, 2 and so on.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from gates.catalog.audit import Anchor, Head, name_of
from gates.errors import RefusedError
from gates.evidence import signed
from gates.evidence.envelope import MalformedError, canonical, parse_json, shown
from gates.evidence.freshness import read_time
from gates.evidence.grants import ANCHOR, signer_problems
from gates.evidence.reader import Reader
from gates.evidence.statement import STATEMENT_TYPE

if TYPE_CHECKING:
    from gates.evidence.keys import Trust
    from gates.registry import Published, Registry

PREDICATE_TYPE = "https://schemas.axon.dev/gates/audit-anchor/v1"


def build(catalog: str, heads: Mapping[str, Head], made: str) -> bytes:
    """What is signed: the heads of all streams, as canonical JSON."""
    listed = [
        {"stream": name_of(catalog, stream), "sequence": head.sequence, "hash": head.hash}
        for stream, head in heads.items()
    ]
    listed.sort(key=lambda each: str(each["stream"]))
    digest = hashlib.sha256(canonical({"heads": listed})).hexdigest()
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": f"audit-of-{catalog}", "digest": {"sha256": digest}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {"made": made, "heads": listed},
        }
    )


def read(data: bytes, number: int, catalog: str, trust: Trust) -> Anchor:
    """An anchor of this catalog. Raises `RefusedError` with every reason not to believe it."""
    try:
        envelope = signed.parse(data)
        anchor, made = _read(envelope.payload, number, catalog)
    except (MalformedError, ValueError) as error:
        raise _refused(
            number, [f"cannot be read: {shown(str(error), 200)} [unreadable]"]
        ) from error
    problems = envelope.problems(trust)
    if not problems:
        when = envelope.claims.issued if envelope.claims else made
        problems += signer_problems(trust, envelope.key_ids, envelope.claims, ANCHOR, when)
    if problems:
        raise _refused(number, problems)
    return anchor


def _read(payload: bytes, number: int, catalog: str) -> tuple[Anchor, datetime | None]:
    value = Reader(parse_json(payload), "the anchor")
    predicate = value.member("predicate")
    if value.text("predicateType") != PREDICATE_TYPE or value.text("_type") != STATEMENT_TYPE:
        raise MalformedError("it is no statement about an audit trail")
    heads = {
        each.hex("stream"): Head(each.whole("sequence"), each.hex("hash"))
        for each in predicate.items("heads")
    }
    made = predicate.text("made")
    (subject,) = value.items("subject")
    listed = canonical({"heads": predicate.value["heads"]})
    if (
        subject.text("name") != f"audit-of-{catalog}"
        or subject.member("digest").hex("sha256") != hashlib.sha256(listed).hexdigest()
        or len(heads) != len(predicate.items("heads"))
    ):
        raise MalformedError("it is about another catalog, or contradicts itself [wrong-subject]")
    return Anchor(number, catalog, made, heads), read_time(made)


def stored(registry: Registry, catalog: str) -> Iterator[bytes]:
    """Every anchor of a catalog in the registry, the oldest first; not verified.

    Raises `CouldNotCheckError` for a registry that cannot be read, `RefusedError` for one whose
    blobs were changed.
    """
    number = 1
    while registry.find(_name(catalog), str(number)) is not None:
        anchor = io.BytesIO()
        registry.fetch(_name(catalog), str(number), anchor.write)
        yield anchor.getvalue()
        number += 1


def store(registry: Registry, catalog: str, number: int, data: bytes) -> Published:
    """Publish an anchor. Raises `RefusedError` where another one has this number by now."""
    from gates.registry import Content

    content = Content.of_bytes(data)
    return registry.push(_name(catalog), str(number), content, "anchor.dsse.json")


def _name(catalog: str) -> str:
    return f"audit-of-{catalog}"


def _refused(number: int, problems: list[str]) -> RefusedError:
    return RefusedError([f"the anchor {number} of the audit trail {each}" for each in problems])
