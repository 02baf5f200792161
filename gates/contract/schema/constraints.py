"""Constraints: which rows a table accepts. They are known by what they say, not by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gates.contract.model import Bump, Change
from gates.contract.schema.bodies import formerly
from gates.contract.schema.checks import refused, same_subject, words_in
from gates.contract.schema.keys import at_once, stricter
from gates.contract.schema.novelty import Novelty, left_null, novelty_of
from gates.contract.schema.pair import Pair, owner_of, shown
from gates.contract.schema.scripts import given, twice
from gates.contract.schema.witness import Statements
from gates.database.catalog_state.snapshot import Snapshot


def compare_constraints(pair: Pair) -> Iterator[Change]:
    """CHECK, FOREIGN KEY and EXCLUDE constraints of tables and domains that both have. NOT NULL is
    the columns' matter, UNIQUE and PRIMARY KEY are those of their indexes."""
    before, after = by_text(pair, pair.old), by_text(pair, pair.new)
    for owner in sorted({*before, *after}):
        one, other = before.get(owner, {}), after.get(owner, {})
        lost = [text for text in one if text not in other]
        for text in [text for text in other if text not in one]:
            like = [each for each in one if _comparable(pair, owner, each, text)]
            if like:
                lost = [each for each in lost if each not in like]
                yield _changed(pair, owner, like, text, other[text])
            else:
                yield _added(pair, owner, text, other[text])
        for text in lost:
            yield pair.change(
                f"constraint:{shown(owner)}.{one[text]}", Bump.MINOR,
                f"{shown(owner)} does not ask for {text} any more: readers may meet other rows",
                owner, one[text], gone=True,
            )  # fmt: skip


def by_text(pair: Pair, side: Snapshot) -> dict[str, dict[str, str]]:
    """For each table or domain of both sides: constraints by what they say, with their names."""
    found: dict[str, dict[str, str]] = {}
    other = pair.new if side is pair.old else pair.old
    for name, properties in side.of("constraint"):
        text = properties["definition"].removesuffix(" NOT VALID")
        owner = owner_of("constraint", name, properties)
        table = side.objects.get(f"table {owner}", {})
        known = any(f"{kind} {owner}" in other.objects for kind in ("table", "type"))
        if (
            known
            and "partition_bound" not in table
            and not text.startswith(("NOT NULL", "UNIQUE", "PRIMARY KEY"))
        ):
            found.setdefault(owner, {})[text] = name.rpartition(" on ")[0].strip('"')
    return found


def beside(pair: Pair, owner: str, text: str) -> list[str]:
    """The old CHECKs that speak of something which a text speaks of: a row that they refuse shows
    nothing about the text."""
    subjects = pair.columns(owner, pair.old) | {"VALUE"}
    checks = (
        properties["definition"].removesuffix(" NOT VALID")
        for name, properties in pair.old.of("constraint")
        if owner_of("constraint", name, properties) == owner
    )
    return [
        each
        for each in checks
        if each.startswith("CHECK") and words_in(each) & words_in(text) & subjects
    ]


def _comparable(pair: Pair, owner: str, one: str, other: str) -> bool:
    """Whether a constraint seems to be the other one, written anew: a foreign key to the same
    table, or a CHECK of the same columns."""
    if one.startswith("FOREIGN KEY") or other.startswith("FOREIGN KEY"):
        return _target(one) == _target(other)
    if one.startswith("EXCLUDE") and other.startswith("EXCLUDE"):
        return at_once(one) == at_once(other)
    if not (one.startswith("CHECK") and other.startswith("CHECK")):
        return False
    columns = pair.columns(owner, pair.old)
    return same_subject(one, other) or words_in(one) & columns == words_in(other) & columns


def _target(text: str) -> str:
    """What a foreign key ties to what, without what follows a deletion."""
    return re.sub(r"(REFERENCES \S+\(.*?\)).*", r"\1", text)


def _changed(pair: Pair, owner: str, old: list[str], new: str, name: str) -> Change:
    """A constraint beside or in place of others on the same columns, which all held before."""
    if (broken := stricter(pair, owner, old, new)) is not None:
        return pair.change(
            f"constraint:{shown(owner)}.{name}", Bump.MAJOR,
            f"{shown(owner)} asks for {new}, it was {' and '.join(old)}: {broken[0]}",
            owner, name, tries=broken[1],
        )  # fmt: skip
    alike = [each for each in old if same_subject(each, new)]
    value = refused(alike, new, whole=_whole(pair, owner, new)) if alike else None
    known = bool(alike) and value is None
    row = _value_of(pair, owner, value) if value and alike == old else None
    if row is None and not known and pair.refuses is not None and new.startswith("CHECK"):
        # What the rest of the old ones says counts too, and only the server understands it.
        row = pair.refuses(pair.old, owner, old, new, formerly(pair, old))
    if row is not None:
        why = "a row that was accepted is refused"
    elif known:
        why = "every row that was accepted still is"
    else:
        why = "that a row which was accepted is refused could not be shown"
    return pair.change(
        f"constraint:{shown(owner)}.{name}", Bump.MINOR if row is None else Bump.MAJOR,
        f"{shown(owner)} asks for {new}, it was {' and '.join(old)}: {why}",
        owner, name, tries=given(pair, owner, row or {}),
        proved=known or row is not None,
    )  # fmt: skip


def _value_of(pair: Pair, owner: str, text: str) -> Mapping[str, str] | None:
    """`column = value` as values of a row; None for another expression."""
    name, _, value = text.partition(" = ")
    return {name: value} if name in pair.columns(owner, pair.old) | {"VALUE"} else None


def _whole(pair: Pair, owner: str, text: str) -> bool:
    """Whether what a CHECK limits is no column of a type with fractions: a length, a count."""
    types = [
        pair.old.objects.get(f"column {owner}.{each}", {}).get("type", "")
        for each in words_in(text)
    ]
    if "VALUE" in words_in(text):
        types.append(pair.old.objects.get(f"type {owner}", {}).get("base", ""))
    return not any(each.startswith(("numeric", "real", "double")) for each in types)


def _added(pair: Pair, owner: str, text: str, name: str) -> Change:
    novelty = novelty_of(pair, owner, text)
    if novelty is Novelty.SOME and text.startswith("FOREIGN KEY") and left_null(pair, owner, text):
        novelty = Novelty.ALL
    breaks, row = novelty is Novelty.NONE, None
    if breaks and pair.refuses is not None and text.startswith("CHECK"):
        # The type, or another CHECK, may refuse all that this one does.
        row = pair.refuses(pair.old, owner, beside(pair, owner, text) or ["CHECK (true)"], text)
        novelty, breaks = (Novelty.IMPLIED, False) if row is None else (novelty, True)
    return pair.change(
        f"constraint:{shown(owner)}.{name}", Bump.MAJOR if breaks else Bump.MINOR,
        f"{shown(owner)} asks for {text} now{novelty.value}", owner, name, came=True,
        tries=_against(pair, owner, text, row),
        proved=novelty not in (Novelty.SOME, Novelty.IMPLIED),
    )  # fmt: skip


def _against(
    pair: Pair, owner: str, text: str, row: Mapping[str, str] | None
) -> Iterator[Statements | None]:
    """Rows for which a new constraint does not hold."""
    if text.startswith("EXCLUDE"):
        yield from twice(pair, owner, pair.columns(owner, pair.old) & words_in(text))
    else:
        yield from given(pair, owner, row or {})
