"""The audit trail is a chain: whatever was done to it afterwards is found."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gates.catalog import Catalog, anchors, audit_rows, store
from gates.catalog import migrate as migrating
from gates.catalog.audit import BEGINNING, Anchor, Head, Link, Trail, examine, name_of
from gates.cli import cli
from gates.database.server.programs import Programs
from gates.errors import CouldNotCheckError, RefusedError
from gates.evidence import keys
from gates.evidence.keys import Trust
from gates.registry import Registry
from gates.settings import Policy, Settings
from tests.catalog.conftest import _create

TENANTS = [str(uuid.UUID(int=number)) for number in (1, 2)]
USED = (
    "INSERT INTO module_usage_logs (tenant_id, module_slug, route, latency_ms)"
    " VALUES (%s, %s, '/', 1.50)"
)


def use(connection: psycopg.Connection[Any], *tenants: str) -> None:
    """A row of usage for each, which the catalog's own trigger audits."""
    for each in tenants:
        connection.execute(USED.encode(), (each, "a-module"))


def fill(connection: psycopg.Connection[Any]) -> None:
    """Eight rows in three streams."""
    connection.execute(
        "INSERT INTO core_modules VALUES ('a-module', 'Ä', 'It''s \"1\"', 'custom', 'ALPHA')"
    )
    use(connection, TENANTS[0], TENANTS[1], TENANTS[0], TENANTS[0])
    connection.execute("UPDATE core_modules SET name = 'New'")
    connection.execute("UPDATE module_usage_logs SET cost = 1e2 WHERE tenant_id = %s", TENANTS[1:])
    connection.execute("UPDATE core_modules SET name = E'\\u2028 \\t\\U0001F600'")


@pytest.fixture(scope="module")
def filled(server: str, migrated: str) -> Iterator[str]:
    """The URL of a catalog with those rows, to which no test commits anything."""
    with contextlib.contextmanager(_create)(server, migrated) as url:
        with psycopg.connect(url) as connection:
            fill(connection)
        yield url


@pytest.fixture
def owner(filled: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of the owner, who is a superuser; what it does is rolled back."""
    with psycopg.connect(filled) as connection:
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # which a commit would be
        yield connection
        connection.rollback()


@pytest.fixture
def own(here: Settings, connect: Any) -> psycopg.Connection[Any]:
    """A session of the owner of a catalog for one test alone."""
    connection: psycopg.Connection[Any] = connect(here.catalog, autocommit=True)
    fill(connection)
    return connection


def trail(connection: psycopg.Connection[Any], known: tuple[Anchor, ...] = ()) -> Trail:
    """As the session sees it, in its own transaction."""
    with connection.transaction():
        audit_rows.require_all_rows(connection)
        identity = store.identity(connection)
        beside = audit_rows.unchained(connection)
        return examine(audit_rows.links(connection), beside, identity, known)


def codes(found: Trail) -> list[str]:
    return [each.rpartition(" [")[2].rstrip("]") for each in found.reasons]


def test_what_nobody_touched(owner: Any) -> None:
    found = trail(owner)
    assert found.reasons == ()
    assert {stream: head.sequence for stream, head in found.heads.items()} == {
        "catalog": 3, TENANTS[0]: 3, TENANTS[1]: 2,
    }  # fmt: skip
    assert found.rows == 8


@pytest.mark.parametrize(
    "setting",
    [
        "TimeZone TO 'Asia/Tokyo'",
        "DateStyle TO 'German'",
        "extra_float_digits TO -15",
        "IntervalStyle TO 'iso_8601'",
        "search_path TO pg_temp",
    ],
)
def test_the_settings_of_a_session_change_no_hash(owner: Any, setting: str) -> None:
    owner.execute(f"SET {setting}".encode())
    owner.execute("UPDATE public.core_modules SET name = 'x'")
    assert trail(owner).reasons == ()
    for each in ("TimeZone", "DateStyle", "extra_float_digits", "IntervalStyle", "search_path"):
        owner.execute(f"RESET {each}".encode())
    assert trail(owner).reasons == ()


DAMAGE: dict[str, tuple[str, set[str]]] = {
    "an edit": ("UPDATE audit_logs SET new_data = new_data || '{\"cost\": 0}' WHERE id = 2",
        {"audit-edited"}),
    "another time": ("UPDATE audit_logs SET created_at = created_at - interval '1 microsecond'"
        " WHERE id = 2", {"audit-edited"}),
    "another actor": ("UPDATE audit_logs SET db_role = 'ann' WHERE id = 2", {"audit-edited"}),
    "an empty text for none": ("UPDATE audit_logs SET row_id = '' WHERE id = 2", {"audit-edited"}),
    "to another tenant": (f"UPDATE audit_logs SET tenant_id = '{TENANTS[1]}' WHERE id = 2",
        {"audit-edited", "audit-moved"}),
    "a deletion": ("DELETE FROM audit_logs WHERE id = 2", {"audit-deleted"}),
    "a deletion with its link": ("DELETE FROM audit_logs WHERE id = 2;"
        " DELETE FROM core_audit_chain WHERE audit_id = 2", {"audit-gap"}),
    "with the places moved up": ("DELETE FROM audit_logs WHERE id = 2;"
        " DELETE FROM core_audit_chain WHERE audit_id = 2; UPDATE core_audit_chain"
        f" SET sequence = sequence - 1 WHERE stream = '{TENANTS[0]}'",
        {"audit-order", "audit-edited"}),
    "two in the other order": ("UPDATE core_audit_chain SET audit_id = -audit_id WHERE audit_id IN"
        " (2, 4); UPDATE core_audit_chain SET audit_id = 6 + audit_id WHERE audit_id < 0",
        {"audit-edited"}),
    "one beside the chain": ("INSERT INTO audit_logs (table_name, operation)"
        " VALUES ('core_modules', 'LIE'); DELETE FROM core_audit_chain WHERE sequence ="
        " (SELECT max(sequence) FROM core_audit_chain)", {"audit-added"}),
    "another hash": ("UPDATE core_audit_chain SET hash = repeat('0', 64) WHERE audit_id = 2",
        {"audit-edited", "audit-order"}),
    "the text function": ("CREATE OR REPLACE FUNCTION core_audit_text(of_row audit_logs,"
        " stream text, sequence bigint, previous text) RETURNS text LANGUAGE sql AS $$ SELECT ''"
        " $$; UPDATE audit_logs SET operation = 'DELETE' WHERE id = 2", {"audit-edited"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_what_an_owner_does_is_found(owner: Any, name: str) -> None:
    """With every trigger switched off."""
    statements, wanted = DAMAGE[name]
    for table in ("audit_logs", "core_audit_chain"):
        keep = "DISABLE TRIGGER USER" if name != "one beside the chain" else (
            "DISABLE TRIGGER refuse_delete")  # fmt: skip
        owner.execute(f"ALTER TABLE {table} {keep}".encode())
    owner.execute(statements.encode())
    assert set(codes(trail(owner))) == wanted


CUT = """
ALTER TABLE audit_logs DISABLE TRIGGER USER; ALTER TABLE core_audit_chain DISABLE TRIGGER USER;
DELETE FROM audit_logs WHERE id = 8; DELETE FROM core_audit_chain WHERE audit_id = 8;
ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER chain
"""
ANEW = """
ALTER TABLE audit_logs DISABLE TRIGGER USER; ALTER TABLE core_audit_chain DISABLE TRIGGER USER;
UPDATE audit_logs SET new_data = '{}' WHERE id = 1; DELETE FROM core_audit_chain;
SELECT core_chain_row(a) FROM audit_logs AS a ORDER BY id
"""


def head_of(owner: psycopg.Connection[Any]) -> tuple[Anchor, ...]:
    identity = store.identity(owner)
    heads = {name_of(identity, stream): head for stream, head in trail(owner).heads.items()}
    return (Anchor(1, identity, "2026-06-01T00:00:00Z", heads),)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (CUT, "audit-cut"),
        (ANEW, "audit-rewritten"),
        (CUT + "; UPDATE core_modules SET name = 'Another'", "audit-rewritten"),
    ],
)
def test_what_anchors_alone_show(owner: Any, damage: str, code: str) -> None:
    known = head_of(owner)
    assert trail(owner, known).reasons == ()
    owner.execute(damage.encode())
    assert trail(owner).reasons == (), "the chain itself is whole"
    assert codes(trail(owner, known)) == [code]


@pytest.mark.parametrize("role", ["gates_releaser", "gates_reader", "tenant_app_role"])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM core_audit_chain",
        "INSERT INTO core_audit_chain VALUES ('catalog', 9, 9, repeat('0', 64), repeat('0', 64))",
        "UPDATE core_audit_chain SET hash = repeat('0', 64)",
        "DELETE FROM core_audit_chain",
        "DELETE FROM audit_logs",
        "SELECT core_chain_row(a) FROM audit_logs AS a",
        "CREATE TEMPORARY TABLE lie (LIKE audit_logs); CREATE TRIGGER lie AFTER INSERT ON lie"
        " FOR EACH ROW EXECUTE FUNCTION core_chain_audit()",
    ],
)
def test_nobody_but_the_owner(owner: Any, role: str, statement: str) -> None:
    owner.execute(f"SET ROLE {role}".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_logs SET operation = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs",
     "UPDATE core_audit_chain SET sequence = 9", "DELETE FROM core_audit_chain",
     "TRUNCATE core_audit_chain"],
)  # fmt: skip
def test_the_owner_has_to_switch_triggers_off_first(owner: Any, statement: str) -> None:
    owner.execute("SET LOCAL session_replication_role TO replica")
    with pytest.raises(psycopg.errors.RestrictViolation, match="is refused"):
        owner.execute(statement.encode())


def of_catalog(settings: Settings) -> Trail:
    with Catalog.open(settings) as catalog:
        return catalog.trail()


def test_a_login_that_does_not_see_all_says_nothing(
    here: Settings, own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that rows were deleted; but a plain owner sees them all."""
    reader, plain = f"reader_{uuid.uuid4().hex}", f"owner_{uuid.uuid4().hex}"
    monkeypatch.setenv("PGPASSWORD", "x")
    for name in (reader, plain):
        own.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'".encode())
    own.execute(f"GRANT gates_reader TO {reader}".encode())
    with pytest.raises(CouldNotCheckError, match="does not see every tenant's rows"):
        of_catalog(replace(here, catalog=here.catalog.replace("postgres@", f"{reader}@")))
    own.execute(f"GRANT gates_releaser TO {plain}".encode())
    own.execute(f"ALTER DATABASE {own.info.dbname} OWNER TO {plain}".encode())
    for (statement,) in own.execute(
        f"SELECT format('ALTER %%s %%s OWNER TO {plain}', kind, name) FROM ("
        " SELECT 'TABLE' AS kind, oid::regclass::text AS name FROM pg_class WHERE relkind IN"
        " ('r', 'p') AND relnamespace = 'public'::regnamespace UNION ALL"
        " SELECT 'FUNCTION', oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace) AS every".replace("%%", "%").encode()
    ).fetchall():
        own.execute(statement.encode())
    use(own, TENANTS[0])
    found = of_catalog(replace(here, catalog=here.catalog.replace("postgres@", f"{plain}@")))
    assert (found.rows, found.reasons) == (9, ())


def _many(url: str, number: int) -> None:
    with psycopg.connect(url) as connection:
        for turn in range(15):
            with connection.transaction():
                use(connection, TENANTS[(number + turn) % 2])
                if turn % 5 == 4:
                    raise psycopg.Rollback
            if turn % 3 == 0:
                connection.execute("UPDATE core_modules SET name = %s", (f"{number}.{turn}",))
                connection.commit()


def test_many_sessions_at_once(here: Settings, own: Any) -> None:
    """Each stream is one chain without a gap, whoever wrote when and what was rolled back."""
    with ThreadPoolExecutor(4) as pool:  # each session is a process of the server
        list(pool.map(lambda number: _many(here.catalog, number), range(4)))
    found = of_catalog(here)
    assert found.reasons == ()
    used = found.heads[TENANTS[0]].sequence + found.heads[TENANTS[1]].sequence
    assert (used, found.heads["catalog"].sequence) == (5 + 4 * 12, 3 + 4 * 5)


def test_rows_from_before_are_chained(
    empty_database: str, here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = migrating.migrations()
    with psycopg.connect(empty_database, autocommit=True) as connection:
        monkeypatch.setattr(migrating, "migrations", lambda: every[:8])
        migrating.migrate(connection)
        connection.execute("INSERT INTO core_modules VALUES ('a-module', 'A', '', 'custom', 'GA')")
        use(connection, *TENANTS, *TENANTS)
        monkeypatch.undo()
        assert migrating.migrate(connection)[0] == "008_audit_chain.sql"
        use(connection, TENANTS[0])
    found = of_catalog(replace(here, catalog=empty_database))
    assert (found.rows, found.reasons) == (6, ())
    assert found.heads[TENANTS[0]].sequence == 3


def test_the_trigger_of_modules_writes_to_it_too(owner: Any) -> None:
    """The platform's audit_row_change(), which modules use."""
    owner.execute("CREATE TABLE notes (id int, tenant_id uuid)")
    owner.execute("GRANT INSERT ON notes TO tenant_app_role")
    owner.execute(
        "CREATE TRIGGER audit AFTER INSERT OR UPDATE ON notes"
        " FOR EACH ROW EXECUTE FUNCTION audit_row_change()"
    )
    owner.execute("SET ROLE tenant_app_role")
    claims = json.dumps({"tenant_id": TENANTS[0]})
    owner.execute("SELECT set_config('request.jwt.claims', %s, true)", (claims,))
    owner.execute("INSERT INTO notes VALUES (1, %s)", (TENANTS[0],))
    owner.execute("RESET ROLE")
    found = trail(owner)
    assert (found.heads[TENANTS[0]].sequence, found.reasons) == (4, ())


@pytest.fixture
def run(
    here: Settings, own: Any, monkeypatch: pytest.MonkeyPatch, folder: Any
) -> Callable[..., Any]:
    monkeypatch.setenv("GATES_STATE_DIR", str(here.state))
    monkeypatch.setenv("GATES_CATALOG", here.catalog)
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(cli, ["catalog", "audit", *arguments])


def test_the_commands(run: Any, own: Any, here: Settings) -> None:
    ended = run("verify")
    assert ended.output == "8 rows in 3 streams: as it was written\n"
    assert isinstance(ended.exception, CouldNotCheckError)
    assert "without an anchor nobody can see whether rows were cut off" in str(ended.exception)
    assert ended.exception.exit_code == 3
    assert run("anchor").output.startswith("anchored 8 rows in 3 streams: oci:")
    use(own, *TENANTS)
    ended = run("verify")
    assert (ended.exit_code, ended.output) == (
        0, "10 rows in 3 streams: as it was written\n"
        "1 anchor; rows newer than the last of them: 2\n",
    ), ended.exception  # fmt: skip
    run("anchor")
    assert json.loads(run("verify", "--json").output)["anchors"] == 2
    assert isinstance(run("verify", "--no-registry").exception, CouldNotCheckError)
    own.execute(CUT.replace("= 8", "= 10").encode())
    for command in ("verify", "anchor"):
        ended = run(command)
        assert "[audit-cut]" in ended.output
        assert isinstance(ended.exception, RefusedError)


def test_a_dump_and_a_copy_of_the_registry(
    run: Any, here: Settings, server: str, empty_database: str
) -> None:
    run("anchor")
    programs = Programs.find(here.cache)
    dump = subprocess.run(
        programs.command("pg_dump", here.catalog), capture_output=True, check=True
    ).stdout
    restored = subprocess.run(
        programs.command("psql", "-qX", "-v", "ON_ERROR_STOP=1", empty_database),
        input=dump, capture_output=True, check=False,
    )  # fmt: skip
    assert restored.returncode == 0, restored.stderr
    ended = run("verify", "--catalog", empty_database)
    assert (ended.exit_code, ended.output.splitlines()[0]) == (
        0, "8 rows in 3 streams: as it was written",
    )  # fmt: skip


def test_only_an_anchor_of_this_catalog_by_whom_the_policy_trusts(
    settings: Settings, folder: Any
) -> None:
    from gates.evidence.envelope import sign

    private = keys.signing_key(settings.key)
    trust = Trust.of(Policy(), settings)
    payload = anchors.build("a", {"catalog": Head(3, "0" * 64)}, "2026-06-01T00:00:00Z")
    data = sign(payload, private).to_bytes()
    assert anchors.read(data, 1, "a", trust).heads == {name_of("a", "catalog"): Head(3, "0" * 64)}
    theirs = sign(payload, keys.signing_key(folder / "thief.pem")).to_bytes()
    edited = json.loads(payload)
    edited["predicate"]["heads"][0]["sequence"] = 2
    for bad, catalog, code in (
        (data, "b", "wrong-subject"),
        (theirs, "a", "unknown-key"),
        (data.replace(b'"sig":"', b'"sig":"AAAA'), "a", "wrong-signature"),
        (sign(json.dumps(edited).encode(), private).to_bytes(), "a", "wrong-subject"),
        (b"{}", "a", "unreadable"),
    ):
        with pytest.raises(RefusedError, match=rf"\[{code}\]"):
            anchors.read(bad, 1, catalog, trust)
    registry = Registry.open(settings.registry)
    anchors.store(registry, "a", 1, data)
    with pytest.raises(RefusedError, match="already published"):
        anchors.store(registry, "a", 1, theirs)
    assert list(anchors.stored(registry, "a")) == [data]


def chained(texts: list[str]) -> list[Link]:
    found: list[Link] = []
    for number, text in enumerate(texts, 1):
        before = found[-1].hash if found else BEGINNING
        whole = f"{number} {before} {text}"
        digest = hashlib.sha256(whole.encode()).hexdigest()
        found.append(Link("s", number, number, before, digest, True, "s", whole))
    return found


@given(st.lists(st.text(max_size=3), min_size=2, max_size=6), st.data())
def test_any_other_sequence_of_rows_is_found(texts: list[str], data: Any) -> None:
    """Whatever rows are left out, doubled, or put in another order; the end alone needs anchors."""
    whole = chained(texts)
    other = data.draw(st.lists(st.sampled_from(whole), max_size=7))
    found = examine(other, (), "c").reasons
    assert bool(found) == (other != whole[: len(other)])
    end = whole[-1]
    anchor = Anchor(1, "c", "", {name_of("c", "s"): Head(end.sequence, end.hash)})
    assert bool(examine(other, (), "c", (anchor,)).reasons) == (other != whole)
