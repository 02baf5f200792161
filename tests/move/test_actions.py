"""The built-in actions on a real server: each old row has an account, and the way back is exact."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from gates.database.server.embedded import throwaway_server
from gates.module import load
from gates.move import backup, faults, legacy, stand_in
from gates.move.actions import RUN
from gates.move.place import Deadline, LimitError, Place, StepFailedError
from gates.move.rehearse import stand_ins
from gates.move.state import State, differences
from tests.move.conftest import connect, copy_of_world

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


@dataclass(frozen=True)
class Finished:
    """A world that was moved once, and what each action said of it."""

    place: Place
    figures: dict[str, dict[str, str]]
    rows: int
    """Of organization_modules, before."""


@pytest.fixture(scope="module")
def finished(world, tmp_path_factory) -> Finished:
    """The old world with each case and the bad rows of the faults in it, moved; to be copied."""
    with psycopg.connect(world.url, autocommit=True) as connection:
        copy_of_world(connection, "moved_once")
    place = Place(
        world.url, "moved_once", tmp_path_factory.mktemp("moved"), world.programs,
        modules=world.modules, releases=stand_ins, jobs=1,
    )  # fmt: skip
    with connect(place) as connection:
        for number in (1, 2, 3):
            connection.execute("INSERT INTO organizations VALUES (%s, 'x', now())", (uuid(number),))
        for number, (status, used, slug, tenant, *_) in enumerate(CASES, 100):
            connection.execute(
                "INSERT INTO organization_modules (id, organization_id, module_slug, status,"
                " activated_at) VALUES (%s, %s, %s, %s, CASE WHEN %s THEN now() END)",
                (uuid(number), uuid(tenant), slug, status, used),
            )
        connection.execute(faults._BAD.encode())
        row = connection.execute("SELECT count(*) FROM organization_modules").fetchone()
    assert row is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gates.move.provision.BATCH", 7)
        return Finished(place, run(place, *FORWARD), row[0])


@pytest.fixture
def moved(finished) -> Place:
    """A copy of the moved world, with a folder of its own that holds the same backup."""
    with psycopg.connect(finished.place.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS moved_copy WITH (FORCE)")
        connection.execute("CREATE DATABASE moved_copy TEMPLATE moved_once STRATEGY FILE_COPY")
    folder = Path(tempfile.mkdtemp(dir=finished.place.folder.parent))
    shutil.copytree(finished.place.folder, folder, dirs_exist_ok=True)
    return replace(finished.place, database="moved_copy", folder=folder, lock_timeout=0.3)


def test_each_status_has_the_outcome_that_the_table_says(finished):
    with connect(finished.place) as connection:
        found = connection.execute(
            "SELECT outcome, reason, state, old_row ->> 'module_slug' FROM gates_move.accounts"
            " WHERE old_table = 'organization_modules' AND old_id = ANY (%s) ORDER BY old_id",
            ([uuid(number) for number in range(100, 100 + len(CASES))],),
        ).fetchall()
        states = connection.execute(
            "SELECT state, count(*) FROM tenant_modules WHERE tenant_id = ANY (%s) GROUP BY 1",
            ([uuid(number) for number in (1, 2, 3)],),
        )
        assert [each[:3] for each in found] == [each[4:] for each in CASES]
        assert dict(states.fetchall()) == {
            "ENABLED": 2, "DISABLED": 1, "SUSPENDED": 2, "ARCHIVED": 1
        }  # fmt: skip
    kept = [None if outcome == "moved" else slug for _, _, slug, _, outcome, *_ in CASES]
    assert [each[3] for each in found] == kept


def test_the_documented_table_is_the_one_that_is_tested():
    text = (HERE.parents[1] / "docs" / "migration.md").read_text("utf-8")
    rows = {tuple(cell.strip() for cell in row.split("|")[2:5]) for row in text.splitlines()
            if row.startswith("| ")}  # fmt: skip
    missing = {(o, r, s or "-") for *_, o, r, s in CASES} - rows
    assert not missing


def test_forwards_twice_and_back_to_what_was(finished, moved):
    counted = [
        int(n)
        for key, n in finished.figures["move"].items()
        if key.startswith("organization_modules:")
    ]
    assert sum(counted) == finished.rows
    again = run(moved, "close", "backup", "move", "audit", "provision", "validate")
    assert again["move"] == finished.figures["move"]
    assert again["provision"]["migrations"] == "0"
    with connect(moved) as connection:
        connection.execute("DROP TABLE custom_modules")
        connection.execute("UPDATE organizations SET name = 'other'")
    back = run(moved, "restore")["restore"]
    assert backup.equals_backup(moved, Deadline.of(60)) == ()
    assert back["kept"] == f"{moved.database}_moved_1"
    with psycopg.connect(moved.url) as connection:
        found = connection.execute(
            "SELECT datacl::text, datconnlimit FROM pg_database WHERE datname = %s",
            (moved.database,),
        ).fetchone()
    assert found is not None
    assert "old_reader=c/" in found[0]
    assert found[1] == -1
    with connect(moved) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("5MB",)
        assert connection.execute("SELECT nextval('invoice_numbers')").fetchone() == (42,)


DIFFERENCES = [
    ("ALTER TABLE custom_modules OWNER TO old_reader", "schema"),
    ("COMMENT ON TABLE organizations IS 'x'", "schema"),
    ("SELECT nextval('invoice_numbers')", "sequence public.invoice_numbers"),
    ("UPDATE organizations SET name = name || ' ' WHERE id = (SELECT min(id::text)::uuid"
     " FROM organizations)", "public.organizations: 12 rows in both"),
    ("DELETE FROM organizations WHERE id = (SELECT min(id::text)::uuid FROM organizations)",
     "public.organizations: 12 rows are not 11"),
    ("SELECT lo_from_bytea(7, 'x')", "large objects"),
    ("ALTER DATABASE {} SET work_mem TO '6MB'", "settings"),
    ("REVOKE CONNECT ON DATABASE {} FROM old_reader", "database"),
]  # fmt: skip


def test_nothing_that_a_backup_keeps_may_differ(place):
    """Each change on top of the ones before, and what it alone makes different."""

    def state() -> State:
        with place.session(Deadline.of(30)) as connection:
            return backup.read_state(place, connection, place.database, 7, Deadline.of(30))

    first = before = state()
    for change, says in DIFFERENCES:
        with connect(place) as connection:
            connection.execute(change.replace("{}", place.database).encode())
        after = state()
        (only,) = differences(before, after)
        assert only.startswith(says), change
        before = after
    with connect(place) as connection:
        connection.execute("CREATE TABLE more (n int)")
    found = differences(before, state())
    assert [each.split(":")[0] for each in found] == ["schema", "public.more"]
    assert differences(first, first) == ()
    assert State.from_json(first.to_json()) == first


BEHIND_ITS_BACK = [
    ("UPDATE organizations SET name = 'late'", "organizations is not what the backup holds"),
    ("INSERT INTO custom_modules (id) VALUES (gen_random_uuid())",
     "1 rows of custom_modules are not accounted for", "custom_modules is not what the backup"),
    ("UPDATE tenant_modules SET state = 'SUSPENDED' WHERE tenant_id = '{1}'"
     " AND module_slug = 'task-board'",
     "1 rows of tenant_modules that no account moved, or with another state",
     "1 modules that were active, of an organisation that is there, and are not ENABLED"),
    ("DELETE FROM tenant_module_settings WHERE id = (SELECT min(s.id) FROM tenant_module_settings"
     " AS s JOIN gates_move.accounts AS a USING (tenant_id, module_slug) JOIN organization_modules"
     " AS o ON o.id::text = a.old_id WHERE a.outcome = 'moved' AND o.configuration IS NOT NULL)",
     "keys of configurations that were moved and are not there",
     "settings that were moved and are not what they were"),
    ("UPDATE audit_logs SET actor = gen_random_uuid() WHERE table_name = 'module_file_audit'",
     "audit: "),
    ("ALTER TABLE tenant_module_settings NO FORCE ROW LEVEL SECURITY",
     "1 tables of tenants without forced row level security"),
    ("DROP POLICY tenant_isolation ON tenant_modules;"
     " CREATE POLICY tenant_isolation ON tenant_modules USING (true)",
     "other tenants", "modules and sees", "enabled modules that the platform calls unhealthy"),
    ("DROP TABLE tenant_usage_meter_notes", "1 tables of enabled modules that are not there"),
]  # fmt: skip


def test_validation_finds_what_was_changed_behind_its_back(moved):
    """All changes at once: it names every problem, and no other."""
    run(moved, "validate")
    with connect(moved) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE audit_logs DISABLE TRIGGER ALL")
        for change, *_ in BEHIND_ITS_BACK:
            connection.execute(change.replace("{1}", str(uuid(1))).encode())
    with pytest.raises(StepFailedError) as caught:
        run(moved, "validate")
    said = caught.value.message.split("; ")
    wanted = [each for _, *says in BEHIND_ITS_BACK for each in says]
    assert [each for each in wanted if not any(each in one for one in said)] == []
    assert [one for one in said if not any(each in one for each in wanted)] == []


def test_what_a_backup_loses_is_no_backup(place, monkeypatch):
    program = Place.program

    def without_rights(self, name, arguments, *more):
        extra = ["--no-acl"] if name == "pg_restore" else []
        return program(self, name, [*extra, *arguments], *more)

    monkeypatch.setattr(Place, "program", without_rights)
    with pytest.raises(StepFailedError, match="the restored backup is not the database: schema"):
        run(place, "backup")
    assert not place.backup.exists()


def test_a_backup_comes_up_on_a_second_server_with_its_roles(place, settings, monkeypatch):
    """Password, membership, settings and end of a role are in the globals, and nowhere else."""
    elsewhere = replace(place, second=lambda: throwaway_server(settings))
    with connect(place) as connection:
        connection.execute(
            "CREATE ROLE night_shift LOGIN PASSWORD 'x' VALID UNTIL '2031-01-01';"
            " GRANT old_reader TO night_shift WITH ADMIN OPTION;"
            " ALTER ROLE night_shift SET work_mem TO '6MB'"
        )
    program = Place.program

    def without_password(self, name, arguments, *more):
        ran = program(self, name, arguments, *more)
        if name == "pg_dumpall":
            file = Path(arguments[arguments.index("--file") + 1])
            text = file.read_text("utf-8")
            file.write_text(re.sub(r" PASSWORD 'SCRAM[^']*'", "", text), "utf-8")
        return ran

    try:
        with monkeypatch.context() as patch:
            patch.setattr(Place, "program", without_password)
            with pytest.raises(StepFailedError, match=r"role night_shift: .* is not .*no password"):
                run(elsewhere, "backup")
        assert not place.backup.exists()
        run(elsewhere, "backup")
        assert {each.name for each in place.backup.iterdir()} == {
            "dump", "globals.sql", "state.json"
        }  # fmt: skip
    finally:
        with connect(place) as connection:
            connection.execute("DROP ROLE night_shift")


def test_a_truncated_dump_rolls_nothing_back(moved):
    """What was moved stays as it is: its database is not touched before the other is whole."""
    for path in (moved.backup / "dump").glob("*.dat.gz"):
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StepFailedError):
        run(moved, "restore")
    run(moved, "validate")


def test_a_released_file_that_was_edited_is_not_run(moved, tmp_path):
    stand_in.write_modules(tmp_path, legacy.MODULES)
    file = tmp_path / "task-board" / "migrations" / "000_init.sql"
    file.write_text(file.read_text("utf-8") + "-- more\n", "utf-8")
    with connect(moved) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM core_module_migrations")
    with pytest.raises(StepFailedError, match="is not the file that was released"):
        run(replace(moved, modules=tmp_path), "provision")


def test_the_older_tables_of_a_module_are_taken_over_before_its_migrations(moved, tmp_path):
    """By the hook of a folder that is what was released, and of no other."""
    stand_in.write_modules(tmp_path, legacy.MODULES)
    hook = tmp_path / "task-board/migrations/hooks/pre_upgrade.sql"
    hook.parent.mkdir()
    hook.write_text("ALTER TABLE older_tasks RENAME TO kept_tasks;", "utf-8")
    (tmp_path / "task-board/module.json").write_text('{"slug": "task-board"}', "utf-8")
    place = replace(moved, modules=tmp_path)
    with connect(moved) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("CREATE TABLE older_tasks (n int)")
        connection.execute("ALTER TABLE older_tasks OWNER TO gates_migrator")
        connection.execute("DELETE FROM core_module_migrations WHERE slug = 'task-board'")
        connection.execute("DROP TABLE tenant_task_board_notes CASCADE")
        with pytest.raises(StepFailedError, match="its folder is not what"):
            run(place, "provision")
        connection.execute("ALTER TABLE core_module_versions DISABLE TRIGGER keep_version")
        connection.execute(
            "UPDATE core_module_versions SET content_digest = %s WHERE slug = 'task-board'",
            (load(tmp_path / "task-board").digest,),
        )
        assert run(place, "provision")["provision"]["hooks"] == "1"
        assert run(place, "provision")["provision"]["hooks"] == "0"
        ran = connection.execute(
            "SELECT kind, to_regclass('kept_tasks') IS NOT NULL FROM core_module_migrations"
            " WHERE slug = 'task-board' ORDER BY applied_at"
        )
        assert ran.fetchall() == [("hook", True), ("migration", True)]


def test_who_holds_a_lock_is_named_and_a_limit_is_kept(moved):
    with connect(moved) as holder:
        holder.execute("SET application_name = 'night shift'")
        holder.execute("BEGIN; LOCK TABLE organization_modules IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StepFailedError, match=r"held by process .*night shift"):
            run(moved, "move")
    with pytest.raises(LimitError), moved.session(Deadline.of(0.2)) as connection:
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
