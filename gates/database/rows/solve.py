"""Finds values that meet CHECK rules together: the server says which combination it accepts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Column, Table
from gates.database.parsing.comparisons import defined
from gates.database.rows.candidates import likely, ordinary
from gates.database.rows.search import (
    ENOUGH,
    Computed,
    Given,
    accepted,
    combinations,
    evaluated,
    shortened,
)
from gates.database.rows.values import Types, quote
from gates.errors import CouldNotCheckError
from gates.records import dataclass, field

if TYPE_CHECKING:
    import psycopg

MOST_COMBINATIONS = 50_000
NO_VALUE = "NULL"
_NULL_AT = 3
"""Where among the options of a column NULL stands: after the likeliest."""
_ROUNDS = ((False, 4), (False, 30), (False, None), (True, None))
"""Rounds of a search: whether ordinary values are tried, too, and how many options of a column."""
_BODIES = """
    SELECT DISTINCT p.prosrc FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_constraint'::regclass
            AND d.objid = k.oid AND d.refclassid = 'pg_catalog.pg_proc'::regclass
        JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid
    WHERE k.conrelid = %s AND k.contype = 'c'"""


class NoRowError(CouldNotCheckError):
    """No row could be made for a table, so nothing is known about who sees it."""


def numbered_by_server(column: Column) -> bool:
    """Whether the server gives the column its number: identity or a sequence."""
    return bool(column.identity) or (column.default or "").startswith("nextval(")


@dataclass(frozen=True)
class Rule:
    """What some columns of a row have to meet."""

    columns: tuple[int, ...]
    expression: str
    alias: str = ""
    """What the expression may call the table."""
    strict: bool = False
    """Whether it has to be true; a CHECK may be NULL, too."""
    hints: str = ""
    """A text with more constants that may meet it."""

    @property
    def test(self) -> str:
        """As a condition of SQL."""
        return f"(({self.expression}) IS {'TRUE' if self.strict else 'NOT FALSE'})"


@dataclass(frozen=True)
class Solver:
    """Works in one session that may evaluate the rules' functions."""

    own: psycopg.Connection[tuple[Any, ...]]
    types: Types
    tables: Mapping[int, Table]
    samples: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """Texts of values that the module offers, by name of table and column."""
    fixed: frozenset[int] = frozenset()
    """Numbers of columns of the table whose values stay."""

    def satisfy(
        self, table: Table, seed: int, values: dict[int, str], also: Rule | None = None
    ) -> None:
        """Change values, but for those of the `fixed` columns, until all CHECK rules, the
        partition's rule, and one more, hold together. Raises `NoRowError`."""
        rules = [Rule(rule.columns, rule.expression) for rule in table.checks]
        leaf = self._leaf(table)
        # Every row has a place among the partitions by hash of its parent.
        placed = leaf is not table and "satisfies_hash_partition" in (
            (leaf and leaf.partition_rule) or ""
        )
        if leaf is not None and leaf.partition_rule and not placed:
            rules.append(Rule(self._partition_columns(table, leaf), leaf.partition_rule))
        rules += [also] if also is not None else []
        for group in _connected(rules):
            self._solve(table, group, seed, values)

    def _leaf(self, table: Table) -> Table | None:
        """The partition that rows go to: the table itself or its first leaf; the default last."""
        if not table.partitioned:
            return table if table.partition_of is not None else None
        parts = [each for each in self.tables.values() if each.partition_of == table.oid]
        parts.sort(key=lambda each: each.partition_rule is None or "NOT" in each.partition_rule[:8])
        if not parts:
            raise NoRowError(
                f"no row could be made for {table.label}: it is partitioned and has no partition",
                hint="create the first partitions in the migration",
            )
        return self._leaf(parts[0]) if parts[0].partitioned else parts[0]

    def _partition_columns(self, table: Table, leaf: Table) -> tuple[int, ...]:
        rule = leaf.partition_rule or ""
        return tuple(
            column.number
            for column in table.columns
            if re.search(rf"(?<![\w.'\"]){re.escape(column.quoted)}(?![\w'\"])", rule)
        )

    def _solve(
        self, table: Table, rules: Sequence[Rule], seed: int, values: dict[int, str]
    ) -> None:
        numbers = sorted({number for rule in rules for number in rule.columns})
        computed = [table.by_number[each] for each in numbers if table.by_number[each].generated]
        sources = set(numbers) - {column.number for column in computed}
        for column in computed:
            sources |= {
                each.number for each in table.columns if each.quoted in (column.generated or "")
                and each.generated is None
            }  # fmt: skip
        columns = [table.by_number[each] for each in sorted(sources)]
        if not columns:
            return
        # What is refused costs most, so a few options come first; one that collided wants more.
        for wide, most in _ROUNDS[1 if seed >= 1000 else 0 :]:
            given = self._given(table, columns, rules, seed, values, wide=wide, most=most)
            found = self._found(given, computed, rules)
            if found:
                break
        else:
            if self._derived(table, rules, seed, values):
                return
            raise NoRowError(
                f"no row could be made for {table.label}: no values were found that meet"
                f" {' and '.join(_named(table, each) for each in rules)}",
                hint="offer values that fit in x-sample-values, see docs/policy.md",
            )
        best = [places for places in found if sum(places) == sum(found[0])]
        # A seed above 1000 says that the best has collided with a row that is there.
        picked = found[seed // 1000 % len(found)] if seed >= 1000 else best[seed % len(best)]
        for column, each, place in zip(columns, given, picked, strict=True):
            expression = each.options[place]
            if expression != (column.default or "") or column.number in values:
                values[column.number] = expression

    def _derived(
        self, table: Table, rules: Sequence[Rule], seed: int, values: dict[int, str]
    ) -> bool:
        """Have the server compute a column that is to equal an expression of others, after these
        were found without it; whether the rules hold then."""
        for rule in rules:
            for name, expression in defined(rule.expression):
                column, tried = table.column(name), dict(values)
                if column is None or column.number not in rule.columns or column.generated:
                    continue
                try:
                    for group in _connected([each for each in rules if each is not rule]):
                        self._solve(table, group, seed, tried)
                except NoRowError:
                    continue
                given = [
                    Given(each.quoted, each.type, (tried.get(number) or each.default or NO_VALUE,))
                    for number in sorted({number for each in rules for number in each.columns})
                    if (each := table.by_number[number]) is not column and not each.generated
                ]
                if (text := evaluated(self.own, given, expression)) is None:
                    continue
                tried[column.number] = f"{quote(text)}::{column.type}"
                given.append(Given(column.quoted, column.type, (tried[column.number],)))
                if combinations(self.own, given, [each.test for each in rules]):
                    values.update(tried)
                    return True
        return False

    def _found(
        self, given: list[Given], computed: list[Column], rules: Sequence[Rule]
    ) -> list[tuple[int, ...]]:
        """The best combinations, as places in the options."""
        if len(given) == 1 and not computed and not any(rule.alias for rule in rules):
            return [(place,) for place in range(min(len(given[0].options), ENOUGH))]
        parts = [Computed(each.quoted, each.generated or "") for each in computed]
        alias = next((rule.alias for rule in rules if rule.alias), "")
        short = shortened(given, MOST_COMBINATIONS)
        return combinations(
            self.own, short, [rule.test for rule in rules], computed=parts, alias=alias
        )

    def _given(
        self,
        table: Table,
        columns: Sequence[Column],
        rules: Sequence[Rule],
        seed: int,
        values: Mapping[int, str],
        *,
        wide: bool,
        most: int | None,
    ) -> list[Given]:
        """Each column with what meets the rules that are about it alone."""
        named = " AND ".join(rule.expression for rule in rules)
        named += "".join(f" AND {rule.hints}" for rule in rules if rule.hints)
        if wide:
            named += " " + " ".join(each for (each,) in self.own.execute(_BODIES, (table.oid,)))
        found = []
        for column in columns:
            options = self._options(table, column, named, seed, values, wide=wide)[:most]
            alone = [
                rule.test for rule in rules if set(rule.columns) == {column.number}
                and not rule.alias
            ]  # fmt: skip
            given = Given(column.quoted, column.type, tuple(options))
            usable = options
            if alone or len(options) > 1:
                usable = accepted(self.own, given, alone)
            found.append(Given(column.quoted, column.type, tuple(usable)))
        return found

    def _options(
        self,
        table: Table,
        column: Column,
        named: str,
        seed: int,
        values: Mapping[int, str],
        *,
        wide: bool,
    ) -> list[str]:
        """Expressions for a column, the best first: what it has, its default, what the module
        offers, and what the rules suggest."""
        tenant = column.name == "tenant_id"
        referring = any(column.number in each.columns for each in table.references)
        fixed = tenant or referring or numbered_by_server(column) or column.number in self.fixed
        if column.number in values and fixed:
            return [values[column.number]]
        kind = self.types.get(column.type_oid)
        options = [values[column.number]] if column.number in values else []
        if column.default is not None and column.number not in values:
            options.append(column.default)
        offered = self.samples.get((table.name, column.name), ())
        turn = seed % len(offered) if offered else 0
        options += [f"{quote(each)}::{column.type}" for each in (*offered[turn:], *offered[:turn])]
        if not options or options == [column.default]:
            options.append(self.types.value(column.type_oid, column.type, seed))
        base = kind
        while base.kind == "d":
            base = self.types.get(base.base)
        options += likely(self.types, base, column.type, named, seed)
        if wide:
            options += ordinary(self.types, base, column.type, named, seed)
        if not column.not_null:
            options.insert(_NULL_AT, f"{NO_VALUE}::{column.type}")
        return list(dict.fromkeys(options))


def _named(table: Table, rule: Rule) -> str:
    """A rule with the name of its constraint."""
    names = [each.name for each in table.checks if each.expression == rule.expression]
    return f"{rule.expression} ({names[0]})" if names else rule.expression


def _connected(rules: list[Rule]) -> list[list[Rule]]:
    """Rules that share columns, together."""
    groups: list[list[Rule]] = []
    for rule in rules:
        touching = [
            group
            for group in groups
            if any(set(rule.columns) & set(each.columns) for each in group)
        ]
        merged = [rule, *itertools.chain.from_iterable(touching)]
        groups = [group for group in groups if group not in touching] + [merged]
    return groups
