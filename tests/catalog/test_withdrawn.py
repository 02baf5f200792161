"""Versions that were yanked, quarantined or revoked: who is refused, who is told, the way back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import psycopg
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gates.catalog import Catalog
from gates.catalog.resolve import Dependency, matching_versions
from gates.checks.lint_manifest.required_bump import required_bump
from gates.cli import cli
from gates.contract.base import base_of, no_base
from gates.errors import RefusedError, UsageError
from gates.evidence import envelope as dsse
from gates.evidence import keys
from gates.evidence.act import Act, Verb, build, read_signed, version_subject
from gates.governance.acts import now_text, sign, verify_acts
from gates.governance.affected import nearest, nearest_first, takes
from gates.governance.signers import Signers
from gates.release import release_version
from gates.settings import Policy
from tests.catalog.conftest import _create, _prepare
from tests.catalog.test_catalog_checks import Row
from tests.passing import DAY, World

TENANT = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(scope="module")
def template(server: str, migrated: str) -> Iterator[World]:
    """A module with the versions 1.0.0 and 1.1.0, which one tenant holds."""
    with _prepare(server, migrated) as made:
        made.catalog.register(made.module, made.version, made.evidence)
        world = World(made.root, made.catalog.settings)
        world.next_version("1.1.0")
        world = World(made.root, made.catalog.settings)
        world.published()
        release_version(world.release(made.catalog))
        made.catalog.close()
        with psycopg.connect(made.url, autocommit=True) as connection:
            # Without what the states of a tenant's module ask for: nothing is installed here.
            connection.execute("ALTER TABLE tenant_modules DISABLE TRIGGER keep_state")
            connection.execute(
                "INSERT INTO tenant_modules (tenant_id, module_slug, module_version, state)"
                " VALUES (%s, 'sample-module', '1.1.0', 'ENABLED')",
                (TENANT,),
            )
            connection.execute("ALTER TABLE tenant_modules ENABLE ALWAYS TRIGGER keep_state")
        yield world


@pytest.fixture
def two(server: str, template: World) -> Iterator[World]:
    """The same for one test alone: the catalog is a copy, the registry is only read."""
    name = template.settings.catalog.partition("?")[0].rpartition("/")[2]
    for url in _create(server, name):
        yield replace(template, settings=replace(template.settings, catalog=url))


@pytest.fixture
def catalog(two: World) -> Iterator[Catalog]:
    with Catalog.open(two.settings) as catalog:
        yield catalog


@pytest.fixture
def run(two: World, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Any:
    monkeypatch.setenv("GATES_STATE_DIR", str(two.settings.state))
    monkeypatch.setenv("GATES_SIGNING_KEY", str(two.settings.key))
    monkeypatch.setenv("GATES_REGISTRY", str(two.settings.registry))
    monkeypatch.setenv("GATES_CATALOG", two.settings.catalog)
    monkeypatch.chdir(folder)

    def invoke(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["catalog", *arguments])

    return invoke


def reasons(ended: Any) -> str:
    assert isinstance(ended.exception, RefusedError), (ended.output, ended.exception)
    return "; ".join(ended.exception.reasons)


def test_a_yank_ends_new_installs_and_pins_go_on(run: Any, two: World, connect: Any) -> None:
    done = run("yank", "sample-module", "1.1.0", "--reason", "slow", "--replacement", "1.0.0")
    assert done.exit_code == 0, done.exception
    assert "1.1.0: yank recorded; 1 tenant holds it" in done.output
    assert run("resolve", "sample-module").output == "1.0.0\n"
    assert run("resolve", "sample-module", "1.1.0").output == "1.1.0\n"
    assert "yanked" in reasons(run("resolve", "sample-module", "^1.1.0"))
    assert run("fetch", "sample-module", "=1.1.0", "--output", "bundle.tgz").exit_code == 0
    with Catalog.open(two.settings) as catalog:
        assert catalog.modules()[0].newest == "1.0.0"
    connection = connect(two.settings.catalog, autocommit=True)
    connection.execute("UPDATE tenant_modules SET state = 'SUSPENDED'")
    connection.execute("UPDATE tenant_modules SET state = 'ENABLED'")
    with pytest.raises(psycopg.errors.CheckViolation, match=r"1\.1\.0 is not served: it is under"):
        connection.execute(
            "INSERT INTO tenant_modules (tenant_id, module_slug, module_version)"
            " VALUES (gen_random_uuid(), 'sample-module', '1.1.0')"
        )
    shown = run("show", "sample-module").output
    assert "standing   yanked" in shown
    assert "yank by key" in shown
    assert "use 1.0.0: slow" in shown
    assert "yanked" in run("matrix", "sample-module").output
    page = Path("matrix.html")
    assert run("matrix", "sample-module", "--html", str(page)).exit_code == 0
    assert "yanked" in page.read_text()
    assert "already [already]" in reasons(run("yank", "sample-module", "1.1.0", "--reason", "x"))
    lifted = run("lift", "yank", "sample-module", "1.1.0", "--reason", "fast again")
    assert lifted.exit_code == 0, lifted.exception
    assert run("resolve", "sample-module").output == "1.1.0\n"
    assert "(act " not in run("verify", "sample-module").output, "nothing is wrong with the acts"
    again = reasons(run("lift", "yank", "sample-module", "1.1.0", "--reason", "x"))
    assert "under no yank [nothing-to-lift]" in again


def test_a_quarantine_serves_nothing(run: Any, two: World, connect: Any) -> None:
    assert run("quarantine", "sample-module", "1.0.0", "1.1.0", "--reason", "odd").exit_code == 0
    for wanted in ("1.1.0", "^1.0.0", "*"):
        for verb in ("resolve", "fetch"):
            assert "in quarantine" in reasons(run(verb, "sample-module", wanted))
    connection = connect(two.settings.catalog, autocommit=True)
    connection.execute("UPDATE tenant_modules SET state = 'SUSPENDED'")
    with pytest.raises(psycopg.errors.CheckViolation, match="under quarantine"):
        connection.execute("UPDATE tenant_modules SET state = 'ENABLED'")
    run("lift", "quarantine", "sample-module", "1.0.0", "1.1.0", "--reason", "looked at")
    connection.execute("UPDATE tenant_modules SET state = 'ENABLED'")
    assert run("resolve", "sample-module").output == "1.1.0\n"


def test_tenants_are_told_of_a_revocation(run: Any, two: World, connect: Any) -> None:
    done = run("revoke", "sample-module", "1.1.0", "--reason", "leaks", "--replacement", "1.0.0")
    assert "1 to be told" in done.output
    assert "revoked" in reasons(run("fetch", "sample-module", "1.1.0"))
    found = json.loads(run("affected", "sample-module", "1.1.0", "--json").output)
    assert found["standing"] == ["revoke"]
    assert found["tenants"] == [
        {"tenant": TENANT, "state": "ENABLED", "told": True, "seen": False, "nearest": "1.0.0"}
    ]
    assert "to be told" in run("affected", "sample-module", "1.1.0").output
    connection = connect(two.settings.catalog)
    for tenant, rows in ((TENANT, [("revoke", "leaks", "1.0.0")]), (str(uuid.uuid4()), [])):
        connection.execute("SET LOCAL ROLE tenant_app_role")
        claims = json.dumps({"tenant_id": tenant})
        connection.execute("SELECT set_config('request.jwt.claims', %s, true)", (claims,))
        read = "SELECT verb, reason, replacement FROM tenant_module_notices"
        assert connection.execute(read).fetchall() == rows
        seen = connection.execute("UPDATE tenant_module_notices SET seen_at = now()")
        assert seen.rowcount == len(rows)
        connection.commit()
    assert "  seen  " in run("affected", "sample-module", "1.1.0").output
    run("lift", "revoke", "sample-module", "1.1.0", "--reason", "a mistake")
    told = connection.execute("SELECT verb FROM tenant_module_notices ORDER BY id").fetchall()
    assert told == [("revoke",), ("lift",)]


def test_a_deprecation_ends_new_installs_after_its_sunset(run: Any, two: World) -> None:
    day = datetime.now(UTC).date() + timedelta(days=30)
    assert "is over" in str(
        run(
            "deprecate", "sample-module", "1.1.0", "--sunset", "2020-01-01", "--reason", "x"
        ).exception
    )
    done = run(
        "deprecate", "sample-module", "1.1.0", "--sunset", str(day), "--reason", "a better one"
    )
    assert done.exit_code == 0, done.exception
    assert run("resolve", "sample-module").output == "1.1.0\n"
    with Catalog.open(two.settings) as catalog:
        versions = catalog.versions("sample-module")
    assert versions[0].sunset == str(day)
    later = matching_versions(versions, "^1.0.0", day + timedelta(days=1))
    assert [each.version for each in later] == ["1.0.0"]


def test_a_rollback_within_its_window(run: Any, two: World, connect: Any) -> None:
    assert "before 1.0.0 [no-version-before]" in reasons(
        run("rollback", "sample-module", "1.0.0", "--reason", "x")
    )
    assert run("rollback", "sample-module", "1.1.0", "--reason", "errors").exit_code == 0
    assert run("resolve", "sample-module").output == "1.0.0\n"
    (notice,) = connect(two.settings.catalog).execute(
        "SELECT verb, replacement FROM tenant_module_notices"
    )
    assert notice == ("roll-back", "1.0.0")


def test_a_rollback_after_its_window(run: Any, two: World) -> None:
    with psycopg.connect(two.settings.catalog, autocommit=True) as connection:
        connection.execute("ALTER TABLE core_module_versions DISABLE TRIGGER keep_version")
        connection.execute(
            "UPDATE core_module_versions SET released_at = now() - interval '49 hours'"
        )
    found = reasons(run("rollback", "sample-module", "1.1.0", "--reason", "late"))
    assert "its rollback window of 48 hours is over [window-over]" in found


def act_of(two: World, known: Catalog, **changes: Any) -> Act:
    row = known.find("sample-module", "1.1.0")
    assert row is not None
    act = Act(
        Verb.YANK,
        (version_subject("sample-module", "1.1.0", row.digest),),
        "slow",
        now_text(),
        catalog=known.identity(),
    )
    return replace(act, **changes)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"catalog": str(uuid.uuid4())}, "wrong-catalog"),
    ({"made": "2026-01-01T00:00:00Z"}, "stale-act"),
    ({"made": "2099-01-01T00:00:00Z"}, "stale-act"),
    ({"replacement": "9.9.9"}, "no-replacement"),
    ({"replacement": "1.1.0"}, "no-replacement"),
    ({"verb": Verb.LIFT, "lifts": "a" * 64}, "nothing-to-lift"),
    ({"subjects": (version_subject("sample-module", "1.1.0", "a" * 64),)}, "wrong-subject"),
    ({"subjects": (version_subject("other", "1.1.0", "a" * 64),)}, "wrong-subject"),
]


def test_what_the_database_refuses(two: World, catalog: Catalog) -> None:
    for changes, code in REFUSED:
        value = sign(act_of(two, catalog, **changes), two.settings).value
        with pytest.raises(RefusedError, match=rf"\[{code}\]"):
            catalog.record("sample-module", ["1.1.0"], value)
    assert catalog.acts("sample-module") == ()


def test_an_act_does_not_count_twice(two: World, catalog: Catalog) -> None:
    envelope = sign(act_of(two, catalog), two.settings)
    catalog.record("sample-module", ["1.1.0"], envelope.value)
    lift = act_of(two, catalog, verb=Verb.LIFT, lifts=read_signed(envelope.to_bytes())[0].sha256)
    catalog.record("sample-module", ["1.1.0"], sign(lift, two.settings).value)
    for again in (envelope.value, sign(lift, two.settings).value):
        with pytest.raises(RefusedError, match=r"\[replayed\]"):
            catalog.record("sample-module", ["1.1.0"], again)


def test_forged_acts(two: World, catalog: Catalog, connect: Any) -> None:
    """In every role: only the function of its own, and what is not signed is found out."""
    connection = connect(two.settings.catalog)
    statements = (
        "INSERT INTO core_module_acts (module_version_id, verb, reason, replacement, made_at,"
        " key_id, payload_sha256, envelope) SELECT id, 'yank', 'x', '', now(), repeat('a', 64),"
        " repeat('a', 64), '{}' FROM core_module_versions",
        "UPDATE core_module_acts SET verb = 'approve'",
        "DELETE FROM core_module_acts",
        "TRUNCATE core_module_acts",
        "SELECT core_record_act('sample-module', '1.1.0', '{}')",
        "INSERT INTO tenant_module_notices (tenant_id, module_slug, module_version, act_id, verb,"
        " reason, replacement) VALUES (gen_random_uuid(), 'sample-module', '1.1.0', 1, 'x', 'x',"
        " '')",
        "DELETE FROM tenant_module_notices",
        "UPDATE tenant_module_notices SET reason = 'all is well'",
    )
    act = "SELECT record_module_act('sample-module', '1.1.0', '{}')"
    approval = "SELECT record_module_approval('sample-module', '1.1.0', '{}')"
    holders = "SELECT * FROM module_holders('sample-module', '1.1.0')"
    refused = {
        "gates_reader": (act, approval),
        "gates_releaser": (act,),
        "gates_governor": (approval,),
        "tenant_app_role": (act, approval, holders, "SELECT * FROM core_module_acts"),
    }
    for role, more in refused.items():
        for statement in (*statements, *more):
            connection.execute(f"SET LOCAL ROLE {role}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
            connection.rollback()
    yank = sign(act_of(two, catalog), two.settings).value
    connection.execute("SET LOCAL ROLE gates_releaser")
    with pytest.raises(psycopg.errors.CheckViolation, match=r"\[wrong-verb\]"):
        connection.execute(
            "SELECT record_module_approval('sample-module', '1.1.0', %s)", (json.dumps(yank),)
        )
    connection.rollback()
    record = "SELECT record_module_act('sample-module', '1.1.0', %s)"
    connection.execute(record, (json.dumps(yank),))
    connection.execute("SET session_replication_role = replica")
    for statement in (*statements[1:3], "TRUNCATE core_module_acts CASCADE"):
        with pytest.raises(psycopg.errors.RestrictViolation), connection.transaction():
            connection.execute(statement.encode())


def test_a_lift_that_nobody_signed_is_found_out(two: World, catalog: Catalog, folder: Path) -> None:
    """What the database takes from whoever may govern: the signature is for the reader."""
    envelope = sign(act_of(two, catalog), two.settings)
    catalog.record("sample-module", ["1.1.0"], envelope.value)
    first = read_signed(envelope.to_bytes())[0].sha256
    lift = act_of(two, catalog, verb=Verb.LIFT, lifts=first)
    other = keys.signing_key(folder / "other.pem")
    catalog.record("sample-module", ["1.1.0"], dsse.sign(build(lift), other).value)
    rows, versions = catalog.acts("sample-module"), catalog.versions("sample-module")
    signers = Signers.of(Policy(), two.settings, DAY)
    yank, forged = verify_acts("sample-module", rows, versions, signers)
    assert yank.reasons == ()
    assert len(forged.reasons) == 1
    assert forged.reasons[0].endswith("[unknown-key]")


def test_wrong_usage(run: Any) -> None:
    assert isinstance(run("yank", "sample-module", "9.0.0", "--reason", "x").exception, UsageError)
    assert isinstance(run("yank", "sample-module", "1.0.0", "--reason", " ").exception, UsageError)
    assert run("yank", "sample-module", "1.0.0").exit_code == 2


def test_who_may_not_sign_records_nothing(run: Any, two: World, catalog: Catalog) -> None:
    Path("other.pem").unlink(missing_ok=True)
    policy = Path("gates-policy.toml")
    public = keys.public_path(two.settings.key)
    policy.write_text(f'[trust]\nkeys = ["{public}"]\n')
    keys.signing_key(Path("other.pem").absolute())
    ended = run(
        "revoke", "sample-module", "1.1.0", "--reason", "x", "--key", "other.pem",
        "--policy", str(policy),
    )  # fmt: skip
    assert "[unknown-key]" in reasons(ended)
    assert catalog.acts("sample-module") == ()


def rows(*each: Row) -> list[Row]:
    return list(each)


@pytest.mark.parametrize(
    ("range_", "expected"),
    [
        ("^1.0.0", ["1.0.0"]),
        ("1.1.0", ["1.1.0"]),
        ("=1.1.0", ["1.1.0"]),
        ("1.2.0", []),
        ("1.3.0", []),
        ("1.4.0", ["1.4.0"]),
        (None, ["1.0.0"]),
    ],
)
def test_what_is_still_resolved(range_: str | None, expected: list[str]) -> None:
    versions = rows(
        Row("1.4.0", sunset="2026-05-31"),
        Row("1.3.0", standing=("revoke",)),
        Row("1.2.0", standing=("quarantine",)),
        Row("1.1.0", standing=("yank",)),
        Row("1.0.0"),
    )
    assert [each.version for each in matching_versions(versions, range_, DAY)] == expected


VERSION = st.builds("{}.{}.{}".format, *[st.integers(0, 3)] * 3)


@hypothesis.settings(max_examples=40)
@given(st.lists(VERSION, unique=True), VERSION, st.sampled_from(["^1.0.0", ">=1 <3", "*", "2.x"]))
def test_the_nearest_is_good_and_in_range(good: list[str], version: str, range_: str) -> None:
    entry = Dependency("x", range_, optional=False)
    found = nearest(nearest_first(good, version), [entry])
    fit = [each for each in good if takes(entry, each)]
    assert (found in fit) if fit else (found == "")
    same = [each for each in fit if each.partition(".")[0] == version.partition(".")[0]]
    if same:
        assert found in same


def test_the_nearest_of_a_few() -> None:
    good = ["0.9.0", "1.0.0", "1.2.0", "1.3.0-rc.1", "2.0.0", "2.1.0"]
    assert nearest(nearest_first(good, "1.1.0"), []) == "1.2.0"
    assert nearest(nearest_first(good, "1.2.1"), []) == "1.2.0"
    assert nearest(nearest_first(good, "3.0.0"), []) == "2.1.0"
    assert nearest(nearest_first(["2.0.0", "2.1.0"], "1.0.0"), []) == "2.0.0"
    assert nearest(nearest_first([], "1.0.0"), []) == ""


def test_what_others_are_compared_with(template: World) -> None:
    rows = [Row("1.2.0", standing=("revoke",)), Row("1.1.0", standing=("yank",))]
    before = [SimpleNamespace(version=each.version, row=each) for each in rows]
    releases: Any = SimpleNamespace(before=before)
    module = template.module
    assert base_of(module, releases) is None
    said = no_base(required_bump, module, releases)
    assert said.message.startswith("every version before was withdrawn (1.2.0 is the newest)")
    before.append(SimpleNamespace(version="1.0.0", row=Row("1.0.0")))
    found = base_of(module, releases)
    assert found is not None
    assert found.version == "1.0.0"
