"""The commands about modules at tenants, on a real catalog with evidence that is verified."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable

import pytest

from gates import cli
from tests.catalog.tenants import GUARDED, NOTES, ONE, OTHER, SAMPLE, Platform

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def gates(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `gates catalog`; its exit status and all that it said."""
    settings = platform.settings
    monkeypatch.setenv("GATES_STATE_DIR", str(settings.state))
    monkeypatch.setenv("GATES_CATALOG", settings.catalog)
    monkeypatch.setenv("GATES_REGISTRY", settings.registry)
    monkeypatch.chdir(platform.folder)
    policy = platform.folder / "gates-policy.toml"
    policy.write_text("[evidence]\nmax_age_hours = 100000\n")  # the samples began in June

    def run(*arguments: str) -> tuple[int, str]:
        said = io.StringIO()
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            pytest.raises(SystemExit) as ended,
        ):
            cli.main(["catalog", *arguments])
        return int(ended.value.code or 0), said.getvalue()

    return run


def test_a_life_by_commands(gates: Run, platform: Platform) -> None:
    assert gates("provision", ONE, SAMPLE, "1.0.0") == (0, "sample-module 1.0.0  ENABLED\n")
    assert gates("health", ONE, SAMPLE)[0] == 0
    assert gates("set-upgrades", ONE, SAMPLE, "on", "--days", "mon,tue,wed,thu,fri,sat,sun")[0] == 0
    status, said = gates("upgrade-tenants", "--json")
    assert (status, [each["after"] for each in json.loads(said)]) == (0, ["1.2.0"])
    assert gates("upgrade-tenants") == (0, "no upgrade is due\n")
    (platform.folder / "settings.json").write_text('{"title_length": 20}')
    stored = gates("settings", ONE, SAMPLE, "settings.json")
    assert stored == (0, "stored for sample-module 1.2.0\n")
    (platform.folder / "settings.json").write_text('{"title_length": 2}')
    assert gates("settings", ONE, SAMPLE, "settings.json")[0] == 4
    assert gates("set-state", ONE, SAMPLE, "SUSPENDED")[0] == 0
    status, said = gates("stats")
    assert status == 0
    assert "SUSPENDED 1" in said
    assert gates("purge", "out") == (0, "nothing is expired\n")


def test_an_approval_by_commands(gates: Run, platform: Platform) -> None:
    status, said = gates("provision", ONE, GUARDED, "1.0.0")
    assert (status, said) == (0, "guarded-module 1.0.0  PENDING_APPROVAL\n")
    assert gates("approve-request", ONE, GUARDED, "--approver", "ann")[0] == 0
    assert gates("provision", ONE, GUARDED) == (0, "guarded-module 1.0.0  ENABLED\n")
    assert gates("approve-request", OTHER, GUARDED, "--approver", "ann")[0] == 4


def test_what_goes_wrong_has_its_exit_code(gates: Run, platform: Platform) -> None:
    platform.admin.execute(f"CREATE TABLE {NOTES} (id int)".encode())
    status, said = gates("provision", ONE, SAMPLE, "1.0.0")
    assert status == 1
    assert "must be owner" in said
    assert gates("health", ONE, SAMPLE)[0] == 1
    assert gates("health", OTHER, SAMPLE)[0] == 1
    assert gates("provision", ONE, "nothing")[0] == 4
    assert gates("provision", "no-uuid", SAMPLE)[0] == 2
    for window in ("22", "22:00-22:00", "25:00-26:00", "22:00-4"):
        assert gates("set-upgrades", ONE, SAMPLE, "on", "--window", window)[0] == 2
    assert gates("set-upgrades", ONE, SAMPLE, "on", "--days", "monday")[0] == 2
    assert gates("set-state", ONE, SAMPLE, "ENABLED")[0] == 4


def test_sql_of_a_version_whose_evidence_does_not_hold_is_not_run(
    gates: Run, platform: Platform
) -> None:
    (platform.folder / "gates-policy.toml").unlink()  # stale at its release, by the standard
    status, said = gates("provision", ONE, SAMPLE, "1.0.0")
    assert status == 4
    assert "stale" in said
    assert platform.one("SELECT to_regclass(%s)", NOTES) == (None,)
