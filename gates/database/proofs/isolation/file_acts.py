"""What the module's SQL files do to rows: migrations, and the hooks of an upgrade.

A statement is run on the module in use, where all that later files make is there. A file is run
whole where it stands: after the files before it, over rows of their tables. So what it does only
as long as something is not there yet is seen as well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.database import Database
from gates.database.catalog_state.tables import Table, read_tables
from gates.database.parsing.conditions import Wanted, wanted_of
from gates.database.parsing.script import Script, Statement, parse, strings
from gates.database.parsing.statements import within
from gates.database.prepared.scratch import Scratch
from gates.database.proofs.isolation.acts import TIES, Act, shown_by, untried
from gates.database.proofs.isolation.asked import asked
from gates.database.proofs.isolation.depends import NotRunError, Trial
from gates.database.proofs.isolation.rows_to_try import WORD, rows_to_try
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.proofs.tenants.two_tenants import add_platform_rows
from gates.database.rows.make import Maker
from gates.database.rows.solve import NoRowError
from gates.database.rows.wanted import rule_for
from gates.model import Location
from gates.records import replace

if TYPE_CHECKING:
    import psycopg

_FUNCTIONS = "SELECT proname FROM pg_proc WHERE proowner = %s::regrole"
_RUNS_AT_ONCE = frozenset(
    {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "SelectStmt", "DoStmt", "CallStmt"}
)
_WRITES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_MAKES_ROWS = _WRITES | {"CreateTableAsStmt", "CopyStmt"}
_RUNS_NOTHING = frozenset({
    "CreateFunctionStmt", "AlterFunctionStmt", "CreateTrigStmt", "CreateStmt", "CreatePolicyStmt",
    "GrantStmt", "CommentStmt", "DropStmt", "ViewStmt", "DefineStmt", "CreateDomainStmt",
})  # fmt: skip
"""Statements that name a function and call none, or on no rows."""
_FIX = (
    "tie every table that it reads to the row that it writes, by tenant_id = tenant_id: a migration"
    " runs over the rows of all tenants, and row security does not apply to it"
)
_SENTENCE = "gives one tenant what depends on the rows of another"
_REFUSED = "23"
"""The class of errors by which rows break a rule: then the file does nothing at all."""
_APART = (
    "move what writes rows into a file of its own, before it, or offer values that it takes in"
    " x-sample-values, see docs/policy.md"
)


def own_functions(database: Database, owner: psycopg.Connection[tuple[Any, ...]]) -> frozenset[str]:
    """The names of the module's functions and domains, also of those that a file drops again."""
    found = {str(name) for (name,) in owner.execute(_FUNCTIONS, (database.workspace.owner,))}
    for path, sql in (*database.scripts, *database.hooks):
        for statement in parse(path, sql).statements:
            for inner in within(parse(path, sql), statement):
                node = inner.statement.node
                if inner.statement.kind in {"CreateFunctionStmt", "CreateDomainStmt"}:
                    found.update(strings(node.get("funcname", node.get("domainname")))[-1:])
    return frozenset(found)


def statements_of_files(database: Database, own: Collection[str]) -> Iterator[Act]:
    """Every statement of the migrations and hooks that writes rows or calls a function of the
    module's `own`, as it stands in its file."""
    for path, sql in (*database.scripts, *database.hooks):
        script = parse(path, sql)
        for statement in script.statements:
            if statement.kind in _RUNS_AT_ONCE and (
                any(each.statement.kind in _WRITES for each in within(script, statement))
                or _names(statement, own)
            ):
                place = Location(path, *script.position(statement.offset))
                # What a later file has taken away again is there for the file that knows of it.
                ways = (statement.text, _whole(sql))
                yield Act(Exposed("this statement", "", ways, place=place), _SENTENCE, _FIX,
                          str(place))  # fmt: skip


def files_over_rows(
    database: Database,
    tenants: Tenants,
    own: Collection[str],
    unproved: list[str],
    tried: set[str],
) -> Iterator[Exposure]:
    """The files after which A's rows are others where B has rows, each run on what the files before
    it have made. What could not be run is added to `unproved`, a sentence each; the paths of those
    that were run over all their rows, to `tried`."""
    scripts = [*database.scripts, *database.hooks]
    if not any(_acts(parse(*each), own) for each in scripts):
        return
    with database.scratch("baseline") as scratch:
        for path, sql in scripts:
            if _acts(parse(path, sql), own):
                yield from _over_rows(database, scratch, tenants, (path, sql), own, unproved, tried)
            if scratch.run(path, sql, go_on=True).failure is not None:
                return  # `migrations-apply` says so


def _over_rows(
    database: Database,
    scratch: Scratch,
    tenants: Tenants,
    file: tuple[str, str],
    own: Collection[str],
    unproved: list[str],
    tried: set[str],
) -> Iterator[Exposure]:
    path, sql = file
    if not parse(path, sql).in_one_transaction:
        if _decides(parse(path, sql), own):
            unproved.append(
                f"{path} cannot be undone: move what writes rows into a file of its own"
            )
        return
    new_rules = [each for each in wanted_of(parse(path, sql)) if each.violates]
    for rules in ((), new_rules):
        with scratch.copy() as copy:
            there, tables = _filled(database, copy, tenants, unproved, rules)
            rows = rows_to_try(there, tables, [parse(path, sql)], whose=path)
            failure = copy.run(path, sql).failure
            after = _own_tables(database, copy)
        if failure is None or not failure.sqlstate.startswith(_REFUSED):
            break
    if failure is not None:
        # What it does without a condition, its statements were tried for alone.
        if not failure.sqlstate.startswith(_REFUSED) or _decides(parse(path, sql), own):
            unproved.append(f"{path} fails over rows of two tenants: {failure.message}; {_APART}")
        return
    asks = asked(there, after, own)
    if not all(asks):
        return
    deferred = any(ref.deferrable for table in tables for ref in table.references)
    checked = "SET CONSTRAINTS ALL IMMEDIATE;\n" if deferred else ""
    try:
        before = asked(there, tables, own)
        trials = [Trial(there, scratch, *each, asks, database.limit, before) for each in rows.sets]
        seen = shown_by(trials, f"{checked}{_whole(sql)}")
    except NotRunError as error:
        unproved.append(f"{path} could not be run over rows of two tenants: error {error}")
        return
    unproved += rows.unmade
    if seen.untried:
        unproved.append(untried(path, seen.untried))
    else:
        tried.add(path)
    if seen.script:
        place = _place(parse(path, sql), own)
        exposed = Exposed("this file", "", (_whole(sql),), place=place)
        sentence = TIES.format(seen.fails) if seen.fails else _SENTENCE
        yield Exposure(exposed, sentence, seen.script, _FIX, shown=True)


def _filled(
    database: Database,
    copy: Scratch,
    tenants: Tenants,
    unproved: list[str],
    rules: Sequence[Wanted],
) -> tuple[Tenants, list[Table]]:
    """A row of A and one of B in each table that a copy has, as new rules ask for them, and those
    tables."""
    admin, owner = copy.session("admin"), copy.session("owner")
    tables = _own_tables(database, copy)
    maker = Maker(
        owner, admin, read_tables(admin), frozenset(each.oid for each in tables),
        sessions=database.sessions, salt=database.salt, samples=database.sample_values,
    )  # fmt: skip
    there = replace(tenants, maker=maker)
    for tenant, seed in ((tenants.a, 1), (tenants.b, 501)):
        add_platform_rows(there, tenant, seed)
        for table in tables:
            wish = rule_for([each for each in rules if each.relations[0].name == table.name], table)
            # Where no row meets the new rule, the file is tried on the plain one.
            with contextlib.suppress(NoRowError):
                if wish is not None:
                    maker.make(table, tenant, seed, wish)
            try:
                maker.first(table, tenant, seed)
            except NoRowError as error:
                unproved.append(error.message)
    return there, tables


def _own_tables(database: Database, scratch: Scratch) -> list[Table]:
    found = read_tables(scratch.session("admin")).values()
    return [each for each in found if each.qualified not in database.platform_tables]


def _acts(script: Script, own: Collection[str]) -> bool:
    """Whether a file may change rows when it is run."""
    for statement in script.statements:
        if statement.kind not in _RUNS_NOTHING and _names(statement, own):
            return True
        for inner in within(script, statement):
            if inner.at_once and (
                inner.statement.kind in _MAKES_ROWS or "intoClause" in inner.statement.node
            ):
                return True
    return False


def _place(script: Script, own: Collection[str]) -> Location:
    """Where the one statement stands that may change rows; the file's beginning where several
    may."""
    acting = [each for each in script.statements if _acts(replace(script, statements=(each,)), own)]
    offset = acting[0].offset if len(acting) == 1 else 0
    return Location(script.path, *script.position(offset))


def _decides(script: Script, own: Collection[str]) -> bool:
    """Whether a file may change rows on a condition."""
    return any(
        statement.kind == "DoStmt"
        or (statement.kind not in _RUNS_NOTHING and _names(statement, own))
        for statement in script.statements
        if _acts(replace(script, statements=(statement,)), own)
    )


def _names(statement: Statement, own: Collection[str]) -> bool:
    return not set(own).isdisjoint(WORD.findall(statement.text))


def _whole(sql: str) -> str:
    return sql.rstrip().removesuffix(";")
