"""How old evidence may be, in which order stages ran, and what each fact is held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gates.evidence.verify import refusal
from gates.model import RanRecord, Stage
from gates.settings import Policy, Settings
from tests.evidence.test_evidence_refused import SIX, reasons, signed_anew, with_codes
from tests.passing import World, result_of

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def world(make_module: Callable[..., Path], settings: Settings) -> World:
    """Its day is 2026-06-01, and its stages began at 10:00 UTC."""
    return World(make_module("python"), settings)


def predicate(**members: object) -> Change:
    return lambda value: value["predicate"].update(members)


def environment(**members: object) -> Change:
    return lambda value: value["predicate"]["environment"].update(members)


@pytest.mark.parametrize(
    ("stage", "started", "said"),
    [
        (Stage.LINT, "2026-05-31T23:59:00Z", "more than 24 hours ago [stale]"),
        (Stage.SCAN, "2025-06-01T10:00:00Z", "more than 24 hours ago [stale]"),
        (Stage.TEST, "2001-01-01T00:00:00Z", "more than 24 hours ago [stale]"),
        (Stage.TEST, "2099-01-01T00:00:00Z", "2099-01-01T00:00:00Z [from-the-future]"),
        (Stage.LINT, "yesterday", "yesterday [no-time]"),
        (Stage.LINT, "", "when it ran:  [no-time]"),
        (Stage.LINT, "2026-06-01T10:00:00", "10:00:00 [no-time]"),
        (Stage.LINT, "9999-12-31T23:59:59-23:59", "[from-the-future]"),
        (Stage.LINT, "0001-01-01T00:00:00+23:59", "[stale]"),
    ],
)
def test_when_a_stage_ran(world: World, stage: Stage, started: str, said: str) -> None:
    world.passed()
    signed_anew(world, stage, predicate(started=started))
    found = with_codes(world.evidence)
    assert any(each.endswith(said) for each in found), found


def test_a_policy_may_ask_for_younger_evidence(world: World) -> None:
    world.policy = Policy(evidence_max_age_hours=12)
    world.passed()
    assert [each.split()[2] for each in with_codes(world.evidence)] == [*SIX]
    world.policy = Policy(evidence_max_age_hours=14)
    world.passed()
    assert refusal(world.evidence, SIX) is None


def test_publish_begins_when_the_stages_before_have_ended(world: World) -> None:
    world.passed()
    signed_anew(world, Stage.SCAN, predicate(started="2026-06-01T10:02:00Z", seconds=170.0))
    assert refusal(world.evidence, SIX) is None, "clocks differ by some minutes"
    signed_anew(world, Stage.SCAN, predicate(seconds=200.0))
    assert with_codes(world.evidence) == (
        "the stage publish began on 2026-06-01T10:00:00Z, before the stage scan had ended, which it"
        " relied upon [out-of-order]",
    )


@pytest.mark.parametrize("version", ["0.0.1", "", "none"])
def test_a_gate_that_is_older_than_the_one_that_releases(world: World, version: str) -> None:
    world.passed()
    signed_anew(world, Stage.LINT, environment(gates=version))
    (reason,) = with_codes(world.evidence)
    assert reason.startswith(f"the stage lint was run by gates {version or 'of no version'}, and")
    assert reason.endswith("[old-gates]")


def test_a_policy_may_accept_an_older_gate(world: World) -> None:
    world.policy = Policy(least_gates="0.0.1")
    world.passed()
    signed_anew(world, Stage.LINT, environment(gates="0.0.1"))
    assert refusal(world.evidence, SIX) is None
    signed_anew(world, Stage.LINT, environment(gates="0.0.1-rc.1"))
    assert with_codes(world.evidence)[0].endswith("[old-gates]")


@pytest.mark.parametrize(("created", "days"), [("2026-05-02T00:00:00+00:00", 30), ("", 30)])
def test_advisories_that_are_too_old_at_the_release(world: World, created: str, days: int) -> None:
    evidence = world.passed()
    one = result_of(Stage.SCAN)
    records = (RanRecord("advisory-snapshot", created or "long ago", 0, 3),)
    checks = (replace(one.checks[0], records=records), *one.checks[1:])
    evidence.write(replace(one, checks=checks), bundle=world.digest)
    found = refusal(evidence, SIX)
    if created:
        assert found is None, "30 days old"
        world.policy = Policy(advisories_max_age_days=29)
        world.passed(each for each in SIX if each is not Stage.SCAN)
        world.evidence.write(replace(one, checks=checks), bundle=world.digest)
    assert with_codes(world.evidence)[0].endswith(
        f"they may be {29 if created else days} days old at a release [stale-advisories]"
    )


@pytest.mark.parametrize("stage", [Stage.TEST, Stage.BUILD])
def test_what_stood_around_the_module_s_code_is_said(world: World, stage: Stage) -> None:
    evidence = world.passed()
    bare = [replace(each, records=()) for each in result_of(stage).checks]
    evidence.write(result_of(stage, checks=tuple(bare)), bundle=world.digest)
    assert with_codes(evidence) == (
        f"the evidence of {stage} does not say what stood around the code of the module, and the"
        " policy requires landlock, seccomp [no-sandbox]",
    )
    signed_anew(world, stage, environment(sandbox="none"))
    assert with_codes(world.evidence)[0].endswith("(there was none) [weak-sandbox]")


def test_a_check_that_is_there_twice(world: World) -> None:
    world.passed()
    signed_anew(
        world, Stage.LINT, lambda value: value["predicate"]["checks"].append(
            value["predicate"]["checks"][0]
        )
    )  # fmt: skip
    assert with_codes(world.evidence) == (
        "the evidence of lint has the check lint-works more than once [duplicated-check]",
    )


def test_a_check_that_does_not_say_what_it_asked_the_catalog(world: World) -> None:
    world.passed()
    signed_anew(world, Stage.LINT, lambda value: value["predicate"]["checks"][0].pop("catalog"))
    assert reasons(world.evidence) == (
        "the evidence of lint does not say what the catalog was asked by lint-works",
    )


def test_a_run_may_pass_midnight(world: World) -> None:
    """The day of a run is that of its beginning."""
    now = datetime.now(UTC)
    started = now.isoformat(timespec="seconds")
    for stage in SIX:
        world.evidence.write(result_of(stage, started=started), bundle=world.digest)
    yesterday = replace(world.evidence, today=now.date() - timedelta(days=1))
    assert refusal(yesterday, SIX) is None
