"""squawk: what is dropped, what counts, and what is no squawk at all."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.database.parsing.script import parse as parse_sql
from gates.database.rules.squawk import BLOCKING, EXCLUDED, made_by, parse, run
from gates.errors import ToolFailedError
from gates.settings import Policy

SQUAWK = Path(sysconfig.get_path("scripts"), "squawk")
SCRIPT = parse_sql("migrations/001.sql", "SELECT 'é'; CREATE INDEX i ON old_table (a);\n")


def entry(**changes: object) -> dict[str, object]:
    return {
        "file": "/somewhere/0000.sql", "line": 0, "column": 13, "level": "Warning",
        "message": "it blocks", "help": "do not", "rule_name": "require-concurrent-index-creation",
    } | changes  # fmt: skip


def problems(*entries: dict[str, object], new: set[str] | None = None):
    return list(parse(json.dumps(entries).encode(), {"0000.sql": SCRIPT}, new or set()))


def test_a_finding_has_its_place_in_characters():
    (found,) = problems(entry())
    assert (found.location.path, found.location.line, found.location.column) == (
        "migrations/001.sql", 1, 13,
    )  # fmt: skip
    assert (found.rule, found.fix) == ("require-concurrent-index-creation", "do not")


def test_a_table_of_the_same_version_is_locked_by_nobody():
    assert problems(entry(), new={"old_table", "i"}) == []
    assert len(problems(entry(), new={"i"})) == 1


def test_rules_about_the_script_hold_for_new_tables_too():
    rule = entry(rule_name="ban-concurrent-index-creation-in-transaction")
    assert len(problems(rule, new={"old_table", "i"})) == 1


@pytest.fixture
def tools(settings, sql_module):
    """squawk itself."""
    from gates.toolchains import Session, Tools

    with Session(sql_module(), Policy(), settings) as session:
        yield Tools(session)


HEAD = "SET search_path TO public;\nSET lock_timeout = '5s';\nSET statement_timeout = '60s';\n"
T = "tenant_sample_module_notes"
INDEX = f"CREATE INDEX IF NOT EXISTS i ON {T} (title);"
BLOCKS = "require-concurrent-index-creation"


def rules(sql_module, tools, sql: str, released: tuple[str, ...] = ("migrations/000_init.sql",)):
    found = run(tools, sql_module({"001_more.sql": HEAD + sql}), frozenset(released))
    return {each.rule for each in found}


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        (INDEX, BLOCKS),
        (f"CREATE TABLE IF NOT EXISTS {T} (n int);\n{INDEX}", BLOCKS),
        (f"ALTER TABLE {T} RENAME TO n; CREATE INDEX i ON n (title);", BLOCKS),
        ("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0);",
         "ban-alter-domain-with-add-constraint"),
        (f"BEGIN;\nCREATE INDEX CONCURRENTLY i ON {T} (title);\nCOMMIT;",
         "ban-concurrent-index-creation-in-transaction"),
    ],
)  # fmt: skip
def test_what_others_wait_for_is_found(sql_module, tools, sql, rule):
    assert rule in rules(sql_module, tools, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE IF NOT EXISTS n (a bigint); CREATE INDEX IF NOT EXISTS i ON n (a);",
        "DO $$ BEGIN EXECUTE format('CREATE TABLE %I (a bigint)', 'n'); END $$;\n"
        "CREATE INDEX i ON n (a);",
        "CREATE DOMAIN d AS bigint; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0);",
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON {T} (title);",
        f"CREATE INDEX CONCURRENTLY i ON {T} (title);",
    ],
)
def test_what_nobody_waits_for_is_not(sql_module, tools, sql):
    assert rules(sql_module, tools, sql) & BLOCKING == set()


def test_in_a_first_version_nobody_waits(sql_module, tools):
    assert rules(sql_module, tools, INDEX, released=()) & BLOCKING == set()


def test_what_a_function_would_make_later_is_not_made():
    body = "BEGIN CREATE TABLE n (a int); END"
    script = parse_sql("a.sql", f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS '{body}'")
    assert made_by([script]) == set()


@pytest.mark.parametrize(
    "output",
    [b"", b"{}", b"null", b"[1]", b"[{}]", b'[{"file": "x"}]', b"garbage", b"\xff",
     json.dumps([entry(line="x")]).encode(), json.dumps([entry(file="other.sql")]).encode()],
)  # fmt: skip
def test_what_is_not_squawks_format_is_inconclusive(output):
    with pytest.raises(ToolFailedError):
        list(parse(output, {"0000.sql": SCRIPT}, set()))


@given(st.binary())
def test_any_output_is_read_or_refused(output):
    try:
        list(parse(output, {"0000.sql": SCRIPT}, set()))
    except ToolFailedError:
        return


def test_every_rule_that_is_named_exists():
    for rule in sorted({*EXCLUDED, *BLOCKING}):
        ran = subprocess.run(
            [SQUAWK, "--exclude", rule], input="", capture_output=True, text=True, check=False
        )
        assert "invalid rule name" not in ran.stderr, rule
    assert all(re.fullmatch(r".{10,}", reason) for reason in EXCLUDED.values())
