"""Rows that would be too many to be tried: at the limit nothing is said, over it nothing is proved
about the rest, and the reason names it."""

from __future__ import annotations

import pytest

from gates.database.proofs.isolation import claims, met_rows, trigger_writes
from gates.database.rows import tied, wanted
from gates.database.rows.limits import first_of, in_turn, tried_in_part
from gates.model import Verdict
from tests.database.conftest import HEAD, results
from tests.database.hostile.certain_rows import RATES
from tests.database.hostile.conditions import STATUS
from tests.database.hostile.shape import OWN, P, T, function, trigger

GUARD = trigger(
    "guard", "BEFORE INSERT", "IF NEW.title = 'x' OR NEW.title = 'y' OR NEW.title = 'z' THEN"
    " NEW.version := 2; END IF; RETURN NEW;")  # fmt: skip
VIEW = (
    f"CREATE OR REPLACE VIEW {P}own AS SELECT title FROM {T} WHERE {OWN} AND title = 'x' OR {OWN}"
    f" AND title = 'y' OR {OWN} AND title = 'z'; GRANT SELECT ON {P}own TO tenant_app_role;"
)
JOINED = RATES + (
    f"CREATE OR REPLACE VIEW {P}own AS SELECT n.title FROM {T} n JOIN {P}rates r ON r.code ="
    f" n.title AND r.tenant_id = n.tenant_id WHERE n.{OWN};"
    f"GRANT SELECT ON {P}own TO tenant_app_role;"
)
MATCHED = f"UPDATE {T} SET version = 1 WHERE title = 'x' OR title = 'y' OR title = 'z';"


def policy(condition: str) -> str:
    return (
        f"DROP POLICY IF EXISTS tenant_isolation ON {T};"
        f"CREATE POLICY tenant_isolation ON {T} USING ({OWN} AND {condition})"
        f" WITH CHECK ({OWN} AND {condition});"
    )


CLAIMS = policy("coalesce(auth.jwt() ->> 'plan', '') NOT IN ('x', 'y', 'z')")
CONSTANTS = (
    STATUS
    + function("open", "RETURN s NOT IN ('gone', 'lost', 'sold');", "(s text) RETURNS boolean",
               "IMMUTABLE SET search_path = ''").replace("(s text)", "(status text)")
    .replace("RETURN s", "RETURN status")
    + policy("sample_module_open(status)")
)  # fmt: skip
LIMITS = {
    "conditions of a trigger": (
        trigger_writes, "MOST_WRITTEN", 3, GUARD,
        f"of trigger {P}guard on {T} (INSERT) 1 of 3 conditions on NEW were tried"),
    "conditions of a view": (
        wanted, "MOST_WANTED", 3, VIEW, f"of view public.{P}own 1 of 3 conditions were tried"),
    "conditions of a file": (
        wanted, "MOST_WANTED", 3, MATCHED,
        "of this statement (migrations/001_more.sql:"),
    "columns that are compared": (
        tied, "MOST_TIED", 60, JOINED, f"of view public.{P}own"),
    "claims of a policy": (
        claims, "MOST_CLAIMS", 24, CLAIMS, f"of the policies of {T}"),
    "constants of a policy's function": (
        met_rows, "MOST_MET", 3, CONSTANTS,
        f"of the policies of {T} 1 of 3 constants of their functions, by column, were tried"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_too_much_is_said_and_what_is_just_enough_is_not(
    name, sql_module, shared, monkeypatch
):
    where, limit, enough, sql, says = LIMITS[name]
    files = {"001_more.sql": HEAD + sql, "rollback/001_more.sql": HEAD + "SELECT 1;"}
    for most, verdict in ((enough, Verdict.PASS), (1, Verdict.INCONCLUSIVE)):
        monkeypatch.setattr(where, limit, most)
        found = results(sql_module(files), shared, "tenant-isolation")["tenant-isolation"]
        assert found.verdict is verdict, (found.reason, found.findings)
    assert says in (found.reason or "")
    assert (found.reason or "").endswith("split or simplify it")


def test_no_more_than_the_limit_is_taken_and_the_rest_is_counted():
    cut: list[str] = []
    assert first_of([1, 2, 2, 3], 3, "rows", cut) == [1, 2, 3]
    assert cut == []
    assert first_of([1, 2, 2, 3], 2, "rows", cut) == [1, 2]
    assert tried_in_part("view v", cut) == "of view v 2 of 3 rows were tried: split or simplify it"
    assert tried_in_part("view v", []) == ""


def test_no_statement_is_left_out_for_the_many_conditions_of_another():
    assert in_turn([["a", "b", "c"], ["x"], []]) == ["a", "x", "b", "c"]
