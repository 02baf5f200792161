"""What each migration of a module locks, reads and rewrites, with rows in the tables.

The rows are put in before a file is watched, into the tables that earlier files have made. A table
that a file makes itself is empty and known to nobody else: nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.database import Database
from gates.database.catalog_state.tables import Table, read_tables
from gates.database.prepared.databases import Clone, MigrationsDoNotApplyError
from gates.database.proofs.locks.growth import Growth, Point, fit, together
from gates.database.proofs.locks.observe import Observed, Observer, Step
from gates.database.proofs.locks.waits import Window, windows
from gates.database.rows.make import Maker, Row
from gates.database.rows.many_rows import Multiplier, counts
from gates.database.runner import run_script
from gates.errors import CouldNotCheckError
from gates.module import Module
from gates.records import dataclass, field

if TYPE_CHECKING:
    import psycopg

Scripts = Sequence[tuple[str, str]]
"""Path and text of each."""
_PLAIN = {"max_parallel_workers_per_gather": "0", "max_parallel_maintenance_workers": "0"}
"""Counters of parallel workers are not those of the session; so there are none."""


@dataclass(frozen=True)
class FileCost:
    """One file at one size."""

    observed: Observed
    windows: tuple[Window, ...]
    rows: int

    @property
    def path(self) -> str:
        """The file."""
        return self.observed.path


@dataclass(frozen=True)
class Measured:
    """All files of a module at one size, in order; those that were not asked for are left out."""

    rows: int
    files: tuple[FileCost, ...]
    released: frozenset[int]
    """The oids of the platform's tables and views and of those that the files in `released` made:
    only for these does anybody wait."""
    unfilled: dict[int, str] = field(default_factory=dict)
    """One sentence for each table that could not be filled, by oid."""
    filled: frozenset[str] = frozenset()
    """The quoted names of the tables that were filled."""


def measure(
    database: Database,
    rows: int,
    *,
    released: Collection[str] = (),
    only_new: bool = False,
    names: frozenset[str] | None = None,
    scripts: Scripts | None = None,
) -> Measured:
    """Run all migrations on a fresh platform, with `rows` rows in each table of an earlier file;
    or `scripts` instead of the migrations.

    With `only_new` the files in `released` are just run, and only their tables are filled; with
    `names` (quoted) only some of these. Without `rows` no table is filled, and all that is known
    of a file is what it had locked by the end of each transaction.
    Raises `MigrationsDoNotApplyError` where a file fails.
    """
    with (
        database.clone("baseline") as clone,
        clone.connect("owner", **_PLAIN) as owner,
        clone.connect() as admin,
        clone.connect() as holder,
    ):
        if owner.execute("SHOW track_counts").fetchone() != ("on",):
            raise CouldNotCheckError(
                "the server does not count what sessions read: track_counts is off",
                hint="ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf();",
            )
        run = _Run(database, clone, owner, admin, rows)
        observer = Observer(
            owner, admin, holder, database.workspace, database.limit, closely=rows > 0
        )
        standing = _relations(admin)
        files = []
        for path, sql in database.scripts if scripts is None else scripts:
            if only_new and path in released:
                run.apply(path, sql)
                standing = _relations(admin)
                continue
            tables = run.fill(standing if only_new else None, names) if rows else {}
            before = counts(owner, tables)
            observed = observer.run(path, sql, before)
            files.append(FileCost(observed, windows(observed), rows))
            if path in released:
                standing = _relations(admin)
        return Measured(rows, tuple(files), standing, run.unfilled, frozenset(run.names))


def scripts_of_upgrade(module: Module, released: Collection[str]) -> list[tuple[str, str]]:
    """Path and text of what an upgrade runs, after the files in `released`: pre_upgrade, the new
    migrations, post_upgrade. A first version has no upgrade, and so no hooks."""
    migrations = [(each.path, each.sql) for each in module.migrations]
    if not released:
        return migrations
    hooks = {name: [(path, module.text(path))] for name, path in module.hooks.items()}
    old = [each for each in migrations if each[0] in released]
    new = [each for each in migrations if each[0] not in released]
    return [*old, *hooks.get("pre_upgrade", ()), *new, *hooks.get("post_upgrade", ())]


def measure_new(
    database: Database, rows: int, released: Collection[str], limit: float, scripts: Scripts
) -> Measured | None:
    """Measure those of the scripts that are not in `released`; None where they lock no table of
    those that are.

    They run without rows first, to see which tables they touch; then with rows in those. `limit`
    is the time in seconds from which on a file is measured whatever it touches.
    """
    first = measure(database, 0, released=released, only_new=True, scripts=scripts)
    names = _touched(first) - database.platform_tables
    if not names and all(file.observed.seconds <= limit for file in first.files):
        return None
    measured = measure(
        database, rows, released=released, only_new=True, names=names, scripts=scripts
    )
    if _touched(measured) - database.platform_tables <= names:
        return measured
    # What it touches depends on rows: then all tables get some.
    return measure(database, rows, released=released, only_new=True, scripts=scripts)


def _touched(measured: Measured) -> frozenset[str]:
    """The quoted names of released tables that a file locks in whatever mode, or an index of."""
    return frozenset(
        lock.table_name
        for file in measured.files
        for step in file.observed.steps
        for lock in step.held
        if lock.table in measured.released and lock.kind in {"table", "index"}
    )


def _relations(admin: psycopg.Connection[tuple[Any, ...]]) -> frozenset[int]:
    query = "SELECT oid FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'm', 'v', 'f')"
    return frozenset(oid for (oid,) in admin.execute(query))


def _family(table: Table, tables: Mapping[int, Table]) -> Iterator[str]:
    """The names of a table and of its partitions."""
    yield table.qualified
    if table.partitioned:
        for each in tables.values():
            if each.partition_of == table.oid:
                yield from _family(each, tables)


class _Run:
    """The rows of one database, as its files come."""

    def __init__(
        self,
        database: Database,
        clone: Clone,
        owner: psycopg.Connection[tuple[Any, ...]],
        admin: psycopg.Connection[tuple[Any, ...]],
        rows: int,
    ) -> None:
        self.database, self.clone = database, clone
        self.owner, self.admin, self.rows = owner, admin, rows
        self.unfilled: dict[int, str] = {}
        self.names: set[str] = set()
        self._filled: dict[int, str] = {}
        self._made: dict[tuple[int, str], Row] = {}

    def apply(self, path: str, sql: str) -> None:
        limit = self.database.limit
        run = run_script(self.owner, self.clone.workspace, path, sql, limit=limit)
        if run.failure is not None:
            raise MigrationsDoNotApplyError(
                f"the migrations do not apply ({run.failure.location}: {run.failure.message})",
                hint="gates explain migrations-apply",
            )

    def fill(self, only: Collection[int] | None, names: frozenset[str] | None) -> dict[int, Table]:
        """Fill the module's tables that stand now, or only some; returns all tables by oid."""
        tables = read_tables(self.admin)
        platform = self.database.platform_tables
        own = {oid: each for oid, each in tables.items() if each.qualified not in platform}
        wanted = [
            each
            for oid, each in own.items()
            if oid not in self._filled
            and (only is None or oid in only)
            and (names is None or not names.isdisjoint(_family(each, tables)))
        ]
        if wanted:
            maker = Maker(
                self.owner, self.admin, tables, frozenset(own), made=self._made,
                sessions=self.database.sessions, samples=self.database.sample_values,
            )  # fmt: skip
            multiplier = Multiplier(maker, self.rows, self._filled)
            self.unfilled |= multiplier.fill(wanted)
            self.names |= {each.qualified for each in wanted if each.oid not in self.unfilled}
        return tables


def growths(sizes: Sequence[Measured]) -> dict[tuple[str, int], Growth]:
    """How each step grows, by file and its number in the file."""
    points: dict[tuple[str, int], list[Point]] = {}
    for size in sizes:
        for file in size.files:
            for number, step in enumerate(file.observed.steps):
                points.setdefault((file.path, number), []).append(_point(size.rows, [step]))
    return {key: fit(each) for key, each in points.items()}


def window_growth(
    file: FileCost, window: Window, steps: Mapping[tuple[str, int], Growth]
) -> Growth:
    """How a window of the largest size grows: as its statements do, one after the other."""
    numbers = {id(step): number for number, step in enumerate(file.observed.steps)}
    return together([steps[file.path, numbers[id(step)]] for step in window.steps])


def _point(rows: int, steps: Sequence[Step]) -> Point:
    done = [each for step in steps for each in step.effects]
    seconds = sum(step.seconds for step in steps)
    work = sum(each.work for each in done)
    still = not done and not any(step.acquired for step in steps)
    return Point(rows, seconds, work, any(each.built for each in done), still)
