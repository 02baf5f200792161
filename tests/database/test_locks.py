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

from gates.database.locks import BLOCKING, EXCLUDED, parse
from gates.database.script import parse as parse_sql
from gates.errors import ToolFailedError

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
    assert (found.rule, found.help) == ("require-concurrent-index-creation", "do not")


def test_a_table_of_the_same_version_is_locked_by_nobody():
    assert problems(entry(), new={"old_table", "i"}) == []
    assert len(problems(entry(), new={"i"})) == 1


def test_rules_about_the_script_hold_for_new_tables_too():
    rule = entry(rule_name="ban-concurrent-index-creation-in-transaction")
    assert len(problems(rule, new={"old_table", "i"})) == 1


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
