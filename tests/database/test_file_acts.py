"""Files run over rows of the state before them: which are, and that ordinary ones are clean."""

from __future__ import annotations

import pytest

from gates.database.parsing.script import parse
from gates.database.proofs.isolation.file_acts import _acts, _decides
from gates.model import Verdict
from tests.database.conftest import HEAD, TABLE, results
from tests.database.corpus.shape import table
from tests.database.hostile.shape import P, block, function

OWN = {"own_f", "own_domain"}
ORDINARY = (
    f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS colour text;"
    f"UPDATE {TABLE} SET colour = lower(title) WHERE colour IS NULL;"
    f"ALTER TABLE {TABLE} ALTER COLUMN colour SET NOT NULL;"
    + function("colour", "RETURN 'red';", "() RETURNS text")
    + f"ALTER TABLE {TABLE} ALTER COLUMN colour SET DEFAULT sample_module_colour();"
    + table("codes", f"note bigint, CONSTRAINT {P}codes_note FOREIGN KEY (tenant_id, note)"
            f" REFERENCES {TABLE} (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,")
    + block(f"IF to_regclass('public.{P}old') IS NULL AND NOT EXISTS (SELECT FROM {P}codes) THEN"
            f" INSERT INTO {P}codes (tenant_id, note) SELECT tenant_id, id FROM {TABLE};"
            " END IF;")
)  # fmt: skip
AGAIN = (
    f"UPDATE {P}codes SET note = NULL WHERE note < 0;"
    f"ALTER TABLE {P}codes ADD COLUMN IF NOT EXISTS more text DEFAULT sample_module_colour();"
    f"DELETE FROM {TABLE} a USING {TABLE} b WHERE a.tenant_id = b.tenant_id AND a.title = b.title"
    " AND a.id < b.id;"
    f"UPDATE {TABLE} n SET colour = c.more FROM {P}codes c"
    " WHERE c.more = n.title AND c.tenant_id = n.tenant_id;"
)


def test_ordinary_files_are_clean(sql_module, shared):
    ups = {"001_more.sql": ORDINARY, "002_again.sql": AGAIN}
    files = {name: HEAD + sql for name, sql in ups.items()}
    files |= {f"rollback/{name}": HEAD + "SELECT 1;" for name in ups}
    hook = {"hooks/post_upgrade.sql": f"{HEAD}UPDATE {TABLE} SET colour = trim(colour);"}
    result = results(sql_module({**files, **hook}), shared, "tenant-isolation")
    found = result["tenant-isolation"]
    assert (found.verdict, found.reason, found.findings) == (Verdict.PASS, None, ())


@pytest.mark.parametrize(
    ("sql", "acts", "decides"),
    [
        ("INSERT INTO t VALUES (1)", True, False),
        ("WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x", True, False),
        ("CREATE TABLE t AS SELECT 1", True, False),
        ("SELECT 1 INTO t", True, False),
        ("COPY t FROM STDIN", True, False),
        ("DO $$ BEGIN UPDATE t SET a = 1; END $$", True, True),
        ("DO $$ BEGIN EXECUTE 'UPDATE t SET a = 1'; END $$", True, True),
        ("DO $$ BEGIN CREATE TABLE t AS SELECT 1; END $$", True, True),
        ("SELECT own_f()", True, True),
        ("ALTER TABLE t ADD a int DEFAULT own_f()", True, True),
        ("ALTER TABLE t ALTER a TYPE own_domain", True, True),
        ("CREATE INDEX i ON t (own_f(a))", True, True),
        ("ALTER TABLE t ADD a int DEFAULT now()", False, False),
        ("CREATE TABLE t (a int DEFAULT own_f())", False, False),
        ("CREATE TRIGGER a AFTER INSERT ON t EXECUTE FUNCTION own_f()", False, False),
        ("CREATE FUNCTION own_f() RETURNS int LANGUAGE sql AS 'DELETE FROM t'", False, False),
        ("SELECT 1", False, False),
    ],
)  # fmt: skip
def test_which_files_act(sql, acts, decides):
    assert (_acts(parse("a.sql", sql), OWN), _decides(parse("a.sql", sql), OWN)) == (acts, decides)
