"""The version moves as far as the changes of its database ask for."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.contract.base import base_of, no_base
from gates.contract.breaking import DATABASE_KINDS
from gates.contract.demand import judge, judge_entries
from gates.contract.schema.compare import compare_databases
from gates.contract.schema.snapshots import pair_of
from gates.database import Database
from gates.model import Finding, Stage
from gates.module import Module
from gates.releases import Releases


@check(Stage.TEST)
def database_bump(module: Module, releases: Releases, database: Database) -> Iterator[Finding]:
    """The version moves as far as its database asks for; every break is listed.

    The migrations of the newest stable release and of this version are run, and the two databases
    are compared: tables, columns, constraints, types, functions, policies and grants. Every table
    of the module counts: exports and reports read it, and while a version is rolled out or back,
    the code of one version works on the schema of the other. Demands and `breaking` are those of
    `required-bump`. A type may become a wider one of its family (varchar(10) to varchar(20) or
    text, integer to bigint); a plain index is nobody's business. What is said to break was run: a
    script that ran on the old database and is refused, or gives something else, on the new one; it
    stands in the report. Where no script showed it, that is said, and asks for a minor version.

    Why: a column that is gone breaks each report that reads it, and a value that is refused now
        breaks the code that wrote it yesterday.
    Bad: 1.2.0 has the column tenant_notes_notes.color, and 1.3.0 drops it
    Good: 2.0.0 drops it, and `breaking` lists column:tenant_notes_notes.color with a way out
    Fix: keep what is there beside the new, or raise the version and list the break.
    """
    base = base_of(module, releases)
    if base is None:
        database.record("contract of the database", 0, detail="no stable release before")
        yield no_base(database_bump, module, releases)
        yield from judge_entries(database_bump, module, None, (), DATABASE_KINDS)
        return
    if not module.migrations and not base.module.migrations:
        database.record("contract of the database", 0, detail="no migrations")
        yield from judge_entries(database_bump, module, base.version, (), DATABASE_KINDS)
        return
    with (
        database.proof("contract of the database", len(module.migrations), base.version),
        pair_of(base.module, module, database) as pair,
    ):
        changes = compare_databases(pair)
    releases.note(base.version, changes)
    yield from judge(database_bump, module, base.version, changes)
    yield from judge_entries(database_bump, module, base.version, changes, DATABASE_KINDS)
