"""`gates baseline` from the first recording to a release: what it adds, takes out and refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from gates import adopt
from gates.adopt import record
from gates.baseline import FILE, Entry, Line, read, written
from gates.baseline.growth import Growth, counted, read_growth, statement, unsigned
from gates.check import all_outlines
from gates.cli import cli
from gates.errors import ConfigurationError, UsageError
from gates.evidence import Trust, rules
from gates.evidence.envelope import MalformedError, parse_json
from gates.evidence.grants import Grant, Revocation
from gates.evidence.keys import signing_key
from gates.evidence.statement import CheckEntry
from gates.evidence.statement import read as read_statement
from gates.model import Stage, Verdict
from gates.module import load
from gates.module.write import write_files
from gates.pipeline import run_pipeline
from gates.report import FORMATS, Report
from gates.settings import MATURITIES, Policy, Settings, load_policy
from tests.passing import DAY

MADE = datetime(2026, 11, 24, 12, tzinfo=UTC)
FEW = frozenset(
    {
        "baseline-kept",
        "changelog-has-version",
        "license-known",
        "settings-secrets",
        "standard-files",
    }
)


@pytest.fixture(autouse=True)
def _manifest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded is the same for every stage, and these checks are quick."""
    few = tuple(each for each in all_outlines() if each.id in FEW)
    monkeypatch.setattr(adopt, "all_outlines", lambda: few)
    monkeypatch.setattr(adopt, "STAGES", (Stage.LINT_MANIFEST,))


@pytest.fixture
def root(make_module) -> Iterator[Path]:
    """A module with two faults that can be recorded."""
    made = make_module("python")
    (made / "CHANGELOG.md").write_text("# Changelog\n")
    manifest = made / "module.json"
    manifest.write_text(manifest.read_text().replace('"license": "', '"license": "No-'))
    return made


def recorded(root: Path, settings: Settings, *, grow: bool = True, reason: str = ""):
    found = record(root, settings, DAY, grow=grow, reason=reason)
    if found.content is not None:
        write_files(found.module, {FILE: found.content})
    return found


def run(root: Path, settings: Settings, only: frozenset[str] = FEW) -> Report:
    return run_pipeline(root, [Stage.LINT_MANIFEST], settings, today=DAY, only=only)


def open_messages(report: Report) -> list[str]:
    return [
        each.message
        for stage in report.stages
        for each in stage.findings()
        if each.level == "error"
    ]


def test_what_is_recorded_does_not_fail_and_is_in_every_report(root, settings):
    assert run(root, settings).verdict is Verdict.FAIL
    found = recorded(root, settings)
    assert (found.added, found.removed, found.barred, found.unknown) == (found.total, 0, (), ())
    report = run(root, settings)
    assert (report.verdict, open_messages(report)) == (Verdict.PASS, [])
    for name, each in FORMATS.items():
        if name != "github":
            assert "baseline" in each.render(report), name
    assert f"the baseline holds {found.total}, before any release" in FORMATS["text"].render(report)
    assert record(root, settings, DAY, grow=False, reason="").content is None


def test_what_is_new_fails_and_what_is_gone_must_be_taken_out(root, settings):
    first = recorded(root, settings)
    (root / "README.md").unlink()
    assert open_messages(run(root, settings)) != []
    (root / "README.md").write_text("# Sample\n\nNotes.\n")
    manifest = root / "module.json"
    manifest.write_text(manifest.read_text().replace('"license": "No-', '"license": "'))
    (message,) = open_messages(run(root, settings))
    assert message.startswith("the baseline holds 1 more of license-known")
    shrunk = recorded(root, settings, grow=False)
    assert (shrunk.total, shrunk.added, shrunk.removed) == (first.total - 1, 0, 1)
    assert run(root, settings).verdict is Verdict.PASS


def test_update_never_adds_and_growth_needs_a_reason(root, settings):
    recorded(root, settings)
    (root / "README.md").unlink()
    assert recorded(root, settings, grow=False).added == 0
    with pytest.raises(UsageError, match="reason"):
        recorded(root, settings)
    assert recorded(root, settings, reason="README comes with 1.1").added == 1
    assert run(root, settings).verdict is Verdict.PASS


def test_a_line_that_nobody_signed_is_a_finding(root, settings):
    recorded(root, settings)
    (root / "README.md").unlink()
    grown = record(root, settings, DAY, grow=True, reason="r")
    kept = read((root / FILE).read_bytes())
    (root / FILE).write_bytes(written(read(grown.content).lines, kept.growths))
    (message,) = open_messages(run(root, settings))
    assert "1 of standard-files in file README.md is more than was signed for" in message


def test_a_key_that_the_policy_does_not_trust_signs_nothing(root, settings, folder):
    other = replace(settings, key=folder / "other" / "key.pem")
    signing_key(settings.key)
    recorded(root, other)
    assert any("unknown key" in each for each in open_messages(run(root, settings)))


def test_what_another_module_signed_and_an_edited_reason_do_not_count(root, settings):
    recorded(root, settings)
    baseline = read((root / FILE).read_bytes())
    trust = Trust.of(load_policy(root), settings)
    ((_, growth),), refused = counted(baseline, "sample-module", "", trust)
    assert (growth.reason, refused) == (adopt.FIRST_REASON, ())
    assert counted(baseline, "other-module", "", trust)[1] != ()
    assert counted(baseline, "sample-module", "1.0.0", trust) == ((), ())
    edited = json.loads(baseline.growths[0])
    edited["payload"] = edited["payload"][:-8] + "AAAAAAA="
    lied = replace(baseline, growths=(json.dumps(edited),))
    assert counted(lied, "sample-module", "", trust)[1] != ()


def test_by_a_trust_file_only_who_may_approve_lets_a_baseline_grow(root, settings):
    recorded(root, settings)
    baseline = read((root / FILE).read_bytes())
    trust = Trust.of(load_policy(root), settings)
    (key,) = trust.keys
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    revoked = Revocation(since, "retired")
    for grant, code in (
        (Grant(frozenset({"approval"}), since, until), ""),
        (Grant(frozenset({"lint", "release"}), since, until), "[wrong-role]"),
        (Grant(frozenset({"approval"}), since, since), "[expired-key]"),
        (Grant(frozenset({"approval"}), since, until, revoked), "[revoked-key]"),
    ):
        found, refused = counted(baseline, "sample-module", "", replace(trust, grants={key: grant}))
        assert (len(found), code in "".join(refused)) == (0 if code else 1, True)


def test_growth_counts_on_top_of_one_release_and_not_again_after_it():
    entry = Entry("coverage", "", "0" * 32)
    growth = Growth("m", "", "r", MADE, {entry: 2})
    lines = (Line(entry, 2),)
    assert list(unsigned(lines, {}, [growth])) == []
    assert list(unsigned(lines, {}, [])) == [(entry, 2)]
    assert list(unsigned(lines, {entry: 1}, [])) == [(entry, 1)]
    moved = (Line(replace(entry, object="file b"), 1, "file a"),)
    assert list(unsigned(moved, {replace(entry, object="file a"): 1}, [])) == []
    assert read_growth(statement(growth)) == growth
    with pytest.raises(MalformedError):
        read_growth(statement(replace(growth, reason=" ")))


def test_the_command_says_what_it_did_and_is_not_run_twice_by_accident(root, settings, monkeypatch):
    for name, value in (
        ("STATE_DIR", settings.state), ("CACHE_DIR", settings.cache), ("CATALOG", settings.catalog)
    ):  # fmt: skip
        monkeypatch.setenv(f"GATES_{name}", str(value))
    ran = CliRunner().invoke(cli, ["baseline", str(root)])
    assert (ran.exit_code, "2 added, 0 removed" in ran.output) == (0, True), ran.output
    assert isinstance(CliRunner().invoke(cli, ["baseline", str(root)]).exception, UsageError)
    both = CliRunner().invoke(cli, ["baseline", str(root), "--add", "--update"])
    assert isinstance(both.exception, UsageError)
    assert CliRunner().invoke(cli, ["baseline", str(root), "--update"]).exit_code == 0


def test_secrets_and_the_like_are_said_and_not_recorded(root, settings):
    (root / "module_schema.json").write_text(
        (root / "module_schema.json")
        .read_text()
        .replace(
            '"properties": {',
            '"properties": {"api_key": {"type": "string", "title": "t", "description": "d",'
            ' "examples": ["sk_live_51H8x9aBcDeFgHiJkLmNoPqRs"], "format": "password"},',
            1,
        )
    )
    found = recorded(root, settings)
    assert any("settings-secrets" in each for each in found.barred)
    assert run(root, settings).verdict is Verdict.FAIL


def test_a_release_with_a_baseline_is_for_a_maturity_below_ga(root, settings):
    recorded(root, settings)
    run(root, settings, frozenset())
    module = load(root)
    envelope = parse_json((root / ".gates/evidence/lint-manifest.dsse.json").read_bytes())
    payload = base64.b64decode(envelope["payload"])  # type: ignore[index]
    found = read_statement(payload)
    assert sum(n for each in found.checks for n in each.baselined.values()) == 2
    expected = rules.Expected(
        module.slug, module.version, module.digest, "0" * 64, {},
        datetime.now(UTC),
        baseline_maturities=frozenset(Policy().baseline_maturities),
    )  # fmt: skip
    for maturity in MATURITIES:
        asked = replace(expected, maturity=maturity)
        reasons = list(rules.check_baseline(found, Stage.LINT_MANIFEST, asked))
        assert bool(reasons) == (MATURITIES.index(maturity) >= MATURITIES.index("GA"))
    lied = CheckEntry("tenant-isolation", "axon-gates", Verdict.PASS, baselined={"table x": 1})
    rc = replace(expected, maturity="RC")
    (reason,) = rules.check_baseline(replace(found, checks=(lied,)), Stage.TEST, rc)
    assert "keeps tenants apart" in reason


def test_a_module_may_only_ask_for_more(make_module, tmp_path):
    root = make_module("python")
    (root / "gates.toml").write_text('[baseline]\nmaturities = ["ALPHA"]\n')
    assert load_policy(root).baseline_maturities == ("ALPHA",)
    (root / "gates.toml").write_text('[baseline]\nmaturities = ["GA"]\n')
    with pytest.raises(ConfigurationError, match="not loosen"):
        load_policy(root)
    organisation = tmp_path / "policy.toml"
    organisation.write_text('[baseline]\nmaturities = ["SOON"]\n')
    with pytest.raises(ConfigurationError, match="must be a list of PLANNED"):
        load_policy(root, organisation)
