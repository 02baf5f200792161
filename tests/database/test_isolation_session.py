"""How a session becomes a tenant is policy: platforms of other kinds, proved end to end."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.database.proofs.isolation.prove import prove
from gates.database.shapes.read import read_shapes
from gates.database.tenant_session import Sessions, adjacent_tenants, derived_uuid
from gates.errors import ConfigurationError
from gates.settings import Policy, SessionWay, load_policy
from tests.database.conftest import BASE, HEAD
from tests.database.corpus import table
from tests.database.test_proofs import psql

CLAIM = "(auth.jwt() ->> 'tenant_id')::uuid"
SETTING = SessionWay(
    ("SELECT set_config('app.tenant_id', :tenant_id, true)",),
    "nullif(current_setting('app.tenant_id', true), '')::uuid",
)
ENTER = SessionWay(("SELECT tenant.enter(:tenant_id)",), "tenant.current()")
PLATFORM = """
CREATE SCHEMA tenant;
GRANT USAGE ON SCHEMA tenant TO PUBLIC;
CREATE FUNCTION tenant.current() RETURNS uuid LANGUAGE sql STABLE
    RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;
CREATE FUNCTION tenant.enter(t text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = '' AS $$
BEGIN
    IF t IS NULL OR t = '' THEN RAISE EXCEPTION 'no tenant'; END IF;
    PERFORM set_config('app.tenant_id', t, true);
END $$;
REVOKE EXECUTE ON FUNCTION tenant.enter(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenant.enter(text) TO tenant_app_role;
ALTER POLICY tenant_isolation ON public.audit_logs
    USING (tenant_id = tenant.current()) WITH CHECK (tenant_id = tenant.current());
"""


@pytest.fixture
def platform(folder: Path) -> Policy:
    path = folder / "platform.sql"
    path.write_text(PLATFORM)
    return Policy(baseline=(path,), session=ENTER)


@pytest.mark.parametrize("way", [SETTING, ENTER], ids=["setting", "function"])
def test_a_module_of_such_a_platform_is_proved(way, platform, sql_module, database):
    sql = BASE.replace(CLAIM, way.tenant)
    proof = prove(database(sql_module({"000_init.sql": sql}), replace(platform, session=way)))
    assert (proof.leaks, proof.exposures, proof.unproved) == ((), (), ())
    assert proof.attempts > 20


@pytest.mark.parametrize("way", [SETTING, ENTER], ids=["setting", "function"])
def test_its_leaks_are_found_and_shown_its_way(
    way, platform, sql_module, database, shared, server_url
):
    sql = BASE.replace(f"USING (tenant_id = {CLAIM})", "USING (tenant_id IS NOT NULL)")
    sql = sql.replace(CLAIM, way.tenant)
    opened = database(sql_module({"000_init.sql": sql}), replace(platform, session=way))
    proof = prove(opened)
    assert {leak.kind for leak in proof.leaks} >= {"read", "delete"}
    read = next(leak for leak in proof.leaks if leak.kind == "read")
    assert Sessions(way).enter(proof.other)[0] in read.script
    with opened.clone() as clone:
        shown = psql(shared, server_url.replace("/postgres?", f"/{clone.name}?"), read.script)
    assert "ERROR" not in shown
    assert proof.other in shown


def test_a_module_with_another_way_is_told_which_it_expects(sql_module, database, platform):
    theirs = BASE.replace(CLAIM, "current_setting('app.tenant', true)::uuid")
    leaks = prove(database(sql_module({"000_init.sql": theirs}))).leaks
    assert {leak.kind for leak in leaks} == {"control"}
    ((_, _, deviation),) = read_shapes(database(sql_module({"000_init.sql": theirs}))).policies
    assert "current_setting('app.tenant'::text, true)" in deviation.sentence
    assert f"USING (tenant_id = {CLAIM})" in deviation.fix
    opened = database(sql_module({"000_init.sql": BASE}), platform)
    assert {leak.kind for leak in prove(opened).leaks} == {"control"}
    ((_, _, deviation),) = read_shapes(opened).policies
    assert "USING (tenant_id = tenant.current())" in deviation.fix


def test_the_policy_file_says_it(folder: Path):
    path = folder / "gates-policy.toml"
    path.write_text(
        "[database.session]\n"
        "sql = [\"SELECT set_config('app.tenant_id', :tenant_id, true)\"]\n"
        "tenant = \"nullif(current_setting('app.tenant_id', true), '')::uuid\"\n"
    )
    policy = load_policy(folder / "module", path)
    assert policy.session == SETTING
    assert policy.digest != Policy().digest
    (folder / "module").mkdir()
    (folder / "module" / "gates.toml").write_text(path.read_text())
    with pytest.raises(ConfigurationError, match="not loosen or redirect"):
        load_policy(folder / "module", path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sql = ['SELECT 1']\ntenant = 'x'", "must name a tenant by :tenant_id"),
        ("sql = ['SELECT f(:tenat_id)']\ntenant = 'x'", "unknown placeholder :tenat_id"),
        ("sql = ['SELECT f(:tenant_id)']", "must be a table of sql .statements. and tenant"),
    ],
)
def test_a_wrong_way_is_refused(text, says, folder: Path):
    path = folder / "gates-policy.toml"
    path.write_text(f"[database.session]\n{text}\n")
    with pytest.raises(ConfigurationError, match=says):
        load_policy(folder, path)


def test_casts_are_no_placeholders():
    way = SessionWay(("SELECT f(:tenant_id::uuid, 'a'::text)",), "g()")
    assert re.fullmatch(r"SELECT f\('x'::uuid, 'a'::text\)", Sessions(way).enter("x")[0])


def test_rows_that_other_tables_need_are_counted_before_a_table_is_tried(sql_module, database):
    links = table("links", "note_id bigint NOT NULL, CONSTRAINT links_note_fkey FOREIGN KEY"
                  " (tenant_id, note_id) REFERENCES tenant_sample_module_notes (tenant_id, id),"
                  " CONSTRAINT links_key UNIQUE (tenant_id, note_id),")  # fmt: skip
    proof = prove(database(sql_module({"001_more.sql": HEAD + links})))
    assert (proof.leaks, proof.exposures, proof.unproved) == ((), (), ())


@given(st.text(), st.text())
def test_made_up_ids_are_uuids_of_version_4(salt, what):
    made = uuid.UUID(derived_uuid(salt, what))
    assert (made.version, made.variant) == (4, uuid.RFC_4122)
    assert derived_uuid(salt, what) == str(made) != derived_uuid(salt, what + "x")


@given(st.text())
def test_the_tenants_of_a_proof_differ_in_one_digit_alone_on_either_side(salt):
    a, b, c = adjacent_tenants(salt)
    assert [uuid.UUID(each).version for each in (a, b, c)] == [4, 4, 4]
    assert a[:-1] == b[:-1]
    assert a[1:] == c[1:]
    assert c < a < b
    assert adjacent_tenants(salt) == (a, b, c)


def test_two_runs_make_up_other_tenants(sql_module, shared):
    from gates.database import Database

    module, seen = sql_module(), set()
    for _ in range(2):
        with Database.open(module, Policy(), shared) as opened:
            seen.add(prove(opened).other)
    assert len(seen) == 2
