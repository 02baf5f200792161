"""Hostile and broken modules: a clear end, the right exit code, nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gates.check import all_checks
from gates.model import Stage
from tests.e2e.conftest import GATES

DATABASE, RULES = (
    [
        f"--check={each.id}"
        for each in all_checks()
        if each.stage is stage and each.language is None and wanted(each.needs)
    ]
    for stage, wanted in (
        (Stage.TEST, lambda needs: "database" in needs and "tests" not in needs),
        (Stage.LINT, lambda needs: "tools" not in needs),
    )
)
"""All database proofs without the module's own tests; all rules that start no program."""


def loosen(examples: Path, line: str) -> None:
    policy = examples / "gates-policy.toml"
    policy.write_text(f"{line}\n{policy.read_text()}")


def first_migration(module: Path) -> Path:
    return min((module / "migrations").glob("000_*.sql"))


def test_an_empty_manifest(gates, examples):
    module = examples / "alert-engine"
    (module / "module.json").write_text("")
    ended = gates("lint-manifest", module)
    assert ended.code == 1
    assert any(f["path"] == "module.json" and f["line"] == 1 for f in ended.findings())


def test_invalid_json_names_the_position(gates, examples):
    module = examples / "alert-engine"
    (module / "module.json").write_text('{\n  "name": "x",\n  "slug" "y"\n}\n')
    ended = gates("lint-manifest", module)
    assert ended.code == 1
    positions = [(f["line"], f["column"]) for f in ended.findings() if f["check"] == "readable"]
    assert positions == [(3, 9)]


def test_fifty_errors_in_one_manifest_are_reported_at_once(gates, examples):
    module = examples / "alert-engine"
    manifest = json.loads((module / "module.json").read_text())
    manifest |= {f"unknown_{number}": number for number in range(50)}
    (module / "module.json").write_text(json.dumps(manifest, indent=2))
    ended = gates("lint-manifest", module)
    assert ended.code == 1
    found = [f for f in ended.findings() if "unknown_" in f["message"]]
    assert len({f["line"] for f in found}) == 50


def test_a_path_out_of_the_module_is_named_and_not_opened(gates, examples):
    module = examples / "alert-engine"
    manifest = json.loads((module / "module.json").read_text())
    manifest["schema_file"] = "../../etc/passwd"
    (module / "module.json").write_text(json.dumps(manifest, indent=2))
    ended = gates("lint-manifest", module)
    assert ended.code == 1
    assert any("../../etc/passwd" in f["message"] for f in ended.findings())
    assert "root:" not in ended.out


def test_a_migration_with_a_syntax_error(gates, examples):
    module = examples / "alert-engine"
    migration = first_migration(module)
    text = migration.read_text() + "\nCREATE TABEL tenant_alert_engine_x ();\n"
    migration.write_text(text)
    ended = gates("run", module, *RULES)
    assert ended.code == 1
    finding = next(f for f in ended.findings() if f["check"] == "migration-parses")
    assert (finding["path"], finding["line"]) == (
        f"migrations/{migration.name}",
        len(text.splitlines()),
    )


def test_a_migration_that_fails_when_run_shows_its_statement(gates, examples):
    module = examples / "alert-engine"
    migration = first_migration(module)
    text = migration.read_text() + "\nDO $$ BEGIN PERFORM 1 / 0; END $$;\n"
    migration.write_text(text)
    ended = gates("run", module, *DATABASE)
    assert ended.code == 1
    finding = next(f for f in ended.findings() if f["check"] == "migrations-apply")
    assert "division by zero" in finding["message"]
    assert "PERFORM 1 / 0" in finding["detail"]
    assert finding["line"] == len(text.splitlines())


def test_a_migration_that_never_ends_is_stopped_and_the_server_with_it(gates, examples, folder):
    module = examples / "alert-engine"
    loosen(examples, "statement_timeout = 1")
    migration = first_migration(module)
    migration.write_text(migration.read_text() + "\nSELECT pg_sleep(600);\n")
    ended = gates("run", module, *DATABASE, env={"GATES_CACHE_DIR": own_cache(folder)})
    assert ended.code in (1, 3)
    assert "pg_sleep" in ended.out
    assert_no_server_is_left(folder)


def own_cache(folder: Path) -> str:
    """A cache of the test's own, with the shared toolchains in it."""
    from gates.settings import Settings

    cache = folder / "cache"
    cache.mkdir(exist_ok=True)
    shared = Settings.from_environment().cache
    for name in ("toolchains", "environments", "npm", "modules"):
        if (shared / name).is_dir() and not (cache / name).exists():
            (cache / name).symlink_to(shared / name)
    return str(cache)


def assert_no_server_is_left(folder: Path) -> None:
    """None that was started from the test's own cache, and no folder of one."""
    from gates.database.server.folders import runs_folder
    from gates.database.server.programs import Account

    runs = runs_folder(folder / "cache" / "postgresql", Account.choose())
    assert [each.name for each in runs.iterdir() if each.is_dir()] == []
    places = (str(folder / "cache"), str(runs))
    assert not any(place in line for line in command_lines() for place in places)
    if not runs.is_relative_to(folder):
        shutil.rmtree(runs)


def command_lines() -> list[str]:
    """The command lines of all processes."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (OSError, UnicodeDecodeError):
            continue
    return found


def test_a_test_suite_that_hangs_is_ended_with_its_children(gates, examples):
    module = examples / "retention-report"
    loosen(examples, "test_timeout = 3")
    (module / "tests" / "unit" / "test_hang.py").write_text(
        "import subprocess\nimport time\n\n\ndef test_hang() -> None:\n"
        '    subprocess.Popen(["sleep", "4711"])\n    time.sleep(4711)\n'
    )
    ended = gates("run", module, "--check=tests-pass", "--check=coverage")
    assert ended.code == 3
    assert "tests-pass" in ended.reasons()
    assert not any(line.startswith("sleep 4711") for line in command_lines())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_servers_and_tools_and_says_so(examples, environment, folder, number):
    module = examples / "retention-report"
    (module / "tests" / "unit" / "test_hang.py").write_text(
        "import subprocess\n\n\ndef test_hang() -> None:\n"
        '    subprocess.run(["sleep", "4712"], check=False)\n'
    )
    env = environment | {"GATES_CACHE_DIR": own_cache(folder)}
    some = ["--check=tests-pass", "--check=tenant-isolation"]
    process = subprocess.Popen(
        [str(GATES), "run", str(module), *some], env=env, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not any(line.startswith("sleep 4712") for line in command_lines()):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline, "the module's tests did not start"
        time.sleep(0.1)
    os.kill(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert not any(line.startswith("sleep 4712") for line in command_lines())
    assert_no_server_is_left(folder)
    assert not [p for p in (folder / "cache" / "work").iterdir() if not p.name.startswith(".")]


def test_an_unreachable_database_is_inconclusive(gates, examples):
    url = "postgresql://nobody@127.0.0.1:1/none"
    ended = gates("run", examples / "retention-report", *DATABASE, "--database-url", url)
    assert ended.code == 3
    assert ended.stages == {"test": "inconclusive"}
    assert "migrations-apply" in ended.reasons()


def test_an_unreachable_catalog_is_inconclusive_and_not_a_first_version(gates, examples):
    url = "postgresql://nobody@127.0.0.1:1/none"
    ended = gates("lint-manifest", examples / "retention-report", "--catalog", url)
    assert ended.code == 3
    assert "version-greater" in ended.reasons()


def test_offline_without_a_snapshot_is_inconclusive(gates, examples):
    policy = examples / "gates-policy.toml"
    text = policy.read_text()
    policy.write_text(text.replace('snapshot = "advisories.json"', "").replace("max_age", "#"))
    ended = gates("scan", examples / "retention-report", "--offline")
    assert ended.code == 3
    assert "dependency-advisories" in ended.reasons()
