"""Everything that evidence is refused for, each with its sentence."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gates.errors import CouldNotCheckError, RefusedError
from gates.evidence import EvidenceSet, Trust, envelope, keys, signed, statement
from gates.evidence.verify import refusal, report
from gates.model import CheckResult, Finding, Location, RanRecord, Stage, Verdict
from gates.settings import Policy, Settings, Waiver
from tests.passing import DAY, World, result_of

SIX = Stage.RELEASE.before


@pytest.fixture
def world(make_module: Callable[..., Path], settings: Settings) -> World:
    return World(make_module("python"), settings)


def reasons(evidence: EvidenceSet, stages: tuple[Stage, ...] = SIX) -> tuple[str, ...]:
    """Every sentence of the refusal, without the code that each ends with."""
    return tuple(each.rpartition(" [")[0] for each in with_codes(evidence, stages))


def with_codes(evidence: EvidenceSet, stages: tuple[Stage, ...] = SIX) -> tuple[str, ...]:
    refused = refusal(evidence, stages)
    assert refused is not None
    assert refused.exit_code == 4
    assert str(refused) == "; ".join(refused.reasons)
    assert all(re.search(r" \[[a-z-]+\]\Z", each) for each in refused.reasons)
    return refused.reasons


def path_of(world: World, stage: Stage) -> Path:
    return world.root / ".gates" / "evidence" / f"{stage}.dsse.json"


def signed_anew(world: World, stage: Stage, change: Callable[[dict], object]) -> None:
    """Change the statement of a stage and sign it again with the trusted key."""
    payload = json.loads(signed.parse(path_of(world, stage).read_bytes()).payload)
    change(payload)
    private = keys.signing_key(world.settings.key)
    path_of(world, stage).write_bytes(
        envelope.sign(envelope.canonical(payload), private).to_bytes()
    )


def test_six_that_passed_are_accepted(world: World) -> None:
    found = world.passed().verify(SIX)
    assert tuple(found) == SIX
    assert {each.digest for each in found.values()} == {world.module.digest}
    assert found[Stage.SCAN].bundle == world.digest
    assert found[Stage.LINT].bundle is None
    assert refusal(world.evidence, SIX) is None


@pytest.mark.parametrize("stage", SIX)
def test_missing(world: World, stage: Stage) -> None:
    world.passed()
    path_of(world, stage).unlink()
    assert reasons(world.evidence) == (f"the stage {stage} has no evidence",)


@pytest.mark.parametrize("stage", SIX)
@pytest.mark.parametrize(
    ("verdict", "word"), [(Verdict.FAIL, "failed"), (Verdict.INCONCLUSIVE, "was inconclusive")]
)
def test_not_passed(world: World, stage: Stage, verdict: Verdict, word: str) -> None:
    evidence = world.passed()
    evidence.write(result_of(stage, verdict), bundle=world.digest)
    assert reasons(evidence) == (f"the stage {stage} {word} ({stage}-python)",)


@pytest.mark.parametrize("stage", SIX)
def test_unsigned(world: World, stage: Stage) -> None:
    world.passed()
    found = signed.parse(path_of(world, stage).read_bytes())
    path_of(world, stage).write_bytes(replace(found, signatures=()).to_bytes())
    assert reasons(world.evidence) == (f"the evidence of {stage} is not signed",)


@pytest.mark.parametrize("stage", SIX)
def test_signed_by_somebody_else(world: World, stage: Stage, folder: Path) -> None:
    world.passed()
    other = keys.signing_key(folder / "other.pem")
    found = signed.parse(path_of(world, stage).read_bytes())
    path_of(world, stage).write_bytes(envelope.sign(found.payload, other).to_bytes())
    identity = keys.key_id(other.public_key())
    assert reasons(world.evidence) == (
        f"the evidence of {stage} is signed by the unknown key {identity}",
    )


def test_a_second_signature_by_somebody_else_does_not_count_as_ours(
    world: World, folder: Path
) -> None:
    world.passed()
    other = keys.signing_key(folder / "other.pem")
    path = path_of(world, Stage.LINT)
    found = signed.parse(path.read_bytes())
    both = (*found.signatures, *envelope.sign(found.payload, other).signatures)
    path.write_bytes(replace(found, signatures=both).to_bytes())
    assert "unknown key" in reasons(world.evidence)[0]


def test_a_foreign_signature_under_our_key_id(world: World, folder: Path) -> None:
    world.passed()
    other = keys.signing_key(folder / "other.pem")
    path = path_of(world, Stage.LINT)
    found = signed.parse(path.read_bytes())
    ((ours, _),) = found.signatures
    ((_, theirs),) = envelope.sign(found.payload, other).signatures
    path.write_bytes(replace(found, signatures=((ours, theirs),)).to_bytes())
    assert reasons(world.evidence) == (
        "the evidence of lint has a signature that does not verify: it was edited after signing",
    )


def test_other_content(world: World) -> None:
    world.passed()
    before = world.module.digest
    world.edit("README.md", "#", "##")
    after = world.module.digest
    assert reasons(world.evidence) == tuple(
        f"the evidence of {stage} is for other content (digest {before}, this is {after})"
        for stage in SIX
    )


def test_other_version(world: World) -> None:
    world.passed()
    world.next_version("1.1.0")
    found = reasons(world.evidence)
    assert "the evidence of lint is for sample-module@1.0.0, and this is sample-module@1.1.0" in (
        found
    )
    assert any("bundle sample-module-1.0.0.tgz" in each for each in found)


def test_an_envelope_of_another_stage(world: World) -> None:
    world.passed()
    path_of(world, Stage.TEST).write_bytes(path_of(world, Stage.LINT).read_bytes())
    assert reasons(world.evidence) == (
        "the evidence of test is about the stage lint",
        "the evidence of test lacks the required check test-python, test-works",
        "the evidence of test does not say what stood around the code of the module, and the policy"
        " requires landlock, seccomp",
    )


def test_another_policy(world: World) -> None:
    world.passed()
    world.policy = Policy(coverage=90)
    found = reasons(world.evidence)
    assert len(found) == 6
    assert found[0].startswith("the evidence of lint-manifest was made under another policy")


def test_a_check_that_is_missing(world: World) -> None:
    evidence = world.passed()
    one = result_of(Stage.LINT)
    evidence.write(replace(one, checks=one.checks[:1]))
    assert reasons(evidence) == ("the evidence of lint lacks the required check lint-python",)


@pytest.mark.parametrize("stood", ["landlock+loopback", "none", "landlock"])
def test_a_sandbox_without_a_wall_that_the_policy_requires(world: World, stood: str) -> None:
    evidence = world.passed()
    signed_anew(world, Stage.BUILD, lambda payload: ran_behind(payload, stood))
    missing = "landlock, seccomp" if stood == "none" else "seccomp"
    assert reasons(evidence) == (
        f"the stage build ran code of the module without {missing}, which the policy requires of"
        f" the sandbox (there was {stood})",
    )


@pytest.mark.parametrize("stood", ["bubblewrap+landlock+seccomp", "landlock+seccomp"])
def test_a_sandbox_with_every_wall_that_the_policy_requires(world: World, stood: str) -> None:
    evidence = world.passed()
    signed_anew(world, Stage.BUILD, lambda payload: ran_behind(payload, stood))
    assert refusal(evidence, SIX) is None


MADE = "2026-06-01T09:00:00Z"
"""An hour before the stages of this world began."""


def reused(key: str, made: str = MADE) -> Callable[[dict], None]:
    """Says of the first check of a payload that an earlier run found its result."""

    def change(payload: dict) -> None:
        payload["predicate"]["checks"][0]["reused"] = {"made": made, "key": key}

    return change


def test_a_result_may_be_reused_for_a_day(world: World) -> None:
    evidence = world.passed()
    (key,) = evidence.trust.keys
    signed_anew(world, Stage.LINT, reused(key))
    assert refusal(evidence, SIX) is None


@pytest.mark.parametrize("made", ["2026-05-31T09:59:00Z", "2026-06-01T11:00:00Z", "never"])
def test_a_reused_result_is_of_the_day_before(world: World, made: str) -> None:
    evidence = world.passed()
    (key,) = evidence.trust.keys
    signed_anew(world, Stage.LINT, reused(key, made))
    assert with_codes(evidence) == (
        f"the stage lint reused a result of lint-works from {made}, more than 24 hours before it"
        " [reused-too-old]",
    )


def test_a_reused_result_of_an_unknown_key(world: World) -> None:
    evidence = world.passed()
    signed_anew(world, Stage.LINT, reused("f" * 64))
    assert with_codes(evidence) == (
        "the stage lint reused a result of lint-works that the unknown key"
        f" {'f' * 64} had signed [reused-unknown-key]",
    )


def test_a_policy_that_lets_a_release_reuse_nothing(world: World) -> None:
    world.policy = Policy(reuse_in_release=False)
    evidence = world.passed()
    (key,) = evidence.trust.keys
    signed_anew(world, Stage.LINT, reused(key))
    assert with_codes(evidence) == (
        "the stage lint reused results of an earlier run, which the policy does not allow a"
        " release: lint-works [reused-result]",
    )


def ran_behind(payload: dict, stood: str) -> None:
    record = {**asdict(RanRecord("build", "1")), "sandbox": stood}
    payload["predicate"]["checks"][0]["records"].append(record)


def test_checks_of_another_language_are_not_required(
    make_module: Callable[..., Path], settings: Settings
) -> None:
    world = World(make_module("typescript"), settings)
    evidence = world.evidence
    for stage in SIX:
        one = result_of(stage)
        first = replace(one.checks[0], records=one.checks[1].records)
        evidence.write(replace(one, checks=(first,)), bundle=world.digest)
    assert refusal(evidence, SIX) is None


def test_a_check_that_the_policy_requires(world: World) -> None:
    world.policy = Policy(required_checks=("lint-works", "our-own-rule"))
    world.passed()
    assert reasons(world.evidence) == (
        "no evidence has the check our-own-rule, which the policy requires",
    )


def test_a_required_check_of_a_later_stage_is_not_missed_yet(world: World) -> None:
    world.policy = Policy(required_checks=("release-works",))
    world.passed()
    assert refusal(world.evidence, SIX) is None


def waived(world: World, expires: date) -> Finding:
    finding = Finding("lint-python", "it is wrong", Location("src/a.py", 3))
    waiver = Waiver("lint-python", "later", "ann", "bob", expires, path="src/a.py")
    world.policy = Policy(waivers=(waiver,))
    evidence = world.passed()
    checks = (
        CheckResult("lint-works", Verdict.PASS),
        CheckResult("lint-python", Verdict.PASS, waived=(finding,)),
    )
    evidence.write(result_of(Stage.LINT, checks=checks))
    return finding


def test_a_waiver_that_has_expired_since(world: World) -> None:
    waived(world, DAY - timedelta(days=1))
    assert reasons(world.evidence) == (
        "the stage lint passed only with a waiver for lint-python in src/a.py"
        " that expired on 2026-05-31",
    )


def test_a_waiver_that_still_holds(world: World) -> None:
    waived(world, DAY)
    assert refusal(world.evidence, SIX) is None


def test_a_waiver_that_is_gone(world: World) -> None:
    waived(world, DAY)
    held = world.policy.digest
    world.policy = Policy()
    assert any("is not in the policy" in each for each in reasons(world.evidence))
    assert held != world.policy.digest


def test_a_statement_that_contradicts_itself(world: World) -> None:
    world.passed()

    def lie(value: dict) -> None:
        value["predicate"]["checks"][0]["verdict"] = "fail"

    signed_anew(world, Stage.LINT, lie)
    assert reasons(world.evidence) == (
        "the evidence of lint contradicts itself: it passed, but not its checks (lint-works)",
    )


@pytest.mark.parametrize("stage", [Stage.BUILD, Stage.SCAN, Stage.PUBLISH])
def test_no_bundle(world: World, stage: Stage) -> None:
    world.passed()
    signed_anew(world, stage, lambda value: value["subject"].pop())
    assert reasons(world.evidence) == (f"the evidence of {stage} names no bundle",)


def test_different_bundles(world: World) -> None:
    evidence = world.passed()
    evidence.write(result_of(Stage.SCAN), bundle="a" * 64)
    ours = world.digest
    assert reasons(evidence) == (
        f"the stages are about different bundles: build {ours}, scan {'a' * 64}, publish {ours}",
    )


def test_a_bundle_before_there_was_one(world: World) -> None:
    world.passed()
    second = {"name": "sample-module-1.0.0.tgz", "digest": {"sha256": world.digest}}
    signed_anew(world, Stage.LINT, lambda value: value["subject"].append(second))
    assert reasons(world.evidence) == (
        "the evidence of lint names a bundle, which did not exist yet",
    )


def test_all_reasons_at_once(world: World) -> None:
    evidence = world.passed()
    path_of(world, Stage.LINT).unlink()
    evidence.write(result_of(Stage.TEST, Verdict.FAIL))
    path_of(world, Stage.BUILD).write_bytes(b"{")
    path_of(world, Stage.SCAN).write_bytes(
        replace(signed.parse(path_of(world, Stage.SCAN).read_bytes()), signatures=()).to_bytes()
    )
    found = reasons(world.evidence)
    assert [each.split()[2] for each in found] == ["lint", "test", "of", "of"]
    assert len(found) == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"payload":1e999999,"payloadType":1,"signatures":1}',
        b'{"payload":' + b"9" * 5000 + b',"payloadType":1,"signatures":1}',
        b'{"payload":NaN,"payloadType":1,"signatures":1}',
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":{}}',
        b'{"payload":"!","payloadType":"application/vnd.in-toto+json","signatures":[]}',
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[1]}',
        b'{"payload":"","payload":"","payloadType":"application/vnd.in-toto+json","signatures":[]}',
    ],
)
def test_hostile_files(world: World, data: bytes) -> None:
    world.passed()
    path_of(world, Stage.LINT).write_bytes(data)
    (reason,) = reasons(world.evidence)
    assert reason.startswith("the evidence of lint ")
    assert len(reason) < 400
    assert reason.isprintable()
    assert "refused" in report(world.evidence)


def test_links_and_special_files_are_not_read(world: World, folder: Path) -> None:
    world.passed()
    path = path_of(world, Stage.LINT)
    aside = folder / "aside.json"
    path.rename(aside)
    path.symlink_to(aside)
    assert reasons(world.evidence) == (
        "the evidence of lint cannot be read: something else is in the way",
    )
    path.unlink()
    os.mkfifo(path)
    assert reasons(world.evidence) == ("the evidence of lint is not a plain file",)
    path.unlink()
    path.mkdir()
    assert reasons(world.evidence) == ("the evidence of lint is not a plain file",)
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(envelope.LARGEST + 1)
    assert reasons(world.evidence) == ("the evidence of lint is larger than 32 MiB",)


@pytest.mark.parametrize("linked", [".gates", ".gates/evidence"])
def test_a_linked_folder_is_neither_read_nor_written(
    world: World, folder: Path, linked: str
) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    link = world.root / linked
    shutil.rmtree(world.root / ".gates", ignore_errors=True)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    with pytest.raises(RefusedError, match="something else is in the way"):
        world.passed()
    assert list(elsewhere.iterdir()) == []
    assert "something else is in the way" in reasons(world.evidence)[0]


def test_what_cannot_be_read_is_not_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    store = world.passed().store

    def broken(*_: object, **__: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "open", broken)
    with pytest.raises(CouldNotCheckError, match="Input/output error"):
        store.read(Stage.LINT)


def verdict_on(data: bytes, world: World, trust: Trust) -> list[str]:
    """Reasons against an envelope as `inspect` finds them, without a file."""
    try:
        found = signed.parse(data)
        if problems := found.problems(trust):
            return problems
        statement.read(found.payload)
    except envelope.MalformedError as error:
        return [str(error)]
    return []


def test_no_byte_can_be_edited(world: World) -> None:
    world.passed()
    trust = world.evidence.trust
    data = path_of(world, Stage.BUILD).read_bytes()
    assert verdict_on(data, world, trust) == []
    for position in range(len(data)):
        for flip in (0x01, 0x20):
            edited = bytearray(data)
            edited[position] ^= flip
            assert verdict_on(bytes(edited), world, trust), (position, flip)
        assert verdict_on(data[:position] + data[position + 1 :], world, trust), position
        assert verdict_on(data[:position] + b" " + data[position:], world, trust), position


def test_no_byte_can_become_any_other(world: World) -> None:
    world.passed()
    originals = {stage: path_of(world, stage).read_bytes() for stage in SIX}

    @hypothesis_settings(max_examples=120, deadline=None)
    @given(st.sampled_from(SIX), st.integers(0, 1 << 20), st.integers(1, 255))
    def edited_is_refused(stage: Stage, place: int, change: int) -> None:
        data = bytearray(originals[stage])
        data[place % len(data)] ^= change
        path_of(world, stage).write_bytes(bytes(data))
        try:
            found = reasons(world.evidence)
            assert any(str(stage) in each for each in found)
        finally:
            path_of(world, stage).write_bytes(originals[stage])

    edited_is_refused()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_a_trusted_key_may_sign_nonsense(world: World) -> None:
    evidence = world.passed()
    payload = json.loads(signed.parse(path_of(world, Stage.LINT).read_bytes()).payload)
    private = keys.signing_key(world.settings.key)
    places = []

    def walk(value: object, path: tuple) -> None:
        places.append(path)
        inner = value.items() if isinstance(value, dict) else ()
        inner = enumerate(value) if isinstance(value, list) else inner
        for key, each in inner:
            walk(each, (*path, key))

    walk(payload, ())

    @hypothesis_settings(max_examples=150, deadline=None)
    @given(st.sampled_from(places), JSON)
    def no_traceback(place: tuple, nonsense: object) -> None:
        value = json.loads(json.dumps(payload))
        if place:
            holder = value
            for key in place[:-1]:
                holder = holder[key]
            holder[place[-1]] = nonsense
        else:
            value = nonsense
        data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        path_of(world, Stage.LINT).write_bytes(envelope.sign(data, private).to_bytes())
        for found in evidence.inspect([Stage.LINT]):
            assert found.statement or found.reasons
            assert all(reason.isprintable() for reason in found.reasons)
        report(evidence)

    no_traceback()


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(envelope.MalformedError):
        signed.parse(data)
    with pytest.raises(envelope.MalformedError):
        statement.read(data)
