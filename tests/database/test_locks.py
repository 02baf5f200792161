"""squawk: what is dropped, what counts, and what is no squawk at all."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.database.parsing.script import parse as parse_sql
from gates.database.rules.squawk import BLOCKING, EXCLUDED, made_by, parse, run
from gates.errors import ToolFailedError
from gates.settings import Policy
from gates.toolchains import Session, Tools
from gates.toolchains.tools import Program

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


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT 1;",
        "SELECT 1; -- no more",
        "SELECT 1 /* ; */;\r\nSELECT 2;\r\n",
        "SELECT $a$ ' /* $a$;\f\n\u2028",
        f"UPDATE {T} SET title = 'é';",
        "DROP DATABASE other;",
        "-- squawk-ignore ban-drop-database",
        "-- squawk-ignore-file",
        "CREATE TABLE n (a bigint);",
        "BEGIN; SELECT 1; COMMIT;",
    ],
)
def test_what_ends_a_file_is_found_and_adds_nothing(sql_module, tools, sql):
    module = sql_module({"001_more.sql": sql})
    found = list(run(tools, module, frozenset({"migrations/000_init.sql"})))
    assert [each.rule for each in found if each.rule != "ban-uncommitted-transaction"] == []


def test_the_platform_sets_the_limits_of_time(sql_module, tools):
    module = sql_module({"001_more.sql": f"ALTER TABLE {T} ADD n int;"})
    assert list(run(tools, module, frozenset({"migrations/000_init.sql"}))) == []


PARTITIONED = "CREATE TABLE IF NOT EXISTS p (a bigint, b bigint) PARTITION BY RANGE (a);\n"


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("CREATE INDEX p_b ON ONLY p (b);", []),
        ("CREATE UNIQUE INDEX p_a ON ONLY p (a);", []),
        ("CREATE INDEX p_b ON p (b);", ["require-concurrent-index-creation"]),
        (f"CREATE INDEX n ON ONLY {T} (id);", ["require-concurrent-index-creation"]),
    ],
)
def test_an_index_on_only_a_partitioned_table_builds_nothing(sql_module, tools, sql, found):
    module = sql_module({"001_part.sql": PARTITIONED, "002_more.sql": sql})
    released = frozenset({"migrations/000_init.sql", "migrations/001_part.sql"})
    assert [each.rule for each in run(tools, module, released)] == found


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (f"ALTER TABLE {T} DROP CONSTRAINT IF EXISTS few;\n"
         f"ALTER TABLE {T} ADD CONSTRAINT few CHECK (id IS NOT NULL) NOT VALID;", []),
        (f"ALTER TABLE {T} DROP CONSTRAINT IF EXISTS few,"
         " ADD CONSTRAINT few CHECK (id IS NOT NULL) NOT VALID;", []),
        (f"ALTER TABLE {T} DROP CONSTRAINT IF EXISTS few;", ["ban-drop-constraint"]),
        (f"ALTER TABLE {T} DROP CONSTRAINT IF EXISTS few;\n"
         f"ALTER TABLE {T} ADD CONSTRAINT less CHECK (id IS NOT NULL) NOT VALID;",
         ["ban-drop-constraint"]),
    ],
)  # fmt: skip
def test_a_constraint_that_is_dropped_to_be_made_again(sql_module, tools, sql, found):
    module = sql_module({"001_more.sql": sql})
    released = frozenset({"migrations/000_init.sql"})
    assert [each.rule for each in run(tools, module, released)] == found


LEAVES_OUT = """
import subprocess, sys
squawk, *arguments = sys.argv[1:]
ran = subprocess.run([squawk, *(each for each in arguments if not each.endswith("0001.sql"))])
sys.exit(ran.returncode)
"""


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ((sys.executable, "-c", LEAVES_OUT, str(SQUAWK)), "in migrations/001_more.sql$"),
        ((sys.executable, "-c", "print([])"), "migrations/000_init.sql, migrations/001_more.sql$"),
        ((sys.executable, "-c", ""), "not its format"),
        (("true",), "not its format"),
    ],
)
def test_a_file_that_squawk_leaves_out_is_named(sql_module, tools, monkeypatch, command, message):
    module = sql_module({"001_more.sql": HEAD + INDEX})
    monkeypatch.setattr(Tools, "resolve", lambda *_: Program("squawk", command))
    with pytest.raises(ToolFailedError, match=message):
        list(run(tools, module, frozenset()))


def test_squawk_proves_itself_also_where_it_has_nothing_to_look_at(sql_module, tools, monkeypatch):
    module, released = sql_module(), frozenset({"migrations/000_init.sql"})
    assert list(run(tools, module, released)) == []
    assert tools.records[-1].subjects == 0
    monkeypatch.setattr(
        Tools, "resolve", lambda *_: Program("squawk", (sys.executable, "-c", "print([])"))
    )
    with pytest.raises(ToolFailedError, match="did not find a fault"):
        list(run(Tools(tools.session), module, released))


def test_every_rule_that_is_named_exists():
    for rule in sorted({*EXCLUDED, *BLOCKING}):
        ran = subprocess.run(
            [SQUAWK, "--exclude", rule], input="", capture_output=True, text=True, check=False
        )
        assert "invalid rule name" not in ran.stderr, rule
    assert all(re.fullmatch(r".{10,}", reason) for reason in EXCLUDED.values())
