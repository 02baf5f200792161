"""Evidence signed by a workflow's identity: what a release accepts of it, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gates.doctor import probes
from gates.errors import ConfigurationError, CouldNotCheckError, ToolMissingError
from gates.evidence import EvidenceSet, signed
from gates.evidence.bundle import Bundle, load_root, uncovered
from gates.evidence.identity import Claims, mismatches
from gates.evidence.verify import refusal, report
from gates.model import Stage
from gates.settings import Policy, Settings
from tests.evidence.sigstore_instance import (
    CALLED,
    CLAIMS,
    IDENTITY,
    NOW,
    Instance,
    reparsed,
)
from tests.evidence.sigstore_services import SECRET, Services, serving
from tests.passing import DAY, World, result_of

SIX = Stage.RELEASE.before
INSTANCE = Instance()


@pytest.fixture
def world(make_module: Callable[..., Path], settings: Settings, folder: Path) -> World:
    made = World(make_module("python"), settings)
    root = INSTANCE.trusted_root(folder / "root.json", DAY)
    made.policy = Policy(trusted_identities=(IDENTITY,), trust_root=root)
    return made


def path_of(world: World, stage: Stage) -> Path:
    return world.root / ".gates" / "evidence" / f"{stage}.dsse.json"


def payload_of(world: World, stage: Stage) -> bytes:
    return signed.parse(path_of(world, stage).read_bytes()).payload


def by_identity(
    world: World, claims: Claims = CLAIMS, stages: tuple[Stage, ...] = SIX, **given: Any
) -> EvidenceSet:
    """Six stages that passed, some of them signed by a workflow."""
    evidence = world.passed()
    for stage in stages:
        made = INSTANCE.bundle(payload_of(world, stage), claims, **given)
        path_of(world, stage).write_bytes(made.to_bytes())
    return evidence


def reasons(evidence: EvidenceSet) -> tuple[str, ...]:
    refused = refusal(evidence, SIX)
    assert refused is not None
    assert refused.exit_code == 4
    return refused.reasons


def test_six_stages_by_one_workflow_are_accepted(world: World) -> None:
    found = by_identity(world).verify(SIX)
    assert {each.claims for each in found.values()} == {CLAIMS}
    assert all(len(each.key_ids[0]) == 64 for each in found.values())
    assert f"signed for {CLAIMS.repository.removeprefix('https://')} at c0c0c0c0c0c0" in report(
        world.evidence, SIX
    )


@pytest.mark.parametrize(
    ("trusted", "repository", "covered"),
    [
        ("https://github.com/axon/*", "https://github.com/axon/notes", True),
        ("https://github.com/axon/*", "https://github.com/axon/", False),
        ("https://github.com/axon/*", "https://github.com/axon", False),
        ("https://github.com/axon/*", "https://github.com/axon/notes/more", False),
        ("https://github.com/axon/*", "https://github.com/axon-evil/notes", False),
        ("https://github.com/axon/*", "https://evil.example/https://github.com/axon/notes", False),
        ("https://github.com/axon/notes", "https://github.com/axon/notes", True),
        ("https://github.com/axon/notes", "https://github.com/axon/notes-2", False),
        ("https://github.com/axon/notes", "https://github.com/Axon/notes", False),
        ("https://github.com/axon/notes", "", False),
    ],
)
def test_which_repositories_are_meant(trusted: str, repository: str, covered: bool) -> None:
    identity = replace(IDENTITY, repositories=(trusted,))
    found = mismatches(replace(CLAIMS, repository=repository), (identity,))
    assert (found == ()) is covered


def test_of_several_identities_one_has_to_agree_as_a_whole() -> None:
    others = replace(IDENTITY, signer_digests=("b2" * 20,), runners=("self-hosted",))
    split = replace(IDENTITY, repositories=("https://github.com/axon/x",))
    assert mismatches(CLAIMS, (others, IDENTITY)) == ()
    (nearest,) = mismatches(CLAIMS, (others, split))
    assert nearest.endswith("[wrong-repository]")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "https://token.actions.example"}, "wrong-issuer"),
        ({"workflow": CALLED.replace("module-", "other-") + "@v1"}, "wrong-workflow"),
        ({"workflow": f"https://github.com/evil/{CALLED}@v1"}, "wrong-workflow"),
        ({"workflow": ""}, "wrong-workflow"),
        ({"signer_digest": "b2" * 20}, "signer-digest-not-listed"),
        ({"signer_digest": ""}, "signer-digest-not-listed"),
        ({"repository": "https://github.com/axon-platform/sample-module-2"}, "wrong-repository"),
        ({"repository": "https://github.com/axon-platform.evil/sample-module"}, "wrong-repository"),
        ({"runner": "self-hosted"}, "wrong-runner"),
        ({"runner": ""}, "wrong-runner"),
        ({"commit": ""}, "no-commit"),
    ],
)
def test_a_claim_that_the_policy_does_not_trust(
    world: World, changes: dict[str, str], code: str
) -> None:
    by_identity(world, replace(CLAIMS, **changes), (Stage.LINT,))
    world.policy = replace(world.policy, trusted_keys=(str(world.settings.key) + ".pub",))
    world.passed([each for each in SIX if each is not Stage.LINT])
    found = world.evidence.inspect([Stage.LINT])[0]
    assert found.statement is None
    assert [each.rpartition("[")[2] for each in found.reasons] == [f"{code}]"]
    assert found.reasons[0].startswith("the evidence of lint is signed ")


def test_keys_and_identities_may_both_be_trusted(world: World) -> None:
    evidence = by_identity(world, stages=(Stage.TEST,))
    (lint,) = [each for each in reasons(evidence) if "of lint " in each]
    assert "unknown key" in lint, "with identities, the installation's own key is not implied"
    world.policy = replace(world.policy, trusted_keys=(str(world.settings.key) + ".pub",))
    assert refusal(by_identity(world, stages=(Stage.TEST,)), SIX) is None


def test_no_identity_is_trusted_by_default(world: World) -> None:
    world.policy = Policy()
    evidence = by_identity(world, stages=(Stage.LINT,))
    assert reasons(evidence) == (
        "the evidence of lint is signed by the identity of a workflow, and the policy trusts none"
        " [untrusted-identity]",
    )


def test_identities_without_a_trust_root_are_no_policy(world: World) -> None:
    by_identity(world)
    world.policy = Policy(trusted_identities=(IDENTITY,))
    with pytest.raises(ConfigurationError, match=r"needs trust\.root"):
        world.evidence.verify(SIX)


@pytest.mark.parametrize(
    ("age", "words"),
    [(90, None), (91, "91 days ago, and the policy allows 90"), (-1, "which is still to come")],
)
def test_the_age_of_the_trust_root(world: World, folder: Path, age: int, words: str | None) -> None:
    root = INSTANCE.trusted_root(folder / "root.json", DAY - timedelta(days=age))
    world.policy = replace(world.policy, trust_root=root)
    evidence = by_identity(world)
    if words is None:
        assert refusal(evidence, SIX) is None
        return
    found = reasons(evidence)
    assert len(found) == 6
    assert words in found[0]
    assert found[0].endswith("[stale-trust-root]")


def test_no_day_is_the_last_day() -> None:
    from gates.evidence import Trust

    assert Trust({}).today == date.max, "whoever names no day trusts no root"


def edited(world: World, stage: Stage, change: Callable[[dict[str, Any]], object]) -> None:
    value = json.loads(path_of(world, stage).read_bytes())
    change(value)
    made = json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    path_of(world, stage).write_bytes(made)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda v: v["verificationMaterial"].update(tlogEntries=[]), "no-log-entry"),
        (lambda v: v["verificationMaterial"].pop("tlogEntries"), "no-log-entry"),
        (lambda v: v["verificationMaterial"].pop("certificate"), "malformed-bundle"),
        (lambda v: v.update(messageSignature={}), "malformed-bundle"),
        (lambda v: v["dsseEnvelope"].update(signatures=[]), "malformed-bundle"),
        (lambda v: v["dsseEnvelope"].update(payload="e30="), "not-verified"),
        (lambda v: v["dsseEnvelope"]["signatures"][0].update(sig="MEUCIQ=="), "not-verified"),
    ],
)
def test_a_bundle_that_is_not_whole(world: World, change: Any, code: str) -> None:
    evidence = by_identity(world)
    edited(world, Stage.SCAN, change)
    (reason,) = reasons(evidence)
    assert reason.startswith("the evidence of scan ")
    assert reason.endswith(f"[{code}]")


def unpromised(value: dict[str, Any], **changes: object) -> None:
    """As Rekor 2 writes an entry: without a promise, whose time a timestamp has to say."""
    (entry,) = value["verificationMaterial"]["tlogEntries"]
    del entry["inclusionPromise"]
    entry.update(changes)
    stamp = {"signedTimestamp": "AAAA"}
    value["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": [stamp]}


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        (lambda v: unpromised(v), "nobody signed the time of its entry"),
        (lambda v: unpromised(v, logIndex="2"), "its place in the transparency log is not the one"),
        (
            lambda v: v["dsseEnvelope"]["signatures"][0].update(keyid="somebody"),
            "its signature names a key",
        ),
        (
            lambda v: v["verificationMaterial"].update(
                timestampVerificationData={"rfc3161Timestamps": [{}, {}]}
            ),
            "more than one signed timestamp",
        ),
    ],
)
def test_members_that_no_signature_covers_may_not_vary(
    world: World, change: Any, clause: str
) -> None:
    made = json.loads(INSTANCE.bundle(b"{}").to_bytes())
    change(made)
    root = load_root(world.evidence.trust)
    found = uncovered(made, root)
    assert found is not None
    assert clause in found


def test_a_timestamp_that_cannot_be_read(world: World) -> None:
    evidence = by_identity(world)
    edited(world, Stage.LINT, lambda value: unpromised(value, integratedTime="0"))
    assert reasons(evidence)[0].endswith("[malformed-bundle]")


def test_another_form_of_the_same_bundle(world: World) -> None:
    evidence = by_identity(world)
    value = json.loads(path_of(world, Stage.LINT).read_bytes())
    path_of(world, Stage.LINT).write_text(json.dumps(value, indent=2))
    assert "not in the form" in reasons(evidence)[0]


def test_an_older_type_of_bundle(world: World) -> None:
    evidence = by_identity(world)
    kind = "application/vnd.dev.sigstore.bundle+json;version=0.2"
    edited(world, Stage.LINT, lambda value: value.update(mediaType=kind))
    assert "it is no bundle of the type" in reasons(evidence)[0]


def test_the_subject_of_another_module(world: World) -> None:
    """A true bundle by the trusted workflow, for something else."""
    evidence = by_identity(world)
    payload = payload_of(world, Stage.LINT).replace(b"sample-module@1.0.0", b"other-module@1.0.0")
    path_of(world, Stage.LINT).write_bytes(INSTANCE.bundle(payload).to_bytes())
    assert reasons(evidence) == (
        "the evidence of lint is for other-module@1.0.0, and this is sample-module@1.0.0"
        " [wrong-subject]",
    )


def test_the_bundle_of_another_stage(world: World) -> None:
    evidence = by_identity(world)
    path_of(world, Stage.TEST).write_bytes(path_of(world, Stage.LINT).read_bytes())
    assert reasons(evidence)[0] == "the evidence of test is about the stage lint [wrong-stage]"


def test_a_statement_of_another_kind(world: World) -> None:
    evidence = by_identity(world)
    payload = b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/x"}'
    path_of(world, Stage.LINT).write_bytes(INSTANCE.bundle(payload).to_bytes())
    assert "its predicate is not about a stage" in reasons(evidence)[0]


def test_stages_of_different_commits(world: World) -> None:
    evidence = by_identity(world)
    made = INSTANCE.bundle(payload_of(world, Stage.SCAN), replace(CLAIMS, commit="d1" * 20))
    path_of(world, Stage.SCAN).write_bytes(made.to_bytes())
    (reason,) = reasons(evidence)
    assert reason.startswith("the stages were signed for different commits: ")
    assert reason.endswith("[different-commits]")


def test_an_instance_of_somebody_else(world: World) -> None:
    """The same names and claims, signed by another authority and log."""
    evidence = by_identity(world)
    made = Instance().bundle(payload_of(world, Stage.LINT))
    path_of(world, Stage.LINT).write_bytes(made.to_bytes())
    assert "not in the trust root [malformed-bundle]" in reasons(evidence)[0]
    mixed = replace(INSTANCE, authority_key=Instance().authority_key).bundle(
        payload_of(world, Stage.LINT)
    )
    path_of(world, Stage.LINT).write_bytes(mixed.to_bytes())
    assert reasons(evidence)[0].endswith("[not-verified]")


@pytest.mark.parametrize("key", ["certificate_log_key", "root_key"])
def test_each_key_of_the_instance_counts(world: World, folder: Path, key: str) -> None:
    other = replace(INSTANCE, **{key: getattr(Instance(), key)})
    root = other.trusted_root(folder / "root.json", DAY)
    world.policy = replace(world.policy, trust_root=root)
    found = by_identity(world)
    if key == "root_key":  # what an authority signed holds, whoever vouches for the authority
        assert refusal(found, SIX) is None
    else:
        assert all(each.endswith("[not-verified]") for each in reasons(found))


@pytest.mark.parametrize("minutes", [-1, 11])
def test_signed_outside_of_the_certificate_s_minutes(world: World, minutes: int) -> None:
    evidence = by_identity(world, stages=(), start=NOW)
    for stage in SIX:
        made = INSTANCE.bundle(payload_of(world, stage), at=NOW + timedelta(minutes=minutes))
        path_of(world, stage).write_bytes(made.to_bytes())
    assert all(each.endswith("[not-verified]") for each in reasons(evidence))


def test_a_trust_root_that_is_none(world: World, folder: Path) -> None:
    assert world.policy.trust_root is not None
    (folder / "root.json").write_text('{"mediaType": "x"}')
    evidence = by_identity(world)
    with pytest.raises(ConfigurationError, match="is no trusted root"):
        evidence.verify(SIX)


def test_without_the_package_nothing_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = by_identity(world)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    with pytest.raises(ToolMissingError, match=r"axon-gates\[identity\]") as caught:
        evidence.verify(SIX)
    assert caught.value.exit_code == 3


def test_the_package_is_imported_only_where_a_bundle_is() -> None:
    code = (
        "import sys, gates.cli, gates.evidence.signed, gates.release;"
        "assert 'sigstore' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_read_back_is_what_was_written(world: World) -> None:
    by_identity(world)
    data = path_of(world, Stage.LINT).read_bytes()
    found = signed.parse(data)
    assert isinstance(found, Bundle)
    assert reparsed(found.value).to_bytes() == data


def test_doctor_says_how_evidence_is_signed(settings: Settings) -> None:
    keyless = replace(settings, keyless=True)
    found = next(each for each in probes(Path(), keyless) if each.name == "signing key")
    assert (found.works, found.detail) == (True, "the identity of the workflow that runs")


@pytest.fixture
def services(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    with serving(Services(INSTANCE)) as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        path = made.configuration(folder / "services.json")
        world.policy = replace(world.policy, trust_services=path)
        world.settings = replace(world.settings, keyless=True)
        yield made


def test_a_workflow_signs_what_a_release_accepts(world: World, services: Services) -> None:
    found = world.passed().verify(SIX)
    assert {each.claims for each in found.values()} == {CLAIMS}
    assert services.asked == ["token", "certificate", "entry"] * 6
    assert not world.settings.key.exists(), "no key is made where none is used"


def test_what_a_workflow_signs_holds_nothing_of_its_token(world: World, services: Services) -> None:
    world.passed([Stage.LINT])
    data = path_of(world, Stage.LINT).read_text()
    assert SECRET not in data
    assert services.token().partition(".")[0] not in data


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("token", "has no token that says who it is"),
        ("certificate", "the certificate authority gave no certificate"),
        ("entry", "the transparency log took no entry"),
    ],
)
def test_a_service_that_fails_leaves_no_evidence(
    world: World, services: Services, broken: str, words: str
) -> None:
    services.broken = broken
    with pytest.raises(CouldNotCheckError, match=words) as caught:
        world.evidence.write(result_of(Stage.LINT))
    assert "ey" + "J" not in str(caught.value)
    assert not path_of(world, Stage.LINT).exists()


@pytest.mark.parametrize("name", ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
def test_a_job_without_the_permission(
    world: World, services: Services, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(CouldNotCheckError, match="has no token") as caught:
        world.evidence.write(result_of(Stage.LINT))
    assert caught.value.hint is not None
    assert "id-token: write" in caught.value.hint


def test_outside_of_github_actions(
    world: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    with pytest.raises(CouldNotCheckError, match="this is no job of GitHub Actions"):
        world.evidence.write(result_of(Stage.LINT))


def test_an_offline_run_does_not_sign_by_identity(world: World, services: Services) -> None:
    world.settings = replace(world.settings, offline=True)
    with pytest.raises(CouldNotCheckError, match="the run is offline"):
        world.evidence.write(result_of(Stage.LINT))
    assert services.asked == []


def test_services_that_the_trust_root_does_not_know(
    world: World, services: Services, folder: Path
) -> None:
    root = replace(INSTANCE, log_key=Instance().log_key).trusted_root(folder / "root.json", DAY)
    world.policy = replace(world.policy, trust_root=root)
    with pytest.raises(CouldNotCheckError, match="not in the trust root"):
        world.evidence.write(result_of(Stage.LINT))
