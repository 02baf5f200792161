"""Each reason to refuse evidence has a code of its own, which one fault alone produces."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import gates
from gates.evidence import envelope, keys, signed, trust_draft
from gates.evidence.together import relies_upon
from gates.model import Stage, Verdict
from gates.settings import Policy, Settings
from tests.evidence.test_evidence_refused import path_of, signed_anew, with_codes
from tests.evidence.test_trust_file import STARTED
from tests.evidence.trust_files import BEGAN, ENDS, SIX, TrustFiles, world_of
from tests.passing import World, result_of

PACKAGE = Path(gates.__file__).parent
LINT = Stage.LINT
"""The stage that something is wrong with."""


@pytest.fixture
def files(folder: Path) -> TrustFiles:
    made = TrustFiles(folder)
    made.begin()
    return made


@pytest.fixture
def world(make_module: Callable[..., Path], settings: Settings, files: TrustFiles) -> World:
    made = world_of(World(make_module("python"), settings), files)
    files.trusts("ours", SIX)
    made.passed()
    return made


def missing(world: World, files: TrustFiles) -> None:
    path_of(world, LINT).unlink()


def unsigned(world: World, files: TrustFiles) -> None:
    found = signed.parse(path_of(world, LINT).read_bytes())
    path_of(world, LINT).write_bytes(replace(found, signatures=()).to_bytes())


def wrong_signer(world: World, files: TrustFiles) -> None:
    found = signed.parse(path_of(world, LINT).read_bytes())
    stranger = keys.signing_key(files.folder / "stranger.pem")
    path_of(world, LINT).write_bytes(envelope.sign(found.payload, stranger).to_bytes())


def another(world: World, files: TrustFiles) -> None:
    """Evidence of lint by another key."""
    files.pem("another")
    settings = replace(world.settings, key=files.folder / "another.pem")
    replace(world.evidence, settings=settings).write(result_of(LINT))


def wrong_role(world: World, files: TrustFiles) -> None:
    another(world, files)
    files.trusts("another", ["test"])


def expired(world: World, files: TrustFiles) -> None:
    another(world, files)
    files.trusts("another", ["lint"], BEGAN, STARTED)


def early(world: World, files: TrustFiles) -> None:
    another(world, files)
    files.trusts("another", ["lint"], STARTED + timedelta(days=1), ENDS)


def revoked(world: World, files: TrustFiles) -> None:
    another(world, files)
    files.trusts("another", ["lint"])
    files.change(trust_draft.revokes("another", "retired", STARTED))


def compromised(world: World, files: TrustFiles) -> None:
    another(world, files)
    files.trusts("another", ["lint"])
    files.change(trust_draft.revokes("another", "compromised", ENDS))


def stale(world: World, files: TrustFiles) -> None:
    world.evidence.write(result_of(LINT, started="2026-05-30T10:00:00Z"))


def subject(world: World, files: TrustFiles) -> None:
    signed_anew(world, LINT, lambda value: value["subject"][0].update(name="other@1.0.0"))


def policy(world: World, files: TrustFiles) -> None:
    other = Policy(trust_file=world.policy.trust_file, coverage=99)
    replace(world.evidence, policy=other).write(result_of(LINT))


def failed(world: World, files: TrustFiles) -> None:
    world.evidence.write(result_of(LINT, Verdict.FAIL))


def inconclusive(world: World, files: TrustFiles) -> None:
    world.evidence.write(result_of(LINT, Verdict.INCONCLUSIVE))


def duplicated_check(world: World, files: TrustFiles) -> None:
    result = result_of(LINT)
    world.evidence.write(replace(result, checks=(*result.checks, result.checks[0])))


def duplicated_signature(world: World, files: TrustFiles) -> None:
    found = signed.parse(path_of(world, LINT).read_bytes())
    twice = replace(found, signatures=found.signatures * 2)
    path_of(world, LINT).write_bytes(twice.to_bytes())


def replayed(world: World, files: TrustFiles) -> None:
    """Good evidence of this content, by the right key, of a run that publish did not see."""
    relied = relies_upon(world.evidence.verify(Stage.PUBLISH.before))
    world.evidence.write(result_of(Stage.PUBLISH), bundle=world.digest, environment=relied)
    world.evidence.verify(Stage.RELEASE.before)
    world.evidence.write(result_of(LINT, started="2026-06-01T09:00:00Z"))


CODES: dict[str, Callable[[World, TrustFiles], object]] = {
    "missing": missing,
    "unsigned": unsigned,
    "unknown-key": wrong_signer,
    "wrong-role": wrong_role,
    "expired-key": expired,
    "early-key": early,
    "revoked-key": revoked,
    "compromised-key": compromised,
    "stale": stale,
    "wrong-subject": subject,
    "wrong-policy": policy,
    "failed": failed,
    "inconclusive": inconclusive,
    "duplicated-check": duplicated_check,
    "duplicated-signature": duplicated_signature,
    "replayed": replayed,
}


@pytest.mark.parametrize("code", CODES)
def test_one_fault_has_one_code(world: World, files: TrustFiles, code: str) -> None:
    world.evidence.verify(Stage.RELEASE.before)
    CODES[code](world, files)
    found = [each.rpartition("[")[2].rstrip("]") for each in with_codes(world.evidence)]
    assert found == [code]


def test_every_code_is_on_a_page() -> None:
    """Whatever ends a sentence of a refusal in the sources, and nothing else in the tables."""
    rooms = [*PACKAGE.glob("evidence/*.py"), *PACKAGE.glob("catalog/*.py"), PACKAGE / "publish.py"]
    rooms += [PACKAGE / "release.py"]
    text = "".join(each.read_text("utf-8") for each in rooms)
    codes = {*re.findall(r"\[([a-z]+(?:-[a-z]+)*)\]\"", text)}
    codes |= {*re.findall(r"\"(wrong-[a-z]+)\"\)$", text, re.MULTILINE)}
    assert len(codes) > 50
    docs = Path(__file__).resolve().parents[2] / "docs"
    pages = "".join((docs / each).read_text("utf-8") for each in ("evidence.md", "policy.md"))
    rows = [line.split("|")[1] for line in pages.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    assert codes - told == set()
