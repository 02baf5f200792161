"""`gates catalog verify` and `show`: what is not signed by whom the policy trusts is told."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from gates.catalog import Catalog, EvidenceRow, ReleasedVersion
from gates.catalog.verify import verify_version
from gates.cli import cli
from gates.errors import CouldNotCheckError
from gates.evidence.keys import Trust
from gates.evidence.statement import Waived
from gates.model import Stage
from gates.registry import Content
from gates.release import release_version
from gates.report.why import render
from gates.settings import Policy
from tests.catalog.test_catalog_refuses import changed, set_in
from tests.passing import DAY, World

SIX = [each.value for each in Stage.RELEASE.before]


@pytest.fixture
def registered(world: World, catalog: Catalog) -> World:
    world.published()
    release_version(world.release(catalog))
    return world


def row_of(catalog: Catalog) -> tuple[ReleasedVersion, tuple[EvidenceRow, ...]]:
    """The one version, as if released on the day of its evidence."""
    (row,) = catalog.versions("sample-module")
    return replace(row, released_at=f"{DAY}T12:00:00+00:00"), catalog.evidence(row)


def reasons(world: World, row: ReleasedVersion, rows: Any, **more: Any) -> tuple[str, ...]:
    trust = Trust.of(Policy(), world.settings)
    return verify_version(row, rows, trust, max_age_hours=24, **more).all_reasons


def test_what_was_released_is_proved(registered: World, catalog: Catalog) -> None:
    assert reasons(registered, *row_of(catalog), registry=registered.registry) == ()


def test_a_forged_envelope(registered: World, catalog: Catalog) -> None:
    """What the database accepts: the right content, and a signature of the right length."""
    row, rows = row_of(catalog)
    forged = base64.b64encode(b"x" * 64).decode()
    key = {"keyid": rows[0].key_id, "sig": forged}
    rows = tuple(replace(each, envelope={**each.envelope, "signatures": [key]}) for each in rows)
    found = reasons(registered, row, rows)
    assert len(found) == 6
    assert all(each.endswith("edited after signing [wrong-signature]") for each in found)


def test_somebody_else_s_signature(registered: World, catalog: Catalog, folder: Path) -> None:
    other = Trust.of(Policy(), replace(registered.settings, key=folder / "other.pem"))
    row, rows = row_of(catalog)
    found = verify_version(row, rows, other, max_age_hours=24).all_reasons
    assert [each.rpartition(" [")[2] for each in found] == ["unknown-key]"] * 6


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("digest", "0" * 64, "wrong-content"),
        ("bundle", "0" * 64, "wrong-bundle"),
        ("policy", "0" * 64, "wrong-policy"),
        ("version", "1.0.1", "wrong-subject"),
        ("slug", "other-module", "wrong-subject"),
        ("released_at", "2026-06-03T12:00:00+00:00", "stale"),
        ("released_at", "2026-05-03T12:00:00+00:00", "from-the-future"),
    ],
)
def test_a_row_that_says_something_else(
    registered: World, catalog: Catalog, column: str, value: str, code: str
) -> None:
    row, rows = row_of(catalog)
    found = reasons(registered, replace(row, **{column: value}), rows)
    assert found
    assert any(each.endswith(f"[{code}]") for each in found), found


@pytest.mark.parametrize(
    ("column", "value"), [("payload_sha256", "0" * 64), ("key_id", "0" * 64), ("verdict", "fail")]
)
def test_columns_beside_the_envelope(
    registered: World, catalog: Catalog, column: str, value: str
) -> None:
    row, (first, *others) = row_of(catalog)
    (reason,) = reasons(registered, row, (replace(first, **{column: value}), *others))
    assert reason.startswith("the row of lint-manifest ")
    assert reason.endswith("[wrong-row]")


def test_missing_and_unreadable(registered: World, catalog: Catalog) -> None:
    row, (first, second, *others) = row_of(catalog)
    broken = replace(second, envelope={"payload": "!"})
    found = reasons(registered, row, (broken, *others))
    assert found[0] == "the stage lint-manifest has no evidence [missing]"
    assert found[1].startswith("the evidence of lint cannot be read: ")
    edited = changed(first, set_in("predicate", "seconds", value=9))
    assert reasons(registered, row, (edited, second, *others))[0].endswith("[wrong-signature]")


def test_the_registry(registered: World, catalog: Catalog, world: World) -> None:
    row, rows = row_of(catalog)
    gone = replace(registered.settings, registry=str(registered.root / "elsewhere"))
    empty = World(registered.root, gone, bundle=b"other").registry
    (reason,) = reasons(registered, row, rows, registry=empty)
    assert reason.endswith("[no-bundle]")
    empty.push("sample-module", "1.0.0", Content.of_bytes(b"other"), "sample-module-1.0.0.tgz")
    (reason,) = reasons(registered, row, rows, registry=empty)
    assert reason.endswith("[wrong-bundle]")


@pytest.fixture
def run(registered: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on the catalog of `registered`, whose evidence is older than a day."""
    monkeypatch.setenv("GATES_CATALOG", registered.settings.catalog)
    monkeypatch.setenv("GATES_STATE_DIR", str(registered.settings.state))
    monkeypatch.chdir(registered.root.parent)
    policy = registered.root.parent / "gates-policy.toml"
    policy.write_text("evidence.max_age_hours = 100000\n")
    return lambda *arguments: CliRunner().invoke(cli, ["catalog", *arguments])


def test_the_command(run: Any, registered: World) -> None:
    ended = run("verify")
    assert (ended.exit_code, ended.output) == (0, "sample-module 1.0.0  proved\n"), ended.output
    shown = run("show", "sample-module").output
    assert shown.count("  pass  key ") == 6
    assert [each["reasons"] for each in json.loads(run("show", "sample-module", "--json").output)[
        "versions"][0]["evidence"]] == [[]] * 6  # fmt: skip
    with psycopg.connect(registered.settings.catalog, autocommit=True) as connection:
        connection.execute("ALTER TABLE core_module_version_evidence DISABLE TRIGGER ALL")
        connection.execute(
            "UPDATE core_module_version_evidence SET envelope = jsonb_set(envelope,"
            " '{signatures,0,sig}', to_jsonb(%s::text)) WHERE stage = 'scan'",
            (base64.b64encode(b"x" * 64).decode(),),
        )
    ended = run("verify", "sample-module")
    assert ended.output.startswith(
        "sample-module 1.0.0  not proved\n  the evidence of scan has a signature that does not"
    )
    assert str(ended.exception) == "1 of 1 versions are not proved"
    shown = run("show", "sample-module").output
    assert shown.count("  pass  key ") == 5
    assert "scan           not verified  key " in shown
    (version,) = json.loads(run("verify", "--json").output.partition("\n}")[0] + "\n}")["versions"]
    assert len(version["reasons"]) == 1


def test_a_module_that_is_not_there(run: Any) -> None:
    assert "holds no module 'nobody'" in str(run("verify", "nobody").exception)


def test_why_a_version_may_be_trusted(run: Any, registered: World) -> None:
    told = CliRunner().invoke(cli, ["why", "sample-module"])
    assert told.exit_code == 0, told.output
    lines = told.output.splitlines()
    assert lines[0] == "sample-module 1.0.0 is proved"
    assert f"  content    {registered.module.digest}" in lines
    assert f"  bundle     {registered.digest}" in lines
    assert any(each.startswith("  gates      ") for each in lines)
    assert not any(each.startswith("  compared") for each in lines), "no stage says so"
    assert sum("  pass  2026-06-01T10:00:00Z  2 checks  key " in each for each in lines) == 6
    assert lines[-1] == "  exceptions: none"


def test_why_not(run: Any, registered: World, folder: Path) -> None:
    told = CliRunner().invoke(
        cli, ["why", "sample-module", "1.0.0", "--key", str(folder / "other.pem")]
    )
    assert told.exit_code == 4
    assert told.output.startswith("sample-module 1.0.0 is not proved\n")
    assert told.output.count("[unknown-key]") == 6
    assert told.output.count("nothing that counts is signed") == 6
    gone = CliRunner().invoke(cli, ["why", "sample-module", "9.9.9"])
    assert "holds no sample-module 9.9.9" in str(gone.exception)


def test_exceptions_are_named(registered: World, catalog: Catalog) -> None:
    row, rows = row_of(catalog)
    trust = Trust.of(Policy(), registered.settings)
    found = verify_version(row, rows, trust, max_age_hours=24)
    lint = found.statements[Stage.LINT]
    waived = Waived("squawk", "migrations/000_init.sql", "ab" * 8, "")
    checks = (replace(lint.checks[0], waived=(waived,)), *lint.checks[1:])
    statements = {**found.statements, Stage.LINT: replace(lint, checks=checks)}
    told = render(row, replace(found, statements=statements))
    assert told.endswith(
        "  exceptions:\n"
        "    lint squawk in migrations/000_init.sql, by a waiver (abababababababab)\n"
    )


def test_a_catalog_without_a_version_verifies_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GATES_STATE_DIR", str(tmp_path))
    ended = CliRunner().invoke(cli, ["catalog", "verify", "--catalog", str(tmp_path / "typo")])
    assert isinstance(ended.exception, CouldNotCheckError)
    assert ended.exception.exit_code == 3
    assert "holds no version, so nothing was verified" in str(ended.exception)
