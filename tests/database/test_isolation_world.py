"""Kinds that migrations of public packages showed: what the application may not use hides nothing,
and what a later file takes away was there for its own."""

from __future__ import annotations

from gates.database.proofs.isolation.prove import prove
from gates.model import Level, Verdict
from tests.database.conftest import HEAD, TABLE, results
from tests.database.corpus.shape import table
from tests.database.hostile.files import LATER, NOT_YET, SPREAD
from tests.database.hostile.shape import LOOT, P, block


def files(*steps: str) -> dict[str, str]:
    made = {f"{number:03}_step.sql": HEAD + sql for number, sql in enumerate(steps, 1)}
    return {**made, **{f"rollback/{name}": HEAD + "SELECT 1;" for name in made}}


def isolation(module, shared):
    return results(module, shared, "tenant-isolation")["tenant-isolation"]


def errors(result) -> list[str]:
    return [each.message for each in result.findings if each.level is Level.ERROR]


def test_a_sequence_that_the_application_may_not_use_hides_no_open_insert(sql_module, shared):
    sql = (
        table("jobs", "name text,").replace("GENERATED ALWAYS AS IDENTITY", "DEFAULT 0")
        + f"CREATE SEQUENCE IF NOT EXISTS {P}jobs_numbers;"
        f"ALTER TABLE {P}jobs ALTER COLUMN id SET DEFAULT nextval('{P}jobs_numbers');"
        f"REVOKE ALL ON SEQUENCE {P}jobs_numbers FROM PUBLIC, tenant_app_role;"
        f"DROP POLICY IF EXISTS more ON {P}jobs;"
        f"CREATE POLICY more ON {P}jobs FOR INSERT WITH CHECK (true);"
    )  # fmt: skip
    result = isolation(sql_module(files(sql)), shared)
    assert any("of one tenant adds rows of another" in each for each in errors(result))
    assert [each.message for each in result.findings if "could not be shown" in each.message] == []


def test_a_schema_that_the_application_may_not_use_hides_no_open_policy(sql_module, shared):
    sql = (
        "CREATE SCHEMA IF NOT EXISTS sample_module;"
        f"ALTER TABLE {TABLE} SET SCHEMA sample_module;"
        f"ALTER POLICY tenant_isolation ON sample_module.{TABLE} USING (true) WITH CHECK (true);"
    )
    result = isolation(sql_module(files(sql)), shared)
    assert any("of one tenant reads" in each for each in errors(result)), errors(result)
    assert str(errors(result)).count("permission denied for schema") == 1


def test_a_label_that_a_later_file_takes_away_was_there_for_its_own(sql_module, shared):
    kept = "CREATE TYPE sample_module_state AS ENUM ('open', 'paused', 'done')"
    first = (
        block(f"IF to_regtype('sample_module_state') IS NULL THEN {kept}; END IF;")
        + f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS state sample_module_state;"
    )
    second = (
        f"UPDATE {TABLE} SET state = 'done' WHERE state = 'paused';"
        "CREATE TYPE sample_module_state_new AS ENUM ('open', 'done');"
        f"ALTER TABLE {TABLE} ALTER COLUMN state TYPE sample_module_state_new"
        " USING state::text::sample_module_state_new;"
        "DROP TYPE sample_module_state;"
        "ALTER TYPE sample_module_state_new RENAME TO sample_module_state;"
    )
    result = isolation(sql_module(files(first, second)), shared)
    assert (result.verdict, result.reason, result.findings) == (Verdict.PASS, None, ())


RULE = (
    f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {P}numbered;"
    f"ALTER TABLE {TABLE} ADD CONSTRAINT {P}numbered CHECK (title ~ '^note-[0-9]+$');"
)


def test_a_rule_that_ordinary_rows_break_hides_no_block(sql_module, database):
    sql = LOOT + block(f"IF {NOT_YET} THEN {SPREAD} END IF;") + LATER + RULE
    proof = prove(database(sql_module(files(sql))))
    assert any("gives one tenant" in each.sentence for each in proof.exposures), proof.unproved


def test_a_block_beside_such_a_rule_that_keeps_to_its_tenant_is_right(sql_module, database):
    sql = block(f"UPDATE public.{TABLE} SET version = 2 WHERE version = 1;") + RULE
    proof = prove(database(sql_module(files(sql))))
    assert (proof.exposures, proof.leaks, proof.unproved) == ((), (), ())
