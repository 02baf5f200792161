"""What is reused, what is not, and what is never believed."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import gates.reuse
from gates.check import outlines
from gates.evidence import envelope
from gates.evidence.envelope import canonical
from gates.evidence.keys import signing_key
from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.module import load
from gates.needs import Needs
from gates.pipeline import run_pipeline
from gates.report.text import render
from gates.reuse import Reuse
from gates.reuse.entry import build, build_together, read, read_together
from gates.reuse.store import KEPT
from gates.settings import load_policy
from tests.reuse.conftest import DAY, checks_of

CHECK = "changelog-has-version"
"""A check that reads one file besides the manifest."""
READERS = {CHECK, "conflicts-resolved", "standard-files", "version-greater"}
ALL = len(outlines(Stage.LINT_MANIFEST))
"""The checks that ask for CHANGELOG.md: one for its text, one whether it is empty, and one for the
digest of everything, which tells a released version from an edited one."""


def test_an_unchanged_module_runs_nothing_and_says_so(runs):
    report = runs.run()
    reused = [each.reused for each in checks_of(report)]
    assert all(reused)
    assert {each.key for each in reused} == {reused[0].key}
    assert f"{ALL} reused, from {reused[0].made[11:16]}" in render(report, colour=False)


def test_what_a_check_found_is_what_it_found_then(runs):
    (runs.path / "CHANGELOG.md").write_text("# Changelog\n")
    first, again = runs.run(), runs.run()
    told = [[(each.check, each.verdict, each.findings) for each in checks_of(r)]
            for r in (first, again)]  # fmt: skip
    assert told[0] == told[1]
    assert again.verdict is Verdict.FAIL
    assert CHECK in {each.check for each in checks_of(again) if each.findings}


def test_only_what_asked_for_a_file_runs_when_it_changes(runs):
    with (runs.path / "CHANGELOG.md").open("a") as file:
        file.write("\nMore.\n")
    assert runs.ran() == READERS


def test_a_new_file_runs_what_asked_for_the_list_of_files(runs):
    (runs.path / "notes.txt").write_text("new\n")
    assert {"license-known", CHECK}.isdisjoint(ran := runs.ran())
    assert {"names-distinct", "version-greater"} <= ran


def test_content_counts_and_not_the_time_of_the_file(runs):
    path = runs.path / "CHANGELOG.md"
    before = path.stat()
    os.utime(path, (1, 1))
    assert runs.ran() == set()
    path.write_text(path.read_text().replace("1", "2"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert runs.ran() == READERS


def test_a_file_that_changes_while_a_check_runs_is_not_what_was_checked(runs, monkeypatch):
    path = runs.path / "CHANGELOG.md"
    text = path.read_text()
    path.write_text(text + "\nfirst\n")
    run = gates.reuse.run_check

    def slow(check, needs):
        path.write_text(text + "\nsecond\n")
        return run(check, needs)

    monkeypatch.setattr("gates.reuse.run_check", slow)
    assert runs.ran() == READERS
    monkeypatch.undo()
    assert runs.ran() == READERS, "it was the first text that was checked"


def test_a_value_of_the_policy_runs_what_asked_for_it(runs):
    policy = runs.path.parent / "gates-policy.toml"
    policy.write_text('platform_version = "1.0.1"\n')
    assert runs.ran(policy=policy) == {"platform-range", "dependencies-resolve"}


def test_a_waiver_runs_nothing_and_counts_all_the_same(runs):
    (runs.path / "CHANGELOG.md").write_text("# Changelog\n")
    runs.run()
    policy = runs.path.parent / "gates-policy.toml"
    policy.write_text(
        f'[[waivers]]\ncheck = "{CHECK}"\npath = "CHANGELOG.md"\nreason = "r"\nowner = "o"\n'
        'approver = "a"\nexpires = 2026-12-31\n'
    )
    report = runs.run(policy=policy)
    assert (report.verdict, runs.ran(policy=policy)) == (Verdict.PASS, set())


def test_another_day_runs_what_asked_for_the_day(runs, monkeypatch):
    monkeypatch.setattr("tests.reuse.conftest.DAY", datetime(2026, 11, 25, tzinfo=UTC).date())
    assert runs.ran() == {"dependencies-resolve", "maturity-approved"}


def test_fresh_runs_everything_and_off_keeps_nothing(runs):
    assert len(runs.ran(reuse="fresh")) == ALL
    assert runs.ran() == set()
    shutil.rmtree(runs.kept)
    assert len(runs.ran(reuse="off")) == ALL
    assert not runs.kept.exists()


def test_a_branch_that_is_not_trusted_reads_and_never_writes(runs):
    (runs.path / "CHANGELOG.md").write_text("# Changelog\n")
    before = sorted(runs.kept.rglob("*"))
    assert runs.ran(reuse="read") == READERS
    assert sorted(runs.kept.rglob("*")) == before


def test_the_results_of_another_key_are_not_believed(runs, folder):
    assert len(runs.ran(key=folder / "another.pem")) == ALL
    mine, other = sorted(runs.kept.iterdir(), key=lambda each: each.stat().st_ctime_ns)
    shutil.rmtree(mine)
    other.rename(mine)  # under a name that counts, with signatures that do not
    assert len(runs.ran()) == ALL


DAMAGES = pytest.mark.parametrize("damage", [
    lambda data: b"", lambda data: data[:100], lambda data: data[:-1],
    lambda data: data.replace(b'"sig":"', b'"sig":"A'), lambda data: data + b"\n",
    lambda data: b"[" * 100_000, lambda data: b"\0" * 1000,
])  # fmt: skip


@DAMAGES
def test_an_entry_that_was_damaged_is_as_if_it_were_not_there(runs, damage):
    (entry,) = runs.entries(CHECK)
    entry.write_bytes(damage(entry.read_bytes()))
    assert runs.ran() == {CHECK}
    assert runs.ran() == set()


def without_single_results(runs):
    """What is kept, but for the file that holds all results together."""
    (together,) = runs.together
    for each in together.parent.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
    return together


def test_what_a_run_rested_on_is_one_file(runs):
    without_single_results(runs)
    assert runs.ran() == set()


@DAMAGES
def test_results_together_that_were_damaged_count_one_by_one(runs, damage):
    (together,) = runs.together
    whole = together.read_bytes()
    together.write_bytes(damage(whole))
    assert runs.ran() == set()
    assert together.read_bytes() != damage(whole)  # written again, since the run rested on others
    without_single_results(runs).write_bytes(damage(whole))
    assert len(runs.ran()) == ALL


def test_results_together_of_another_key_are_not_believed(runs, folder):
    runs.run(key=folder / "another.pem")
    mine, other = sorted(runs.together, key=lambda each: each.stat().st_ctime_ns)
    without = mine.parent
    mine.write_bytes(other.read_bytes())
    shutil.rmtree(other.parent)
    for each in without.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
    assert len(runs.ran()) == ALL


def test_results_together_that_are_no_plain_file_are_not_read(runs, folder):
    together = without_single_results(runs)
    (folder / "elsewhere").write_bytes(together.read_bytes())
    together.unlink()
    together.symlink_to(folder / "elsewhere")
    assert len(runs.ran()) == ALL


def test_results_together_of_another_module_are_not_this_ones(runs):
    (together,) = runs.together
    shutil.copytree(together.parent, together.parent.with_name("another-module"))
    for each in together.parent.with_name("another-module").iterdir():
        if each.is_dir():
            shutil.rmtree(each)
    changed = json.loads((runs.path / "module.json").read_text()) | {"slug": "another-module"}
    (runs.path / "module.json").write_text(json.dumps(changed))
    assert len(runs.ran()) == ALL


def changed_together(runs, change):
    """The file of all results, each changed, signed with the key that counts."""
    together = without_single_results(runs)
    every = read_together(envelope.parse(json.loads(together.read_bytes())).payload)
    payload = build_together([change(each()) for each in every.values()])
    together.write_bytes(envelope.sign(payload, signing_key(runs.settings.key)).to_bytes())


@pytest.mark.parametrize(
    "trace",
    [
        lambda places: places[1:],
        lambda _: [10_000],
        lambda _: ["0"],
        lambda _: None,
        lambda _: [-1],
    ],
    ids=["less", "no-place", "a-text", "none", "from-the-end"],
)
def test_a_trace_in_the_results_together_that_is_not_its_subjects_is_not_believed(runs, trace):
    together = without_single_results(runs)
    value = json.loads(envelope.parse(json.loads(together.read_bytes())).payload)
    (of_check,) = (each for each in value["predicate"]["results"] if each["check"] == CHECK)
    of_check["trace"] = trace(of_check["trace"])
    signed = envelope.sign(canonical(value), signing_key(runs.settings.key))
    together.write_bytes(signed.to_bytes())
    assert runs.ran() == {CHECK}


def test_a_number_in_the_results_together_that_is_too_large_is_not_believed(runs):
    together = without_single_results(runs)
    value = json.loads(envelope.parse(json.loads(together.read_bytes())).payload)
    (of_check,) = (each for each in value["predicate"]["results"] if each["check"] == CHECK)
    of_check["seconds"] = 10**400
    signed = envelope.sign(json.dumps(value).encode(), signing_key(runs.settings.key))
    together.write_bytes(signed.to_bytes())
    assert runs.ran() == {CHECK}


def test_an_answer_in_the_results_together_that_was_changed_is_not_believed(runs):
    """What stands there once is an answer of many checks; the digest of each trace holds it."""
    together = without_single_results(runs)
    value = json.loads(envelope.parse(json.loads(together.read_bytes())).payload)
    (asked,) = (each for each in value["predicate"]["asked"] if each[0] == "file:CHANGELOG.md")
    asked[1] = "0" * 64
    signed = envelope.sign(canonical(value), signing_key(runs.settings.key))
    together.write_bytes(signed.to_bytes())
    assert CHECK in runs.ran()


@pytest.mark.parametrize("age", [timedelta(hours=25), timedelta(hours=-1)])
def test_each_of_the_results_together_has_its_own_age(runs, age):
    moment = datetime.now(UTC) - age
    changed_together(
        runs, lambda each: replace(each, made=moment) if each.result.check == CHECK else each
    )
    assert runs.ran() == {CHECK}


def test_each_of_the_results_together_is_held_against_its_own_trace(runs):
    path = runs.path / "CHANGELOG.md"
    state, text = path.stat(), path.read_text()
    without_single_results(runs)
    path.write_text(text.replace("1", "2"))  # as long as before, and set back
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert runs.ran() == READERS


def test_what_a_run_did_not_ask_for_stays_together(runs):
    run_pipeline(
        runs.path, [Stage.LINT_MANIFEST], runs.settings, today=DAY, only=frozenset({CHECK})
    )
    (runs.path / "CHANGELOG.md").write_text("# Changelog\n")
    assert CHECK in runs.ran()
    without_single_results(runs)
    assert runs.ran() == set()


def test_a_run_that_breaks_off_leaves_no_older_results_before_its_own(runs, monkeypatch):
    monkeypatch.setattr(Reuse, "end", lambda _: None)
    runs.run(reuse="fresh")
    assert runs.together == []
    assert runs.ran() == set()


def test_an_entry_that_is_no_plain_file_is_not_read(runs, folder):
    (entry,) = runs.entries(CHECK)
    (folder / "elsewhere").write_bytes(entry.read_bytes())
    entry.unlink()
    entry.symlink_to(folder / "elsewhere")
    assert runs.ran() == {CHECK}
    (entry,) = runs.entries(CHECK)
    entry.unlink()
    os.mkfifo(entry)
    assert runs.ran() == {CHECK}


def test_an_entry_of_another_check_or_module_is_not_this_ones(runs, make_module):
    (entry,) = runs.entries(CHECK)
    (other,) = runs.entries("license-known")
    entry.write_bytes(other.read_bytes())
    assert runs.ran() == {CHECK}
    for found in runs.kept.glob("*/*"):
        shutil.copytree(found, found.with_name("another-module"))
    changed = json.loads((runs.path / "module.json").read_text()) | {"slug": "another-module"}
    (runs.path / "module.json").write_text(json.dumps(changed))
    assert len(runs.ran()) == ALL


def resigned(runs, check, **changes):
    """The entry of a check, changed and signed with the key that counts."""
    (entry,) = runs.entries(check)
    kept = read(envelope.parse(json.loads(entry.read_bytes())).payload)
    signed = envelope.sign(build(replace(kept, **changes)), signing_key(runs.settings.key))
    entry.write_bytes(signed.to_bytes())


@pytest.mark.parametrize("age", [timedelta(hours=25), timedelta(hours=-1)])
def test_what_is_too_old_or_comes_from_the_future_is_not_reused(runs, age):
    resigned(runs, CHECK, made=datetime.now(UTC) - age)
    assert runs.ran() == {CHECK}


def test_the_policy_says_how_old_a_result_may_be(runs):
    policy = runs.path.parent / "gates-policy.toml"
    policy.write_text("[reuse]\nmax_age_hours = 48\n")
    resigned(runs, CHECK, made=datetime.now(UTC) - timedelta(hours=25))
    assert runs.ran(policy=policy) == set()


def test_an_audit_finds_a_result_that_was_made_up(runs):
    (runs.path / "CHANGELOG.md").write_text("# Changelog\n")
    runs.run()
    newest = max(runs.entries(CHECK), key=lambda each: each.stat().st_mtime_ns)
    kept = read(envelope.parse(json.loads(newest.read_bytes())).payload)
    false = replace(kept, result=replace(kept.result, verdict=Verdict.PASS, findings=()))
    newest.write_bytes(envelope.sign(build(false), signing_key(runs.settings.key)).to_bytes())
    assert runs.run().verdict is Verdict.PASS
    (told,) = [e for e in checks_of(runs.run(audit_reuse=ALL)) if e.check == CHECK]
    assert told.verdict is Verdict.FAIL
    assert "though nothing that it asks for has changed" in told.reason
    assert all(not each.reused for each in checks_of(runs.run(audit_reuse=ALL)))


def test_what_could_not_be_checked_is_never_kept(runs):
    (runs.path / "module.json").write_text("{")
    unknown = {e.check for e in checks_of(runs.run()) if e.verdict is Verdict.INCONCLUSIVE}
    assert unknown
    assert unknown <= runs.ran()


def test_old_results_go(runs):
    path = runs.path / "CHANGELOG.md"
    text = path.read_text()
    for number in range(KEPT + 3):
        path.write_text(f"{text}\n{number}\n")
        runs.run()
    assert len(runs.entries(CHECK)) == KEPT


def test_a_cache_that_cannot_be_written_is_no_fault(runs, folder):
    (folder / "file").write_text("")
    report = runs.run(cache=folder / "file" / "cache")
    assert report.stages[0].verdict is Verdict.PASS


def test_evidence_names_what_was_reused(runs):
    report = runs.run()
    (evidence,) = (runs.path / ".gates" / "evidence").glob("lint-manifest*")
    payload = json.loads(envelope.parse(json.loads(evidence.read_bytes())).payload)
    told = {each["id"]: each["reused"] for each in payload["predicate"]["checks"]}
    first = checks_of(report)[0]
    assert told[first.check] == {"made": first.reused.made, "key": first.reused.key}


def test_a_part_of_a_stage_leaves_no_evidence(runs):
    from gates.pipeline import run_pipeline

    shutil.rmtree(runs.path / ".gates")
    report = run_pipeline(
        runs.path, [Stage.LINT_MANIFEST], runs.settings, today=DAY, only=frozenset({CHECK})
    )
    assert [each.check for each in checks_of(report)] == [CHECK]
    assert not (runs.path / ".gates").exists()


def test_publish_is_kept_under_the_registry_as_it_left_it(runs):
    """And not as it was when it was asked for before: each run would publish again."""

    def reuse() -> Reuse:
        needs = Needs(load(runs.path), load_policy(runs.path), runs.settings, today=DAY)
        made = Reuse.of(needs)
        assert made is not None
        made.answers._answer = lambda question: state.get(question, "the same")
        return made

    state = {"registry:": "before", "release:": "none"}
    first = reuse()
    assert first.find_stage(Stage.PUBLISH, ()) is None
    assert first.answers.answer("registry:") == "before"
    state |= {"registry:": "after", "release:": "row"}
    ended = [
        StageResult(stage, tuple(CheckResult(each.id, Verdict.PASS) for each in outlines(stage)))
        for stage in Stage
    ]
    first.keep_stages(ended)
    for stage in (Stage.PUBLISH, Stage.RELEASE):
        assert all(reuse().find(each.id) for each in outlines(stage))


def test_a_slug_that_leads_elsewhere_keeps_nothing(runs):
    manifest = json.loads((runs.path / "module.json").read_text()) | {"slug": "../../elsewhere"}
    (runs.path / "module.json").write_text(json.dumps(manifest))
    before = sorted(runs.settings.cache.rglob("*.dsse.json"))
    assert runs.run().slug == ""
    assert sorted(runs.settings.cache.parent.rglob("*elsewhere*")) == []
    assert sorted(runs.settings.cache.rglob("*.dsse.json")) == before
