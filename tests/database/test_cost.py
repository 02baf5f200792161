"""The judgement over locks, and the command that shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import jsonschema
import pytest

from gates.catalog import Catalog, Previous
from gates.catalog.model import MigrationDigest
from gates.checks.test.migration_locks import migration_locks
from gates.database import MigrationsDoNotApplyError
from gates.database.proofs.locks.measure import measure_new
from gates.database.rows.many_rows import TENANT
from gates.errors import ConfigurationError, CouldNotCheckError
from gates.model import Level
from gates.settings import Policy, load_policy
from tests.conftest import ROOT
from tests.database.conftest import BASE, HEAD, TABLE
from tests.database.witnesses import unshown

RELEASED = ("migrations/000_init.sql",)
ROWS = 1000


@pytest.fixture
def judged(sql_module, database):
    """The findings of migration-locks on files after a released 000_init.sql."""

    def judge(files: dict[str, str], policy: Policy | None = None, previous: bool = True):
        policy = policy or Policy(rows=ROWS)
        module = sql_module({k: HEAD + v for k, v in files.items()})
        opened = judge.opened = database(module, policy)
        before = Previous("sample-module")
        if previous:
            digests = tuple(MigrationDigest(path, "") for path in RELEASED)
            before = replace(before, known=True, version="0.9.0", migrations=digests)
        found = list(migration_locks.run(module, opened, policy, before))
        for each in found:
            assert unshown(opened, module, "migration-locks", each) == ""
        return found

    return judge


def test_work_under_an_earlier_lock_names_its_line(judged):
    (found,) = judged(
        {"001_next.sql": f"ALTER TABLE {TABLE} ADD COLUMN n text;\nUPDATE {TABLE} SET n = 'x';"}
    )
    assert found.level is Level.ERROR
    assert (found.location.line, found.message) == (
        6, f"changes every row of table public.{TABLE}, while nobody can read or write table"
        f" public.{TABLE}, for the lock that line 5 took",
    )  # fmt: skip
    assert "a file of its own" in (found.fix or "")
    (lock,) = judged.opened.view().locks
    assert (lock.path, lock.line, lock.mode) == ("migrations/001_next.sql", 5, "ACCESS EXCLUSIVE")
    assert (lock.table, lock.rows, lock.released) == (f"table public.{TABLE}", ROWS, True)
    assert lock.seconds > 0


def test_rows_that_are_changed_at_once_are_a_warning(judged):
    (found,) = judged({"001_next.sql": f"UPDATE {TABLE} SET title = 'x';"})
    assert (found.level, found.location.line) == (Level.WARNING, 5)


def test_another_table_that_is_locked_meanwhile(judged):
    found = judged(
        {"001_next.sql": "CREATE TABLE n (a uuid REFERENCES tenants (id));\n"
         f"ALTER TABLE {TABLE} ADD CHECK (title <> '') NOT VALID;",
         "002_next.sql": "CREATE TABLE m (a uuid REFERENCES tenants (id));\n"
         f"SELECT count(*) FROM {TABLE};"}
    )  # fmt: skip
    assert [each.message for each in found] == [
        f"reads every row of table public.{TABLE}, while nobody can write to table public.tenants,"
        " for the lock that line 5 took"
    ]


QUIET = (
    f"ALTER TABLE {TABLE} ADD COLUMN n text NOT NULL DEFAULT '';",
    f"CREATE INDEX CONCURRENTLY n ON {TABLE} (title);",
    f"ALTER TABLE {TABLE} ADD CONSTRAINT n CHECK (title <> '') NOT VALID;",
    f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT n;",
    f"DROP POLICY tenant_isolation ON {TABLE};",
    f"ALTER TABLE {TABLE} DROP COLUMN title;"
    f"UPDATE {TABLE} SET n = 'x' WHERE tenant_id = '{TENANT}' AND id = 7;",
    "CREATE TABLE n AS SELECT n FROM generate_series(1, 5000) n; CREATE INDEX ON n (n);",
    f"TRUNCATE {TABLE};",
)


def test_no_false_alarm(judged):
    assert judged({f"{at:03}_next.sql": sql for at, sql in enumerate(QUIET, 1)}) == []


def test_hooks_run_around_the_new_files_of_an_upgrade_and_are_judged(judged):
    files = {
        "001_next.sql": f"ALTER TABLE {TABLE} ADD CHECK (version = 2) NOT VALID;",
        "002_next.sql": f"ALTER TABLE {TABLE} ALTER COLUMN version SET DEFAULT 2;",
        "hooks/pre_upgrade.sql": f"UPDATE {TABLE} SET version = 2;",
        "hooks/post_upgrade.sql": f"CREATE INDEX n ON {TABLE} (title);",
    }
    assert [(each.location.path, each.level) for each in judged(files)] == [
        ("migrations/hooks/pre_upgrade.sql", Level.WARNING),
        ("migrations/hooks/post_upgrade.sql", Level.ERROR),
    ]
    assert judged(files, previous=False) == []


MONTHS = """
    CREATE TABLE m (tenant_id uuid, id bigint, at date, PRIMARY KEY (id, at))
        PARTITION BY RANGE (at);
    CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
"""


def test_partitions(judged):
    found = judged({
        "000_init.sql": BASE + MONTHS,
        "001_next.sql": "CREATE INDEX n ON m2 (tenant_id);",
        "002_next.sql": "CREATE TABLE m3 PARTITION OF m FOR VALUES FROM ('2026-03-01') TO"
        " ('2026-04-01');",
        "003_next.sql": "CREATE TABLE m4 (LIKE m); ALTER TABLE m ATTACH PARTITION m4"
        " FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');",
        "004_next.sql": "ALTER TABLE m ADD CHECK (id > -1);",
        "005_next.sql": "ALTER TABLE m DETACH PARTITION m1 CONCURRENTLY;",
    })  # fmt: skip
    assert [each.message for each in found] == [
        "reads every row of table public.m2 and builds index n, while nobody can write to table"
        " public.m2",
        "reads every row of table public.m1 and reads every row of table public.m2, while nobody"
        " can read or write table public.m and nobody can read or write table public.m1 and nobody"
        " can read or write table public.m2",
    ]


def test_a_first_version_locks_nobody(judged):
    files = {"001_next.sql": f"CREATE INDEX n ON {TABLE} (title); UPDATE {TABLE} SET title = 'x';"}
    assert judged(files, previous=False) == []
    assert len(judged(files)) == 2


def test_only_tables_that_new_files_touch_are_filled(sql_module, database):
    module = sql_module({
        "000_init.sql": BASE + "CREATE TABLE other (id integer PRIMARY KEY);",
        "001_next.sql": HEAD + f"ALTER TABLE {TABLE} ADD COLUMN n text;",
        "002_next.sql": HEAD + "SELECT;",
    })  # fmt: skip
    opened = database(module)
    measured = measure_new(opened, ROWS, RELEASED, 2.0, opened.scripts)
    assert [file.path for file in measured.files] == [
        "migrations/001_next.sql", "migrations/002_next.sql",
    ]  # fmt: skip
    new = "migrations/001_next.sql"
    assert measured.filled == {f"public.{TABLE}"}
    assert measure_new(opened, ROWS, [*RELEASED, new], 2.0, opened.scripts) is None


def test_policy_sets_rows_and_seconds_and_modules_only_tighten(folder):
    policy, module = folder / "gates-policy.toml", folder / "sample-module"
    module.mkdir()
    policy.write_text("[database]\nrows = 20000\nmax_lock_seconds = 1\n")
    own = module / "gates.toml"
    own.write_text("[database]\nrows = 50000\nmax_lock_seconds = 0.5\n")
    found = load_policy(module)
    assert (found.rows, found.max_lock_seconds) == (50_000, 0.5)
    for line in ("rows = 10000", "max_lock_seconds = 3", "rows = 10", "rows = true"):
        own.write_text(f"[database]\n{line}\n")
        with pytest.raises(ConfigurationError, match=line.partition(" ")[0]):
            load_policy(module)


def test_seconds_count_against_the_policy_alone(judged):
    files = {"001_next.sql": f"ALTER TABLE {TABLE} ADD COLUMN n text;\nSELECT pg_sleep(0.2);"}
    assert judged(files) == []
    (found,) = judged(files, Policy(rows=ROWS, max_lock_seconds=0.05))
    assert (found.location.line, found.message) == (
        5, f"nobody can read or write table public.{TABLE} for longer than 0.05 s, the limit"
        " database.max_lock_seconds",
    )  # fmt: skip
    assert "of which line 6 (SELECT pg_sleep(0.2))" in (found.detail or "")


def test_a_table_that_cannot_be_filled_is_inconclusive_where_it_matters(judged, monkeypatch):
    monkeypatch.setattr("gates.database.proofs.locks.measure.Multiplier.fill", _no_rows)
    assert judged({"001_next.sql": "CREATE TABLE n (a integer);"}) == []
    with pytest.raises(CouldNotCheckError, match="measured without rows: none for this table"):
        judged({"001_next.sql": f"ALTER TABLE {TABLE} ADD COLUMN n text;"})


def _no_rows(self, tables):
    return {table.oid: "none for this table" for table in tables}


def test_what_fails_with_rows_alone_is_not_passed_over(judged):
    with pytest.raises(MigrationsDoNotApplyError, match=r"001_next\.sql:5:1: .*is violated"):
        judged({"001_next.sql": f"ALTER TABLE {TABLE} ADD CHECK (title = 'no');"})


def test_the_command(sql_module, shared, capsys):
    from gates.cli import main

    module = sql_module({"001_next.sql": HEAD + f"CREATE INDEX n ON {TABLE} (title);"})
    given = ["--database-url", str(shared.database_url), "--catalog", shared.catalog]
    arguments = ["cost", str(module.root), "--rows", "100", *given]
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert "\x1b" not in shown
    assert f"SHARE on table public.{TABLE}: blocks writes (made in this version" in shown
    assert f"reads every row of table public.{TABLE} and builds index n" in shown
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json", "--sizes", "20,50", "--since", "1"])
    assert ended.value.code == 1
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((ROOT / "schemas/cost.v1.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert [each["line"] for each in document["problems"]] == [5]
    assert document["rows"] == [20, 50]
    (statement,) = [
        each for each in document["files"][1]["statements"] if "CREATE" in each["statement"]
    ]
    assert statement["locks"][0]["mode"] == "SHARE"
    assert statement["growth"] == "n log n"


def test_before_the_version_is_raised_its_own_release_is_upgraded_from(
    sql_module, shared, capsys, monkeypatch
):
    """The command said of a table that tenants have that nobody waits for it yet."""
    from gates.cli import main

    module = sql_module({"001_next.sql": HEAD + f"CREATE INDEX n ON {TABLE} (title);"})
    released = SimpleNamespace(
        version=module.version, digest="", status="GA", manifest={}, settings_schema=None,
        migrations=(MigrationDigest(RELEASED[0], ""),), tables_created=(), registry_reference="",
    )  # fmt: skip
    monkeypatch.setattr(Catalog, "module", lambda *_: SimpleNamespace(maturity_status="GA"))
    monkeypatch.setattr(Catalog, "versions", lambda *_: (released,))
    monkeypatch.setattr(Catalog, "evidence", lambda *_: ())
    given = ["--database-url", str(shared.database_url), "--catalog", shared.catalog]
    with pytest.raises(SystemExit) as ended:
        main(["cost", str(module.root), "--rows", "100", *given])
    assert ended.value.code == 1
    assert "nobody waits yet" not in capsys.readouterr().out
