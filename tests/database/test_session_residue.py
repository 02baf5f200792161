"""The isolation proof sees what a call or a write leaves in a session, whatever way it was made."""

from __future__ import annotations

from gates.database.proofs.tenants.replay import FRESH, KEPT, Answer, claim_holds
from tests.database.conftest import results
from tests.database.hostile.sessions import KEPT as CURSOR
from tests.database.hostile.shape import Hostile as Module
from tests.database.hostile.shape import function, trigger

LEAVES = Module(
    "leaves", "", "tenant-isolation", "",
    function("cursor", f"EXECUTE '{CURSOR}';")
    + function("prepare", "IF t THEN EXECUTE 'PREPARE kept AS SELECT 1'; END IF;",
               "(t boolean) RETURNS void")
    + function("clean", "PERFORM pg_advisory_xact_lock(1); SET LOCAL work_mem = '8MB';"
               " PERFORM set_config('sample.bit', '1', true);")
    + trigger("listen", "AFTER UPDATE", "EXECUTE 'LISTEN told'; RETURN NULL;")
    + trigger("set", "AFTER INSERT", "PERFORM pg_try_advisory_lock(4711);"
              " SET lock_timeout = '1min'; RETURN NULL;"),
)  # fmt: skip


def test_what_is_left_is_named_with_a_script_that_shows_it(sql_module, shared):
    found = results(sql_module(LEAVES.files), shared, LEAVES.check)[LEAVES.check].findings
    left = {each.message.partition(" leaves ")[2].partition(" in the")[0]: each for each in found}
    assert set(left) == {
        "the cursor kept", "the prepared statement kept", "the channel told",
        "the advisory lock 0 4711",
    }  # fmt: skip
    for each in found:
        assert (each.detail or "").count("FROM pg_cursors") == 2
        assert "\nCOMMIT;\n" in (each.detail or "")


def test_what_was_there_before_is_not_what_was_left():
    fresh = Answer(FRESH, rows=("('the setting a = 1',)",))
    more = Answer(KEPT, rows=(*fresh.rows, "('the cursor kept',)"))
    assert claim_holds([fresh, more], "a", "b")
    assert not claim_holds([fresh, Answer(KEPT, rows=fresh.rows)], "a", "b")
    assert not claim_holds([fresh, Answer(KEPT, error="08006")], "a", "b")
    assert not claim_holds([more], "a", "b")
