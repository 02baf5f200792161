"""Approvals: how many of whom, by nobody who made it, and a release that asks for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gates.approvers import ApprovalRule, Approver
from gates.catalog import Catalog
from gates.catalog.lifecycle import soak_refusal
from gates.cli import cli
from gates.errors import ConfigurationError, RefusedError
from gates.evidence import keys
from gates.evidence.act import Act, Subject, Verb, build, read, version_subject, waiver_subject
from gates.evidence.envelope import MalformedError
from gates.evidence.statement import Waived
from gates.governance.acts import now_text, sign
from gates.governance.approvals import covering, read_approval
from gates.governance.needed import Authors, Needed, Signed, needed, purposes_of, refusals
from gates.governance.signers import Signers
from gates.release import release_version
from gates.settings import Policy, Waiver, load_policy
from tests.passing import World

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
THIS = version_subject("sample-module", "1.0.0", "a" * 64)
ANN = Approver("Ann", "ann.pub", "ann@example.org", ("platform",))
BEN = Approver("Ben", "ben.pub", "ben@example.org", ("security",))
TWO = ApprovalRule("ga", 2)
NOBODY = Authors(frozenset())


def approval(person: Approver | None, subject: Subject = THIS, **changes: Any) -> Signed:
    act = Act(Verb.APPROVE, (subject,), "read it", "2026-06-01T10:00:00Z", key_ids=("k",))
    return Signed(replace(act, **changes), person, "" if person else "is by nobody [unknown-key]")


def against(rule: ApprovalRule, *given: Signed, authors: Authors = NOBODY) -> tuple[str, ...]:
    return refusals(Needed(rule, (THIS,)), given, authors, NOW)


def test_two_of_whom() -> None:
    assert against(TWO, approval(ANN), approval(BEN)) == ()
    (one,) = against(TWO, approval(ANN), approval(ANN))
    assert one == "sample-module@1.0.0 needs 2 approvals (ga), and has 1 (Ann) [not-approved]"
    assert against(TWO)[0].endswith("and has none [not-approved]")
    assert against(replace(TWO, count=1, of=("security",)), approval(BEN)) == ()


@pytest.mark.parametrize(
    ("given", "rule", "authors", "code"),
    [
        (approval(ANN, until=date(2026, 5, 31)), TWO, NOBODY, "expired-approval"),
        (approval(ANN, made="2026-04-01T00:00:00Z"), replace(TWO, max_age_days=30), NOBODY,
         "expired-approval"),
        (approval(ANN, made="2026-07-01T00:00:00Z"), TWO, NOBODY, "from-the-future"),
        (approval(ANN), TWO, Authors(frozenset({"k"})), "own-approval"),
        (approval(ANN), TWO, Authors(frozenset(), frozenset({"ann@example.org"})), "own-approval"),
        (approval(ANN), replace(TWO, of=("security", "Ben")), NOBODY, "wrong-signer"),
        (approval(None), TWO, NOBODY, "unknown-key"),
    ],
)  # fmt: skip
def test_what_does_not_count(
    given: Signed, rule: ApprovalRule, authors: Authors, code: str
) -> None:
    found = against(rule, given, approval(BEN), authors=authors)
    assert found[0].endswith("[not-approved]")
    assert any(each.endswith(f"[{code}]") for each in found[1:]), found


def test_an_approval_of_other_content_is_none() -> None:
    other = version_subject("sample-module", "1.0.0", "b" * 64)
    assert len(against(replace(TWO, count=1), approval(ANN, other))) == 1


def test_what_needs_which() -> None:
    assert purposes_of("1.0.0", "BETA", []) == ("offer",)
    assert purposes_of("1.0.0", "GA", []) == ("ga",)
    assert purposes_of("2.0.0", "GA", ["1.9.0", "1.0.0"]) == ("ga", "major")
    assert purposes_of("1.9.1", "RC", ["1.9.0", "2.0.0"]) == ()
    rules = [TWO, ApprovalRule("waiver", 1)]
    first, second = (Subject("waiver squawk", each * 64, "sha256") for each in "ab")
    found = needed(rules, ("ga", "major"), THIS, [(first, second)])
    assert [each.rule.purpose for each in found] == ["ga", "waiver"]
    assert refusals(found[1], [approval(ANN, second)], NOBODY, NOW) == ()


def waiver(**changes: Any) -> Waiver:
    made = Waiver("squawk", "old", "ann", "ben", date(2026, 12, 31), path="migrations/000_init.sql")
    return replace(made, **changes)


def test_several_waivers_for_one_finding() -> None:
    waived = Waived("squawk", "migrations/000_init.sql", "f" * 16, "")
    one, other, ended = waiver(), waiver(reason="new"), waiver(expires=date(2026, 1, 1))
    found = covering(waived, Policy(waivers=(one, other, ended)), NOW)
    assert found == (waiver_subject(one), waiver_subject(other))
    assert waiver_subject(one) != waiver_subject(other)
    (nobody,) = covering(waived, Policy(), NOW)
    assert nobody.digest == "0" * 64


def test_soak() -> None:
    hours = {"GA": 48.0}
    stood = [("RC", NOW - timedelta(hours=47)), ("BETA", NOW - timedelta(days=90))]
    assert "over on 2026-06-01T13:00+00:00 [not-soaked]" in str(
        soak_refusal("RC", "GA", stood, hours, NOW)
    )
    assert soak_refusal("RC", "GA", [("RC", NOW - timedelta(hours=48))], hours, NOW) is None
    assert "no good version stands" in str(soak_refusal(None, "GA", [], hours, NOW))
    assert soak_refusal("GA", "GA", [], hours, NOW) is None
    assert soak_refusal("BETA", "RC", [], hours, NOW) is None


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ACTS = st.builds(
    Act,
    st.sampled_from(list(Verb)),
    st.lists(st.builds(Subject, TEXT, st.just("a" * 64)), min_size=1, max_size=3).map(tuple),
    TEXT,
    st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    st.none() | st.dates(),
    TEXT,
    details=st.dictionaries(TEXT, TEXT, max_size=2),
)


@hypothesis.settings(max_examples=25)
@given(ACTS)
def test_an_act_is_read_as_it_was_written(act: Act) -> None:
    payload = build(act)
    assert replace(read(payload), payload=b"") == act


@hypothesis.settings(max_examples=25)
@given(st.binary(max_size=60) | st.sampled_from([b"{}", b'{"_type": 1}', b"[]"]))
def test_garbage_is_no_act(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read(data)


def test_every_changed_byte_of_an_approval_is_found_out(world: World, folder: Path) -> None:
    private = keys.signing_key(folder / "ann.pem")
    settings = replace(world.settings, key=folder / "ann.pem")
    policy = Policy(approvers=(replace(ANN, key=str(folder / "ann.pem.pub")),))
    signers = Signers.of(policy, world.settings, NOW.date())
    data = sign(Act(Verb.APPROVE, (THIS,), "read it", now_text()), settings).to_bytes()
    read_back = read_approval(data, signers)
    assert read_back is not None
    assert read_back.person == policy.approvers[0]
    assert keys.key_id(private.public_key()) in read_back.act.key_ids
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 1
        found = read_approval(bytes(changed), signers)
        assert found is None or found.person is None


@pytest.fixture
def people(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A policy in which a GA version needs Ann and Ben."""
    policy = folder / "gates-policy.toml"
    keys.signing_key(world.settings.key)
    text = f'[trust]\nkeys = ["{keys.public_path(world.settings.key)}"]\n'
    text += '[[approval_rules]]\nfor = "ga"\ncount = 2\nof = ["release"]\n'
    for name in ("ann", "ben"):
        keys.signing_key(folder / f"{name}.pem")
        text += (
            f'[[approvers]]\nname = "{name}"\nkey = "{name}.pem.pub"\ngroups = ["release"]\n'
            f'email = "{name}@example.org"\n'
        )
    policy.write_text(text)
    monkeypatch.setenv("GATES_STATE_DIR", str(world.settings.state))
    monkeypatch.setenv("GATES_SIGNING_KEY", str(world.settings.key))
    monkeypatch.setenv("GATES_REGISTRY", str(world.settings.registry))
    monkeypatch.setenv("GATES_CATALOG", world.settings.catalog)
    monkeypatch.setenv("GATES_POLICY", str(policy))
    world.policy = load_policy(world.root, policy)
    world.published()
    return world


def approve(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["approve", *arguments, "--reason", "read it"])


def test_a_release_asks_for_approvals(people: World, catalog: Catalog, folder: Path) -> None:
    with pytest.raises(RefusedError, match=r"needs 2 approvals of release \(ga\), and has none"):
        release_version(people.release(catalog))
    assert catalog.versions("sample-module") == ()
    said = CliRunner().invoke(cli, ["verify", str(people.root), "--explain"])
    assert said.exit_code == 4
    assert "[not-approved]" in said.output
    assert f'gates approve {people.root} --reason "..." --key KEY.pem' in said.output
    done = approve(str(people.root), "--key", str(folder / "ann.pem"))
    assert done.exit_code == 0, done.exception
    assert "by ann, in " in done.output
    with pytest.raises(RefusedError, match=r"and has 1 \(ann\)"):
        release_version(people.release(catalog))
    done = approve("sample-module", "1.0.0", "--key", str(folder / "ben.pem"))
    assert done.exit_code == 0, done.exception
    release_version(people.release(catalog))
    acts = catalog.acts("sample-module")
    assert [each.verb for each in acts] == ["approve", "approve"]
    told = CliRunner().invoke(cli, ["why", "sample-module"])
    assert "approve by ann: read it" in told.output
    assert "approve by ben: read it" in told.output


def test_who_made_it_does_not_approve_it(people: World, catalog: Catalog, folder: Path) -> None:
    own = str(people.settings.key)
    refused = approve(str(people.root), "--key", own)
    assert "[unknown-key]" in str(refused.exception)
    people.policy = replace(
        people.policy,
        approvers=(*people.policy.approvers, Approver("me", f"{own}.pub", groups=("release",))),
    )
    people.published()
    data = sign(
        Act(Verb.APPROVE, (version_of(people),), "mine", now_text()), people.settings
    ).to_bytes()
    people.evidence.store.write_approval("0" * 64, data)
    with pytest.raises(RefusedError, match=r"the key that signed the stages \[own-approval\]"):
        release_version(people.release(catalog))


def version_of(world: World) -> Subject:
    return version_subject(world.module.slug, world.module.version, world.module.digest)


def test_a_list_by_one_signature(people: World, folder: Path) -> None:
    """A folder and evidence of it, with a waiver: one envelope over all digests."""
    policy = folder / "gates-policy.toml"
    policy.write_text(
        '[[waivers]]\ncheck = "squawk"\nreason = "r"\nowner = "o"\napprover = "a"\n'
        'expires = 2099-01-01\npath = "migrations/000_init.sql"\n' + policy.read_text()
    )
    envelope = people.root / ".gates" / "evidence" / "build.dsse.json"
    done = approve(
        str(people.root), str(envelope), "--waiver", "squawk", "--key", str(folder / "ann.pem")
    )
    assert done.exit_code == 0, done.exception
    assert done.output.count("approved ") == 2
    assert len(list((folder / "gates-approvals").iterdir())) == 1
    assert len(people.evidence.store.approvals()) == 1


def test_a_link_is_no_approval(people: World, folder: Path) -> None:
    place = people.evidence.store.folder
    (folder / "secret.json").write_text("{}")
    (place / f"approval-{'a' * 16}.dsse.json").symlink_to(folder / "secret.json")
    (place / "approval-nothing.dsse.json").write_text("{}")
    assert people.evidence.store.approvals() == []


@pytest.mark.parametrize(
    "text",
    [
        '[[approvers]]\nname = "x"',
        '[[approvers]]\nname = ""\nkey = "k"',
        '[[approvers]]\nname = "x"\nkey = "k"\ngroup = ["x"]',
        '[[approval_rules]]\nfor = "everything"\ncount = 1',
        '[[approval_rules]]\nfor = "ga"\ncount = 0',
        '[[approval_rules]]\nfor = "ga"\ncount = true',
        "[soak_hours]\nGA = -1",
        "[soak_hours]\nga = 1",
        '[effective_on]\nsquawk = "soon"',
    ],
)
def test_wrong_values(folder: Path, text: str) -> None:
    policy = folder / "p.toml"
    policy.write_text(text)
    with pytest.raises(ConfigurationError):
        load_policy(folder / "module", policy)


def test_a_module_may_wait_longer_and_nothing_else(folder: Path) -> None:
    policy = folder / "p.toml"
    policy.write_text("[soak_hours]\nGA = 24\n")
    module = folder / "m"
    module.mkdir()
    (module / "gates.toml").write_text("[soak_hours]\nGA = 48\n")
    assert load_policy(module, policy).soak_hours == {"GA": 48.0}
    for text in ("[soak_hours]\nGA = 1\n", "[soak_hours]\nRC = 99\n", "[effective_on]\n"):
        (module / "gates.toml").write_text(text)
        with pytest.raises(ConfigurationError, match="tighten"):
            load_policy(module, policy)
