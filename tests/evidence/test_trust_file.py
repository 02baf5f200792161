"""The trust file: who may sign what, from when until when, and that nobody else decides it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gates.errors import ConfigurationError, CouldNotCheckError, RefusedError, UsageError
from gates.evidence import envelope, trust_draft
from gates.evidence.grants import Grant, Revocation, signer_problems
from gates.evidence.identity import Claims
from gates.evidence.keys import Trust
from gates.evidence.trust_file import load, read_bytes, read_history
from gates.evidence.verify import refusal
from gates.identities import Identity, TrustFile, TrustRoot
from gates.model import Stage
from gates.settings import Policy, Settings
from tests.evidence.test_evidence_refused import reused, signed_anew, with_codes
from tests.evidence.trust_files import BEGAN, ENDS, SIX, TrustFiles, world_of
from tests.passing import DAY, World, result_of

STARTED = datetime(2026, 6, 1, 10, tzinfo=UTC)
"""When the sample stages began; each took 1.25 seconds."""


@pytest.fixture
def files(folder: Path) -> TrustFiles:
    made = TrustFiles(folder)
    made.begin()
    return made


@pytest.fixture
def world(make_module: Callable[..., Path], settings: Settings, files: TrustFiles) -> World:
    return world_of(World(make_module("python"), settings), files)


def codes(world: World) -> list[str]:
    return [each.rpartition(" [")[2].rstrip("]") for each in with_codes(world.evidence)]


def refused(code: str) -> Any:
    return pytest.raises(RefusedError, match=rf"\[{code}\]\Z")


def test_a_key_signs_the_stages_that_it_may(world: World, files: TrustFiles) -> None:
    files.trusts("ours", SIX)
    assert refusal(world.passed(), Stage.RELEASE.before) is None


def test_a_key_that_the_file_does_not_name(world: World) -> None:
    world.passed()
    assert codes(world) == ["unknown-key"] * 6


def test_a_key_for_another_stage(world: World, files: TrustFiles) -> None:
    files.trusts("ours", [each for each in SIX if each != "test"])
    world.passed()
    (reason,) = with_codes(world.evidence)
    assert reason == (
        "the evidence of test is signed by somebody who may sign build, lint, lint-manifest,"
        " publish, scan, and not test [wrong-role]"
    )


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (BEGAN, STARTED + timedelta(seconds=1.25), "expired-key"),
        (BEGAN, STARTED + timedelta(seconds=1.26), None),
        (STARTED + timedelta(seconds=2), ENDS, "early-key"),
        (STARTED + timedelta(seconds=1.25), ENDS, None),
    ],
)
def test_when_a_key_counts(
    world: World, files: TrustFiles, since: datetime, until: datetime, code: str | None
) -> None:
    files.trusts("ours", SIX, since, until)
    world.passed()
    assert ([] if refusal(world.evidence, Stage.RELEASE.before) is None else codes(world)) == (
        [code] * 6 if code else []
    )


@pytest.mark.parametrize(
    ("reason", "after", "code"),
    [
        ("retired", timedelta(seconds=2), None),
        ("superseded", timedelta(seconds=2), None),
        ("retired", timedelta(seconds=1), "revoked-key"),
        ("superseded", timedelta(days=-1), "revoked-key"),
        ("compromised", timedelta(days=100), "compromised-key"),
    ],
)
def test_revoked(
    world: World, files: TrustFiles, reason: str, after: timedelta, code: str | None
) -> None:
    """What was signed before stays good, but for a key that somebody else had."""
    files.trusts("ours", SIX)
    world.passed()
    files.change(trust_draft.revokes("ours", reason, STARTED + after))
    assert ([] if refusal(world.evidence, Stage.RELEASE.before) is None else codes(world)) == (
        [code] * 6 if code else []
    )


def test_a_change_of_keys_makes_no_other_policy(world: World, files: TrustFiles) -> None:
    files.trusts("ours", SIX)
    before = world.policy.digest
    files.trusts("others", ["test"])
    assert world.policy.digest == before != Policy().digest
    pinned = replace(files.pinned, first="0" * 64)
    assert Policy(trust_file=pinned).digest != before


def test_a_result_reused_of_a_key_for_another_stage(world: World, files: TrustFiles) -> None:
    files.trusts("ours", SIX)
    files.trusts("others", ["lint"])
    world.passed()
    signed_anew(world, Stage.LINT, reused(files.id("others")))
    signed_anew(world, Stage.TEST, reused(files.id("others")))
    assert codes(world) == ["wrong-role"]


def test_a_key_without_the_role_of_the_stage_does_not_release(
    world: World, files: TrustFiles
) -> None:
    files.trusts("ours", SIX)
    found = world.passed().verify(Stage.RELEASE.before)
    world.evidence.require_signer(Stage.PUBLISH, found)
    with pytest.raises(RefusedError, match=r"and not release \[wrong-role\]"):
        world.evidence.require_signer(Stage.RELEASE, found)


def test_nobody_else_counts(world: World, files: TrustFiles) -> None:
    with pytest.raises(ConfigurationError, match="takes the place of trust"):
        Trust.of(replace(world.policy, trusted_keys=("x",)), world.settings)


def test_what_is_signed_by_too_few(files: TrustFiles) -> None:
    change = trust_draft.adds({"name": "ours", "public": files.pem("ours")}, ["test"], BEGAN, ENDS)
    draft = files.change(change, "root-a")
    assert draft.lacks == (
        "is signed by 1 of the root keys of version 2, and needs 2 [unsigned-trust]"
    )
    assert len(read_history(read_bytes(files.path))) == 1, "it is a draft still"
    with refused("unsigned-trust"):
        read_history(read_bytes(files.path) + draft.envelope.to_bytes())
    twice = replace(draft.envelope, signatures=draft.envelope.signatures * 2)
    with refused("unsigned-trust"):
        read_history(read_bytes(files.path) + twice.to_bytes())
    with pytest.raises(UsageError, match="is no root key"):
        files.sign(draft, "ours")
    files.sign(draft, "root-b")
    assert len(read_history(read_bytes(files.path))) == 2
    assert not trust_draft.draft_path(files.path).exists()


def test_another_root_key_needs_both_the_old_ones_and_the_new(files: TrustFiles) -> None:
    change = trust_draft.replaces_root(files.id("root-b"), files.pem("root-c"))
    assert files.change(change, "root-a", "root-c").lacks, "one of the old ones is not enough"
    again = trust_draft.open_draft(files.path)
    files.sign(again, "root-b")
    (_, newest) = read_history(read_bytes(files.path))
    assert set(newest.roots) == {files.id("root-a"), files.id("root-c")}
    with pytest.raises(UsageError, match="is no root key"):
        files.change(lambda payload: payload.update(threshold=1), "root-b")


def test_new_root_keys_alone_cannot_take_over(files: TrustFiles) -> None:
    def take_over(payload: dict[str, Any]) -> None:
        payload |= {"roots": [files.pem("thief-a"), files.pem("thief-b")]}

    draft = files.change(take_over, "thief-a", "thief-b")
    assert draft.lacks == (
        "is signed by 0 of the root keys of version 1, and needs 2 [unsigned-trust]"
    )
    with refused("unsigned-trust"):
        read_history(read_bytes(files.path) + draft.envelope.to_bytes())


def test_only_the_file_that_the_policy_pins(files: TrustFiles, settings: Settings) -> None:
    state = settings.state
    pinned = files.pinned
    load(pinned, state, DAY)
    with refused("expired-trust"):
        load(pinned, state, ENDS.date() + timedelta(days=1))
    with refused("old-trust"):
        load(replace(pinned, least_version=2), state, DAY)
    with refused("wrong-trust"):
        load(replace(pinned, first="0" * 64), state, DAY)
    with pytest.raises(CouldNotCheckError, match="cannot be read"):
        load(replace(pinned, path=files.folder / "gone"), state, DAY)


def test_a_version_that_was_seen_is_not_forgotten(files: TrustFiles, settings: Settings) -> None:
    first = read_bytes(files.path)
    files.trusts("ours", SIX)
    second = read_bytes(files.path)
    pinned = files.pinned
    assert load(pinned, settings.state, DAY).number == 2
    files.path.write_bytes(first)
    with refused("old-trust"):
        load(pinned, settings.state, DAY)
    files.trusts("others", SIX)
    with refused("changed-trust"):
        load(pinned, settings.state, DAY)
    files.path.write_bytes(second)
    assert load(pinned, settings.state, DAY).number == 2
    (memory,) = (settings.state / "trust").iterdir()
    memory.write_text("[]")
    with pytest.raises(CouldNotCheckError, match="was seen last"):
        load(pinned, settings.state, DAY)


def test_where_nothing_can_be_remembered(files: TrustFiles, folder: Path) -> None:
    (folder / "state").write_text("a file")
    assert load(files.pinned, folder / "state", DAY).number == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: payload.update(threshold=0),
        lambda payload: payload.update(threshold=3),
        lambda payload: payload.update(threshold=True),
        lambda payload: payload.update(roots=payload["roots"] * 2),
        lambda payload: payload.update(version=4),
        lambda payload: payload.update(previous="0" * 64),
        lambda payload: payload.update(expires="2027-05-01"),
        lambda payload: payload.update(more=1),
        lambda payload: payload.update(type="x"),
        lambda payload: payload["keys"][0].update(roles=["test", "build"]),
        lambda payload: payload["keys"][0].update(roles=["everything"]),
        lambda payload: payload["keys"][0].update(roles=[]),
        lambda payload: payload["keys"][0].update(until=payload["keys"][0]["from"]),
        lambda payload: payload["keys"][0].update(revoked={"at": "x", "reason": "retired"}),
        lambda payload: payload["keys"][0].update(
            revoked={"at": payload["keys"][0]["from"], "reason": "lost"}
        ),
        lambda payload: payload["keys"][0].update(public=payload["roots"][0]),
        lambda payload: payload["keys"].append(payload["keys"][0]),
        lambda payload: payload["identities"].append({}),
    ],
)
def test_what_no_trust_file_can_say(files: TrustFiles, change: Any) -> None:
    """Although all root keys signed it."""
    files.trusts("ours", ["test"])
    draft = trust_draft.changed(trust_draft.open_draft(files.path), change)
    signed = draft.envelope
    for each in ("root-a", "root-b"):
        one = envelope.sign(
            draft.envelope.payload, _private(files, each), draft.envelope.payload_type
        )
        signed = replace(signed, signatures=(*signed.signatures, *one.signatures))
    with refused("unreadable-trust"):
        read_history(read_bytes(files.path) + signed.to_bytes())


def _private(files: TrustFiles, name: str) -> Any:
    from gates.evidence.key_files import read_private

    return read_private(files.folder / f"{name}.pem")


WORKFLOW = "https://github.com/axon-platform/pipeline/.github/workflows/module.yml"
IDENTITY = Identity(
    "https://token.actions.githubusercontent.com",
    WORKFLOW,
    ("c" * 40,),
    ("https://github.com/a/b",),
)
CLAIMS = Claims(
    IDENTITY.issuer, f"{WORKFLOW}@refs/heads/main", "c" * 40, "github-hosted",
    "https://github.com/a/b", "d" * 40, issued=STARTED,
)  # fmt: skip


def test_identities_have_roles_too() -> None:
    def problems(grant: Grant, role: str = "test", claims: Claims = CLAIMS) -> list[str]:
        trust = Trust({}, (IDENTITY,), grants={IDENTITY: grant})
        found = signer_problems(trust, (), claims, role, claims.issued)
        return [each.rpartition(" [")[2].rstrip("]") for each in found]

    grant = Grant(frozenset({"test"}), BEGAN, ENDS)
    assert problems(grant) == []
    assert problems(grant, "release") == ["wrong-role"]
    assert problems(replace(grant, until=STARTED)) == ["expired-key"]
    retired = replace(grant, revoked=Revocation(STARTED, "retired"))
    assert problems(retired) == ["revoked-key"]
    assert problems(grant, claims=replace(CLAIMS, runner="self-hosted")) == ["wrong-runner"]


def test_an_identity_in_the_file_needs_a_trust_root(world: World, files: TrustFiles) -> None:
    entry = {
        "issuer": IDENTITY.issuer, "workflow": WORKFLOW, "signer_digests": ["c" * 40],
        "repositories": ["https://github.com/a/b"], "runners": ["github-hosted"],
    }  # fmt: skip
    files.change(trust_draft.adds(entry, ["test"], BEGAN, ENDS))
    with pytest.raises(ConfigurationError, match=r"need trust.root"):
        Trust.of(world.policy, world.settings, DAY)
    root = TrustRoot(files.path, "0" * 64, DAY)
    trust = Trust.of(replace(world.policy, trust_root=root), world.settings, DAY)
    assert trust.identities == (IDENTITY,)
    files.change(trust_draft.revokes(WORKFLOW, "retired", STARTED))
    grants = Trust.of(replace(world.policy, trust_root=root), world.settings, DAY).grants
    assert grants is not None
    assert grants[IDENTITY].revoked == Revocation(STARTED, "retired")


def test_a_revocation_is_for_good(files: TrustFiles) -> None:
    files.trusts("ours", ["test"])
    files.change(trust_draft.revokes("ours", "compromised", BEGAN))
    key = {"name": "ours", "public": files.pem("ours")}
    draft = trust_draft.open_draft(files.path)
    with pytest.raises(UsageError, match="stays so"):
        trust_draft.changed(draft, trust_draft.adds(key, ["test"], BEGAN, ENDS))
    with pytest.raises(UsageError, match="which nothing undoes"):
        trust_draft.changed(draft, trust_draft.revokes("ours", "retired", BEGAN))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('path = "t", first = "x"', "64 hex digits"),
        ('path = "t", first = "%s", least_version = 0', "least_version must be"),
        ('path = "t"', "first must be given"),
        ('first = "%s"', "path must be given"),
        ('path = "t", first = "%s", roots = 1', "unknown member 'roots'"),
    ],
)
def test_the_policy_s_table(folder: Path, text: str, said: str) -> None:
    from gates.settings import load_policy

    policy = folder / "gates-policy.toml"
    policy.write_text(f"trust.file = {{ {text.replace('%s', 'ab' * 32)} }}\n")
    with pytest.raises(ConfigurationError, match=said):
        load_policy(folder / "module")
    policy.write_text(f'trust.file = {{ path = "t", first = "{"ab" * 32}", least_version = 7 }}\n')
    found = load_policy(folder / "module").trust_file
    assert found == TrustFile(folder / "t", "ab" * 32, 7)
    assert found.path == (folder / "t").resolve()


def test_json_data_of_a_version_has_one_form(files: TrustFiles) -> None:
    """White space, which JSON does not mind, makes it another file."""
    line = read_bytes(files.path)
    loose = json.dumps(json.loads(line)).encode() + b"\n"
    for data in (loose, line[:-1], line + b"\n", b"", line * 2, b"\xff\n"):
        with refused("unreadable-trust"):
            read_history(data)


def test_today_is_asked_for(files: TrustFiles, settings: Settings) -> None:
    with refused("expired-trust"):
        load(files.pinned, settings.state, date.max)


def test_results_of_stages(world: World, files: TrustFiles) -> None:
    """A key for one stage can be the only one that signs it."""
    files.trusts("ours", ["test"])
    world.evidence.write(result_of(Stage.TEST))
    assert refusal(world.evidence, [Stage.TEST]) is None


def test_whose_results_are_reused(world: World, files: TrustFiles) -> None:
    """None of a key that was revoked; a file that does not hold is nobody's, and ends no run."""
    from gates.reuse import _trusted

    files.trusts("ours", SIX)
    files.trusts("others", ["test"])
    both = {files.id("ours"), files.id("others")}
    assert set(_trusted(world.policy, world.settings, DAY).keys) == both
    files.change(trust_draft.revokes("others", "retired", ENDS))
    assert set(_trusted(world.policy, world.settings, DAY).keys) == {files.id("ours")}
    assert _trusted(world.policy, world.settings, date.max).keys == {}
    files.path.unlink()
    assert _trusted(world.policy, world.settings, DAY).keys == {}


def test_doctor_says_until_when_the_file_holds(
    world: World, files: TrustFiles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gates import doctor

    policy = folder / "gates-policy.toml"
    pinned = files.pinned
    policy.write_text(f'trust.file = {{ path = "trust.jsonl", first = "{pinned.first}" }}\n')
    monkeypatch.setattr(doctor, "datetime", _At(STARTED))
    settings = replace(world.settings, policy=policy)
    assert doctor._policy(world.root, settings).endswith("; trust file version 1 until 2027-05-01")
    monkeypatch.setattr(doctor, "datetime", _At(ENDS + timedelta(days=1)))
    with refused("expired-trust"):
        doctor._policy(world.root, settings)


class _At:
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self, _zone: object) -> datetime:
        return self._moment
