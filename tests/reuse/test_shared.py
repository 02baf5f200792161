"""Kept results in a registry: other machines have them, and nothing in there is simply believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.evidence import envelope
from gates.evidence.grants import Grant, Revocation
from gates.evidence.keys import Trust, key_id, public_path, signing_key
from gates.model import CheckResult, Stage, Verdict
from gates.pipeline import run_pipeline
from gates.progress import Progress
from gates.registry import Content, Registry
from gates.registry.artifacts import Kind, put, take
from gates.registry.remote import HURRIED, Remote
from gates.reuse.entry import Kept, build
from gates.reuse.shared import KIND, SharedResults
from gates.reuse.store import KEPT, Found
from gates.settings import Settings
from tests.registry import debian
from tests.registry.server import PASSWORD, USER, Reply, Store, serving
from tests.registry.test_debian import write_certificate
from tests.reuse.conftest import DAY, Runs, checks_of
from tests.reuse.test_reuse import ALL, CHECK, READERS

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
STAGES = {CHECK: "lint-manifest", "sql-parses": "lint"}


class Notes(Progress):
    """Keeps what a run notes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def noted(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def sharing(runs: Runs, folder: Path) -> Runs:
    """A module whose results went to a registry, as another machine without a cache has it."""
    runs.settings = replace(runs.settings, results=str(folder / "results"))
    runs.run(reuse="fresh")
    runs.settings = replace(runs.settings, cache=folder / "another-cache")
    return runs


def place(runs: Runs) -> Registry:
    return Registry.open(runs.settings.results)


def run_noting(runs: Runs) -> tuple[set[str], list[str]]:
    """The checks that ran, and what was noted."""
    notes = Notes()
    report = run_pipeline(
        runs.path, (Stage.LINT_MANIFEST,), runs.settings, today=DAY, progress=notes
    )
    return {each.check for each in checks_of(report) if not each.reused}, notes.texts


def test_no_registry_has_results_unless_it_is_named() -> None:
    assert Settings.from_environment({}).results == ""
    assert Settings.from_environment({"GATES_RESULTS": "oci://h/p"}).results == "oci://h/p"


def test_another_machine_runs_what_changed_and_nothing_else(sharing: Runs) -> None:
    assert run_noting(sharing) == (set(), [])
    with (sharing.path / "CHANGELOG.md").open("a") as file:
        file.write("\nMore.\n")
    assert sharing.ran() == READERS
    sharing.settings = replace(sharing.settings, cache=sharing.settings.cache / "third")
    assert sharing.ran() == set(), "the results of both texts are there"


def test_only_who_may_write_writes(sharing: Runs, folder: Path) -> None:
    """A branch that reads, a run with other results switched off, a key that nobody trusts."""
    before = place(sharing).place.state()
    (sharing.path / "CHANGELOG.md").write_text("# Changelog\n")
    assert sharing.ran(reuse="read") == READERS
    assert len(sharing.ran(reuse="off")) == ALL
    policy = sharing.path.parent / "gates-policy.toml"
    policy.write_text(f'[trust]\nkeys = ["{public_path(sharing.settings.key)}"]\n')
    sharing.run(policy=policy, reuse="fresh")
    known = place(sharing).place.state()
    assert known != before
    stranger = folder / "stranger.pem"
    assert sharing.ran(policy=policy, key=stranger, reuse="fresh") >= READERS
    assert sharing.ran(policy=policy, key=stranger, cache=folder / "new") == set()
    assert place(sharing).place.state() == known


def test_a_poisoned_result_is_run_again(sharing: Runs) -> None:
    registry, key = place(sharing), key_id(signing_key(sharing.settings.key).public_key())
    store = SharedResults(registry, "sample-module", Trust({}), {}, len)
    lines = lines_of(store, key)
    write(
        store,
        key,
        b"".join(e.replace(b'"sig":"', b'"sig":"A') for e in lines[:1]) + b"".join(lines[1:]),
    )
    sharing.settings = replace(sharing.settings, reuse="read")
    ran, (note,) = run_noting(sharing)
    assert len(ran) == 1
    assert note.startswith(f"1 of {len(lines)} results in")


def test_a_registry_that_does_not_answer_stops_nothing(runs: Runs) -> None:
    def refuse(_asked: object, _true: object) -> Reply:
        return Reply(503)

    store = Store(fault=refuse)
    with serving(store) as url:
        runs.settings = replace(
            runs.settings, results=f"oci+{url}/m", cache=runs.settings.cache / "x"
        )
        ran, notes = run_noting(runs)
    assert len(ran) == ALL
    assert [each.partition(" in ")[0].partition(" to ")[0] for each in notes] == ["results"]
    assert len(store.asked) <= 6 * HURRIED.attempts
    runs.settings = replace(runs.settings, offline=True, cache=runs.settings.cache / "y")
    ran, notes = run_noting(runs)
    assert "is not asked offline" in notes[0]


# One store by itself: roles, ages, and what is kept of many results.


@pytest.fixture
def keys(tmp_path: Path) -> list[str]:
    return [key_id(signing_key(tmp_path / f"{each}.pem").public_key()) for each in "ab"]


def store_of(tmp_path: Path, trust: Trust, notes: list[str]) -> SharedResults:
    registry = Registry.open(str(tmp_path / "registry"))
    return SharedResults(registry, "sample-module", trust, STAGES, notes.append)


def trusting(tmp_path: Path, **grants: Grant) -> Trust:
    public = {each: signing_key(tmp_path / f"{each}.pem").public_key() for each in "ab"}
    named = {key_id(public[each]): grant for each, grant in grants.items()}
    return Trust({key_id(each): each for each in public.values()}, grants=named or None)


def add(tmp_path: Path, store: SharedResults, key: str, number: int, check: str = CHECK) -> None:
    result = CheckResult(check, Verdict.PASS)
    kept = Kept("sample-module", NOW + timedelta(minutes=number), {"n": str(number)}, result)
    store.add(kept, envelope.sign(build(kept), signing_key(tmp_path / f"{key}.pem")))


def numbers(found: Iterator[Found]) -> list[str]:
    return [each.kept.trace["n"] for each in found]


def lines_of(store: SharedResults, key: str) -> list[bytes]:
    found: list[bytes] = []
    assert take(store.registry.place, "results-of-sample-module", key, KIND, found.append)
    return b"".join(found).splitlines(keepends=True)


def write(store: SharedResults, key: str, data: bytes, kind: Kind = KIND) -> None:
    put(store.registry.place, "results-of-sample-module", key, Content.of_bytes(data), kind)


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "poisoned": (lambda line: line.replace(b'"sig":"', b'"sig":"A'), "one "),
    "edited": (
        lambda line: line.replace(b'"payload":"ey', b'"payload":"ez'),
        "one has a signature that does not verify",
    ),
    "cut off": (lambda line: line[:200], "one "),
    "no line": (lambda _: b"[" * 100_000, "one "),
    "in another form": (lambda line: line.replace(b",", b", ", 1), "not in its one form"),
    "unsigned": (
        lambda line: json.dumps(
            {**json.loads(line), "signatures": []}, sort_keys=True, separators=(",", ":")
        ).encode() + b"\n",
        "one is not signed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_line_that_does_not_count_is_noted_and_takes_no_other_with_it(
    tmp_path: Path, keys: list[str], damage: str
) -> None:
    notes: list[str] = []
    store = store_of(tmp_path, trusting(tmp_path), notes)
    add(tmp_path, store, "a", 1)
    add(tmp_path, store, "a", 2)
    store.send()
    (newest, older), (change, said) = lines_of(store, keys[0]), DAMAGES[damage]
    write(store, keys[0], older + change(newest))
    store = store_of(tmp_path, trusting(tmp_path), notes)
    assert numbers(store.read(CHECK)) == ["1"]
    (note,) = notes
    assert note.startswith("1 of 2 results in ")
    assert said in note
    add(tmp_path, store, "a", 3)
    store.send()
    assert numbers(store_of(tmp_path, trusting(tmp_path), notes).read(CHECK)) == ["3", "1"]


def test_a_line_of_another_module_key_or_check_does_not_count(
    tmp_path: Path, keys: list[str]
) -> None:
    notes: list[str] = []
    store = store_of(tmp_path, trusting(tmp_path), notes)
    for number, check in enumerate((CHECK, "no-such-check")):
        add(tmp_path, store, "a", number, check)
    add(tmp_path, store, "b", 2)
    store.send()
    assert len(lines_of(store, keys[0])) == 1, "a check that does not exist is not sent"
    write(store, keys[0], lines_of(store, keys[1])[0])
    only = Trust({keys[0]: signing_key(tmp_path / "a.pem").public_key()})
    assert numbers(store_of(tmp_path, only, notes).read(CHECK)) == []
    assert "[unknown-key]" in notes.pop()
    other = replace(store_of(tmp_path, trusting(tmp_path), notes), module="other-module")
    data = lines_of(store, keys[1])[0]
    put(other.registry.place, "results-of-other-module", keys[1], Content.of_bytes(data), KIND)
    assert numbers(other.read(CHECK)) == []
    assert "is of another module" in notes.pop()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (replace(KIND, artifact_type="application/vnd.axon.module.v1"), "another kind"),
        (replace(KIND, layer_type="application/octet-stream"), "no single layer of"),
    ],
)
def test_an_artifact_of_another_type_is_not_read(
    tmp_path: Path, keys: list[str], kind: Kind, said: str
) -> None:
    notes: list[str] = []
    store = store_of(tmp_path, trusting(tmp_path), notes)
    add(tmp_path, store, "a", 1)
    store.send()
    write(store, keys[0], lines_of(store, keys[0])[0], kind)
    assert numbers(store_of(tmp_path, trusting(tmp_path), notes).read(CHECK)) == []
    assert said in notes[0]


@pytest.mark.usefixtures("keys")
def test_a_truncated_blob_is_not_read_and_is_written_anew(tmp_path: Path) -> None:
    notes: list[str] = []
    store = store_of(tmp_path, trusting(tmp_path), notes)
    add(tmp_path, store, "a", 1)
    store.send()
    for blob in (tmp_path / "registry" / "blobs" / "sha256").iterdir():
        if b"payloadType" in blob.read_bytes():
            blob.write_bytes(blob.read_bytes()[:-1])
    store = store_of(tmp_path, trusting(tmp_path), notes)
    assert numbers(store.read(CHECK)) == []
    assert "a blob in the registry was changed" in notes[0]
    add(tmp_path, store, "a", 2)
    store.send()
    assert numbers(store_of(tmp_path, trusting(tmp_path), notes).read(CHECK)) == ["2"]


@pytest.mark.usefixtures("keys")
def test_the_newest_of_each_check_and_key_stay(tmp_path: Path) -> None:
    notes: list[str] = []
    for number in range(KEPT + 2):
        store = store_of(tmp_path, trusting(tmp_path), notes)
        add(tmp_path, store, "a", number)
        add(tmp_path, store, "b", 100 + number, "sql-parses")
        store.send()
    fresh = store_of(tmp_path, trusting(tmp_path), notes)
    assert numbers(fresh.read(CHECK)) == ["7", "6", "5", "4", "3", "2"]
    assert numbers(fresh.read("sql-parses")) == ["107", "106", "105", "104", "103", "102"]
    assert (list(fresh.read("squawk")), notes) == ([], [])


@pytest.mark.usefixtures("keys")
def test_a_key_counts_for_the_stages_that_it_may_sign(tmp_path: Path) -> None:
    """Also one that was good when it wrote, and was revoked since."""
    notes: list[str] = []
    hour = timedelta(hours=1)
    every = Grant(frozenset({"lint", "lint-manifest"}), NOW - hour, NOW + hour)
    lint = replace(every, roles=frozenset({"lint"}))
    gone = replace(every, revoked=Revocation(NOW + hour, "compromised"))
    store = store_of(tmp_path, trusting(tmp_path, a=lint, b=every), notes)
    for key in "ab":
        add(tmp_path, store, key, 1)
        add(tmp_path, store, key, 2, "sql-parses")
        add(tmp_path, store, key, 120)  # its key has expired by then
    store.send()
    fresh = store_of(tmp_path, trusting(tmp_path, a=lint, b=every), notes)
    assert [len(list(fresh.read(each))) for each in STAGES] == [1, 2]
    assert notes == []
    fresh = store_of(tmp_path, trusting(tmp_path, a=lint, b=gone), notes)
    assert [len(list(fresh.read(each))) for each in STAGES] == [0, 1]
    assert "[compromised-key]" in notes[0]


@pytest.mark.usefixtures("keys")
def test_on_debians_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = debian.program()
    if server is None:
        pytest.skip("this machine has no apt-get to fetch docker-registry with")
    write_certificate(tmp_path / "server.pem")
    with debian.running(server, tmp_path) as port:
        auths = {f"127.0.0.1:{port}": {"username": USER, "password": PASSWORD}}
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        where = f"oci://127.0.0.1:{port}/m"
        notes: list[str] = []

        def opened() -> SharedResults:
            remote = Remote.open(where, authorities=tmp_path / "server.pem")
            return SharedResults(
                Registry(remote), "sample-module", trusting(tmp_path), STAGES, notes.append
            )

        for number in (1, 2):
            store = opened()
            add(tmp_path, store, "a", number)
            store.send()
        assert numbers(opened().read(CHECK)) == ["2", "1"]
    assert notes == []
