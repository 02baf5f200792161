"""The built-in actions on a real server: each old row has an account, and the way back is exact."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest

from gates.move import backup, faults, legacy
from gates.move.actions import RUN
from gates.move.place import Deadline, LimitError, Place, StepFailedError
from gates.move.state import State, differences
from tests.move.conftest import connect

HERE = Path(__file__).parent
FORWARD = ("close", "backup", "catalog", "move", "audit", "provision", "validate")
CASES = [
    # status, activated, slug, organisation -> outcome, reason, state
    ("active", True, "task-board", 1, "moved", "active", "ENABLED"),
    (" Active", True, "mail_sync", 1, "moved", "active", "ENABLED"),
    ("implemented", False, "usage-meter", 1, "moved", "implemented", "DISABLED"),
    ("missing", True, "alert-engine", 1, "moved", "missing", "SUSPENDED"),
    ("archived", True, "data-retention", 1, "moved", "archived", "ARCHIVED"),
    (None, True, "form-builder", 1, "moved", "no status, but used", "SUSPENDED"),
    (None, False, "form-builder", 2, "set-aside", "no status, never used", None),
    ("discovered", False, "chat-assistant", 1, "set-aside", "only discovered", None),
    ("orphaned", True, "chat-assistant", 2, "set-aside", "orphaned", None),
    ("paused", True, "chat-assistant", 3, "set-aside", "unknown status", None),
    ("active", True, "old-widgets", 1, "set-aside", "left the disk", None),
    ("active", True, "never-heard-of", 1, "set-aside", "not released", None),
    ("active", True, "???", 1, "set-aside", "no module", None),
    ("active", True, None, 1, "set-aside", "no module", None),
    ("active", True, "task-board", None, "set-aside", "no organisation", None),
    ("active", True, "task-board", 9, "set-aside", "organisation is gone", None),
    ("implemented", True, "TASK_BOARD", 1, "merged", "duplicate", None),
]


def run(place: Place, *names: str) -> dict[str, dict[str, str]]:
    return {name: dict(RUN[name](place, Deadline.of(60))) for name in names}


def uuid(number: int | None) -> str | None:
    return None if number is None else f"00000000-0000-4000-8000-{number:012d}"


def test_each_status_has_the_outcome_that_the_table_says(place):
    with connect(place) as connection:
        connection.execute(
            "TRUNCATE organizations, organization_modules, tenant_module_configs, module_file_audit"
        )
        for number in (1, 2, 3):
            connection.execute("INSERT INTO organizations VALUES (%s, 'x', now())", (uuid(number),))
        for number, (status, used, slug, tenant, *_) in enumerate(CASES, 100):
            connection.execute(
                "INSERT INTO organization_modules (id, organization_id, module_slug, status,"
                " activated_at) VALUES (%s, %s, %s, %s, CASE WHEN %s THEN now() END)",
                (uuid(number), uuid(tenant), slug, status, used),
            )
    run(place, *FORWARD)
    with connect(place) as connection:
        found = connection.execute(
            "SELECT outcome, reason, state FROM gates_move.accounts"
            " WHERE old_table = 'organization_modules' ORDER BY old_id"
        ).fetchall()
        states = connection.execute("SELECT state, count(*) FROM tenant_modules GROUP BY 1")
        kept = connection.execute(
            "SELECT old_row ->> 'module_slug' FROM gates_move.accounts WHERE outcome = 'merged'"
            " AND old_table = 'organization_modules'"
        ).fetchall()
        assert found == [each[4:] for each in CASES]
        assert dict(states.fetchall()) == {
            "ENABLED": 2, "DISABLED": 1, "SUSPENDED": 2, "ARCHIVED": 1
        }  # fmt: skip
        assert kept == [("TASK_BOARD",)]


def test_the_documented_table_is_the_one_that_is_tested():
    text = (HERE.parents[1] / "docs" / "migration.md").read_text("utf-8")
    rows = {tuple(cell.strip() for cell in row.split("|")[2:5]) for row in text.splitlines()
            if row.startswith("| ")}  # fmt: skip
    missing = {(o, r, s or "-") for *_, o, r, s in CASES} - rows
    assert not missing


def test_forwards_twice_and_back_to_what_was(place, monkeypatch):
    monkeypatch.setattr("gates.move.provision.BATCH", 7)
    with connect(place) as connection:
        before = connection.execute("SELECT count(*) + 2 FROM organization_modules").fetchone()
        connection.execute(faults._BAD.encode())
    first = run(place, *FORWARD)
    counted = [
        int(n) for key, n in first["move"].items() if key.startswith("organization_modules:")
    ]
    assert before == (sum(counted),)
    again = run(place, "close", "backup", "move", "audit", "provision", "validate")
    assert again["move"] == first["move"]
    assert again["provision"]["migrations"] == "0"
    with connect(place) as connection:
        connection.execute("DROP TABLE custom_modules")
        connection.execute("UPDATE organizations SET name = 'other'")
    back = run(place, "restore")["restore"]
    assert backup.equals_backup(place, Deadline.of(60)) == ()
    assert back["kept"] == f"{place.database}_moved_1"
    with psycopg.connect(place.url) as connection:
        found = connection.execute(
            "SELECT datacl::text, datconnlimit FROM pg_database WHERE datname = %s",
            (place.database,),
        ).fetchone()
    assert found is not None
    assert "old_reader=c/" in found[0]
    assert found[1] == -1
    with connect(place) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
        assert connection.execute("SELECT nextval('invoice_numbers')").fetchone() == (42,)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("ALTER TABLE custom_modules OWNER TO old_reader", "schema"),
        ("COMMENT ON TABLE organizations IS 'x'", "schema"),
        ("SELECT nextval('invoice_numbers')", "sequence public.invoice_numbers"),
        ("UPDATE organizations SET name = name || ' ' WHERE id = (SELECT min(id::text)::uuid"
         " FROM organizations)", "public.organizations: 12 rows in both"),
        ("DELETE FROM organizations WHERE id = (SELECT min(id::text)::uuid FROM organizations)",
         "public.organizations: 12 rows are not 11"),
        ("SELECT lo_create(7)", "large objects"),
        ("ALTER DATABASE {} SET work_mem TO '6MB'", "settings"),
        ("REVOKE CONNECT ON DATABASE {} FROM old_reader", "database"),
        ("CREATE TABLE more (n int)", "public.more: only in one"),
    ],
)  # fmt: skip
def test_nothing_that_a_backup_keeps_may_differ(place, change, says, world):
    key = 7
    with place.session(Deadline.of(30)) as connection:
        before = backup.read_state(place, connection, place.database, key, Deadline.of(30))
    with connect(place) as connection:
        if "lo_create" in change:
            connection.execute("SELECT lo_from_bytea(7, 'x')")
        else:
            connection.execute(change.replace("{}", place.database).encode())
    with place.session(Deadline.of(30)) as connection:
        after = backup.read_state(place, connection, place.database, key, Deadline.of(30))
    assert any(each.startswith(says) for each in differences(before, after))
    assert differences(before, before) == ()
    assert State.from_json(before.to_json()) == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE organizations SET name = 'late'", "organizations is not what the backup holds"),
        ("INSERT INTO organization_modules (id) VALUES (gen_random_uuid())", "not accounted for"),
        ("UPDATE tenant_modules SET state = 'SUSPENDED' WHERE state = 'ENABLED'", "not ENABLED"),
        ("DELETE FROM tenant_module_settings", "not there"),
        ("ALTER TABLE audit_logs DISABLE TRIGGER ALL;"
         " UPDATE audit_logs SET actor = gen_random_uuid()"
            " WHERE table_name = 'module_file_audit'",
         "audit:"),
        ("ALTER TABLE tenant_modules NO FORCE ROW LEVEL SECURITY", "without forced row level"),
        ("DROP POLICY tenant_isolation ON tenant_modules; CREATE POLICY tenant_isolation"
         " ON tenant_modules USING (true)", "other tenants"),
        ("DROP TABLE tenant_task_board_notes", "tables of enabled modules"),
    ],
)  # fmt: skip
def test_validation_finds_what_was_changed_behind_its_back(moved, change, says):
    with connect(moved) as connection:
        connection.execute("SET session_replication_role = replica")
        with connection.transaction(force_rollback=False):
            connection.execute(change.encode())
    with pytest.raises(StepFailedError, match=re.escape(says)):
        RUN["validate"](moved, Deadline.of(60))


@pytest.fixture(scope="module")
def finished(world, tmp_path_factory):
    """A world that was moved, to be copied."""
    from gates.move.rehearse import stand_ins

    folder = tmp_path_factory.mktemp("moved")
    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE moved_once TEMPLATE old_world STRATEGY FILE_COPY")
    place = Place(
        world.url, "moved_once", folder, world.programs, modules=world.modules, releases=stand_ins,
        jobs=1,
    )  # fmt: skip
    run(place, *FORWARD)
    return place


@pytest.fixture
def moved(finished):
    from dataclasses import replace

    with psycopg.connect(finished.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS moved_copy WITH (FORCE)")
        connection.execute("CREATE DATABASE moved_copy TEMPLATE moved_once STRATEGY FILE_COPY")
    return replace(finished, database="moved_copy")


def test_what_a_backup_loses_is_no_backup(place, monkeypatch):
    program = Place.program

    def without_rights(self, name, arguments, *more):
        extra = ["--no-acl"] if name == "pg_restore" else []
        return program(self, name, [*extra, *arguments], *more)

    monkeypatch.setattr(Place, "program", without_rights)
    with pytest.raises(StepFailedError, match="the restored backup is not the database: schema"):
        run(place, "backup")
    assert not place.backup.exists()


def test_a_truncated_dump_rolls_nothing_back(place):
    run(place, "backup")
    for path in (place.backup / "dump").glob("*.dat.gz"):
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StepFailedError):
        run(place, "restore")
    assert backup.equals_backup(place, Deadline.of(60)) == ()


def test_a_released_file_that_was_edited_is_not_run(moved, tmp_path):
    from dataclasses import replace

    from gates.move import stand_in

    stand_in.write_modules(tmp_path, legacy.MODULES)
    file = tmp_path / "task-board" / "migrations" / "000_init.sql"
    file.write_text(file.read_text("utf-8") + "-- more\n", "utf-8")
    with connect(moved) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM core_module_migrations")
    with pytest.raises(StepFailedError, match="is not the file that was released"):
        RUN["provision"](replace(moved, modules=tmp_path), Deadline.of(60))


def test_who_holds_a_lock_is_named_and_a_limit_is_kept(place):
    run(place, "catalog")
    with connect(place) as holder:
        holder.execute("SET application_name = 'night shift'")
        holder.execute("BEGIN; LOCK TABLE organization_modules IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StepFailedError, match=r"held by process .*night shift"):
            run(place, "move")
    with pytest.raises(LimitError), place.session(Deadline.of(0.2)) as connection:
        connection.execute("SELECT pg_sleep(5)")


def test_the_same_seed_makes_the_same_world_and_sizes_grow():
    first, again = ([(t, [*rows]) for t, _, rows in legacy.tables(legacy.Size(30))] for _ in "ab")
    assert first == again
    other = [(t, [*rows]) for t, _, rows in legacy.tables(legacy.Size(30, seed=2))]
    assert other != first
    rows = {table: len(each) for table, each in first}
    assert rows["organizations"] == 30
    assert {row[7] for row in dict(first)["organization_modules"]} >= {"active", None, "missing"}
    assert all(len(row) == 18 for row in dict(first)["organization_modules"])
    assert json.dumps(rows)
