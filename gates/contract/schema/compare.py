"""The difference between the databases of two versions.

Every table of a module is part of its contract, although no other module may touch one: exports
and reports read them, and while a version is rolled out or back, the code of one version works on
the schema of the other. So a break is a statement of the old version that worked and is refused, or
a result that its readers do not understand. What only makes statements fast or slow is none.
"""

# ruff: noqa: S608 - names are quoted by the server; what is run is undone
from __future__ import annotations

from collections.abc import Callable, Iterator

from gates.contract.model import Bump, Change
from gates.contract.schema.called import compare_called
from gates.contract.schema.columns import compare_columns
from gates.contract.schema.constraint_names import compare_names
from gates.contract.schema.constraints import compare_constraints
from gates.contract.schema.grants import APPLICATION, rights
from gates.contract.schema.indexes import compare_indexes
from gates.contract.schema.keys import compare_waiting
from gates.contract.schema.pair import Pair, bare_name, shown
from gates.contract.schema.policies import compare_policies
from gates.contract.schema.recreated import compare_remade
from gates.contract.schema.routines import compare_functions, compare_types
from gates.contract.schema.triggers import compare_triggers
from gates.contract.schema.views import compare_relation
from gates.contract.schema.witness import Statements
from gates.database.catalog_state.snapshot import Properties, Snapshot

_OTHER = ("extension", "trigger", "rule", "sequence", "aggregate", "operator", "cast", "collation",
          "event trigger", "text search configuration", "text search dictionary", "schema",
          "foreign server", "publication", "default privileges")  # fmt: skip
"""Kinds whose changes cannot be shown to break a statement, nor ruled out to."""


def compare_relations(pair: Pair) -> Iterator[Change]:
    """Tables and views that went or came, and what the application may do with those that stay."""
    for kind in ("table", "view"):
        for name, properties in pair.lost(kind):
            if "partition_bound" in properties:
                continue
            heir = "view" if kind == "table" else "table"
            if f"{heir} {name}" in pair.new.objects:
                yield pair.change(
                    f"{kind}:{shown(name)}", Bump.MINOR,
                    f"{shown(name)} is a {heir} now, it was a {kind}; whether every statement still"
                    " runs could not be shown", name, proved=False,
                )  # fmt: skip
                continue
            yield pair.change(
                f"{kind}:{shown(name)}", Bump.MAJOR,
                f"the {kind} {shown(name)} is gone{', with its rows' if kind == 'table' else ''}",
                name, gone=True, tries=[[f"SELECT * FROM {shown(name)}"]],
            )  # fmt: skip
        for name, properties in pair.came(kind):
            if "partition_bound" not in properties:
                yield pair.change(
                    f"{kind}:{shown(name)}", Bump.MINOR, f"the {kind} {shown(name)} is new", name,
                    came=True,
                )  # fmt: skip
        for name, before, after in pair.kept(kind):
            yield from _grants(pair, name, before, after)
            yield from compare_relation(pair, kind, name, before, after)


def _grants(pair: Pair, name: str, before: Properties, after: Properties) -> Iterator[Change]:
    one, other = rights(before, APPLICATION), rights(after, APPLICATION)
    allowed = {"SELECT", "INSERT", "UPDATE"}
    one, other = one | _by_column(pair.old, name), other | _by_column(pair.new, name)
    for each in sorted(one - other):
        breaks = each.partition(" (")[0] in allowed and each.partition(" (")[0] not in other
        yield pair.change(
            f"grant:{each} on {shown(name)}", Bump.MAJOR if breaks else Bump.PATCH,
            f"{APPLICATION} has no {each} on {shown(name)} any more"
            + ("" if breaks else ", which no module may grant"),
            name, tries=_used(pair, name, each),
        )  # fmt: skip
    for each in sorted(other - one):
        yield pair.change(
            f"grant:{each} on {shown(name)}", Bump.MINOR,
            f"{APPLICATION} has {each} on {shown(name)} now", name,
        )  # fmt: skip


def _used(pair: Pair, name: str, right: str) -> Iterator[Statements]:
    """Uses of a right on a relation, or on one of its columns, by the application."""
    verb, _, column = right.removesuffix(")").partition(" (")
    for each in [column] if column else sorted(pair.columns(name, pair.old)):
        type_ = pair.old.objects[f"column {name}.{each}"]["type"]
        yield [
            *pair.runs.as_application(),
            {
                "SELECT": f"SELECT {each} FROM {shown(name)}",
                "INSERT": f"INSERT INTO {shown(name)} ({each}) SELECT NULL::{type_} WHERE false",
                "UPDATE": f"UPDATE {shown(name)} SET {each} = NULL WHERE false",
            }.get(verb, verb),
        ]


def _by_column(side: Snapshot, name: str) -> set[str]:
    """Rights on single columns, as "SELECT (a)"."""
    return {
        f"{right} ({column.rpartition('.')[2]})"
        for column, properties in side.of("column")
        if column.rpartition(".")[0] == name and "grants" in properties
        for right in rights(properties, APPLICATION)
    }


def compare_others(pair: Pair) -> Iterator[Change]:
    """Everything else that a migration can make; comments and statistics are left out."""
    for kind in _OTHER:
        for name, _ in pair.lost(kind):
            if kind != "sequence" or not _owned(pair, name):
                yield _other(pair, kind, name, Bump.MINOR, "is gone", gone=True)
        for name, _ in pair.came(kind):
            if kind != "sequence" or not _owned(pair, name):
                yield _other(pair, kind, name, Bump.MINOR, "is new", came=True)
        for name, before, after in pair.kept(kind):
            if before != after and kind != "schema":
                yield from _changed(pair, kind, name, before, after)


def _changed(
    pair: Pair, kind: str, name: str, before: Properties, after: Properties
) -> Iterator[Change]:
    keys = {each for each in {*before, *after} if before.get(each) != after.get(each)} - {"owner"}
    if kind == "sequence" and _owned(pair, name) and "type" in keys:
        keys -= {"type", "minimum", "maximum"}  # with its column, whose change says it
    if keys:
        bump = Bump.PATCH if keys <= {"cache"} else Bump.MINOR
        yield _other(pair, kind, name, bump, "has changed")


def _owned(pair: Pair, sequence: str) -> bool:
    """Whether a sequence is that of a column, whose change says it all."""
    key = f"sequence {sequence}"
    return any("owned_by" in side.objects.get(key, {}) for side in (pair.old, pair.new))


def _other(
    pair: Pair,
    kind: str,
    name: str,
    bump: Bump,
    what: str,
    *,
    gone: bool = False,
    came: bool = False,
) -> Change:
    known = kind if kind in ("trigger", "sequence") else "object"
    label = shown(name) if known == kind else f"{kind} {shown(name)}"
    owner = name.rpartition(" on ")[2] if kind in ("trigger", "rule") else name
    member = name.rpartition(" on ")[0].strip('"') if kind in ("trigger", "rule") else ""
    return pair.change(
        f"{known}:{label.replace(' on public.', ' on ')}", bump,
        f"the {kind} {shown(name).replace(' on public.', ' on ')} {what}"
        + ("" if bump is Bump.PATCH else "; that it breaks a statement could not be shown"),
        bare_name(owner), member, gone=gone, came=came, proved=bump is Bump.PATCH,
    )  # fmt: skip


PARTS: tuple[Callable[[Pair], Iterator[Change]], ...] = (
    compare_relations,
    compare_columns,
    compare_remade,
    compare_constraints,
    compare_called,
    compare_waiting,
    compare_names,
    compare_indexes,
    compare_types,
    compare_functions,
    compare_policies,
    compare_triggers,
    compare_others,
)


def compare_databases(pair: Pair) -> list[Change]:
    """Every difference that the snapshots show."""
    return [change for compare in PARTS for change in compare(pair)]
