"""High-volume tables are partitioned by month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from gates.check import check
from gates.database import Database
from gates.database.catalog_state.facts import Partitioning
from gates.database.catalog_state.tables import Table
from gates.model import Finding, Stage
from gates.module import Module

_BOUND = re.compile(r"FOR VALUES FROM \((.+)\) TO \((.+)\)")
_DAY = re.compile(r"'(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d(?::\d\d)?)[^']*)?'")


@check(Stage.TEST)
def high_volume_partitioned(module: Module, database: Database, today: date) -> Iterator[Finding]:
    """High-volume tables are partitioned by month.

    A table of high_volume_tables is partitioned by RANGE (created_at), no partition is longer than
    a calendar month, and there is one for today's rows (or a DEFAULT one). Partitions that
    pg_partman makes are PostgreSQL's own, and are looked at in the same way where the server has
    it. Whether each is protected is for row-security and tenant-isolation to say.

    Why: retention drops whole partitions. Rows of a year in one table can only be deleted one by
        one, and every index over them grows for ever.
    Bad: a table of high_volume_tables without PARTITION BY; PARTITION BY LIST (tenant_id); one
        partition for 2026
    Good: PARTITION BY RANGE (created_at), and a partition FOR VALUES FROM ('2026-01-01') TO
        ('2026-02-01') for each month, made ahead by a job
    Fix: create the table as the finding shows, and its partitions in a loop over months; each of
        them needs the policy too.
    """
    wanted = module.manifest.get("high_volume_tables") if module.manifest else None
    names = [each for each in wanted if isinstance(each, str)] if isinstance(wanted, list) else []
    tables = {table.name: table for table in database.tables("partitions of high-volume tables")}
    if not database.scripts or not names or module.manifest is None:
        return
    facts = database.in_use.facts.partitionings
    for index, name in enumerate(names):
        table = tables.get(name)
        if table is None:
            yield high_volume_partitioned.finding(
                f"{name} is in high_volume_tables, but no migration makes it",
                module.manifest.at("high_volume_tables", index),
                fix="make it in a migration, or remove it here",
            )
            continue
        own = [each for each in facts if each.parent == table.oid]
        for message, fix in _wrong(table, own, today):
            yield high_volume_partitioned.finding(message, database.place(table), fix=fix)


def _wrong(table: Table, own: list[Partitioning], today: date) -> Iterator[tuple[str, str]]:
    create = (
        f"CREATE TABLE {table.qualified} (.., PRIMARY KEY (tenant_id, id, created_at))"
        " PARTITION BY RANGE (created_at);"
    )
    if not own:
        yield f"{table.name} is a high-volume table and not partitioned", create
        return
    if (own[0].strategy, own[0].key) != ("range", "created_at"):
        key = f"{own[0].strategy.upper()} ({own[0].key})"
        yield f"{table.name} is partitioned by {key} and not by RANGE (created_at)", create
        return
    partitions = [each for each in own if each.partition is not None]
    for each in partitions:
        span = _span(each.bound)
        if each.bound != "DEFAULT" and (span is None or not _within_a_month(*span)):
            yield (
                f"the partition {each.partition} of {table.name} holds more than a month:"
                f" {_shown(each.bound)}",
                _month(table, span[0].date() if span else today),
            )
    if not any(each.bound == "DEFAULT" or _holds(each.bound, today) for each in partitions):
        yield (
            f"{table.name} has no partition for rows of {today:%Y-%m}, so none can be added",
            _month(table, today),
        )


def _span(bound: str) -> tuple[datetime, datetime] | None:
    """Both ends of a partition, in the server's time zone; None where one is open."""
    found = _BOUND.fullmatch(bound)
    ends = [_DAY.fullmatch(each) for each in found.groups()] if found else []
    times = [datetime.fromisoformat(f"{e[1]}T{e[2] or '00:00'}") for e in ends if e]
    return (times[0], times[1]) if len(times) == 2 else None


def _shown(bound: str) -> str:
    span = _span(bound)
    if span is None:
        return bound.removeprefix("FOR VALUES ")
    return f"{span[0]:%Y-%m-%d} to {span[1]:%Y-%m-%d}"


def _within_a_month(begin: datetime, end: datetime) -> bool:
    return end <= _next_month(begin.replace(hour=0, minute=0, second=0))


def _next_month(day: datetime) -> datetime:
    first = day.replace(day=1)
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def _holds(bound: str, today: date) -> bool:
    span = _span(bound)
    if span is None:
        return "MINVALUE" in bound or "MAXVALUE" in bound
    return span[0].date() <= today < span[1].date() or span[0].date() == today


def _month(table: Table, day: date) -> str:
    begin = datetime(day.year, day.month, 1)  # noqa: DTZ001 - a bound is a date
    end = _next_month(begin)
    return (
        f"CREATE TABLE IF NOT EXISTS {table.qualified}_{begin:%Y_%m} PARTITION OF"
        f" {table.qualified}\n    FOR VALUES FROM ('{begin:%Y-%m-%d}') TO ('{end:%Y-%m-%d}');"
    )
