"""The data that scripts make of a database, as far as it is the same whenever they run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from gates.database.prepared.scratch import Scratch
from gates.database.proofs.idempotency.repeat import data_changes
from gates.database.runner import Failure
from gates.records import dataclass


@dataclass
class Undisturbed:
    """Some scripts, run on copies of one database. What differs between two such runs, a clock or
    a random value, is nobody's fault and not compared."""

    start: Scratch
    scripts: list[tuple[str, str]]

    def differences(self, scratch: Scratch) -> list[str]:
        """One sentence for each table of `scratch` with other rows than these scripts leave."""
        mine, whole = scratch.digests(), self._first[1]
        tables = sorted(
            name for name in {*mine, *whole} if mine.get(name, "0/0") != whole.get(name, "0/0")
        )
        if not tables:
            return []
        names = _columns(scratch, tables)
        one, two, here = self._by_column(names), self._by_column(names), _by_column(scratch, names)
        expected, found = {}, {}
        for table in tables:
            expected[table], found[table] = (
                _rows(each.get(table, "0/0")) for each in (whole, mine)
            )
            for each in ((table, column) for column in names.get(table, ())):
                if one.get(each) == two.get(each) != here.get(each):
                    expected[table], found[table] = one.get(each, "0/0"), here.get(each, "0/0")
                    break
        return [*data_changes(expected, found).values()]

    @property
    def failure(self) -> Failure | None:
        """Why the scripts do not run on such a copy at all."""
        return self._first[0]

    @cached_property
    def _first(self) -> tuple[Failure | None, dict[str, str]]:
        with self.start.copy() as scratch:
            return scratch.apply(self.scripts), scratch.digests()

    def _by_column(self, names: dict[str, list[str]]) -> dict[tuple[str, str], str]:
        with self.start.copy() as scratch:
            scratch.apply(self.scripts)
            return _by_column(scratch, names)


def _rows(digest: str) -> str:
    return f"{digest.partition('/')[0]}/0"


def _columns(scratch: Scratch, tables: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rows = scratch.session("admin").execute(
        "SELECT t.name, quote_ident(a.attname) FROM unnest(%s::text[]) t(name)"
        " JOIN pg_attribute a ON a.attrelid = to_regclass(t.name)"
        " WHERE a.attnum > 0 AND NOT a.attisdropped",
        (list(tables),),
    )
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


def _by_column(scratch: Scratch, names: dict[str, list[str]]) -> dict[tuple[str, str], str]:
    return {
        (table, column): digest
        for table, columns in names.items()
        for column in columns
        for digest in scratch.digests({table: [column]}).values()
    }
