"""`--effective-time`: what will fail on another day, of which nothing is signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gates.cli import cli
from gates.errors import ConfigurationError, UsageError
from gates.evidence.rules import Expected, check_effective
from gates.evidence.statement import CheckEntry, Statement
from gates.model import Stage, Verdict

FAR = "2099-01-01"


@pytest.fixture
def lint(make_module: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`gates lint-manifest` over a module without README, which is to be an error one day."""
    root = make_module("python")
    (root / "README.md").unlink()
    (folder / "gates-policy.toml").write_text(f"[effective_on]\nstandard-files = {FAR}\n")
    monkeypatch.setenv("GATES_STATE_DIR", str(folder / "state"))
    monkeypatch.setenv("GATES_POLICY", str(folder / "gates-policy.toml"))

    def invoke(*arguments: str, stage: str = "lint-manifest") -> Any:
        ended = CliRunner().invoke(cli, [stage, str(root), "-q", *arguments])
        return ended, (root / ".gates" / "evidence" / "lint-manifest.dsse.json").exists()

    return invoke


def test_now_and_then(lint: Any) -> None:
    then, signed = lint("--effective-time", f"{FAR}T08:00:00+00:00")
    assert (then.exit_code, signed) == (1, False), then.output
    assert f"a warning before {FAR}, an error since" in then.output
    now, signed = lint()
    assert signed
    assert now.exit_code == 0, now.output
    assert f"an error from {FAR} on" in now.output


def test_wrong_usage(lint: Any, folder: Path) -> None:
    for arguments, stage in ((("--effective-time", "soon"), "lint"), (
        ("--effective-time", FAR), "release"
    )):  # fmt: skip
        assert isinstance(lint(*arguments, stage=stage)[0].exception, UsageError)
    (folder / "gates-policy.toml").write_text("[effective_on]\nnothing = 2099-01-01\n")
    assert isinstance(lint()[0].exception, ConfigurationError)


def test_evidence_from_before_a_check_was_in_force() -> None:
    check = CheckEntry("squawk", "axon-gates", Verdict.PASS)
    found = Statement(
        Stage.LINT, Verdict.PASS, "x@1.0.0", "", None, None, "", (check,), "2026-05-31T23:00:00Z", 1
    )
    expected = Expected(
        "x", "1.0.0", "", "", {}, datetime(2026, 6, 1, 1, tzinfo=UTC),
        effective={"squawk": date(2026, 6, 1)},
    )  # fmt: skip
    (reason,) = check_effective(found, Stage.LINT, expected)
    assert reason.endswith("in force, on 2026-06-01 [effective-since]")
    for day in (date(2026, 5, 31), date(2026, 6, 2)):
        other = replace(expected, effective={"squawk": day})
        assert [*check_effective(found, Stage.LINT, other)] == []
