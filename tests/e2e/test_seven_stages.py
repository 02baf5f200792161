"""The main job: the examples pass all seven stages; one fault fails at its own stage."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.model import Stage
from tests.e2e.conftest import Ended


def test_an_example_passes_and_ends_as_a_row_that_psql_shows(gates, examples):
    ended = gates("run", examples / "alert-engine")
    require_passed(ended)
    require_row(gates, examples / "alert-engine")


def test_what_has_passed_is_released_without_being_run_again(gates, passed, first_run):
    assert first_run.stages == dict.fromkeys(Stage.RELEASE.before, "pass")
    assert (first_run.findings(), first_run.findings("warning")) == ([], [])
    ended = gates("run", passed)
    require_passed(ended)
    checking = [each for each in ended.report["stages"] if each["stage"] in Stage.PUBLISH.before]
    assert [each["id"] for one in checking for each in one["checks"] if not each["reused"]] == []
    require_row(gates, passed)


def require_passed(ended: Ended) -> None:
    assert ended.stages == dict.fromkeys(Stage, "pass"), ended.out
    assert ended.code == 0
    assert (ended.findings(), ended.findings("warning")) == ([], [])


def require_row(gates, module: Path) -> None:
    name = module.name
    query = "SELECT m.slug, v.version, v.tables_created FROM core_module_versions v"
    query += " JOIN core_modules m USING (slug)"
    shown = gates("catalog", "psql", "-tAc", query, json_report=False)
    prefix = f"tenant_{name.replace('-', '_')}_"
    assert shown.out.startswith(f"{name}|1.0.0|{{{prefix}")
    page = json.loads(gates("catalog", "show", name, "--json", json_report=False).out)
    evidence = [each["stage"] for each in page["versions"][0]["evidence"]]
    assert evidence == list(Stage)[:-1]
    again = gates("release", module)
    assert (again.code, again.stages) == (0, {"release": "pass"}), again.out


@pytest.mark.parametrize("language", ["python", "typescript"])
def test_a_new_module_passes_untouched(gates, examples, language):
    module = examples / "my-notes"
    made = gates("new", "my-notes", module, "--language", language, json_report=False)
    assert made.code == 0, made.err
    require_passed(gates("run", module))
    listed = gates("catalog", "list", json_report=False)
    assert "my-notes" in listed.out


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, f"{path.name} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), "utf-8")


def short_description(module: Path) -> None:
    manifest = json.loads((module / "module.json").read_text())
    replace(module / "module.json", manifest["description"], "Too short")


def no_entry_in_the_changelog(module: Path) -> None:
    replace(module / "CHANGELOG.md", "1.0.0", "0.9.0")


def unused_local(module: Path) -> None:
    """One that ruff alone looks for."""
    with (module / "src/retention_report/lib/errors.py").open("a", encoding="utf-8") as file:
        file.write("\n\ndef forget() -> None:\n    value = 1\n")


def row_security_not_forced(module: Path) -> None:
    migration = next((module / "migrations").glob("000_*.sql"))
    text = migration.read_text()
    line = next(line for line in text.splitlines() if "FORCE ROW LEVEL SECURITY" in line)
    migration.write_text(text.replace(line, "", 1))


def another_version_in_register(module: Path) -> None:
    replace(module / "src/retention_report/lib/identity.py", '"1.0.0"', '"1.0.1"')
    replace(module / "tests/unit/test_register.py", 'MANIFEST["version"]', '"1.0.1"')
    replace(module / "tests/e2e/test_runs.py", '"version": "1.0.0"', '"version": "1.0.1"')


def committed_secret(module: Path) -> None:
    path = module / "README.md"
    key = "AKIA" + "2E0A8F3B244C9986"
    path.write_text(f"{path.read_text()}\nThe report is fetched with {key}.\n")


FAULTS = [
    (Stage.LINT_MANIFEST, no_entry_in_the_changelog, "changelog-has-version", "CHANGELOG.md"),
    (Stage.LINT, unused_local, "ruff", "src/retention_report/lib/errors.py"),
    (Stage.TEST, row_security_not_forced, "row-security", "migrations/000"),
    (Stage.BUILD, another_version_in_register, "register-matches-manifest", ""),
    (Stage.SCAN, committed_secret, "secrets", "README.md"),
]


@pytest.mark.parametrize(
    ("stage", "fault", "check", "path"), FAULTS, ids=[str(each[0]) for each in FAULTS]
)
def test_one_fault_fails_at_its_stage_with_one_finding(
    gates, passed, stage: Stage, fault: Callable[[Path], None], check: str, path: str
):
    """Of a module that had passed: what the fault does not touch is answered from that."""
    fault(passed)
    ended = gates("run", passed)
    assert ended.code == 1, ended.out
    expected = dict.fromkeys(Stage, "pass") | {stage: "fail"}
    expected |= dict.fromkeys((Stage.PUBLISH, Stage.RELEASE), "inconclusive")
    assert ended.stages == expected, ended.out
    (finding,) = ended.findings()
    assert finding["check"] == check
    assert finding["path"].startswith(path)
    assert finding["fix"]
    if path:
        assert finding["line"]
        assert f"{finding['path']}:{finding['line']}" in ended.out
    listed = gates("catalog", "list", json_report=False)
    assert listed.out == "the catalog holds no module yet\n"


def test_publish_refuses_other_content_under_a_published_version(gates, passed):
    module = passed
    (module / "README.md").write_text("# Retention report\n\nOther words.\n")
    ended = gates("run", module)
    assert ended.stages["publish"] == "fail", ended.out
    (finding,) = ended.findings()
    assert finding["check"] == "version-immutable"
    assert "1.0.0" in finding["message"]
    assert ended.stages["release"] == "inconclusive"


def test_release_refuses_without_evidence_of_a_stage(gates, passed):
    module = passed
    (module / ".gates" / "evidence" / "scan.dsse.json").unlink()
    ended = gates("release", module)
    assert ended.code == 4
    assert "the stage scan has no evidence" in ended.out
    verified = gates("verify", module, json_report=False)
    assert verified.code == 4
    assert "the stage scan has no evidence" in verified.out


def test_nox_gives_the_same_verdict_and_the_same_report(gates, examples, environment, folder):
    import subprocess
    import sys

    module = examples / "retention-report"
    (module / "noxfile.py").write_text("from gates.nox import register\n\nregister()\n")
    by_command = gates("scan", module)
    report = folder / "nox.json"
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "nox",
            "-s",
            "scan",
            "--",
            ".",
            "--fresh",
            "--output",
            f"json={report}",
        ],
        cwd=module,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr

    def without_times(value: object) -> object:
        if isinstance(value, dict):
            kept = {k: v for k, v in value.items() if k not in ("seconds", "started")}
            return {key: without_times(each) for key, each in kept.items()}
        return [without_times(each) for each in value] if isinstance(value, list) else value

    by_nox = json.loads(report.read_text())
    assert without_times(by_nox) == without_times(by_command.report)


def test_nox_fails_where_the_command_fails(examples, environment):
    import subprocess
    import sys

    module = examples / "alert-engine"
    (module / "noxfile.py").write_text("from gates.nox import register\n\nregister()\n")
    short_description(module)
    ended = subprocess.run(
        [sys.executable, "-m", "nox", "-s", "lint-manifest", "--", "."],
        cwd=module,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "manifest-schema" in ended.stdout
