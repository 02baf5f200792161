"""The database itself refuses a version without complete evidence, whoever connects and however."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from semver import Version

from gates.catalog import EvidenceRow, store
from gates.errors import RefusedError
from gates.model import Stage

SIX = Stage.RELEASE.before
Rows = tuple[EvidenceRow, ...] | list[EvidenceRow]


def write(connection: psycopg.Connection[Any], prepared: Any) -> None:
    store.register_version(connection, prepared.module, prepared.version, prepared.evidence)
    connection.commit()


def changed(row: EvidenceRow, change: Callable[[dict[str, Any]], object]) -> EvidenceRow:
    """The row with a changed statement, digest made to fit."""
    payload = json.loads(base64.b64decode(row.envelope["payload"]))
    change(payload)
    raw = json.dumps(payload).encode()
    envelope = {**row.envelope, "payload": base64.b64encode(raw).decode()}
    return replace(row, envelope=envelope, payload_sha256=hashlib.sha256(raw).hexdigest())


def set_in(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(payload: dict[str, Any]) -> None:
        holder: Any = payload
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = value

    return change


@pytest.fixture
def refused(connect: Any, untouched: Any) -> Callable[..., None]:
    """Writes a release with other evidence or another version, and asserts why it is refused."""

    def attempt(evidence: Rows, message: str, **changes: Any) -> None:
        connection = connect(untouched.url)
        version = replace(untouched.version, **changes)
        with pytest.raises(psycopg.errors.CheckViolation, match=message):
            write(connection, replace(untouched, version=version, evidence=tuple(evidence)))
        connection.rollback()
        count = connection.execute("SELECT count(*) FROM core_module_versions").fetchone()
        assert count == (0,)

    return attempt


@pytest.fixture
def rows(untouched: Any) -> tuple[EvidenceRow, ...]:
    return untouched.evidence


def test_complete_evidence_is_accepted(connect: Any, prepared: Any) -> None:
    write(connect(prepared.url), prepared)
    assert prepared.catalog.newest("sample-module").version == "1.0.0"


@pytest.mark.parametrize("stage", SIX)
def test_a_stage_without_evidence(refused: Any, rows: Rows, stage: Stage) -> None:
    left = [each for each in rows if each.stage != stage]
    refused(left, f"the stage {stage} has no evidence")


def test_no_evidence_at_all(refused: Any) -> None:
    refused([], "lint-manifest has no evidence; .*publish has no")


PAYLOAD_CHANGES = {
    "failed": (set_in("predicate", "verdict", value="fail"), "did not pass"),
    "inconclusive": (set_in("predicate", "verdict", value="inconclusive"), "did not pass"),
    "no verdict": (set_in("predicate", "verdict", value=None), "did not pass"),
    "a failed check": (
        set_in("predicate", "checks", 0, "verdict", value="fail"),
        "did not pass",
    ),
    "no checks": (set_in("predicate", "checks", value=[]), "did not pass"),
    "checks of a wrong type": (set_in("predicate", "checks", value={}), "did not pass"),
    "another stage": (set_in("predicate", "stage", value="release"), "is about another stage"),
    "other content": (
        set_in("subject", 0, "digest", "dirHash1", value="0" * 64),
        "is for other content",
    ),
    "no subject": (set_in("subject", value=[]), "is for another version"),
    "another version": (
        set_in("subject", 0, "name", value="sample-module@1.0.1"),
        "is for another version",
    ),
    "another policy": (
        set_in("predicate", "policy", "digest", "sha256", value="0" * 64),
        "under another policy",
    ),
    "no predicate": (set_in("predicate", value=[]), "cannot be read"),
    "another statement": (set_in("_type", value="x"), "cannot be read"),
    "another predicate": (set_in("predicateType", value="x"), "cannot be read"),
}


@pytest.mark.parametrize("name", PAYLOAD_CHANGES)
@pytest.mark.parametrize("stage", [Stage.LINT, Stage.PUBLISH])
def test_evidence_that_says_something_else(
    refused: Any, rows: Rows, stage: Stage, name: str
) -> None:
    change, message = PAYLOAD_CHANGES[name]
    given_rows = [changed(each, change) if each.stage == stage else each for each in rows]
    refused(given_rows, message)


@pytest.mark.parametrize("stage", [Stage.BUILD, Stage.SCAN, Stage.PUBLISH])
@pytest.mark.parametrize(
    "change",
    [
        set_in("subject", 1, "digest", "sha256", value="0" * 64),
        set_in("subject", 1, "name", value="other-1.0.0.tgz"),
        lambda payload: payload["subject"].pop(),
    ],
)
def test_another_bundle(refused: Any, rows: Rows, stage: Stage, change: Any) -> None:
    given_rows = [changed(each, change) if each.stage == stage else each for each in rows]
    refused(given_rows, f"the evidence of {stage} is for another b")


ENVELOPE_CHANGES = {
    "unsigned": ({"signatures": []}, "is not signed"),
    "no signatures": ({"signatures": None}, "is not signed"),
    "an empty signature": ({"signatures": [{"keyid": "0" * 64, "sig": ""}]}, "is not signed"),
    "no payload": ({"payload": None}, "cannot be read"),
    "no base64": ({"payload": "!!!!"}, "cannot be read"),
    "no JSON": ({"payload": base64.b64encode(b"{").decode()}, "cannot be read"),
    "no object": ({"payload": base64.b64encode(b"[]").decode()}, "cannot be read"),
    "no UTF-8": ({"payload": base64.b64encode(b"\xff").decode()}, "cannot be read"),
    "another type": ({"payloadType": "text/plain"}, "cannot be read"),
    "another payload": (
        {"payload": base64.b64encode(b'{"_type":1}').decode()},
        "cannot be read",
    ),
}


@pytest.mark.parametrize("name", ENVELOPE_CHANGES)
def test_another_envelope(refused: Any, rows: Rows, name: str) -> None:
    change, message = ENVELOPE_CHANGES[name]
    first = replace(rows[0], envelope={**rows[0].envelope, **change})
    refused([first, *rows[1:]], message)


def test_a_payload_that_is_not_what_its_digest_says(refused: Any, rows: Rows) -> None:
    first = replace(rows[0], payload_sha256="0" * 64)
    refused([first, *rows[1:]], "not what its digest says")


@pytest.mark.parametrize(
    ("field", "value"),
    [("verdict", "fail"), ("stage", "release"), ("key_id", "x"), ("payload_sha256", "x")],
)
def test_columns_of_evidence(refused: Any, rows: Rows, field: str, value: str) -> None:
    first = replace(rows[0], **{field: value})
    refused([first, *rows[1:]], "violates check constraint")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", "1.0"),
        ("version", "v1.0.0"),
        ("version", "01.0.0"),
        ("version", "1.0.0-01"),
        ("version", "1.0.0\n"),
        ("digest", "0" * 63),
        ("bundle", "Z" * 64),
        ("status", "ga"),
        ("registry_manifest", "latest"),
        ("manifest", {}),
        ("manifest", {"slug": "sample-module", "version": "1.0.1"}),
    ],
)
def test_columns_of_a_version(connect: Any, untouched: Any, field: str, value: object) -> None:
    version = replace(untouched.version, **{field: value})
    with pytest.raises(psycopg.errors.IntegrityError):
        write(connect(untouched.url), replace(untouched, version=version))


def test_other_content_than_the_evidence_s(refused: Any, rows: Rows) -> None:
    refused(rows, "is for other content", digest="a" * 64)


@pytest.mark.parametrize(
    "trick",
    [
        "SET session_replication_role = replica",
        "SET CONSTRAINTS ALL DEFERRED",
        "SET search_path = pg_temp, public",
        "CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE sql RETURN 'x'",
        "CREATE TEMP TABLE core_module_version_evidence AS"
        " SELECT * FROM public.core_module_version_evidence",
        "SET row_security = off",
    ],
)
def test_tricks_of_a_superuser(connect: Any, untouched: Any, trick: str) -> None:
    connection = connect(untouched.url)
    connection.execute(trick.encode())
    with pytest.raises(psycopg.errors.CheckViolation, match="has no evidence"):
        write(connection, replace(untouched, evidence=()))


def test_refused_before_the_transaction_ends(connect: Any, untouched: Any) -> None:
    connection = connect(untouched.url)
    with pytest.raises(psycopg.errors.CheckViolation, match="publish has no evidence"):
        store.register_version(
            connection, untouched.module, untouched.version, untouched.evidence[:-1]
        )


def test_a_line_of_another_module_is_not_touched(connect: Any, untouched: Any) -> None:
    connection = connect(untouched.url)
    other = replace(untouched.module, slug="other-module", name="Renamed")
    with pytest.raises(psycopg.errors.CheckViolation, match="of the module sample-module, not of"):
        store.register_version(connection, other, untouched.version, untouched.evidence)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_snapshot_from_before_the_lock(connect: Any, untouched: Any, level: str) -> None:
    connection = connect(untouched.url)
    connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}".encode())
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="read committed"):
        store.register_version(connection, untouched.module, untouched.version, untouched.evidence)


def test_a_version_below_the_newest(connect: Any, released: Any) -> None:
    """Whoever calls the function: the evidence would be looked at after that."""
    for version in ("0.5.0", "1.0.0-rc.1", "0.99.99"):
        manifest = {**released.version.manifest, "version": version}
        older = replace(released.version, version=version, manifest=manifest)
        with pytest.raises(psycopg.errors.CheckViolation, match=r"is not greater than 1\.0\.0"):
            store.register_version(connect(released.url), released.module, older, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_module_versions SET content_digest = repeat('0', 64)",
        "UPDATE core_module_versions SET version = '9.0.0', manifest = '{}'",
        "UPDATE core_module_versions SET manifest = manifest || '{\"x\": 1}'",
        "UPDATE core_module_versions SET tables_created = '{}'",
        "UPDATE core_module_versions SET released_at = now() - interval '1 day'",
        "UPDATE core_module_versions SET status = 'ALPHA'",
        "UPDATE core_module_versions SET status = 'DEPRECATED'",
        "DELETE FROM core_module_versions",
        "DELETE FROM core_module_version_evidence",
        "UPDATE core_module_version_evidence SET key_id = repeat('0', 64)",
        "UPDATE core_module_version_evidence SET recorded_at = now()",
        "TRUNCATE core_module_version_evidence",
        "TRUNCATE core_modules CASCADE",
        "TRUNCATE core_module_versions CASCADE",
        "DELETE FROM core_modules",
        "UPDATE core_modules SET slug = 'other-module'",
        "UPDATE core_modules SET created_at = now() - interval '1 day'",
        "UPDATE core_modules SET maturity_status = 'BETA'",
        "UPDATE audit_logs SET tenant_id = gen_random_uuid()",
        "TRUNCATE audit_logs",
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_what_was_released_stays(connect: Any, released: Any, statement: str, role: str) -> None:
    if role == "replica" and "audit" in statement:
        return
    connection = connect(released.url)
    connection.execute(f"SET session_replication_role = {role}".encode())
    with pytest.raises(
        (
            psycopg.errors.RestrictViolation,
            psycopg.errors.CheckViolation,
            psycopg.errors.ForeignKeyViolation,
        )
    ):
        connection.execute(statement.encode())
    connection.rollback()
    assert released.catalog.find("sample-module", "1.0.0") is not None


def test_the_status_follows_the_life_cycle(connect: Any, prepared: Any) -> None:
    connection = connect(prepared.url)
    write(connection, prepared)
    for status in ("MAINTENANCE", "MAINTENANCE", "DEPRECATED", "RETIRED"):
        connection.execute("UPDATE core_module_versions SET status = %s", (status,))
        connection.commit()
    with pytest.raises(psycopg.errors.RestrictViolation, match="GA does not follow RETIRED"):
        connection.execute("UPDATE core_module_versions SET status = 'GA'")


def test_refusals_of_the_database_are_refusals(untouched: Any) -> None:
    catalog = untouched.catalog
    with pytest.raises(RefusedError) as error:
        catalog.register(untouched.module, untouched.version, untouched.evidence[1:])
    assert error.value.reasons == ("the stage lint-manifest has no evidence",)
    assert catalog.versions("sample-module") == ()
    assert catalog.modules() == ()


IDENTIFIER = st.from_regex(r"\A(0|[1-9][0-9]{0,11}|[0-9]{0,3}[A-Za-z-][0-9A-Za-z-]{0,5})\Z")
NUMBER = st.one_of(st.integers(0, 3), st.integers(0, 10**30)).map(str)
VERSION = st.builds(
    lambda core, pre, build: (
        ".".join(core)
        + (f"-{'.'.join(pre)}" if pre else "")
        + (f"+{'.'.join(build)}" if build else "")
    ),
    st.lists(NUMBER, min_size=3, max_size=3),
    st.lists(IDENTIFIER, max_size=3),
    st.lists(IDENTIFIER, max_size=2),
)


def test_the_sort_key_is_the_precedence_of_semver(untouched: Any, connect: Any) -> None:
    connection = connect(untouched.url, autocommit=True)

    @hypothesis_settings(max_examples=100, deadline=None)
    @given(st.lists(VERSION, min_size=2, max_size=40))
    def agree(texts: list[str]) -> None:
        keys = [
            row[0]
            for row in connection.execute(
                "SELECT core_semver_key(v) FROM unnest(%s::text[]) WITH ORDINALITY AS u(v, n)"
                " ORDER BY n",
                (texts,),
            )
        ]
        for one, one_key in zip(texts, keys, strict=True):
            for other, other_key in zip(texts, keys, strict=True):
                wanted = Version.parse(one).compare(other)
                found = (one_key.encode() > other_key.encode()) - (
                    one_key.encode() < other_key.encode()
                )
                assert found == wanted, (one, other)

    agree()


def test_build_metadata_is_no_other_version(connect: Any, released: Any) -> None:
    again = {**released.version.manifest, "version": "1.0.0+b"}
    version = replace(released.version, version="1.0.0+b", manifest=again)
    with pytest.raises(psycopg.errors.UniqueViolation, match="sort_key"):
        store.register_version(connect(released.url), released.module, version, [])


def test_what_is_stored_is_what_was_signed(connect: Any, released: Any) -> None:
    rows = {
        each.stage: each
        for each in released.catalog.evidence(released.catalog.find("sample-module", "1.0.0"))
    }
    assert rows == {each.stage: each for each in released.evidence}
