"""How the jobs of a pipeline sign: a secret's key, their identity, or nothing that counts."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime

import hypothesis
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gates.ci.event import Event, current, read_event
from gates.ci.results import Results
from gates.ci.signing import KEY, Signing, choose, signing_settings
from gates.cli import cli
from gates.errors import ConfigurationError
from gates.evidence import signed
from gates.evidence.bundle import Bundle
from gates.model import Stage
from tests.evidence.sigstore_instance import CLAIMS, Instance, trusting
from tests.evidence.sigstore_services import SECRET, Services, serving

REPOSITORY = "axon/notes"
OWN = Event("pull_request", 7)
FORK = Event("pull_request", 7, fork=True)
KEYLESS = {"GATES_SIGNING": "keyless"}
TOKEN = {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1/token"}


def payload(head=REPOSITORY, number=7):
    repo = None if head is None else {"full_name": head}
    return json.dumps({"pull_request": {"number": number, "head": {"repo": repo}}})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("push", "{}", Event("push")),
        ("push", '{"pull_request": null}', Event("push")),
        ("pull_request", payload(), OWN),
        ("pull_request", payload("Axon/Notes"), OWN),
        ("pull_request", payload("stranger/notes"), FORK),
        ("pull_request", payload("axon/notes-2"), FORK),
        ("pull_request", payload(None), FORK),
        ("pull_request", payload(number="7"), Event("pull_request")),
        ("pull_request", payload(number=True), Event("pull_request")),
        ("pull_request", payload(number=-1), Event("pull_request")),
        ("pull_request_x", payload("stranger/notes"), replace(FORK, name="pull_request_x")),
        ("pull_request", "", Event("pull_request", fork=True)),
        ("pull_request", "[]", Event("pull_request", fork=True)),
        ("pull_request", "[" * 99_999, Event("pull_request", fork=True)),
        ("pull_request", '{"pull_request": {"number": 7}}', FORK),
        ("issue_comment", payload("stranger/notes"), replace(FORK, name="issue_comment")),
        ("", "", Event()),
    ],
)  # fmt: skip
def test_what_an_event_says(name, text, expected):
    assert read_event(name, text, REPOSITORY) == expected


def test_without_the_name_of_its_repo_every_pull_request_is_one_of_a_fork():
    assert read_event("pull_request", payload(""), "").fork


NAMES = st.sampled_from(["pull_request", "head", "repo", "full_name"])
VALUES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["", "axon", "x/y"]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@hypothesis.settings(max_examples=40)
@given(VALUES)
def test_no_payload_that_does_not_name_the_repo_is_its_own(value):
    assert read_event("pull_request", json.dumps(value), REPOSITORY).fork


def test_the_event_is_read_from_the_file_that_the_runner_names(folder):
    (folder / "event.json").write_text(payload())
    known = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REPOSITORY": REPOSITORY}
    assert current({**known, "GITHUB_EVENT_PATH": str(folder / "event.json")}) == OWN
    assert current({**known, "GITHUB_EVENT_PATH": str(folder / "gone.json")}).fork
    assert current(known).fork
    assert current({}) == Event()


@pytest.mark.parametrize(
    ("environ", "event", "expected"),
    [
        ({}, Event("push"), Signing()),
        ({KEY: "PEM\n"}, Event("push"), Signing("PEM")),
        ({KEY: "PEM"}, OWN, Signing("PEM")),
        ({KEY: "PEM", "GATES_SIGNING": ""}, Event("push"), Signing("PEM")),
        ({**KEYLESS, KEY: "PEM"}, Event("push"), Signing()),
        ({**KEYLESS, **TOKEN}, OWN, Signing()),
    ],
)
def test_what_the_caller_chose(environ, event, expected):
    assert choose(environ, event) == expected


@pytest.mark.parametrize("environ", [{}, {KEY: "PEM"}, KEYLESS, {**KEYLESS, **TOKEN, KEY: "PEM"}])
def test_a_pull_request_of_a_fork_never_signs(environ):
    chosen = choose(environ, FORK)
    assert chosen.untrusted
    assert not chosen.key
    with signing_settings(chosen, environ) as settings:
        assert not settings.keyless
        assert not settings.key.exists()


def test_without_an_identity_a_pull_request_is_checked_and_a_push_is_not():
    assert choose(KEYLESS, OWN).untrusted
    assert choose(KEYLESS, Event("push")) == Signing(), "which ends as could not be signed"


def test_the_key_is_private_and_gone_afterwards():
    with signing_settings(Signing("PEM"), {}) as settings:
        path = settings.key
        assert path.read_text() == "PEM\n"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not path.parent.exists()
    with signing_settings(Signing(), {"GATES_STATE_DIR": "/state"}) as settings:
        assert str(settings.key) == "/state/signing-key.pem"


def test_a_way_to_sign_that_nobody_knows_is_an_error():
    environ = {"GATES_SIGNING": "both"}
    with pytest.raises(ConfigurationError, match="key or keyless"):
        signing_settings(choose(environ, Event("push")), environ).__enter__()


@pytest.fixture
def stage(make_module, folder, monkeypatch):
    """Runs `gates ci stage lint-manifest` as a job that may ask for tokens of its identity.

    The services stand in for GitHub's token endpoint, Fulcio and Rekor. What this does not show:
    that GitHub gives a job the token (permissions have no effect here), what stands in a real one,
    and that Fulcio accepts it; nobody here checks the token's own signature.
    """
    instance = Instance()
    root = instance.trusted_root(folder / "root.json", datetime.now(UTC).date())
    module = make_module("python")
    services = Services(instance)
    policy = module.parent / "gates-policy.toml"
    monkeypatch.chdir(module.parent)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def run(event, **variables):
        (folder / "event.json").write_text(event)
        environment = {
            "GATES_STATE_DIR": str(folder / "state"), "PIPELINE_MODULES": '["sample-module"]',
            "PIPELINE_RESULTS": str(folder / "results"), "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_EVENT_PATH": str(folder / "event.json"), **services.environment(), **variables,
        }  # fmt: skip
        return CliRunner().invoke(cli, ["ci", "stage", "lint-manifest"], env=environment)

    with serving(services):
        configuration = services.configuration(folder / "services.json")
        policy.write_text(policy.read_text() + trusting(root, configuration))
        run.services = services
        run.evidence = Results(folder / "results").evidence("sample-module")
        yield run


def evidence_of(stage):
    return signed.parse((stage.evidence / f"{Stage.LINT_MANIFEST}.dsse.json").read_bytes())


def test_a_push_is_signed_by_the_identity_of_its_job(stage, folder):
    ended = stage("{}", GITHUB_EVENT_NAME="push", **KEYLESS)
    assert ended.exit_code == 0, ended.output
    made = evidence_of(stage)
    assert isinstance(made, Bundle)
    assert made.claims == CLAIMS
    assert stage.services.asked == ["token", "certificate", "entry"]
    assert not list(folder.rglob("signing-key.pem"))
    assert SECRET not in ended.output


@pytest.mark.parametrize(
    ("event", "variables"),
    [
        (payload("stranger/notes"), {KEY: "PEM"}),
        (payload(None), {}),
        (payload(), {"ACTIONS_ID_TOKEN_REQUEST_URL": ""}),
    ],
)
def test_a_pull_request_without_rights_asks_nobody_to_sign(stage, event, variables):
    ended = stage(event, GITHUB_EVENT_NAME="pull_request", **KEYLESS, **variables)
    assert ended.exit_code == 0, ended.output
    assert "evidence is signed with a key that nobody trusts: " in ended.output
    assert stage.services.asked == []
    assert not isinstance(evidence_of(stage), Bundle)


@pytest.mark.parametrize("broken", ["token", "certificate", "entry"])
def test_a_push_that_cannot_be_signed_has_not_passed(stage, broken):
    stage.services.broken = broken
    ended = stage("{}", GITHUB_EVENT_NAME="push", **KEYLESS)
    assert ended.exit_code == 3, ended.output
    assert "evidence cannot be signed by identity" in ended.output
    assert stage.services.token()[:20] not in ended.output
    assert os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL") is None
