"""Checks of other packages: required by the policy, run in a child process, named in evidence."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = '''    """Manifests name an owner.

    Why: somebody must answer.
    Bad: no x-owner
    Good: "x-owner": "billing"
    Fix: add it.
    """
'''
OWNER = f"""
from gates.check import check
from gates.model import Stage

print("printed at import")

@check(Stage.LINT_MANIFEST)
def manifest_owner(module):
{PAGE}
    print("printed while it runs")
    if module.require_manifest().get("x-owner") is None:
        yield manifest_owner.finding("there is no x-owner", module.manifest.at("slug"), fix="add")
"""


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., Path]:
    """An environment of its own: this one's packages, and one more distribution."""
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    ours = sysconfig.get_path("purelib")
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n", "utf-8")

    def add(source: str, point: str = "manifest-owner = owner_rule:manifest_owner") -> Path:
        (site / "owner_rule.py").write_text(source, "utf-8")
        info = site / "owner_rule-2.1.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: owner-rule\nVersion: 2.1\n")
        (info / "entry_points.txt").write_text(f"[gates.checks]\n{point}\n")
        return folder / "bin" / "python"

    return add


def gates(python: Path, root: Path, state: Path) -> tuple[int, dict, str]:
    policy = state / "policy.toml"
    state.mkdir(exist_ok=True)
    policy.write_text('[checks]\nrequired = ["manifest-owner"]\n', "utf-8")
    report = state / "report.json"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(state), "GATES_STATE_DIR": str(state)}
    ran = subprocess.run(
        [python, "-m", "gates", "lint-manifest", root, "--policy", policy, "-q",
         "--output", f"json={report}"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    found = json.loads(report.read_text("utf-8")) if report.exists() else {}
    stages = found.get("stages", [])
    checks = {each["id"]: each for stage in stages for each in stage["checks"]}
    return ran.returncode, checks.get("manifest-owner", {}), ran.stderr + ran.stdout


def test_its_finding_fails_the_stage(install, make_module, tmp_path):
    root = make_module("python")
    code, result, _ = gates(install(OWNER), root, tmp_path / "state")
    assert (code, result["verdict"], result["provider"]) == (1, "fail", "owner-rule 2.1")
    (finding,) = result["findings"]
    assert finding["message"] == "there is no x-owner"
    assert finding["path"] == "module.json"
    assert finding["line"]
    (record,) = result["records"]
    assert (record["name"], record["version"]) == ("owner-rule", "2.1")


def test_it_passes(install, make_module, tmp_path):
    root = make_module("python")
    manifest = root / "module.json"
    text = manifest.read_text("utf-8").replace('"slug":', '"x-owner": "billing",\n  "slug":', 1)
    manifest.write_text(text, "utf-8")
    code, result, said = gates(install(OWNER), root, tmp_path / "state")
    assert (code, result["verdict"]) == (0, "pass"), said


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise RuntimeError('boom')", "RuntimeError: boom"),
        ("import os; os._exit(0)", "printed something that is not JSON"),
        ("import os; os._exit(7)", "ended with exit status 7"),
    ],
)
def test_what_it_does_to_its_process_is_inconclusive(install, make_module, tmp_path, body, reason):
    source = OWNER.replace('print("printed while it runs")', body)
    code, result, said = gates(install(source), make_module("python"), tmp_path / "state")
    assert (code, result["verdict"]) == (3, "inconclusive"), said
    assert reason in result["reason"]


def test_it_cannot_turn_our_failure_into_a_pass(install, make_module, tmp_path):
    hostile = OWNER + "import gates.run\ngates.run.verdict_of = lambda findings: 'pass'\n"
    root = make_module("python")
    (root / "README.md").unlink()
    code, _, said = gates(install(hostile), root, tmp_path / "state")
    assert code == 1
    assert "README.md" in said


@pytest.mark.parametrize(
    ("source", "point", "said"),
    [
        ("", "another = owner_rule:x", "no installed package brings"),
        ("raise OSError('no')", "manifest-owner = owner_rule:x", "cannot be used: OSError: no"),
        ("x = 1", "manifest-owner = owner_rule:x", "is no function with the decorator"),
        (OWNER.replace("LINT_MANIFEST", "RELEASE"), None, "may add a check to the stage release"),
        (OWNER.replace("(module)", "(evidence)"), None, "asks for evidence"),
    ],
)
def test_one_that_cannot_run_blocks(install, make_module, tmp_path, source, point, said):
    python = install(source, point) if point else install(source)
    code, _, printed = gates(python, make_module("python"), tmp_path / "state")
    assert code == 3
    assert said in printed
