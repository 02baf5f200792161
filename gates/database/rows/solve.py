"""Finds values that meet CHECK rules together: the server says which combination it accepts."""

# ruff: noqa: S608 - names and rules come from the server's own catalog
from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.tables import Column, Table
from gates.database.rows.candidates import suggested
from gates.database.rows.values import Types, from_rule, quote
from gates.errors import CouldNotCheckError

if TYPE_CHECKING:
    import psycopg

MOST_COMBINATIONS = 50_000


class NoRowError(CouldNotCheckError):
    """No row could be made for a table, so nothing is known about who sees it."""


def numbered_by_server(column: Column) -> bool:
    """Whether the server gives the column its number: identity or a sequence."""
    return bool(column.identity) or (column.default or "").startswith("nextval(")


@dataclass(frozen=True)
class Solver:
    """Works in one session that may evaluate the rules' functions."""

    own: psycopg.Connection[tuple[Any, ...]]
    types: Types
    tables: Mapping[int, Table]

    def satisfy(self, table: Table, seed: int, values: dict[int, str]) -> None:
        """Change values until all CHECK rules, and the partition's rule, hold together."""
        rules = [(rule.columns, rule.expression) for rule in table.checks]
        leaf = self._leaf(table)
        # Every row has a place among the partitions by hash of its parent.
        placed = leaf is not table and "satisfies_hash_partition" in (
            (leaf and leaf.partition_rule) or ""
        )
        if leaf is not None and leaf.partition_rule and not placed:
            rules.append((self._partition_columns(table, leaf), leaf.partition_rule))
        for group in _connected(rules):
            numbers = sorted({number for columns, _ in group for number in columns})
            self._solve(table, numbers, [rule for _, rule in group], seed, values)

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
        self,
        table: Table,
        numbers: list[int],
        rules: list[str],
        seed: int,
        values: dict[int, str],
    ) -> None:
        generated = [table.by_number[each] for each in numbers if table.by_number[each].generated]
        sources = set(numbers) - {column.number for column in generated}
        for column in generated:
            sources |= {
                each.number for each in table.columns if each.quoted in (column.generated or "")
                and each.generated is None
            }  # fmt: skip
        columns = [table.by_number[each] for each in sorted(sources)]
        if not columns:
            return
        options = [self._options(table, column, rules, seed, values) for column in columns]
        while math.prod(map(len, options)) > MOST_COMBINATIONS:
            max(options, key=len).pop()
        choice = self._choose(table, columns, generated, options, rules, seed)
        for column, expression in zip(columns, choice, strict=True):
            if expression != (column.default or "") or column.number in values:
                values[column.number] = expression

    def _options(
        self, table: Table, column: Column, rules: list[str], seed: int, values: dict[int, str]
    ) -> list[str]:
        tenant = column.name == "tenant_id"
        referring = any(column.number in each.columns for each in table.references)
        if column.number in values and (tenant or referring or numbered_by_server(column)):
            return [values[column.number]]
        kind = self.types.get(column.type_oid)
        options = [values[column.number]] if column.number in values else []
        if column.default is not None and column.number not in values:
            options.append(column.default)
        if not options or options == [column.default]:
            options.append(self.types.value(column.type_oid, column.type, seed))
        certain = {each for each in options if each != column.default}
        for rule in rules:
            options += from_rule(rule, column.type, kind.category, seed)
        for rule in rules:
            options += suggested(self.types, kind, column.type, rule, seed)
        if kind.category == "B":
            options += ["true", "false"]
        if kind.kind == "e":
            options += [f"{quote(label)}::{column.type}" for label in kind.labels]
        if not column.not_null:
            options.append(f"NULL::{column.type}")
        usable = [
            option
            for option in dict.fromkeys(options)
            if option in certain or self.types.accepts(option, column.type)
        ]
        return usable or options[:1]

    def _choose(
        self,
        table: Table,
        columns: list[Column],
        generated: list[Column],
        options: list[list[str]],
        rules: list[str],
        seed: int,
    ) -> list[str]:
        """The first combination (or for another seed a later one) that all rules accept."""
        sources = []
        for at, (column, choices) in enumerate(zip(columns, options, strict=True)):
            listed = ", ".join(
                f"({number}, ({expression})::{column.type})"
                for number, expression in enumerate(choices)
            )
            sources.append(f"(VALUES {listed}) AS o{at}(n{at}, {column.quoted})")
        given = " CROSS JOIN ".join(sources)
        if generated:
            extra = ", ".join(f"({each.generated}) AS {each.quoted}" for each in generated)
            given += f" CROSS JOIN LATERAL (SELECT {extra}) AS g"
        wanted = " AND ".join(f"(({rule}) IS NOT FALSE)" for rule in rules)
        picks = ", ".join(f"n{at}" for at in range(len(columns)))
        order = " + ".join(f"n{at}" for at in range(len(columns)))
        import psycopg

        query = f"SELECT {picks} FROM {given} WHERE {wanted} ORDER BY {order}, {picks} LIMIT 8"
        try:
            with self.own.transaction():
                found = self.own.execute(query).fetchall()
        except psycopg.Error as error:
            raise NoRowError(
                f"no row could be made for {table.label}: its CHECK rules cannot be evaluated:"
                f" {error.diag.message_primary}"
            ) from error
        if not found:
            raise NoRowError(
                f"no row could be made for {table.label}: no values were found that meet"
                f" {' and '.join(_named(table, each) for each in rules)}"
            )
        best = [row for row in found if sum(row) == sum(found[0])]
        # A seed above 1000 says that the best has collided with a row that is there.
        picked = found[seed // 1000 % len(found)] if seed >= 1000 else best[seed % len(best)]
        return [choices[number] for choices, number in zip(options, picked, strict=True)]


def _named(table: Table, expression: str) -> str:
    """A rule with the name of its constraint."""
    names = [rule.name for rule in table.checks if rule.expression == expression]
    return f"{expression} ({names[0]})" if names else expression


def _connected(
    rules: list[tuple[tuple[int, ...], str]],
) -> list[list[tuple[tuple[int, ...], str]]]:
    """Rules that share columns, together."""
    groups: list[list[tuple[tuple[int, ...], str]]] = []
    for rule in rules:
        touching = [group for group in groups if any(set(rule[0]) & set(each[0]) for each in group)]
        merged = [rule, *itertools.chain.from_iterable(touching)]
        groups = [group for group in groups if group not in touching] + [merged]
    return groups
