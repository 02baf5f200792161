"""The bump that a difference of two databases demands, by a table written from the rules."""

from __future__ import annotations

import itertools
import os
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.contract.model import Bump, largest
from gates.contract.schema.bodies import same_work
from gates.contract.schema.column_types import widened
from gates.contract.schema.compare import PARTS, compare_databases
from gates.contract.schema.pair import Pair
from gates.contract.schema.probe import refuses_on
from gates.contract.schema.snapshots import pair_of
from gates.contract.schema.triggers import writes_on
from gates.contract.schema.witness import UPGRADE, Witness
from gates.database import Database
from gates.database.parsing.script import parse
from gates.database.tenant_session import A, Sessions
from gates.errors import CouldNotCheckError
from gates.module import load
from gates.settings import Policy, Settings
from tests.conftest import EXAMPLES

PAIRS = tomllib.loads((Path(__file__).parent / "database_pairs.toml").read_text())["pair"]
BEFORE = """
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE tenant_x_notes (id bigint PRIMARY KEY, title varchar(20) NOT NULL, body text,
    rank integer NOT NULL DEFAULT 1, price numeric(8,2), mood mood, day date);
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    state = str(tmp_path_factory.mktemp("state"))
    return Settings.from_environment({**os.environ, "GATES_STATE_DIR": state})


@pytest.fixture(scope="module")
def database(settings: Settings) -> Iterator[Database]:
    module = load(EXAMPLES / "_base" / "python")
    with Database.open(module, Policy(), settings) as database:
        yield database


def run(scratch: Any, sql: str) -> Any:
    ran = scratch.run("step.sql", sql)
    assert ran.failure is None, ran.failure
    return scratch.snapshot()


def runs(scratch: Any, statement: str) -> bool:
    """Whether a statement runs; nothing stays of it."""
    session = scratch.session("admin")
    try:
        with session.transaction(force_rollback=True):
            session.execute("SET LOCAL search_path = public")
            session.execute(statement)
    except psycopg.Error:
        return False
    return True


def ended(scratch: Any, script: str) -> object:
    """What a printed script gives in the end: rows with the names and types of their columns."""
    session = scratch.session("admin")
    with session.transaction(force_rollback=True):
        session.execute("SET LOCAL search_path = public")
        cursor = session.execute(script.encode())
        while cursor.nextset():
            pass
        if cursor.description is None:
            return cursor.rowcount
        kinds = [
            session.execute("SELECT format_type(%s, NULL)", (each.type_code,)).fetchone()
            for each in cursor.description
        ]
        columns = [(each.name, each.precision, each.scale) for each in cursor.description]
        return kinds, columns, cursor.fetchall()


def assert_shows(old: Any, new: Any, script: str, step: str) -> None:
    """The script as it is printed runs on the old database, and on the new one it is refused or
    gives something else; one about an upgrade holds a line where that runs."""
    before = ended(old, script)
    try:
        after = ended(old, script.replace(UPGRADE, f"{step};")) if UPGRADE in script else ended(
            new, script
        )  # fmt: skip
    except psycopg.Error:
        assert UPGRADE not in script
        return
    assert after != before, script


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["name"])
def test_pair(database: Database, pair: dict[str, Any]) -> None:
    with ExitStack() as stack:
        scratch = stack.enter_context(database.scratch("baseline"))
        old = run(scratch, BEFORE + pair.get("before", ""))
        proof = pair.get("proof", "SELECT 1")
        assert runs(scratch, proof)
        former = stack.enter_context(scratch.copy())
        new = run(scratch, pair["step"])
        both = Pair(
            old, new, refuses=refuses_on(scratch.session("owner")),
            writes=writes_on(
                scratch.session("owner"), scratch.session("admin"), Sessions().enter(A)
            ),
            upgrade=(parse("step.sql", pair["step"]),),
            witness=Witness(
                lambda: former.session, lambda: scratch.session,
                upgrade=[each.text for each in parse("step.sql", pair["step"]).statements],
            ),
        )  # fmt: skip
        changes = compare_databases(both)
        parts = [change for part in PARTS for change in part(both)]
        assert runs(scratch, proof) is (pair["bump"] != "major" or "proof" not in pair), pair["why"]
        for each in changes:
            assert (each.example is not None) is (each.bump is Bump.MAJOR), each.message
            if each.example is not None:
                assert_shows(former, scratch, each.example, pair["step"])
    assert largest(changes) == pair["bump"], pair["why"]
    deciding = [each.symbol for each in changes if each.bump is largest(changes)]
    assert pair["symbol"] in (deciding or [""])
    assert "example" not in pair or pair["example"] in {each.example for each in changes}
    assert all(each.bump is not Bump.MAJOR for each in changes if not each.proved)
    assert any(pair.get("says", "") in each.message for each in changes) or "says" not in pair
    assert not any(pair.get("not_says", "\0") in each.message for each in changes)
    decides = {each.proved for each in changes if each.bump is largest(changes)}
    assert "proved" not in pair or decides == {pair["proved"]}
    assert largest(changes) is largest(parts)
    assert compare_databases(Pair(new, new)) == []


WIDER = [
    ("character varying(10)", "character varying(20)"),
    ("character varying(10)", "character varying"),
    ("character varying", "text"),
    ("smallint", "bigint"),
    ("integer", "numeric"),
    ("real", "double precision"),
    ("numeric(8,2)", "numeric(10,4)"),
    ("numeric(8,2)", "numeric"),
    ("timestamp(3) with time zone", "timestamp with time zone"),
    ("integer[]", "bigint[]"),
]


@pytest.mark.parametrize(("old", "new"), WIDER)
def test_a_wider_type_is_no_break_and_the_way_back_is_one(old: str, new: str) -> None:
    assert widened(old, new)
    assert not widened(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("date", "timestamp with time zone"),
        ("character(10)", "text"),
        ("integer", "bigint[]"),
        ("bigint", "double precision"),
        ("timestamp without time zone", "timestamp with time zone"),
        ("public.mood", "text"),
        ("numeric", "numeric(8,2)"),
    ],
)
def test_other_types_are_breaks(old: str, new: str) -> None:
    assert not widened(old, new)


def test_released_migrations_are_a_state_on_the_way(database: Database) -> None:
    module = load(EXAMPLES / "_base" / "python")
    bare = replace(module, migrations=())
    with pair_of(bare, module, database) as pair:
        added = [each.symbol for each in compare_databases(pair)]
    assert "table:tenant_sample_module_notes" in added
    with pair_of(module, module, database) as pair:
        assert compare_databases(pair) == []


def test_other_migrations_are_run(database: Database) -> None:
    module = load(EXAMPLES / "_base" / "python")
    (first,) = module.migrations
    sql = first.sql.replace("title text NOT NULL,", "title text NOT NULL,\n    color text,")
    old = replace(module, migrations=(replace(first, sql=sql),))
    with pair_of(old, module, database) as pair:
        (change,) = compare_databases(pair)
    assert change.symbol == "column:tenant_sample_module_notes.color"
    assert str(change.old).startswith("migrations/000_init.sql:9:5")
    assert change.new is None


@pytest.mark.parametrize(
    ("sql", "column", "what"),
    [
        ("ADD COLUMN n int CHECK (n > 0)", 51, "CHECK"),
        ("ADD CONSTRAINT few CHECK (length(title) < 9)", 55, "CHECK"),
        ("ADD COLUMN n int; UPDATE tenant_sample_module_notes SET n = 1", 51, "column"),
    ],
)
def test_what_is_new_is_where_it_is_made(
    settings: Settings, sql: str, column: int, what: str
) -> None:
    """A constraint without a name is found by the column that PostgreSQL names it after."""
    module = load(EXAMPLES / "_base" / "python")
    (first,) = module.migrations
    sql = f"ALTER TABLE tenant_sample_module_notes {sql};"
    later = replace(first, path="migrations/001_more.sql", sql=sql)
    new = replace(module, migrations=(first, later))
    with Database.open(new, Policy(), settings) as upgraded, pair_of(module, new, upgraded) as pair:
        found = [each for each in compare_databases(pair) if what in each.message]
    assert [str(each.new).partition(" ")[0] for each in found] == [
        f"migrations/001_more.sql:1:{column}"
    ]


def test_what_an_upgrade_drops_and_makes_again(settings: Settings) -> None:
    module = load(EXAMPLES / "_base" / "python")
    (first,) = module.migrations
    table = "ALTER TABLE public.tenant_sample_module_notes"
    sql = f"{table} DROP COLUMN title; {table} ADD COLUMN title text NOT NULL DEFAULT '';"
    later = replace(first, path="migrations/001_title.sql", sql=sql)
    new = replace(module, migrations=(first, later))
    with Database.open(new, Policy(), settings) as upgraded:
        with pair_of(module, new, upgraded) as pair:
            lost = [each for each in compare_databases(pair) if "is lost" in each.message]
        rewritten = replace(module, migrations=(replace(first, path="migrations/000.sql"),))
        with pair_of(rewritten, new, upgraded) as pair:
            assert pair.upgrade == ()
    assert [each.symbol for each in lost] == ["column:tenant_sample_module_notes.title"]


@given(st.lists(st.sampled_from([" ", "\n", "\t", "/* a */", "-- b\n"]), min_size=6, max_size=6))
def test_layout_and_comments_of_a_body_say_nothing(gaps: list[str]) -> None:
    words = ["BEGIN", "RETURN", "n", "+", "'a  b'::int", ";", "END"]
    text = _function("".join(itertools.chain(*zip(words, [*gaps, ""], strict=True))))
    assert same_work(_function("BEGIN RETURN n + 'a  b'::int; END"), text)
    assert same_work(_function("begin return N + 'a  b'::int; end"), text)
    assert not same_work(_function("BEGIN RETURN n + 'a b'::int; END"), text)
    assert not same_work(_function("BEGIN RETURN \"N\" + 'a  b'::int; END"), text)


def _function(body: str, language: str = "plpgsql") -> str:
    return (
        "CREATE OR REPLACE FUNCTION public.f(n integer)\n RETURNS integer\n"
        f" LANGUAGE {language}\nAS $function$ {body} $function$\n"
    )


def test_a_body_in_another_language_is_compared_as_it_is() -> None:
    assert not same_work(_function("a b", "plpython3u"), _function("a  b", "plpython3u"))


def test_an_old_version_that_does_not_apply_is_inconclusive(database: Database) -> None:
    module = load(EXAMPLES / "_base" / "python")
    broken = replace(module, migrations=(replace(module.migrations[0], sql="SELECT 1/0;"),))
    with (
        pytest.raises(CouldNotCheckError, match="division by zero"),
        pair_of(broken, module, database),
    ):
        pass


def test_a_comparison_that_takes_too_long_is_inconclusive(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No change is told as a smaller one because the time was up."""
    module = load(EXAMPLES / "_base" / "python")
    (first,) = module.migrations
    sql = first.sql.replace("title text NOT NULL,", "title text NOT NULL,\n    color text,")
    old = replace(module, migrations=(replace(first, sql=sql),))
    monkeypatch.setattr("gates.contract.schema.pair.MAX_SECONDS", -1.0)
    what = r"could not be compared in .* it was at column:tenant_sample_module_notes\.color"
    with pair_of(old, module, database) as pair, pytest.raises(CouldNotCheckError, match=what):
        compare_databases(pair)


GIVES_UP = """
CREATE FUNCTION x_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'canceling statement due to statement timeout' USING ERRCODE = '{}';
END $$;
CREATE TRIGGER waits BEFORE INSERT ON tenant_x_notes FOR EACH ROW EXECUTE FUNCTION x_waits();
"""


@pytest.mark.parametrize("state", ["57014", "55P03", "40P01", "53100"])
def test_what_the_server_gave_up_is_not_refused(database: Database, state: str) -> None:
    """A statement that ran into a limit of time, or a full disk, shows no break."""
    with ExitStack() as stack:
        new = stack.enter_context(database.scratch("baseline"))
        run(new, BEFORE)
        old = stack.enter_context(new.copy())
        run(new, GIVES_UP.format(state))
        witness = Witness(lambda: old.session, lambda: new.session)
        script = witness.rows("public.tenant_x_notes")
        assert script is not None
        with pytest.raises(CouldNotCheckError, match=f"has not ended a statement .{state}: cancel"):
            witness.shows(script)


def test_a_connection_that_was_lost_shows_nothing(database: Database) -> None:
    with database.scratch("baseline") as new:
        run(new, BEFORE)
        with new.copy() as old:
            sessions = {"owner": old.session("owner"), "admin": old.session("admin")}
            witness = Witness(lambda: sessions.__getitem__, lambda: new.session)
            assert witness.rows("public.tenant_x_notes") is not None
            sessions["owner"].close()
            with pytest.raises(CouldNotCheckError, match="the connection to the server was lost"):
                witness.rows("public.tenant_x_notes")


GUARDED = """
CREATE FUNCTION x_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF current_setting('is_superuser') = 'on' THEN RAISE EXCEPTION 'a superuser'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON tenant_x_notes FOR EACH ROW EXECUTE FUNCTION x_guard();
"""


def test_what_a_module_wrote_never_runs_with_the_rights_of_a_superuser(database: Database) -> None:
    with ExitStack() as stack:
        new = stack.enter_context(database.scratch("baseline"))
        run(new, BEFORE + GUARDED)
        old = stack.enter_context(new.copy())
        run(new, "ALTER TABLE tenant_x_notes ALTER COLUMN body SET NOT NULL")
        witness = Witness(lambda: old.session, lambda: new.session)
        script = witness.rows("public.tenant_x_notes", {"body": "NULL"})
        assert script is not None
        assert witness.shows(script)
        plain = witness.rows("public.tenant_x_notes")
        assert plain is not None
        assert not witness.shows(plain)


ENDLESS = """
CREATE FUNCTION x_endless() RETURNS {returns} LANGUAGE plpgsql AS $$ BEGIN
    LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP;
END $$;
"""
AT_ONCE = (
    "CREATE TRIGGER x BEFORE INSERT ON tenant_x_notes FOR EACH ROW EXECUTE FUNCTION x_endless()"
)
AT_THE_END = """CREATE CONSTRAINT TRIGGER x AFTER INSERT ON tenant_x_notes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION x_endless();
GRANT SELECT ON tenant_x_notes TO tenant_app_role"""
IN_A_RULE = "ALTER TABLE tenant_x_notes ADD CHECK (x_endless())"


@pytest.mark.parametrize(
    ("returns", "where"), [("trigger", AT_ONCE), ("trigger", AT_THE_END), ("boolean", IN_A_RULE)],
    ids=["trigger", "when the rows are committed", "rule"],
)  # fmt: skip
def test_what_a_module_wrote_never_outlives_its_limit(
    database: Database, returns: str, where: str
) -> None:
    """It handles the request to stop, and goes on: its session is ended, and nothing was shown."""
    with database.scratch("baseline") as old:
        run(old, BEFORE + ENDLESS.format(returns=returns) + where)
        witness = Witness(lambda: old.session, lambda: old.session, limit=0.5)
        with pytest.raises(CouldNotCheckError, match=r"does not end: .* goes on after 0\.5 s"):
            witness.shows([*(witness.rows("public.tenant_x_notes") or ()),
                           *witness.as_application(), "SELECT FROM tenant_x_notes"])  # fmt: skip
        assert old.session("owner").execute("SELECT 1").fetchone() == (1,)
