"""An approval ends when anything changes that the approved object runs, or is decided by."""

from __future__ import annotations

import pytest

from gates.database.shapes.read import read_shapes
from tests.database.conftest import HEAD
from tests.database.corpus.shape import table
from tests.database.hostile.shape import MINE, P, T

INNER = (
    "CREATE OR REPLACE FUNCTION sample_module_inner(n int) RETURNS int LANGUAGE sql"
    " SET search_path = '' AS $$ SELECT n + {} $$;\n"
)
APPROVED = (
    "CREATE OR REPLACE FUNCTION sample_module_approved() RETURNS void LANGUAGE plpgsql"
    " SECURITY DEFINER SET search_path = '' AS $f$ BEGIN {} END $f$;\n"
)
LOGS = table("logs", "n int,")
WRITES = APPROVED.format(f"INSERT INTO public.{P}logs (tenant_id, n) VALUES ({MINE}, 1);")
TRIGGER = (
    "CREATE OR REPLACE FUNCTION sample_module_more() RETURNS trigger LANGUAGE plpgsql"
    " SET search_path = '' AS $f$ BEGIN NEW.n := {}; RETURN NEW; END $f$;\n"
)
LATER = {
    "a function": (INNER + APPROVED.format("PERFORM public.sample_module_inner(1);"), "1", "2"),
    "a function in capitals": (
        INNER + APPROVED.format("PERFORM public.SAMPLE_MODULE_INNER(1);"), "1", "2"),
    "a function with escapes": (
        INNER + APPROVED.format('PERFORM public.U&"s\\0061mple_module_inner"(1);'), "1", "2"),
    "the function of an aggregate": (
        "CREATE OR REPLACE FUNCTION sample_module_step(a int, b int) RETURNS int LANGUAGE sql"
        " SET search_path = '' AS $$ SELECT a + b + {} $$;"
        "CREATE OR REPLACE AGGREGATE sample_module_total(int) (SFUNC = sample_module_step,"
        " STYPE = int, INITCOND = '0');" + APPROVED.format(
            f"PERFORM public.sample_module_total(version) FROM public.{T};"), "1", "2"),
    "the start of an aggregate": (
        "CREATE OR REPLACE AGGREGATE sample_module_total(int) (SFUNC = int4pl, STYPE = int,"
        " INITCOND = '{}');" + APPROVED.format(
            f"PERFORM public.sample_module_total(version) FROM public.{T};"), "1", "2"),
    "the CHECK of a domain": (
        "CREATE DOMAIN sample_module_small AS int CHECK (VALUE < {});"
        + APPROVED.format("PERFORM 1::public.sample_module_small;"), "1", "2"),
    "a label of an enum": (
        "CREATE TYPE sample_module_kind AS ENUM ('a', '{}');"
        + APPROVED.format("PERFORM 'a'::public.sample_module_kind;"), "b", "c"),
    "a default": (LOGS + f"ALTER TABLE {P}logs ALTER n SET DEFAULT {{}};" + WRITES, "1", "2"),
    "the function of a default": (
        INNER + LOGS + f"ALTER TABLE {P}logs ALTER n SET DEFAULT sample_module_inner(1);" + WRITES,
        "1", "2"),
    "a generated column": (
        table("logs", "n int, m int GENERATED ALWAYS AS (n + {}) STORED,") + WRITES, "1", "2"),
    "a CHECK": (table("logs", "n int CHECK (n < {}),") + WRITES, "7", "8"),
    "a trigger": (
        LOGS + TRIGGER + f"CREATE OR REPLACE TRIGGER more BEFORE INSERT ON {P}logs FOR EACH ROW"
        " EXECUTE FUNCTION sample_module_more();" + WRITES, "1", "2"),
    "a trigger of a partition": (
        LOGS.replace("\n);", "\n) PARTITION BY LIST (tenant_id);", 1)
        + f"CREATE TABLE {P}logs_all PARTITION OF {P}logs DEFAULT;" + TRIGGER
        + f"CREATE OR REPLACE TRIGGER more BEFORE INSERT ON {P}logs_all FOR EACH ROW"
        " EXECUTE FUNCTION sample_module_more();" + WRITES, "1", "2"),
    "a view": (
        f"CREATE OR REPLACE VIEW {P}v WITH (security_invoker = true) AS SELECT {{}} AS n;"
        + APPROVED.format(f"PERFORM n FROM public.{P}v;"), "1", "2"),
    "a policy of what it reads": (
        LOGS + f"CREATE POLICY few ON {P}logs AS RESTRICTIVE USING (n < {{}});"
        + APPROVED.format(f"PERFORM n FROM public.{P}logs;"), "1", "2"),
    "a setting": (
        APPROVED.format("NULL;").replace("SET search_path = ''", "SET search_path = {}"),
        "''", "public"),
    "who may call it": (
        APPROVED.format("NULL;")
        + "REVOKE ALL ON FUNCTION sample_module_approved() FROM PUBLIC;"
        "GRANT EXECUTE ON FUNCTION sample_module_approved() TO {};", "anon", "authenticated"),
}  # fmt: skip


@pytest.mark.parametrize("what", LATER)
def test_an_approval_ends_with_what_it_leans_on(what, sql_module, database):
    sql, *versions = LATER[what]
    digests = []
    for version in versions:
        module = sql_module({"001_more.sql": HEAD + sql.replace("{}", version)})
        found = read_shapes(database(module)).owner_rights
        digests += [each.digest for each in found if "approved" in each.label]
    assert len(digests) == len(set(digests)) == len(versions)


def test_an_approval_stays_where_nothing_of_it_changes(sql_module, database):
    digests = set()
    for other in ("1", "2"):
        more = table("others", f"n int DEFAULT {other},")
        module = sql_module({"001_more.sql": HEAD + LOGS + WRITES + more})
        digests |= {each.digest for each in read_shapes(database(module)).owner_rights}
    assert len(digests) == 1
