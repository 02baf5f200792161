"""The proofs as a whole: scripts that run in psql, limits, threads, no database at all."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest

from gates.check import find
from gates.database import Database, MigrationsDoNotApplyError
from gates.database.proofs.isolation.prove import prove
from gates.database.server.programs import Programs
from gates.errors import DatabaseUnavailableError
from gates.model import Verdict
from gates.needs import Needs
from gates.run import run_check
from gates.settings import Policy
from tests.database.conftest import HEAD, TABLE, results
from tests.database.corpus import DEFECTS
from tests.database.test_defects import ALL


def psql(settings, url: str, script: str) -> str:
    programs = Programs.find(settings.cache)
    ran = subprocess.run(
        [str(programs.folder / "psql"), "-X", "-q", "-A", "-t", url],
        input=script, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ran.stdout + ran.stderr


LEAKS = [each for each in DEFECTS if each.check == "tenant-isolation" and each.files]


@pytest.mark.parametrize("defect", LEAKS, ids=lambda defect: defect.name)
def test_the_script_of_a_leak_runs_in_psql(defect, sql_module, database, shared, server_url):
    module = sql_module(defect.files)
    opened = database(module)
    proof = prove(opened)
    scripts = [leak.script for leak in proof.leaks] + [each.script for each in proof.exposures]
    assert scripts
    with opened.clone() as clone:
        url = server_url.replace("/postgres?", f"/{clone.name}?")
        for script in scripts:
            shown = psql(shared, url, script)
            expected_to_fail = ("fails with " in script) or "should reach A's" in script
            assert ("ERROR" in shown) <= expected_to_fail, shown
            if "reaches B's row" in script and "SELECT *" in script:
                assert proof.other in shown.rpartition("tenant_app_role")[2]


def test_a_module_without_migrations_passes_with_a_record_and_no_server(sql_module, shared):
    module = sql_module({"000_init.sql": "", "rollback/000_init.sql": ""})
    unreachable = replace(shared, database_url="postgresql://127.0.0.1:1/x")
    for result in results(module, unreachable, *ALL).values():
        assert (result.verdict, result.reason) == (Verdict.PASS, None)
        assert [record.detail for record in result.records] == ["the module has no migrations"]


def test_without_a_migrated_database_nothing_is_proved(sql_module, shared):
    module = sql_module({"000_init.sql": HEAD + "SELECT 1 / 0;"})
    found = results(module, shared, *ALL)
    assert found.pop("migrations-apply").verdict is Verdict.FAIL
    for result in found.values():
        assert result.verdict is Verdict.INCONCLUSIVE
        assert "migrations/000_init.sql:5:1: division by zero" in result.reason
        assert "migrations-apply" in result.hint


def test_a_migration_that_never_ends_fails_at_its_statement(sql_module, database):
    module = sql_module({"000_init.sql": HEAD + "SET statement_timeout = 0;\nSELECT pg_sleep(99);"})
    started = time.monotonic()
    opened = database(module, Policy(statement_timeout=1.0))
    with pytest.raises(MigrationsDoNotApplyError, match=r"000_init\.sql:6:1: took longer than 1 s"):
        _ = opened.applied
    assert time.monotonic() - started < 20


def test_proofs_side_by_side_do_not_disturb_each_other(sql_module, shared):
    module = sql_module()
    needs = Needs(module, Policy(), shared, today=date(2026, 11, 24))
    found = {}

    def one(name: str) -> None:
        check = find(name)
        found[name] = run_check(check, needs)

    threads = [threading.Thread(target=one, args=(name,)) for name in ALL]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    needs.close()
    assert {name: (each.verdict, each.reason) for name, each in found.items()} == dict.fromkeys(
        ALL, (Verdict.PASS, None)
    )
    assert {len(each.records) for each in found.values()} <= {1, 2}, "records are the check's own"


def test_the_tables_that_were_created_are_recorded(sql_module, shared):
    (_, record) = results(sql_module(), shared, "migrations-apply")["migrations-apply"].records
    assert (record.name, record.detail) == ("tables-created", TABLE)
    assert record.version.startswith("PostgreSQL 1")


def test_an_interrupt_ends_what_runs(sql_module, database):
    opened = database(sql_module({"000_init.sql": HEAD + "SELECT pg_sleep(99);"}))
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            _ = opened.applied
        except Exception as error:  # noqa: BLE001
            caught.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    until = time.monotonic() + 10
    while opened.server_version is None and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.5)
    started = time.monotonic()
    opened.cancel()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert time.monotonic() - started < 10
    assert caught
    with pytest.raises(DatabaseUnavailableError, match="interrupted"), opened.clone():
        pass


def test_nothing_is_left_on_the_server(sql_module, shared, server_url):
    query = "SELECT count(*) FROM pg_database WHERE datname LIKE 'gates%'"
    with psycopg.connect(server_url, autocommit=True) as admin:
        before = admin.execute(query).fetchone()
        results(sql_module(), shared, *ALL)
        assert admin.execute(query).fetchone() == before


def test_a_platform_adds_to_the_baseline(sql_module, database, folder: Path):
    more = folder / "platform.sql"
    more.write_text("CREATE TABLE public.regions (id int PRIMARY KEY, name text);")
    sql = HEAD + "CREATE TABLE tenant_sample_module_x (r int REFERENCES regions (id));"
    opened = database(sql_module({"000_init.sql": sql}), Policy(baseline=(more,)))
    assert [table.name for table in opened.applied.tables] == ["tenant_sample_module_x"]


def test_a_baseline_that_does_not_apply_is_inconclusive(sql_module, database, folder: Path):
    more = folder / "platform.sql"
    more.write_text("CREATE TABEL;")
    opened = database(sql_module(), Policy(baseline=(more,)))
    with pytest.raises(Exception, match=r"the platform baseline does not apply: platform\.sql:1:8"):
        _ = opened.applied


def test_a_database_that_was_closed_stays_closed(sql_module, shared):
    opened = Database.open(sql_module(), Policy(), shared)
    opened.close()
    with pytest.raises(DatabaseUnavailableError):
        _ = opened.applied
