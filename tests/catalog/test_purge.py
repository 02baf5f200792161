"""Expired rows are exported, and then taken out; whatever happens in between, nothing is lost."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gates.errors import CouldNotCheckError
from gates.registry import Registry
from gates.registry.artifacts import take
from gates.tenants import exports, purge
from gates.tenants.object_store import MANIFEST, ROWS
from tests.catalog.tenants import BY_MONTH, GUARDED, ONE, OTHER, PLAIN, SAMPLE, Platform

OLD, NEW = "2021-03-01 00:00+00", "now"
HOSTILE = 'a "quoted", \n\r\\ ; text \x01 é 𝄞'


def rows_in(platform: Platform) -> None:
    """Rows of two tenants, old and new, in every table that a purge looks at."""
    platform.approved(ONE)
    platform.provision(ONE, SAMPLE)
    for month in ("2020-05-01", "2021-03-01"):
        platform.rows("SELECT core_usage_partition(%s::date)", month)
    for tenant in (ONE, OTHER):
        for moment in ("2020-05-05", OLD, NEW):
            for table in (PLAIN, BY_MONTH):
                platform.admin.execute(
                    f"INSERT INTO {table} (tenant_id, what, created_at) VALUES (%s, %s, %s),"
                    " (%s, NULL, %s)".encode(), (tenant, HOSTILE, moment, tenant, moment),
                )  # fmt: skip
            for slug in (GUARDED, SAMPLE):
                platform.admin.execute(
                    "INSERT INTO module_usage_logs (tenant_id, module_slug, route, latency_ms,"
                    " cost, created_at) VALUES (%s, %s, '/', 0.1, 0.25, %s)",
                    (tenant, slug, moment),
                )  # fmt: skip


def everything(platform: Platform, folder: Path) -> dict[str, list[str]]:
    """Every row that is in a table or in an export which the list of purges names, by table."""
    found: dict[str, list[str]] = {PLAIN: [], BY_MONTH: [], "module_usage_logs": []}
    for table, into in found.items():
        rows = platform.rows(f"SELECT id::text FROM {table}")
        into += [each[0] for each in rows]
    for name, table, digest, count in platform.rows(
        "SELECT file_name, table_name, sha256, row_count FROM core_module_purges"
    ):
        data = (folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
        assert json.loads((folder / f"{name}.json").read_bytes())["sha256"] == digest
        with (folder / name).open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        assert len(lines) == count
        assert {each.get("what", "") for each in lines} <= {HOSTILE, ""}
        parent = next(each for each in found if table.startswith(each))
        found[parent] += [each["id"] for each in lines]
    return {table: sorted(ids) for table, ids in found.items()}


def test_what_is_expired_goes_and_is_in_the_export(platform: Platform) -> None:
    rows_in(platform)
    before = everything(platform, platform.folder)
    done = purge(platform.catalog, platform.folder / "out")
    assert {(each.table, each.rows, each.dropped, each.failure) for each in done} == {
        (PLAIN, 8, False, ""), (f"{BY_MONTH}_2020", 4, True, ""),
        (f"{BY_MONTH}_2021", 4, True, ""), ("module_usage_logs", 4, False, ""),
    }  # fmt: skip
    assert everything(platform, platform.folder / "out") == before
    assert platform.one("SELECT to_regclass(%s)", f"{BY_MONTH}_2021") == (None,)
    assert platform.one(f"SELECT count(*) FROM {PLAIN}") == (4,)
    # the usage of a module that keeps everything keeps its partition, too
    left = platform.rows(
        "SELECT module_slug, count(*)::int FROM module_usage_logs GROUP BY 1 ORDER BY 1"
    )
    assert left == [(GUARDED, 2), (SAMPLE, 6)]
    assert platform.one("SELECT to_regclass('module_usage_logs_2021_03') IS NULL") == (False,)
    assert (platform.folder / "out").stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in (platform.folder / "out").iterdir()} == {0o600}
    assert purge(platform.catalog, platform.folder / "out") == ()
    platform.admin.execute("DELETE FROM module_usage_logs WHERE created_at < '2021-01-01'")
    purge(platform.catalog, platform.folder / "out")
    assert platform.one("SELECT to_regclass('module_usage_logs_2020_05')") == (None,)


ACTS = (
    (f"CREATE TABLE child (id bigint, created_at timestamptz, FOREIGN KEY (id, created_at)"
     f" REFERENCES {PLAIN} ON DELETE CASCADE)", "DROP TABLE child", "the key child_id_"),
    (f"CREATE RULE other AS ON DELETE TO {PLAIN} DO ALSO NOTHING",
     f"DROP RULE other ON {PLAIN}", "the rule other"),
    (f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';"
     f"CREATE TRIGGER act BEFORE DELETE ON {PLAIN} FOR EACH ROW EXECUTE FUNCTION f()",
     "DROP FUNCTION f CASCADE", "the trigger act"),
)  # fmt: skip
"""What acts on a DELETE, how it is taken away, and what is said of it."""


def test_rows_whose_end_would_change_others_stay(platform: Platform) -> None:
    rows_in(platform)
    for statement, undo, said in ACTS:
        platform.admin.execute(statement.encode())
        done = {each.table: each for each in purge(platform.catalog, platform.folder / "out")}
        assert done[PLAIN].failure.startswith(said)
        platform.admin.execute(undo.encode())
    assert platform.one(f"SELECT count(*) FROM {PLAIN}") == (12,)
    assert platform.one("SELECT to_regclass(%s)", f"{BY_MONTH}_2020") == (None,)
    purge(platform.catalog, platform.folder / "out")
    assert platform.one(f"SELECT count(*) FROM {PLAIN}") == (4,)


def test_a_table_that_cannot_be_purged_is_told_and_nothing_is_left_of_it(
    platform: Platform,
) -> None:
    rows_in(platform)
    platform.admin.execute(f"ALTER TABLE {PLAIN} OWNER TO postgres".encode())
    done = {each.table: each for each in purge(platform.catalog, platform.folder / "out")}
    assert "permission denied" in done[PLAIN].failure
    assert not [each for each in (platform.folder / "out").iterdir() if PLAIN in each.name]


class _Full:
    """A file on a disk that is full after some bytes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        self._file.write(data[:40])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_partition_of_another_owner_is_told(platform: Platform) -> None:
    """As pg_partman makes them where its maintenance runs as a superuser."""
    rows_in(platform)
    before = everything(platform, platform.folder)
    platform.admin.execute(f"ALTER TABLE {BY_MONTH}_2020 OWNER TO postgres".encode())
    done = {each.table: each for each in purge(platform.catalog, platform.folder / "out")}
    assert done[f"{BY_MONTH}_2020"].failure == (
        f"permission denied for table {BY_MONTH}_2020: it belongs to postgres, and a purge works as"
        " gates_migrator, the owner of the others"
    )
    assert done[f"{BY_MONTH}_2021"].dropped
    assert everything(platform, platform.folder / "out") == before


def test_a_full_disk_takes_nothing_out(platform: Platform, monkeypatch: Any) -> None:
    rows_in(platform)
    out = platform.folder / "out"
    before = everything(platform, out)
    with monkeypatch.context() as patched:
        patched.setattr(exports, "_created", _Full)
        with pytest.raises(OSError, match="No space left"):
            purge(platform.catalog, out)
    assert everything(platform, out) == before
    assert platform.rows("SELECT * FROM core_module_purges") == []
    purge(platform.catalog, out)
    assert everything(platform, out) == before
    assert [each for each in out.iterdir() if each.name.endswith(".part")] == []


def test_an_export_that_reads_otherwise_takes_nothing_out(
    platform: Platform, monkeypatch: Any
) -> None:
    rows_in(platform)
    out = platform.folder / "out"
    before = everything(platform, out)
    finish = exports.Export.finish

    def torn(self: exports.Export, *arguments: Any, **more: Any) -> None:
        finish(self, *arguments, **more)
        self.path.write_bytes(self.path.read_bytes()[:-9])

    with monkeypatch.context() as patched:
        patched.setattr(exports.Export, "finish", torn)
        with pytest.raises(CouldNotCheckError, match="cannot be read back"):
            purge(platform.catalog, out)
    assert everything(platform, out) == before
    purge(platform.catalog, out)
    assert everything(platform, out) == before


def test_exports_of_another_catalog_are_not_ours_to_remove(platform: Platform) -> None:
    rows_in(platform)
    out = platform.folder / "out"
    out.mkdir()
    theirs = [
        "0000~sample-module~table~1.csv", "notes.csv", f"{platform.catalog.identity()}~x.csv"
    ]  # fmt: skip
    for name in theirs:
        (out / name).write_text("rows")
    own = out / f"{platform.catalog.identity()}~{GUARDED}~{PLAIN}~{ONE}.csv"
    own.write_text("half of the rows")
    purge(platform.catalog, out)
    assert all((out / each).exists() for each in theirs)
    assert not own.exists()


def test_a_folder_that_is_a_link_or_a_file_is_refused(platform: Platform) -> None:
    (platform.folder / "link").symlink_to(platform.folder)
    (platform.folder / "file").write_text("")
    with pytest.raises(CouldNotCheckError, match="is no folder"):
        purge(platform.catalog, platform.folder / "link")
    with pytest.raises((CouldNotCheckError, FileExistsError)):
        purge(platform.catalog, platform.folder / "file")


def test_what_was_purged_stays_written(platform: Platform) -> None:
    rows_in(platform)
    purge(platform.catalog, platform.folder / "out")
    for statement in (
        "DELETE FROM core_module_purges",
        "UPDATE core_module_purges SET sha256 = ''",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            platform.admin.execute(statement.encode())


def test_a_registry_has_each_export_before_its_rows_go(platform: Platform, tmp_path: Path) -> None:
    rows_in(platform)
    folder, registry = platform.folder / "exports", Registry.open(str(tmp_path / "store"))
    done = purge(platform.catalog, folder, registry=registry)
    files = [each.file for each in done if each.file]
    assert files
    for name in files:
        catalog, *_, identity = name.removesuffix(".csv").split("~")
        for tag, kind, path in (
            (identity, ROWS, folder / name),
            (f"{identity}-manifest", MANIFEST, folder / f"{name}.json"),
        ):
            got: list[bytes] = []
            assert take(registry.place, f"purges-of-{catalog}", tag, kind, got.append)
            assert b"".join(got) == path.read_bytes()


def test_a_registry_that_fails_takes_nothing_out(platform: Platform, tmp_path: Path) -> None:
    rows_in(platform)
    folder, before = platform.folder / "exports", everything(platform, platform.folder)
    (tmp_path / "store").write_text("no folder")
    with pytest.raises(CouldNotCheckError, match="registry"):
        purge(platform.catalog, folder, registry=Registry.open(str(tmp_path / "store")))
    assert everything(platform, folder) == before
    purge(platform.catalog, folder)
    after = everything(platform, folder)
    assert {table: sorted(rows) for table, rows in after.items()} == {
        table: sorted(rows) for table, rows in before.items()
    }
