"""What PostgreSQL says of the statements in a module's code, and what a value could mend."""

from __future__ import annotations

import pytest

from gates.checks.test.code_sql_plans import code_sql_plans
from gates.database.proofs.code.plan import ask, plan
from gates.errors import CouldNotCheckError
from gates.module import load
from gates.settings import Policy, load_policy
from gates.toolchains import Session, Tools
from tests.database.conftest import TABLE


@pytest.mark.parametrize(
    ("sql", "asked", "values"),
    [
        ("SELECT $2, $1", "SELECT $2, $1", {"1", "2"}),
        ("SELECT %(b)s, %(a)s, %(b)s", "SELECT $1, $2, $1", {"a", "b"}),
        ("SELECT %(a)s LIKE 'a%%'", "SELECT $1 LIKE 'a%'", {"a"}),
        ("SELECT 'a%%' LIKE 'a%'", "SELECT 'a%%' LIKE 'a%'", set()),
    ],
)
def test_parameters_of_both_languages(sql, asked, values):
    assert (ask(sql).sql, ask(sql).values) == (asked, values)


def test_sources_that_cannot_be_read_are_not_taken_for_sources_without_sql(
    make_module, settings, database
):
    root = make_module("python")
    (root / "src/sample_module/lib/code.py").write_text("def (:\n", "utf-8")
    with Session(load(root), load_policy(root), settings) as session:
        module = session.module
        needs = {"module": module, "tools": Tools(session), "database": database(module)}
        with pytest.raises(CouldNotCheckError, match="cannot read the sources"):
            list(code_sql_plans.run(**needs))


FITS = (
    f"SELECT id FROM {TABLE} WHERE id = $1 AND title = ANY ($2) LIMIT $3",
    f"SELECT id FROM {TABLE} WHERE created_at > now() - make_interval(mins => $1)",
    f"UPDATE {TABLE} SET title = COALESCE($2, title) WHERE id = $1 RETURNING id",
    f"INSERT INTO {TABLE} (tenant_id, title) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
    f"WITH found AS (SELECT id FROM {TABLE}) SELECT count(*) FROM found",
    f"SELECT id FROM {TABLE} FOR UPDATE SKIP LOCKED;",
)
REFUSED = (
    (f"SELECT nmae FROM {TABLE}", 'column "nmae" does not exist'),
    ("SELECT id FROM tenant_sample_module_gone", "does not exist"),
    (f"SELECT lenght(title) FROM {TABLE}", "function lenght(text) does not exist"),
    (f"SELECT id FROM {TABLE} WHERE id = 'one'", "invalid input syntax for type"),
    (f"SELECT title, count(*) FROM {TABLE}", "must appear in the GROUP BY clause"),
    (f"INSERT INTO {TABLE} (tenant_id, title) VALUES ($1, $2) ON CONFLICT (title) DO NOTHING",
     "no unique or exclusion constraint matching"),
    (f"DELETE FROM {TABLE}", "permission denied"),
    (f"UPDATE {TABLE} SET created_at = 1", "is of type"),
)  # fmt: skip
OPEN = (
    f"SELECT created_at - interval '1 day' + ($1 + $2) FROM {TABLE}",
    f"SELECT greatest($1, $2), json_build_object('a', $3) FROM {TABLE}",
)
NONE_OF_OURS = ("RESET ROLE", "SELECT 1; DROP TABLE x", "SELECT (", "")


def test_what_fits_what_does_not_and_what_a_value_decides(sql_module, database):
    texts = [*FITS, *(sql for sql, _ in REFUSED), *OPEN, *NONE_OF_OURS]
    answers = dict(
        zip(texts, plan(database(sql_module({}), Policy()), map(ask, texts)), strict=True)
    )
    assert {sql: answers[sql] for sql in (*FITS, *NONE_OF_OURS)} == dict.fromkeys(
        (*FITS, *NONE_OF_OURS)
    )
    for sql, message in REFUSED:
        why = answers[sql]
        assert why is not None, sql
        assert why.certain, sql
        assert message in why.message
        assert "PREPARE gates_statement AS " in why.script
    for sql in OPEN:
        assert (why := answers[sql]) is None or not why.certain, sql
    assert any(answers[sql] is not None for sql in OPEN)
