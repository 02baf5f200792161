"""Acts by keys that may not sign them: the tool refuses each, and what the database took all the
same is named by `gates catalog verify`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from gates.approvers import Approver
from gates.catalog import Catalog
from gates.cli import cli
from gates.errors import RefusedError
from gates.evidence import trust_draft
from gates.evidence.act import Act, Verb, version_subject
from gates.evidence.keys import public_path
from gates.governance.acts import decide_about, now_text, sign, verify_acts
from gates.governance.approve import Target, approve
from gates.governance.signers import Signers
from gates.settings import Policy, Settings
from tests.catalog.test_withdrawn import catalog as catalog
from tests.catalog.test_withdrawn import template as template
from tests.catalog.test_withdrawn import two as two
from tests.evidence.trust_files import BEGAN, ENDS, SIX, TrustFiles
from tests.passing import World

NOW = datetime.now(UTC)
SLUG, VERSION = "sample-module", "1.1.0"
KEYS: dict[str, tuple[list[str], datetime, datetime]] = {
    "good": (["status", "approval"], BEGAN, ENDS),
    "expired": (["status", "approval"], BEGAN, NOW - timedelta(minutes=1)),
    "early": (["status", "approval"], NOW + timedelta(hours=1), ENDS),
    "stages": (SIX, BEGAN, ENDS),
    "status": (["status"], BEGAN, ENDS),
    "approval": (["approval"], BEGAN, ENDS),
}
"""By name: what it may sign, from when, until when."""
CODES = {"expired": "expired-key", "early": "early-key", "stages": "wrong-role"}
DECISIONS = (Verb.YANK, Verb.QUARANTINE, Verb.REVOKE, Verb.DEPRECATE, Verb.ROLL_BACK)


@pytest.fixture
def files(two: World, tmp_path: Path) -> TrustFiles:
    """A trust file with all of these keys, and with that of the released versions."""
    made = TrustFiles(tmp_path)
    made.begin()
    for name, (roles, since, until) in KEYS.items():
        made.trusts(name, roles, since, until)
    (tmp_path / "released.pem").write_bytes(two.settings.key.read_bytes())
    (tmp_path / "released.pem").chmod(0o600)
    made.trusts("released", SIX)
    return made


@pytest.fixture
def policy(files: TrustFiles) -> Policy:
    """Each key is a person's, too."""
    people = [Approver(name, str(public_path(files.folder / f"{name}.pem"))) for name in KEYS]
    return Policy(trust_file=files.pinned, approvers=tuple(people), evidence_max_age_hours=1e6)


@pytest.fixture
def signers(policy: Policy, two: World) -> Signers:
    return Signers.of(policy, two.settings, NOW.date())


def settings_of(two: World, files: TrustFiles, name: str) -> Settings:
    return replace(two.settings, key=files.folder / f"{name}.pem")


def act(verb: Verb) -> Act:
    until = date(2999, 1, 1) if verb is Verb.DEPRECATE else None
    return Act(verb, (), "because", "", until=until)


def smuggled(catalog: Catalog, settings: Settings, made: Act) -> None:
    """Recorded by the database's own function, which knows no trust file."""
    row = catalog.find(SLUG, VERSION)
    assert row is not None
    subject = version_subject(SLUG, VERSION, row.digest)
    whole = replace(made, subjects=(subject,), made=now_text(), catalog=catalog.identity())
    envelope = sign(whole, settings).value
    if made.verb is Verb.APPROVE:
        from gates.catalog import act_store

        def record(connection: psycopg.Connection) -> None:
            act_store.record_approval(connection, SLUG, VERSION, envelope)

        catalog.work(record)
    else:
        catalog.record(SLUG, [VERSION], envelope)


def problems(catalog: Catalog, signers: Signers) -> list[str]:
    found = verify_acts(SLUG, catalog.acts(SLUG), catalog.versions(SLUG), signers)
    return [reason for each in found for reason in each.reasons]


def test_the_tool_refuses_each_and_records_nothing(
    two: World, files: TrustFiles, signers: Signers, catalog: Catalog
) -> None:
    for verb in DECISIONS:
        for name, code in {**CODES, "approval": "wrong-role"}.items():
            with pytest.raises(RefusedError, match=rf"\[{code}\]"):
                decide_about(
                    catalog, signers, settings_of(two, files, name), SLUG, [VERSION], act(verb)
                )
    assert catalog.acts(SLUG) == ()
    good = settings_of(two, files, "good")
    decide_about(catalog, signers, good, SLUG, [VERSION], act(Verb.YANK))
    for name in CODES:  # nobody lifts it, either
        with pytest.raises(RefusedError, match=rf"\[{CODES[name]}\]"):
            decide_about(
                catalog, signers, settings_of(two, files, name), SLUG, [VERSION],
                act(Verb.LIFT), undo=Verb.YANK,
            )  # fmt: skip
    assert [each.verb for each in catalog.acts(SLUG)] == ["yank"]
    assert problems(catalog, signers) == []


def test_the_tool_keeps_no_approval_of_theirs(
    two: World, files: TrustFiles, signers: Signers
) -> None:
    kept: list[bytes] = []

    def keep(_digest: str, data: bytes) -> str:
        kept.append(data)
        return "here"

    target = Target(version_subject(SLUG, VERSION, "a" * 64), keep)
    for name, code in {**CODES, "status": "wrong-role"}.items():
        with pytest.raises(RefusedError, match=rf"\[{code}\]"):
            approve([target], act(Verb.APPROVE), signers, settings_of(two, files, name))
    assert kept == []
    approve([target], act(Verb.APPROVE), signers, settings_of(two, files, "good"))
    assert len(kept) == 1


@pytest.mark.parametrize("verb", [Verb.YANK, Verb.QUARANTINE, Verb.REVOKE, Verb.APPROVE])
def test_what_the_database_took_is_named(
    two: World, files: TrustFiles, signers: Signers, catalog: Catalog, verb: Verb
) -> None:
    lacks = "status" if verb is Verb.APPROVE else "approval"
    wrong = {**CODES, lacks: "wrong-role"}
    for name in wrong:
        smuggled(catalog, settings_of(two, files, name), act(verb))
        if verb is not Verb.APPROVE:
            break  # one that stands keeps others out
    found = problems(catalog, signers)
    codes = [*wrong.values()] if verb is Verb.APPROVE else ["expired-key"]
    assert [each.rpartition(" [")[2].rstrip("]") for each in found] == codes
    assert found[0].startswith(f"the {verb} of {VERSION} (act ")


def test_a_key_that_is_revoked_takes_its_acts_along(
    two: World, files: TrustFiles, policy: Policy, signers: Signers, catalog: Catalog
) -> None:
    """Where it was compromised: nothing that it ever signed counts."""
    good = settings_of(two, files, "good")
    decide_about(catalog, signers, good, SLUG, [VERSION], act(Verb.QUARANTINE))
    files.change(trust_draft.revokes("good", "compromised", NOW))
    today = Signers.of(policy, two.settings, NOW.date())
    (reason,) = problems(catalog, today)
    assert reason.endswith("[compromised-key]")


def test_the_command_says_so(
    two: World, files: TrustFiles, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    smuggled(catalog, settings_of(two, files, "expired"), act(Verb.YANK))
    file = files.folder / "gates-policy.toml"
    file.write_text(
        f'[trust.file]\npath = "trust.jsonl"\nfirst = "{files.pinned.first}"\n'
        "[evidence]\nmax_age_hours = 1000000\n"
    )
    monkeypatch.setenv("GATES_STATE_DIR", str(files.folder / "state"))
    arguments = ["--catalog", two.settings.catalog, "--registry", two.settings.registry]
    ended = CliRunner().invoke(cli, ["catalog", "verify", *arguments, "--policy", str(file)])
    assert isinstance(ended.exception, RefusedError)
    lines = ended.output.splitlines()
    assert lines[0] == f"{SLUG} {VERSION}  not proved"
    assert lines[1].startswith("  the yank of 1.1.0 (act ")
    assert lines[1].endswith("[expired-key]")
    assert lines[2:] == [f"{SLUG} 1.0.0  proved"]
