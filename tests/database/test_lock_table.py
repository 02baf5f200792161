"""Observed locks are the documented ones, for every sub-form of ALTER TABLE and other DDL."""

from __future__ import annotations

import psycopg
import pytest

from gates.database.parsing.script import parse, walk
from gates.database.proofs.locks.concurrent import watch
from gates.database.proofs.locks.lock_modes import Mode
from gates.database.proofs.locks.observed_locks import held_locks
from gates.database.server.workspace import Workspace
from tests.database.lock_table import ALTER_TABLE, OTHERS, OUTSIDE, SETUP


@pytest.fixture(scope="module")
def sessions(server_url):
    """Three sessions of an administrator in one database with the table's relations."""
    workspace = Workspace(server_url, throwaway=False)
    name = workspace.create("locks")
    observed = workspace.connect(name, search_path="public")
    others = workspace.connect(name), workspace.connect(name)
    try:
        observed.execute(SETUP)
        yield observed, *others
    finally:
        for each in (observed, *others):
            each.close()
        workspace.close()


def applies(case, session) -> bool:
    return case.since <= session.info.server_version // 10000 <= case.until


def named(held) -> dict[str, str]:
    """Locks by name; of indexes only what stops somebody who does not use their own commands."""
    return {
        each.name if each.kind == "table" else f"{each.kind} {each.name}": str(each.mode)
        for each in held
        if each.kind != "index" or each.mode >= Mode.SHARE_UPDATE_EXCLUSIVE
    }


@pytest.mark.parametrize("case", [*ALTER_TABLE, *OTHERS], ids=lambda case: case.name)
def test_what_is_observed_is_what_is_documented(case, sessions):
    observed, observer, _ = sessions
    if not applies(case, observed):
        return  # another version's, which a server of that version is asked about
    observed.execute("BEGIN")
    try:
        observed.execute(case.sql)
        held = named(held_locks(observer, observed.info.backend_pid))
    finally:
        observed.execute("ROLLBACK")
    tables = {name: mode for name, mode in held.items() if not name.startswith("index")}
    if any(name.startswith("index") for name in case.locks):
        tables = held
    assert tables == {name: str(mode) for name, mode in case.locks.items()}


def test_locks_of_statements_outside_of_transactions(sessions):
    observed, observer, holder = sessions
    for case in OUTSIDE:
        (statement,) = parse("x.sql", case.sql).statements
        _, held = watch(
            observed, observer, holder, statement, lambda sql=case.sql: observed.execute(sql)
        )
        found = {name: mode for name, mode in named(held).items() if "index" not in name}
        assert found == {name: str(mode) for name, mode in case.locks.items()}, case.sql


def test_the_finalizing_of_a_detachment_that_was_interrupted(sessions):
    observed, observer, holder = sessions
    observed.execute("CREATE TABLE halves (k integer) PARTITION BY RANGE (k)")
    observed.execute("CREATE TABLE half PARTITION OF halves FOR VALUES FROM (0) TO (10)")
    holder.execute("BEGIN")
    holder.execute("SELECT FROM public.halves")
    try:
        observed.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            observed.execute("ALTER TABLE halves DETACH PARTITION half CONCURRENTLY")
    finally:
        observed.execute("RESET statement_timeout")
        holder.execute("ROLLBACK")
    observed.execute("BEGIN")
    observed.execute("ALTER TABLE halves DETACH PARTITION half FINALIZE")
    held = named(held_locks(observer, observed.info.backend_pid))
    observed.execute("ROLLBACK")
    # The page names no lock. ATExecDetachPartitionFinalize: the partition, as a detachment does.
    assert held == {"halves": "SHARE UPDATE EXCLUSIVE", "half": "ACCESS EXCLUSIVE"}


@pytest.mark.parametrize("mode", Mode, ids=str)
def test_modes_conflict_as_the_server_says(mode, sessions):
    observed, _, other = sessions
    for wanted in Mode:
        observed.execute("BEGIN")
        other.execute("BEGIN")
        try:
            observed.execute(f"LOCK TABLE logged IN {mode} MODE")
            other.execute(f"LOCK TABLE public.logged IN {wanted} MODE NOWAIT")
            waits = False
        except psycopg.errors.LockNotAvailable:
            waits = True
        finally:
            observed.execute("ROLLBACK")
            other.execute("ROLLBACK")
        assert wanted.conflicts(mode) == waits, wanted


def test_what_modes_keep_waiting():
    assert [each.blocks for each in Mode] == [
        "nobody", "nobody", "nobody", "other schema changes", "writes", "writes", "writes",
        "reads and writes",
    ]  # fmt: skip


INTERNAL = {
    "AT_AddColumnToView", "AT_CookedColumnDefault", "AT_CheckNotNull", "AT_SetAttNotNull",
    "AT_AddIndex", "AT_AddIndexConstraint", "AT_ReAddIndex", "AT_ReAddConstraint",
    "AT_ReAddDomainConstraint", "AT_ReAddComment", "AT_ReAddStatistics", "AT_ReplaceRelOptions",
    "AT_GenericOptions", "AT_AlterColumnGenericOptions", "AT_DropOids",
}  # fmt: skip
"""Made by the server out of others, or of foreign tables."""


def test_every_form_of_alter_table_is_in_the_table():
    from pglast.enums import AlterTableType

    forms = set()
    for case in [*ALTER_TABLE, *OUTSIDE]:
        for name, node in walk({"S": parse("x.sql", case.sql).statements[0].node}):
            if name == "AlterTableCmd":
                forms.add(node.get("subtype", "AT_AddColumn"))
    forms.add("AT_DetachPartitionFinalize")  # in a test of its own
    everything = {each.name for each in AlterTableType}
    assert everything - forms - INTERNAL == set()
