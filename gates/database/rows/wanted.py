"""Makes the rows that the statements of migrations are about: one more of each tenant for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gates.database.catalog_state.tables import Table
from gates.database.parsing.conditions import Part, Relation, Wanted, wanted_of
from gates.database.parsing.script import Script
from gates.database.parsing.statements import Inner
from gates.database.rows.limits import first_of, in_turn
from gates.database.rows.make import Maker, Wish
from gates.database.rows.other_values import changeable, undefaulted
from gates.database.rows.row import Row
from gates.database.rows.solve import Rule
from gates.errors import CouldNotCheckError
from gates.records import dataclass, replace

_FIRST_SEED, _STEP = 100, 2
MOST_WANTED = 150
"""Conditions of one set of scripts."""


def make_wanted(
    maker: Maker,
    scripts: Iterable[Script],
    tenants: Iterable[tuple[str, int]],
    *,
    violating: bool,
    cut: list[str] | None = None,
) -> list[Row]:
    """Make what rows can be made, and return them; with `violating` also those that a new CHECK
    rule refuses.

    Tenants come with the seed of their first rows. Nothing is raised for a row that cannot be made:
    what a statement met, whoever runs it sees. Where they are too many, each statement gets some,
    and `cut` says so.
    """
    wanted = [each for script in scripts for each in wanted_of(script)]
    wanted = [each for each in wanted if violating or not each.violates]
    wanted = _some(wanted, [] if cut is None else cut)
    return [
        row
        for tenant, seed in tenants
        for number, each in enumerate(wanted)
        for row in _Making(maker, tenant, seed + _FIRST_SEED + _STEP * number).rows_of(each)
    ]


def wish_for(wanted: Wanted, table: Table) -> Wish | None:
    """What a row of the first relation, a table, has to be; None where nothing is asked of it."""
    rule = _rule(wanted.parts, wanted.relations[0].alias, table, "")
    return Wish(rule) if rule is not None else None


def rule_for(violating: Sequence[Wanted], table: Table) -> Wish | None:
    """That a row of a table meets the new rules that such rows violate; None where there are
    none."""
    parts = [
        replace(part, text=part.text.removeprefix("NOT "))
        for each in violating
        for part in each.parts
    ]
    rule = _rule(parts, table.name, table, "")
    return Wish(rule) if rule is not None else None


def make_let_through(
    maker: Maker,
    wanted: Sequence[Wanted],
    tenants: Iterable[tuple[str, int]],
    session: str,
    hints: str = "",
    cut: list[str] | None = None,
) -> list[Row]:
    """Make what rows can be made that conditions let a session of the tenant `session` have: a row
    of each tenant, after rows of that one in the other tables that are asked for. `hints` is a text
    with more constants that a condition may compare with. Where they are too many, `cut` says
    so."""
    some = _some(wanted, [] if cut is None else cut)
    return [
        row
        for tenant, seed in tenants
        for number, each in enumerate(some)
        for row in _Making(
            maker, tenant, seed + _FIRST_SEED + _STEP * number, session, hints
        ).rows_of(each)
    ]


def _some(wanted: Sequence[Wanted], cut: list[str]) -> list[Wanted]:
    """As many as are made, of each statement in turn."""
    if len(wanted) <= MOST_WANTED:
        return list(wanted)
    by_statement: dict[Inner, list[Wanted]] = {}
    for each in wanted:
        by_statement.setdefault(each.inner, []).append(each)
    return first_of(in_turn(by_statement.values()), MOST_WANTED, "conditions", cut)


@dataclass(frozen=True)
class _Making:
    maker: Maker
    tenant: str
    seed: int
    session: str = ""
    """The tenant in whose session conditions have to hold, and who has the joined rows; "" where
    no session matters, and all rows are of one tenant."""
    hints: str = ""

    def rows_of(self, wanted: Wanted) -> list[Row]:
        """A row of each table that a statement joins, the table that it changes last; those before
        the first that cannot be made."""
        known = {each.alias: table for each in wanted.relations if (table := self._table(each))}
        target = known.get(wanted.relations[0].alias)
        if target is None or target.oid not in self.maker.own_tables:
            return []
        kept = dict(self.maker.made)
        made: dict[str, Row] = {}
        try:
            for relation in reversed(wanted.relations):
                if (table := known.get(relation.alias)) is None:
                    continue
                if table.oid not in self.maker.own_tables:  # the platform's has the row that it has
                    row = self.maker.made.get((table.oid, self.session or self.tenant))
                    made |= {relation.alias: row} if row is not None else {}
                    continue
                row = self._row(relation, table, wanted, known, made)
                if row is None:
                    break
                made[relation.alias] = row
                self.maker.made[table.oid, row.tenant] = row  # which the next one refers to
        finally:
            self.maker.made.update(kept)
        return list(made.values())

    def _table(self, relation: Relation) -> Table | None:
        return next(
            (
                table
                for table in self.maker.tables.values()
                if table.name == relation.name and table.schema == (relation.schema or "public")
            ),
            None,
        )

    def _row(
        self,
        relation: Relation,
        table: Table,
        wanted: Wanted,
        known: Mapping[str, Table],
        made: Mapping[str, Row],
    ) -> Row | None:
        target = relation is wanted.relations[0]
        alone = [each for each in wanted.parts if _only(each, relation.alias, known)]
        values = dict(_given(wanted.parts, relation.alias, table, known, made))
        changes = wanted.changes
        tries = [alone, [each for each in alone if each.whole]]
        if target and changes is not None and _only(changes, relation.alias, known):
            tries.insert(0, [*alone, changes])
        tenant = self.tenant if target else self.session or self.tenant
        for parts in tries:
            rule = _rule(parts, relation.alias, table, self.hints)
            for more in self._unlike(table, tenant, rule):
                wish = Wish(rule, {**more, **values}, self.session)
                try:
                    return self.maker.make(table, tenant, self.seed, wish)
                except CouldNotCheckError:
                    continue
        return None

    def _unlike(self, table: Table, tenant: str, rule: Rule | None) -> Iterator[Mapping[int, str]]:
        """Values that are not what defaults give, for a row of another tenant than the session's:
        what is taken of it shows. Then none."""
        asked = rule.columns if rule is not None else ()
        if self.session not in {"", tenant}:
            yield {
                column.number: value
                for column in changeable(self.maker, table)
                if column.default and column.number not in asked
                if self.maker.types.get(column.type_oid).category in {"N", "S"}
                if (value := undefaulted(self.maker, table, column, self.seed))
            }
        yield {}


def _rule(parts: Sequence[Part], alias: str, table: Table, hints: str) -> Rule | None:
    """What the conditions ask of a row: those that name no column are about the session."""
    parts = [part for part in parts if part.columns]
    names = {name for part in parts for _, name in part.columns}
    numbers = tuple(each.number for each in table.columns if each.name in names)
    if not numbers:
        return None
    text = " AND ".join(f"({part.text})" for part in parts)
    return Rule(numbers, text, alias, strict=True, hints=hints)


def _only(part: Part, alias: str, known: Mapping[str, Table]) -> bool:
    """Whether a condition is about one of the relations alone, as far as its columns say."""
    for qualifier, name in part.columns:
        if qualifier == alias or (qualifier and qualifier not in known and not part.whole):
            continue
        if qualifier or known[alias].column(name) is None:
            return False
    return True


def _given(
    parts: Iterable[Part],
    alias: str,
    table: Table,
    known: Mapping[str, Table],
    made: Mapping[str, Row],
) -> Iterator[tuple[int, str]]:
    """What a row has to have of the rows that it is joined with."""
    for part in parts:
        for (mine, name), (other, theirs) in (part.equal, part.equal[::-1]) if part.equal else ():
            column = table.column(name) if mine in {alias, ""} else None
            row = made.get(other)
            there = known[other].column(theirs) if row is not None else None
            if column is not None and row is not None and there is not None:
                value = row.values.get(there.number)
                if value is not None and column.name != "tenant_id":
                    yield column.number, value
