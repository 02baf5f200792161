"""The catalog itself asks for approvals and soak, whoever registers a version and however."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.types.json import Jsonb

from gates.catalog import Catalog, act_store, store
from gates.cli import cli
from gates.errors import RefusedError
from gates.evidence import envelope
from gates.evidence.act import Act, Verb, build, version_subject
from gates.evidence.keys import key_id, signing_key
from gates.release import release_version
from tests.catalog.test_approvals import approve
from tests.catalog.test_approvals import people as people
from tests.catalog.test_catalog_refuses import changed, set_in
from tests.passing import World

GA = {"purpose": "ga", "count": 2, "of": ["release"], "max_age_days": 30}


@dataclass
class Bench:
    """A session that commits nothing, in which one version is registered again and again."""

    session: psycopg.Connection[Any]
    prepared: Any
    folder: Path

    def key(self, name: str) -> Any:
        return signing_key(self.folder / f"{name}.pem")

    def record(self, *rules: dict[str, Any], soak: dict[str, float] | None = None) -> None:
        people = [
            {
                "key_id": key_id(self.key(name).public_key()), "name": person,
                "email": f"{person}@example.org", "groups": groups,
            }
            for name, person, groups in (
                ("ann", "ann", ["release"]), ("ann-2", "ann", ["release"]),
                ("ben", "ben", ["release", "security"]), ("eve", "eve", []),
            )
        ]  # fmt: skip
        rules_ = {"approvers": people, "approval_rules": rules, "soak_hours": soak or {}}
        self.session.execute(
            "SELECT set_release_rules(%s)", (Jsonb({"policy": "a" * 64, **rules_}),)
        )

    def register(self, **changes: Any) -> None:
        """The version of the sample, and its evidence."""
        row = replace(self.prepared.version, **changes.pop("row", {}))
        given = changes.pop("evidence", self.prepared.evidence)
        store.register_version(self.session, self.prepared.module, row, given)

    def approve(self, name: str, **changes: Any) -> None:
        """An approval by a key, signed; `changes` are members of the act."""
        row = self.prepared.version
        made = datetime.now(UTC).isoformat()
        act = Act(Verb.APPROVE, (version_subject(row.slug, row.version, row.digest),), "r", made)
        signed = envelope.sign(build(replace(act, **changes)), self.key(name))
        act_store.record_approval(self.session, row.slug, row.version, signed.value)

    def problem(self) -> str:
        """What the commit would be refused with; "" where it would not."""
        try:
            with self.session.transaction(force_rollback=True):
                self.session.execute("SET CONSTRAINTS release_rules IMMEDIATE")
        except psycopg.errors.CheckViolation as error:
            return f"{error.diag.constraint_name}: {error.diag.message_primary}"
        return ""


@pytest.fixture
def bench(untouched: Any, tmp_path: Path) -> Iterator[Bench]:
    with psycopg.connect(untouched.url) as session:
        yield Bench(session, untouched, tmp_path)
        session.rollback()


def ago(**parts: float) -> str:
    return (datetime.now(UTC) - timedelta(**parts)).isoformat()


def test_without_rules_nothing_is_asked(bench: Bench) -> None:
    bench.register()
    assert bench.problem() == ""


COUNTED: list[tuple[list[tuple[str, dict[str, Any]]], int]] = [
    ([], 0),
    ([("ann", {})], 1),
    ([("ann", {}), ("ann-2", {})], 1),  # one person with two keys
    ([("ann", {}), ("eve", {})], 1),  # not of the group
    ([("ann", {}), ("stranger", {})], 1),
    ([("ann", {}), ("ben", {"until": date(2026, 1, 1)})], 1),
    ([("ann", {}), ("ben", {"made": ago(days=31)})], 1),
    ([("ann", {}), ("ben", {"made": ago(hours=-1)})], 1),
    ([("ann", {}), ("ben", {"made": ago(days=29), "until": date(2999, 1, 1)})], 2),
]


@pytest.mark.parametrize(("given", "count"), COUNTED)
def test_distinct_people_in_time(
    bench: Bench, given: list[tuple[str, dict[str, Any]]], count: int
) -> None:
    bench.record(GA)
    bench.register()
    for name, changes in given:
        bench.approve(name, **changes)
    said = bench.problem()
    assert bool(said) is (count < 2)
    assert not said or said == (
        "release_rules: the catalog refuses this version: sample-module 1.0.0 needs 2 approvals"
        f" (ga), and has {count} [not-approved]"
    )


def test_nobody_approves_what_is_their_own(bench: Bench) -> None:
    """By the key that signed a stage, or as the author of the commit."""
    bench.record({**GA, "count": 1})
    first, *others = bench.prepared.evidence
    authored = changed(first, set_in("predicate", "environment", "author", value="ANN@example.org"))
    bench.register(evidence=[authored, *others])
    bench.approve("ann")
    assert "has 0 [not-approved]" in bench.problem()
    bench.approve("ben")
    assert bench.problem() == ""


def test_the_key_of_a_stage_approves_nothing(bench: Bench) -> None:
    own = bench.prepared.catalog.settings.key
    (bench.folder / "ann.pem").write_bytes(own.read_bytes())
    (bench.folder / "ann.pem").chmod(0o600)
    bench.record({**GA, "count": 1})
    bench.register()
    bench.approve("ann")
    assert "has 0 [not-approved]" in bench.problem()


def earlier(bench: Bench, version: str, status: str, hours: float) -> int:
    """A version that was released so many hours ago."""
    row = bench.session.execute(
        "INSERT INTO core_module_versions (slug, version, content_digest, bundle_digest,"
        " registry_manifest, registry_reference, policy_digest, changelog, migrations,"
        " tables_created, manifest, settings_schema, status, released_at)"
        " SELECT slug, %s, content_digest, bundle_digest, registry_manifest, registry_reference,"
        " policy_digest, changelog, migrations, tables_created,"
        " manifest || jsonb_build_object('version', %s::text), settings_schema, %s,"
        " now() - %s * interval '1 hour' FROM core_module_versions WHERE version = '1.0.0'"
        " RETURNING id",
        (version, version, status, hours),
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_maturity_stands_its_time(bench: Bench) -> None:
    bench.record(soak={"GA": 24})
    bench.register()
    assert "GA asks for 24 hours as RC, and since then nothing stands there" in bench.problem()
    earlier(bench, "0.8.0", "BETA", 99)
    earlier(bench, "0.9.0", "RC", 23)
    assert "[not-soaked]" in bench.problem()
    old = earlier(bench, "0.9.1", "RC", 25)
    assert bench.problem() == ""
    bench.session.execute(
        "INSERT INTO core_module_acts (module_version_id, verb, reason, replacement, made_at,"
        " key_id, payload_sha256, envelope) VALUES (%s, 'yank', 'r', '', now(), %s, %s, '{}')",
        (old, "a" * 64, "b" * 64),
    )
    assert "[not-soaked]" in bench.problem(), "a version that is withdrawn does not stand"
    earlier(bench, "0.9.2", "GA", 1)
    assert bench.problem() == "", "the module was GA before"


@pytest.mark.parametrize(
    ("rule", "before", "status", "asked"),
    [
        ("offer", [], "BETA", True), ("offer", [], "RC", False), ("ga", [], "BETA", False),
        ("major", [], "GA", False), ("major", ["0.9.0"], "GA", True),
        ("major", ["1.0.0-rc.1"], "GA", False), ("waiver", [], "GA", False),
    ],
)  # fmt: skip
def test_what_asks_for_which(
    bench: Bench, rule: str, before: list[str], status: str, asked: bool
) -> None:
    bench.record({**GA, "purpose": rule})
    bench.register(row={"status": status})
    for each in before:
        earlier(bench, each, "IN_DEVELOPMENT", 1)
    assert bool(bench.problem()) is asked


@pytest.mark.parametrize(
    "change",
    [
        {"approvers": [{"name": "ann"}]}, {"approvers": {}}, {"approval_rules": None},
        {"approval_rules": [{**GA, "count": 0}]}, {"approval_rules": [{**GA, "count": "many"}]},
        {"approval_rules": [{**GA, "purpose": "nothing"}]}, {"approval_rules": [{"count": 1}]},
        {"approval_rules": [{**GA, "of": "release"}]}, {"soak_hours": {"GA": "long"}},
        {"soak_hours": {"GA": -1}}, {"policy": "x"},
    ],
)  # fmt: skip
def test_rules_that_nobody_understands_are_refused(bench: Bench, change: dict[str, Any]) -> None:
    good = {"policy": "a" * 64, "approvers": [], "approval_rules": [], "soak_hours": {}}
    with pytest.raises(psycopg.errors.IntegrityError):
        bench.session.execute("SELECT set_release_rules(%s)", (Jsonb({**good, **change}),))


def test_nobody_but_the_owner_changes_the_rules(bench: Bench) -> None:
    bench.record(GA)
    for statement in (
        "SELECT set_release_rules('{}')",
        "INSERT INTO core_release_rules (policy_digest, approvers, approval_rules, soak_hours)"
        " VALUES ('', '[]', '[]', '{}')",
        "ALTER TABLE core_module_versions DISABLE TRIGGER release_rules",
        "SET session_replication_role = replica",
    ):
        for role in ("gates_releaser", "gates_governor", "gates_provisioner", "tenant_app_role"):
            given = f"SET LOCAL SESSION AUTHORIZATION {role}; {statement}"
            with pytest.raises(psycopg.errors.InsufficientPrivilege), bench.session.transaction():
                bench.session.execute(given.encode())
    for statement in (
        "UPDATE core_release_rules SET approval_rules = '[]'",
        "DELETE FROM core_release_rules", "TRUNCATE core_release_rules",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.RestrictViolation), bench.session.transaction():
            bench.session.execute(statement.encode())
    (audited,) = bench.session.execute(
        "SELECT new_data -> 'approval_rules' FROM audit_logs"
        " WHERE table_name = 'core_release_rules'"
    ).fetchall()
    assert audited == ([GA],)


def rules(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["catalog", "rules", *arguments])


def test_by_commands(people: World, catalog: Catalog, folder: Path) -> None:
    """Whoever has the releaser's login and no approvals is refused, without the tool, too."""
    assert rules().output == "no rules: the catalog asks for nothing\n"
    told = json.loads(rules("--record").output)
    assert told == json.loads(rules("--record").output), "the same rules are recorded once"
    assert told["policy"] == people.policy.digest
    assert [each["name"] for each in told["approvers"]] in (["ann", "ben"], ["ben", "ann"])
    assert told["approval_rules"] == [
        {"purpose": "ga", "count": 2, "of": ["release"], "max_age_days": 0}
    ]
    approval_rules, people.policy = people.policy, replace(people.policy, approval_rules=())
    people.published()
    with pytest.raises(RefusedError, match=r"needs 2 approvals \(ga\), and has 0 \[not-approved\]"):
        release_version(people.release(catalog))
    assert catalog.modules() == ()
    people.policy = approval_rules
    people.published()
    for name in ("ann", "ben"):
        done = approve(str(people.root), "--key", str(folder / f"{name}.pem"))
        assert done.exit_code == 0, done.exception
    release_version(people.release(catalog))
    assert [each.verb for each in catalog.acts("sample-module")] == ["approve", "approve"]
