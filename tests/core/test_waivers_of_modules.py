"""One policy file with the waivers of several modules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.model import Stage, Verdict
from gates.pipeline import run_pipeline
from tests.passing import DAY

WAIVER = """
[[waivers]]
check = "changelog-has-version"
path = "CHANGELOG.md"
reason = "written by hand"
owner = "o"
approver = "a"
expires = 2099-01-31
"""


@pytest.mark.parametrize(
    ("module", "broken", "verdict", "message"),
    [
        ("sample-module", True, Verdict.PASS, None),
        ("other-module", False, Verdict.PASS, None),
        ("sample-module", False, Verdict.FAIL, "waives nothing"),
        ("other-module", True, Verdict.FAIL, "no entry for version 1.0.0"),
    ],
)
def test_a_waiver_counts_for_its_module_alone(
    make_module, settings, tmp_path, module, broken, verdict, message
):
    root = make_module("python")
    if broken:
        (root / "CHANGELOG.md").write_text("# Changelog\n")
    policy = tmp_path / "policy.toml"
    policy.write_text(f'{WAIVER}module = "{module}"\n')
    report = run_pipeline(
        root,
        [Stage.LINT_MANIFEST],
        replace(settings, policy=policy),
        today=DAY,
        only=frozenset({"changelog-has-version"}),
    )
    assert report.verdict is verdict
    found = [each.message for stage in report.stages for each in stage.findings()]
    assert [message in each for each in found] == ([True] if message else [])
