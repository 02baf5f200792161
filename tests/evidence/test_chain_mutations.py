"""Every field of a valid chain is changed, removed, repeated and retyped: each is refused.

The chain is what a release and `gates catalog verify` read: seven envelopes, the trust file, and
the catalog's row. A change of what is signed is made as it is, signed again by somebody whom nobody
trusts, and signed again by the very key that may. Verified in process; the counts are printed.
"""

from __future__ import annotations

import base64
import copy
import json
import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from gates.catalog import EvidenceRow, ReleasedVersion
from gates.catalog.verify import verify_version
from gates.errors import RefusedError
from gates.evidence import envelope, key_files, keys
from gates.evidence.keys import Trust
from gates.evidence.together import relies_upon
from gates.evidence.trust_file import load
from gates.model import Stage
from gates.publish import Publication, publish_bundle
from gates.registry.transport import Content
from gates.release import evidence_rows
from gates.settings import Settings
from tests.evidence.test_evidence_refused import verdict_on
from tests.evidence.trust_files import SIX, TrustFiles, world_of
from tests.passing import DAY, EXAMPLES, TABLES, World, result_of

MEANINGLESS = {
    "id": "the row's number in one database; a restored one may have another",
    "released_by": "the login of whoever released; no evidence names it",
    **dict.fromkeys(
        ("status", "changelog", "manifest", "settings_schema", "migrations"),
        "the bundle says it: tests/catalog/test_verify_columns.py",
    ),
    "standing": "what signed acts say, which are verified for themselves",
    "sunset": "as standing",
}
"""What a version's row says and no evidence is held against: each with the reason."""


@dataclass(frozen=True)
class Chain:
    world: World
    files: TrustFiles
    trust: Trust
    envelopes: dict[Stage, bytes]
    row: ReleasedVersion
    rows: tuple[EvidenceRow, ...]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("chain")
    shutil.copytree(EXAMPLES / "_base" / "python", folder / "sample-module")
    state = Settings.from_environment({"GATES_STATE_DIR": str(folder / "state")})
    files = TrustFiles(folder)
    files.begin()
    files.trusts("ours", [*SIX, "release"])
    world = world_of(World(folder / "sample-module", state), files)
    work = Publication(
        world.module,
        world.passed(Stage.PUBLISH.before),
        world.registry,
        Content.of_bytes(world.bundle),
    )
    passed = result_of(Stage.PUBLISH, outputs=publish_bundle(work).outputs)
    relied = relies_upon(work.statements)
    world.evidence.write(passed, bundle=world.digest, environment=relied)
    world.evidence.write(result_of(Stage.RELEASE), bundle=world.digest)
    found = world.evidence.verify(Stage)
    row = ReleasedVersion(
        slug="sample-module", version="1.0.0", digest=world.module.digest, bundle=world.digest,
        status="GA", manifest={}, settings_schema={}, migrations=(),
        tables_created=(TABLES,), changelog="", registry_manifest=passed.outputs["manifest"],
        registry_reference=passed.outputs["reference"],
        policy=world.policy.digest, released_at=f"{DAY}T12:00:00Z",
    )  # fmt: skip
    rows = evidence_rows({each: found[each] for each in Stage.RELEASE.before})
    envelopes = {each: world.evidence.envelope(each) or b"" for each in Stage}
    return Chain(world, files, world.evidence.trust, envelopes, row, rows)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every value in JSON data, the outermost first."""
    yield path
    inner = value.items() if isinstance(value, dict) else ()
    for key, each in enumerate(value) if isinstance(value, list) else inner:
        yield from places(each, (*path, key))


def mutants(value: Any) -> Iterator[tuple[tuple[Any, ...], str, bytes]]:
    """The data with one place changed, in every way, in the form in which it is written."""
    for path in places(value):
        holder: Any = value
        for key in path[:-1]:
            holder = holder[key]
        there = holder[path[-1]] if path else value
        for how, other in _others(there):
            changed = copy.deepcopy(value)
            if not path:
                yield path, how, envelope.canonical(other)
                continue
            inside: Any = changed
            for key in path[:-1]:
                inside = inside[key]
            if how == "removed":
                del inside[path[-1]]
            elif how == "again":
                text = json.dumps(there)
                inside[path[-1]] = "\0" if isinstance(inside, dict) else there
                if isinstance(inside, list):
                    inside.insert(path[-1], there)
                name = json.dumps(path[-1])
                data = envelope.canonical(changed)
                twice = f"{text},{name}:{text}" if isinstance(inside, dict) else ""
                yield path, how, data.replace(b'"\\u0000"', twice.encode())
                continue
            else:
                inside[path[-1]] = other
            yield path, how, envelope.canonical(changed)


def _others(there: Any) -> Iterator[tuple[str, Any]]:
    yield "removed", None
    yield "again", None
    yield "another type", [there] if not isinstance(there, list) else {"": there}
    if there is not None:
        yield "nothing", None
    if isinstance(there, bool):
        yield "changed", not there
    elif isinstance(there, int | float):
        yield "changed", there + 1
    elif isinstance(there, str):
        yield "changed", there + "x"
        if there:
            yield "first letter", chr(ord(there[0]) ^ 1) + there[1:]


def test_every_field_of_every_statement_and_envelope(
    chain: Chain, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thief = keys.signing_key(folder / "thief.pem")
    count = 0
    for data in chain.envelopes.values():
        assert verdict_on(data, chain.world, chain.trust) == []
        value = json.loads(data)
        for path, how, changed in mutants(value):
            assert verdict_on(changed + b"\n", chain.world, chain.trust), (path, how)
            count += 1
        payload = base64.b64decode(value["payload"])
        for path, how, changed in mutants(json.loads(payload)):
            kept = {**value, "payload": base64.b64encode(changed).decode()}
            line = envelope.canonical(kept) + b"\n"
            assert changed != payload, (path, how)
            assert _codes(line, chain) == {"wrong-signature"}, (path, how)
            count += 1
            if how == "changed":
                theirs = envelope.sign(changed, thief).to_bytes()
                assert _codes(theirs, chain) == {"unknown-key"}, (path, how)
                count += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{count} changed fields of statements and envelopes: each refused\n")
    assert count > 2000


def _codes(data: bytes, chain: Chain) -> set[str]:
    found = verdict_on(data, chain.world, chain.trust)
    return {each.rpartition("[")[2].rstrip("]") for each in found}


def test_every_field_of_the_trust_file(chain: Chain, capsys: pytest.CaptureFixture[str]) -> None:
    data = chain.files.path.read_bytes()
    lines = data.splitlines()
    count = 0
    for number, line in enumerate(lines):
        value = json.loads(line)
        payload = json.loads(base64.b64decode(value["payload"]))
        every = [(path, how, changed) for path, how, changed in mutants(value)]
        every += [
            (path, how, envelope.canonical({**value, "payload": _text(changed)}))
            for path, how, changed in mutants(payload)
        ]
        for path, how, changed in every:
            edited = b"\n".join([*lines[:number], changed, *lines[number + 1 :]]) + b"\n"
            assert _refused(chain, edited), (number, path, how)
            count += 1
    for edited in (lines[0] + b"\n", lines[1] + b"\n", b"\n".join(lines[::-1]) + b"\n"):
        assert _refused(chain, edited)
        count += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{count} changes of the trust file: each refused\n")
    chain.files.path.write_bytes(data)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refused(chain: Chain, data: bytes) -> bool:
    pinned = chain.world.policy.trust_file
    assert pinned is not None
    chain.files.path.write_bytes(data)
    try:
        load(pinned, chain.world.settings.state, DAY)
    except RefusedError:
        return True
    return False


def test_a_sample_of_bytes(chain: Chain, capsys: pytest.CaptureFixture[str]) -> None:
    random.seed(20260601)
    count = 0
    for data in chain.envelopes.values():
        for place in random.sample(range(len(data)), 60):
            edited = bytearray(data)
            edited[place] ^= 1 << random.randrange(8)
            assert verdict_on(bytes(edited), chain.world, chain.trust), place
            count += 1
    data = chain.files.path.read_bytes()
    for place in random.sample(range(len(data)), 200):
        edited = bytearray(data)
        edited[place] ^= 1 << random.randrange(8)
        assert _refused(chain, bytes(edited)), place
        count += 1
    chain.files.path.write_bytes(data)
    with capsys.disabled():
        sys.stdout.write(f"\n{count} flipped bits: each refused\n")


def test_every_column_of_the_catalog(chain: Chain) -> None:
    def reasons(row: ReleasedVersion, rows: tuple[EvidenceRow, ...]) -> tuple[str, ...]:
        return verify_version(row, rows, chain.trust, max_age_hours=24).all_reasons

    assert reasons(chain.row, chain.rows) == ()
    changed: dict[str, Any] = {"released_at": "2026-07-01T00:00:00Z"}
    for column in (each.name for each in fields(ReleasedVersion)):
        there = getattr(chain.row, column)
        other = changed.get(column, there + "x" if isinstance(there, str) else ("x",))
        said = reasons(replace(chain.row, **{column: other}), chain.rows)
        assert bool(said) is (column not in MEANINGLESS), (column, said)
    for number, row in enumerate(chain.rows):
        for column in (each.name for each in fields(EvidenceRow)):
            there = getattr(row, column)
            other = there + "x" if isinstance(there, str) else {**there, "payload": "AAAA"}
            one = replace(row, **{column: other})
            assert reasons(chain.row, (*chain.rows[:number], one, *chain.rows[number + 1 :]))
        assert reasons(chain.row, (*chain.rows[:number], *chain.rows[number + 1 :]))


UNHELD = {
    ("predicate", "seconds"): "how long it took; only what ended after publish began is refused",
    ("predicate", "environment", "gates"): "a newer gate than the one that asks counts, too",
    ("predicate", "environment", "python"): "for people",
    ("predicate", "environment", "platform"): "for people",
    ("predicate", "outputs", "bundle"): "the second subject says it, and counts",
    ("predicate", "outputs", "manifest"): "where the bundle lies; the registry is asked again",
    ("predicate", "outputs", "reference"): "as manifest",
    ("predicate", "outputs", "published"): "for people",
    ("predicate", "checks", "provider"): "for people; ids are unique",
    ("predicate", "checks", "seconds"): "for people",
    ("predicate", "checks", "reason"): "of a check that passed there is none",
    ("predicate", "checks", "findings"): "notes and warnings of a check that passed",
    ("predicate", "checks", "reused"): "null says that it ran, and so does nothing",
    ("predicate", "checks", "baselined"): "null says that nothing was held back",
}
"""What publish may say otherwise, signed by its own key, without being refused: with the reason.

Of the five stages before it this holds for nothing: publish names the digest of what it relied on.
"""


def test_a_trusted_key_cannot_say_anything_it_likes(
    chain: Chain, capsys: pytest.CaptureFixture[str]
) -> None:
    private = key_files.read_private(chain.files.folder / "ours.pem")
    evidence, refused, kept = chain.world.evidence, 0, set()
    assert evidence.trust.grants
    for stage in (Stage.BUILD, Stage.PUBLISH):
        payload = json.loads(base64.b64decode(json.loads(chain.envelopes[stage])["payload"]))
        every = list(mutants(payload))[:: 4 if stage is Stage.BUILD else 1]
        for path, how, changed in every:
            evidence.store.path(stage).write_bytes(envelope.sign(changed, private).to_bytes())
            few, all_of_them = (Stage.BUILD, Stage.PUBLISH), Stage.RELEASE.before  # few is quicker
            if any(r.reasons for each in (few, all_of_them) for r in evidence.inspect(each)):
                refused += 1
                continue
            names = tuple(each for each in path if isinstance(each, str))
            assert stage is Stage.PUBLISH, (path, how)
            kept.add(names)
        evidence.store.path(stage).write_bytes(chain.envelopes[stage])
    with capsys.disabled():
        sys.stdout.write(f"\n{refused} fields changed by the right key: refused\n")
    assert kept - set(UNHELD) == set()
    assert set(UNHELD) - kept == set()
