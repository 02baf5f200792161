"""Whether the audit trail is as it was written: its rows against their chain and its anchors.

Each stream, of a tenant or of the catalog itself, is a chain of hashes that the database writes. A
change of a row, one taken out, added or moved breaks it. Whoever owns the database could write a
whole chain anew, or cut off its end: anchors alone show that, signed statements of where the
streams ended, which lie in the registry. Pure: what is read comes from `audit_rows` and `anchors`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gates.records import dataclass, field

BEGINNING = "0" * 64
"""What stands in the place of the hash before the first row of a stream."""
MOST = 100
"""Reasons that are told one by one."""


@dataclass(frozen=True)
class Link:
    """A row of the chain, with the row of the trail that it is about."""

    stream: str
    """The tenant's id, or "catalog"."""
    sequence: int
    """Its place in the stream, from 1 on."""
    audit_id: int
    previous: str
    hash: str
    there: bool
    """Whether the row of the trail exists."""
    belongs: str
    """The stream that the row of the trail says that it is of."""
    text: str
    """What is hashed, made anew from the row by PostgreSQL."""


@dataclass(frozen=True)
class Head:
    """Where a stream ends, or ended."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Anchor:
    """Where all streams of a catalog ended at one time, as somebody has signed it."""

    number: int
    """From 1 on, in the order of the registry."""
    catalog: str
    """The id that the catalog was made with."""
    made: str
    """RFC 3339, UTC."""
    heads: Mapping[str, Head]
    """By `name_of` the stream: tenants' ids stay in the database."""


@dataclass(frozen=True)
class Trail:
    """What was found about the whole trail."""

    rows: int
    heads: Mapping[str, Head] = field(default_factory=dict)
    """By stream."""
    reasons: tuple[str, ...] = ()
    """Why not to rely on it, one sentence each with its code; none where all is as it was."""
    anchors: int = 0
    """How many anchors it was held against."""
    newer: int = 0
    """Rows after the newest anchor: nobody would see that some at their end were cut off."""


def name_of(catalog: str, stream: str) -> str:
    """What a stream is called outside of the database: SHA-256, in hex."""
    return hashlib.sha256(f"{catalog} {stream}".encode()).hexdigest()


def examine(
    links: Iterable[Link],
    unchained: Iterable[tuple[int, str]],
    catalog: str,
    anchors: Sequence[Anchor] = (),
) -> Trail:
    """Hold the links, by stream and place, against each other and against anchors of this catalog.

    `unchained` are id and table name of rows of the trail that no link is about.
    """
    wanted = {(name, head.sequence) for each in anchors for name, head in each.heads.items()}
    names: dict[str, str] = {}
    heads: dict[str, Head] = {}
    seen: dict[tuple[str, int], str] = {}
    reasons: list[str] = []
    rows = 0
    for link in links:
        rows += 1
        reasons += _against(link, heads.get(link.stream))
        heads[link.stream] = Head(link.sequence, link.hash)
        name = names.setdefault(link.stream, name_of(catalog, link.stream))
        if (name, link.sequence) in wanted:
            seen[name, link.sequence] = link.hash
    reasons += [
        f"the row {audit_id} about {table} was added to audit_logs beside the chain [audit-added]"
        for audit_id, table in unchained
    ]
    by_name = {names[stream]: head for stream, head in heads.items()}
    for anchor in anchors:
        reasons += _against_anchor(anchor, by_name, seen)
    if len(reasons) > MOST:
        reasons = [*reasons[:MOST], f"and {len(reasons) - MOST} more like these [audit-more]"]
    last = anchors[-1].heads if anchors else {}
    anchored = sum(head.sequence for head in last.values())
    newer = max(0, sum(head.sequence for head in heads.values()) - anchored)
    return Trail(rows, heads, tuple(reasons), len(anchors), newer)


def _against(link: Link, before: Head | None) -> Iterator[str]:
    """What is wrong with one row of a stream after the row before it."""
    where = f"the stream {link.stream}, place {link.sequence} (row {link.audit_id})"
    expected = before.sequence + 1 if before else 1
    if link.sequence != expected:
        yield f"{where}: what stood at place {expected} was taken out of the chain [audit-gap]"
    elif link.previous != (before.hash if before else BEGINNING):
        yield f"{where}: does not follow the row before it [audit-order]"
    if not link.there:
        yield f"{where}: was deleted from audit_logs [audit-deleted]"
        return
    if link.belongs != link.stream:
        yield f"{where}: says that it is of {link.belongs} [audit-moved]"
    if hashlib.sha256(link.text.encode()).hexdigest() != link.hash:
        yield f"{where}: is not as it was written [audit-edited]"


def _against_anchor(
    anchor: Anchor, heads: Mapping[str, Head], seen: Mapping[tuple[str, int], str]
) -> Iterator[str]:
    for name, head in anchor.heads.items():
        ended = heads[name].sequence if name in heads else 0
        what = f"anchor {anchor.number} of {anchor.made}: the stream {name[:12]}"
        if ended < head.sequence:
            had = f"had {head.sequence} rows, and has {ended}"
            yield f"{what} {had}: its end was cut off [audit-cut]"
        elif seen.get((name, head.sequence)) != head.hash:
            yield f"{what} had another row {head.sequence}: it was written anew [audit-rewritten]"
