"""The mutation tool works: it finds something to change everywhere, and the gate notices."""

from __future__ import annotations

import re

import pytest

from gates.database.server.embedded import throwaway_server
from gates.model import Verdict
from gates.settings import Settings
from tests.mutation.equivalent import RULES
from tests.mutation.gate import Gate, Outcome, checks
from tests.mutation.mutant import Mutant
from tests.mutation.mutators import chosen, mutants
from tests.mutation.report import page, score
from tests.mutation.shapes import shapes
from tests.mutation.statements import statements
from tests.mutation.swaps import SWAPS

SHAPES = {each.name: each for each in shapes()}
EVERYTHING = [mutant for shape in SHAPES.values() for mutant in mutants(shape)]
KILLS = (
    ("drop-statement", "FORCE ROW LEVEL SECURITY", "row-security"),
    ("drop-statement", "CREATE POLICY", "row-security"),
    ("drop-element", "version integer NOT NULL DEFAULT 1", "table-columns"),
    ("tenant-index", "-> (tenant_id, created_at)", "tenant-index"),
    ("policy-expression", "-> tenant_id IS NOT NULL", "tenant-isolation"),
    ("policy-expression", "-> tenant_id = auth.jwt() ->> 'tenant_id'", "migrations-apply"),
    ("trigger-events", "-> AFTER INSERT", "audit-trigger"),
    ("grant-rights", "-> GRANT ALL ON", "table-grants"),
    ("if-not-exists", "IF NOT EXISTS", "migrations-idempotent"),
    ("search-path", "-> search_path TO DEFAULT", "migration-search-path"),
    ("later-file", "comment stays", "rollback-restores"),
    ("later-file", "view", "tenant-isolation"),
)


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutation")
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
    with throwaway_server(Settings.from_environment()) as url:
        gate = Gate(url, folder)
        yield gate
        gate.close()


def test_the_clean_module_passes(gate):
    results = gate.results(SHAPES["base"], {}, checks())
    assert {each.check: each.verdict for each in results if each.verdict is not Verdict.PASS} == {}


@pytest.mark.parametrize(("mutator", "what", "killer"), KILLS)
def test_the_gate_kills(gate, mutator, what, killer):
    mine = [each for each in EVERYTHING if (each.shape, each.mutator) == ("base", mutator)]
    exact = [each for each in mine if each.what.endswith(what)]
    mutant = (exact or [each for each in mine if what in each.what])[0]
    used = [each for each in checks() if "database" not in each.needs or each.id == killer]
    assert gate.try_(SHAPES["base"], dict(mutant.files), used).killer == killer


def test_there_are_many_mutants_and_all_are_different():
    assert len(EVERYTHING) >= 500
    assert len({(each.shape, each.files) for each in EVERYTHING}) == len(EVERYTHING)
    assert {each.name for each in SWAPS} <= {each.mutator for each in EVERYTHING}


def test_every_rule_speaks_of_some_mutant():
    silent = [rule.name for rule in RULES if not any(map(rule.speaks_of, EVERYTHING))]
    assert silent == []


def test_a_part_is_chosen_in_the_same_way_every_time():
    part = chosen(EVERYTHING, 100)
    assert len(part) == 100
    assert part == chosen(EVERYTHING, 100)
    assert {each.mutator for each in chosen(EVERYTHING, 400)} == {
        each.mutator for each in EVERYTHING
    }


def test_statements_have_their_places():
    text = "-- first\nCREATE TABLE t (a int, -- x\n  b text CHECK (b IN ('(', ',')));\n\nSELECT 1"
    first, second = statements(text)
    assert (first.kind, first.table, first.line, first.sql[:12]) == (
        "CreateStmt", "t", 2, "CREATE TABLE"
    )  # fmt: skip
    assert [text[start:end] for start, end in first.elements()] == [
        "a int", "b text CHECK (b IN ('(', ','))"
    ]  # fmt: skip
    assert (second.sql, second.line) == ("SELECT 1", 5)


def test_the_report_counts_what_survives_and_says_why():
    own = Mutant("base", "drop-element", "000_init.sql", 8, "title text NOT NULL", ())
    leak = Mutant("base", "updated-at", "000_init.sql", 9, "updated_at timestamptz NOT NULL", ())
    gone = Mutant("base", "row-security", "000_init.sql", 7, "FORCE -> NO FORCE", ())
    found = score([(own, Outcome()), (leak, Outcome()), (gone, Outcome("row-security", "no"))])
    assert found.percent == 50.0
    text = page(found, "command", 60.0)
    assert "1 of 2 defects killed: 50.0 %" in text
    assert re.search(
        r"`base 000_init.sql:9 .*`: the trigger or the row that is tried fills it", text
    )
    assert "### own-column (1)" in text


def test_what_could_not_be_done_is_no_kill():
    own = Mutant("base", "drop-element", "000_init.sql", 8, "title text NOT NULL", ())
    found = score([(own, Outcome("", "tenant-isolation: no row", inconclusive=True))])
    assert len(found.survived) == 1
