"""What no rollback can bring back is said, and nothing else is let through for it."""

from __future__ import annotations

import pytest

from gates.database.catalog_state.snapshot import Snapshot
from gates.database.proofs.rollback.one_way import as_far_as_possible
from gates.model import Level, Verdict
from tests.database.conftest import HEAD, results

INIT = """
CREATE TABLE IF NOT EXISTS sample_module_one (a int, b int, c int);
ALTER TABLE sample_module_one DROP CONSTRAINT IF EXISTS few;
ALTER TABLE sample_module_one ADD CONSTRAINT few CHECK (b < 9) NOT VALID;
DO $$ BEGIN
    CREATE TYPE sample_module_mood AS ENUM ('bad', 'good');
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
"""
BACK = "DROP TABLE IF EXISTS sample_module_one; DROP TYPE IF EXISTS sample_module_mood;"
T = "sample_module_one"
PLACE = "no rollback can undo this: column a of table public.sample_module_one comes back as its"
VALID = "no rollback can undo this: constraint few on public.sample_module_one stays valid"
LABEL = "no rollback can undo this: type public.sample_module_mood keeps the label 'fair'"


@pytest.fixture
def rolled_back(sql_module, shared):
    def run(up: str, down: str):
        files = {
            "000_init.sql": HEAD + INIT,
            "rollback/000_init.sql": HEAD + BACK,
            "001_more.sql": HEAD + up,
            "rollback/001_more.sql": HEAD + down,
        }
        return results(sql_module(files), shared, "rollback-restores")["rollback-restores"]

    return run


@pytest.mark.parametrize(
    ("up", "down", "said"),
    [
        (
            f"ALTER TABLE {T} DROP COLUMN IF EXISTS a;",
            f"ALTER TABLE {T} ADD COLUMN IF NOT EXISTS a int;",
            PLACE,
        ),
        (
            "ALTER TYPE sample_module_mood ADD VALUE IF NOT EXISTS 'fair' BEFORE 'good';",
            "SELECT 1;",
            LABEL,
        ),
        (f"ALTER TABLE {T} VALIDATE CONSTRAINT few;", "SELECT 1;", VALID),
    ],
)
def test_it_is_a_note(rolled_back, up, down, said):
    result = rolled_back(up, down)
    found = [each for each in result.findings if each.message.startswith(said)]
    assert [each.level for each in found] == [Level.NOTE]
    losses = [each for each in result.findings if each.level is Level.ERROR]
    assert all("rows" in each.message for each in losses), "of values, not of the schema"
    assert result.verdict is (Verdict.FAIL if losses else Verdict.PASS)


def state(*columns: str, labels: str = "'bad', 'good'", **types: str) -> Snapshot:
    """A table with columns in this order ("a" or "a:type"), and an enum."""
    objects = {"table t": {"owner": "o"}, "type m": {"kind": "enum", "labels": labels}}
    for number, each in enumerate(columns, 1):
        name, _, type_ = each.partition(":")
        objects[f"column t.{name}"] = {"position": str(number), "type": type_ or "int"}
    return Snapshot(objects)


BEFORE = state("a", "b", "c")


@pytest.mark.parametrize(
    ("later", "after", "said"),
    [
        ([state("b", "c")], state("b", "c", "a"), ["column a of table t comes back as its last"]),
        ([state("a", "b"), state("b")], state("b", "a", "c"), ["column a of"]),
        ([state("a", "b", "c", labels="'bad', 'fair', 'good'")],
         state("a", "b", "c", labels="'bad', 'fair', 'good'"), ["type m keeps the label 'fair'"]),
        ([BEFORE], BEFORE, []),
    ],
)  # fmt: skip
def test_what_cannot_come_back(later, after, said):
    wanted, sentences = as_far_as_possible(BEFORE, later, after)
    assert wanted == after
    assert [each.startswith(part) for each, part in zip(sentences, said, strict=True)] == [
        True for _ in said
    ]


@pytest.mark.parametrize(
    ("later", "after"),
    [
        ([BEFORE], state("b", "a", "c")),
        ([state("a", "c")], state("c", "a", "b")),
        ([state("b", "c")], state("b", "c")),
        ([state("b", "c")], state("b", "c", "a", "d")),
        ([BEFORE], state("a", "b", "c", labels="'bad', 'fair', 'good'")),
        ([state("a", "b", "c", labels="'bad', 'well'")],
         state("a", "b", "c", labels="'bad', 'well'")),
        ([state("a", "b", "c", labels="'good', 'bad'")],
         state("a", "b", "c", labels="'good', 'bad'")),
    ],
)  # fmt: skip
def test_what_a_rollback_could_have_brought_back(later, after):
    assert as_far_as_possible(BEFORE, later, after) == (BEFORE, ())


def test_another_type_is_still_a_difference():
    after = state("b", "c", "a:text")
    wanted, _ = as_far_as_possible(BEFORE, [state("b", "c")], after)
    assert wanted.objects["column t.a"] == {"position": "3", "type": "int"}
    assert wanted != after


def test_what_is_brought_back_whole_is_not_looked_through():
    """Each later state would be scanned for the columns of each table: time by the third power."""

    class NotLookedAt(list):
        def __iter__(self):
            raise AssertionError

    given = BEFORE, NotLookedAt([BEFORE]), Snapshot(dict(BEFORE.objects))
    assert as_far_as_possible(*given) == (BEFORE, ())
