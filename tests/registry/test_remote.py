"""The same registry on a server: published once, read back, whole or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gates.errors import ConfigurationError, CouldNotCheckError, GatesError, RefusedError
from gates.registry import Content, Published, Registry
from gates.registry.remote.client import Patience
from gates.registry.remote.remote import Remote
from tests.registry.server import BASIC, PASSWORD, TOKEN, USER, Asked, Reply, Store, serving

QUICK = Patience(
    attempts=3, first_pause=0.001, longest_pause=0.02, connect=1, silence=0.4, exchange=0.4
)
BUNDLE = bytes(range(256)) * 20
CONTENT = Content.of_bytes(BUNDLE)
OTHER = Content.of_bytes(b"other bytes")


@pytest.fixture(autouse=True)
def logins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


@contextlib.contextmanager
def opened(store: Store, **more: object) -> Iterator[Registry]:
    with serving(store) as url:
        yield registry_at(url, **more)


def registry_at(url: str, **more: object) -> Registry:
    where = url.replace("http://", "oci+http://").replace("https://", "oci://") + "/m"
    return Registry(Remote.open(where, **{"patience": QUICK, "chunk": 2000, **more}))  # type: ignore[arg-type]


def push(registry: Registry, content: Content = CONTENT) -> Published:
    return registry.push("mod", "1.0.0+b.1", content, "mod.tgz")


def fetched(registry: Registry) -> bytes:
    data = io.BytesIO()
    registry.fetch("mod", "1.0.0+b.1", data.write)
    return data.getvalue()


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("login", ["", "basic", "bearer"])
def test_push_attach_and_fetch(logins: Path, listed: bool, login: str) -> None:
    store = Store(referrers=listed, login=login, page=2, subject_under_tag=not listed)
    with opened(store) as registry:
        host = store.url.removeprefix("http://")
        logins.write_text(json.dumps({"auths": {host: {"auth": BASIC.removeprefix("Basic ")}}}))
        assert registry.find("mod", "1.0.0+b.1") is None
        pushed = push(registry)
        assert pushed.new
        assert pushed.reference.endswith(f"/m/mod:1.0.0_b.1@{pushed.manifest}")
        for stage in ("lint", "test", "lint", "build"):
            registry.attach(pushed, stage, f"envelope of {stage}".encode())
        registry.attach(pushed, "lint", b"a later envelope")
        again = push(registry)
        assert (again.new, again.described) == (False, pushed.described)
        assert fetched(registry) == BUNDLE
        assert registry.referrers(pushed) == [
            ("lint", b"envelope of lint"), ("test", b"envelope of test"),
            ("build", b"envelope of build"), ("lint", b"a later envelope"),
        ]  # fmt: skip
        with pytest.raises(RefusedError, match="already published with other content"):
            push(registry, OTHER)
        assert sum(each.method == "PATCH" for each in store.asked) == 3


def test_a_broken_upload_goes_on_where_it_was_cut() -> None:
    store, struck = Store(), [0]

    def cut_a_patch(asked: Asked, true: Callable[[], Reply]) -> Reply | None:
        if asked.method == "PATCH":
            struck[0] += 1
            if struck[0] == 2:
                name = asked.path.rpartition("/")[2]
                store.uploads[name] += asked.body[:700]
                return None
        return true()

    store.fault = cut_a_patch
    with opened(store) as registry:
        push(registry)
        assert fetched(registry) == BUNDLE
    ranges = [each.headers["content-range"] for each in store.asked if each.method == "PATCH"]
    assert ranges == ["0-1999", "2000-3999", "2700-4699", "4700-5119"]


def test_a_download_goes_on_where_it_was_cut() -> None:
    store, cuts = Store(), iter([1000, 2500])

    def cut(asked: Asked, true: Callable[[], Reply]) -> Reply:
        reply = true()
        if asked.method == "GET" and asked.path.endswith(CONTENT.digest):
            reply.cut = next(cuts, -1)
        return reply

    with opened(store) as registry:
        push(registry)
        store.fault = cut
        assert fetched(registry) == BUNDLE
    asked = [
        each.headers.get("range") for each in store.asked if each.path.endswith(CONTENT.digest)
    ]
    assert asked[-3:] == [None, "bytes=1000-", "bytes=3500-"]


def test_no_login_follows_a_redirect(logins: Path) -> None:
    other = Store()
    with serving(other) as elsewhere:
        store = Store(login="basic", redirect=elsewhere)
        with opened(store) as registry:
            logins.write_text(
                json.dumps({"auths": {store.url: {"username": USER, "password": PASSWORD}}})
            )
            push(registry)
            other.blobs = store.blobs
            assert fetched(registry) == BUNDLE
    assert other.asked
    assert not any("authorization" in each.headers for each in other.asked)


def test_evidence_about_something_else_is_refused() -> None:
    store = Store()
    with opened(store) as registry:
        pushed = push(registry)
        registry.attach(pushed, "lint", b"an envelope")

        def rename(asked: Asked, true: Callable[[], Reply]) -> Reply:
            reply = true()
            if "/referrers/" in asked.path:
                reply.body = json.dumps(
                    {"mediaType": reply.headers["Content-Type"], "manifests": [
                        pushed.described.to_json(artifactType="application/vnd.in-toto+json")
                    ]}
                ).encode()  # fmt: skip
            return reply

        store.fault = rename
        with pytest.raises(RefusedError, match="it is not"):
            registry.referrers(pushed)


def test_parallel_jobs_without_a_list_of_referrers_lose_nothing() -> None:
    store = Store(referrers=False)
    with opened(store) as registry:
        pushed = push(registry)
        jobs = [registry_at(store.url) for _ in range(3)]
        failed: list[Exception] = []

        def attach(number: int) -> None:
            try:
                jobs[number].attach(pushed, f"stage-{number}", f"envelope {number}".encode())
            except CouldNotCheckError as error:
                failed.append(error)

        threads = [threading.Thread(target=attach, args=(each,)) for each in range(3)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        for number in range(3):  # as release does it for what is missing
            registry.attach(pushed, f"stage-{number}", f"envelope {number}".encode())
        found = [envelope for _, envelope in registry.referrers(pushed)]
    assert sorted(found) == [b"envelope 0", b"envelope 1", b"envelope 2"]
    assert all("keep overwriting" in str(each) for each in failed)


def test_of_two_pushes_at_once_one_loses_loudly() -> None:
    store, gate = Store(), threading.Barrier(2)
    waited: set[int] = set()

    def lockstep(asked: Asked, true: Callable[[], Reply]) -> Reply:
        own = threading.get_ident()
        if asked.method == "PUT" and asked.path.endswith("/manifests/1.0.0_b.1"):
            gate.wait(5)
            reply = true()
            gate.wait(5)
            waited.add(own)
            return reply
        return true()

    store.fault = lockstep
    ended: list[object] = []

    def publish(content: Content) -> None:
        try:
            ended.append(push(registry_at(store.url), content).bundle)
        except RefusedError as error:
            ended.append(str(error))

    with opened(store) as registry:
        threads = [threading.Thread(target=publish, args=(each,)) for each in (CONTENT, OTHER)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        there = registry.find("mod", "1.0.0+b.1")
    assert there is not None
    assert there.bundle in ended
    assert sum("already published with other content" in str(each) for each in ended) == 1


FAULTS: dict[str, Callable[[Reply], Reply | None]] = {
    "500": lambda _: Reply(500, {}, b"broken"),
    "429": lambda _: Reply(429, {"Retry-After": "9999"}, b"slow down"),
    "cut": lambda _: None,
    "truncated": lambda true: Reply(true.status, true.headers, true.body, cut=len(true.body) // 2),
    "other bytes": lambda true: Reply(
        true.status, true.headers, b"x" + true.body[1:] if true.body else b"surprise"
    ),
    "wrong digest": lambda true: Reply(
        true.status, {**true.headers, "Docker-Content-Digest": f"sha256:{'0' * 64}"}, true.body
    ),
    "wrong type": lambda true: Reply(
        true.status, {**true.headers, "Content-Type": "text/html"}, true.body
    ),
    "elsewhere": lambda _: Reply(307, {"Location": "http://127.0.0.1:1/v2/gone"}),
    "slow drip": lambda true: Reply(
        true.status, {**true.headers, "Content-Length": "5000"}, b"{" * 5000, drip=True
    ),
    "404 of a proxy": lambda _: Reply(404, {"Content-Type": "text/html"}, b"<h1>no</h1>"),
}


@pytest.fixture(scope="module")
def requests() -> dict[bool, int]:
    found = {}
    for listed in (True, False):
        store = Store(referrers=listed)
        with opened(store) as registry:
            work(registry)
        found[listed] = len(store.asked)
    return found


def work(registry: Registry) -> None:
    pushed = push(registry)
    registry.attach(pushed, "lint", b"an envelope")
    assert fetched(registry) == BUNDLE
    assert registry.referrers(pushed) == [("lint", b"an envelope")]


@pytest.mark.parametrize("fault", [each for each in FAULTS if each != "slow drip"])
def test_a_fault_at_each_request(requests: dict[bool, int], fault: str) -> None:
    """Once, or from then on; before the server has done what it was asked, or after; each fault at
    every third request, so that each request meets three faults: `whole_grid` has all of them."""
    turn = [*FAULTS].index(fault)
    for number in range(turn % 3, max(requests.values()), 3):
        strike(fault, number, (number + turn) % 2 == 0, (number // 3 + turn) % 2 == 0)


def whole_grid() -> None:
    """Every fault at every request, for minutes."""
    for fault in FAULTS:
        for number in range(40):
            for lasting in (True, False):
                for listed in (True, False):
                    strike(fault, number, lasting, listed)


@pytest.mark.parametrize("number", [0, 9])
def test_a_slow_drip(number: int) -> None:
    strike("slow drip", number, False, True)


def strike(fault: str, number: int, lasting: bool, listed: bool) -> None:
    store, count = Store(referrers=listed), [-1]

    def struck(asked: Asked, true: Callable[[], Reply]) -> Reply | None:
        count[0] += 1
        if count[0] == number or (lasting and count[0] > number):
            return FAULTS[fault](true() if number % 2 else Reply(200, {}, b"{}"))
        return true()

    store.fault = struck
    with opened(store) as registry:
        with contextlib.suppress(RefusedError, CouldNotCheckError):
            work(registry)
        store.fault = None
        found = registry.find("mod", "1.0.0+b.1")
        if found is not None:
            assert fetched(registry) == BUNDLE
        work(registry)
    assert [*store.tags] == ["1.0.0_b.1"] or not listed


def test_no_secret_is_in_a_message(logins: Path) -> None:
    store = Store(login="bearer")
    with opened(store) as registry:
        host = store.url.removeprefix("http://")
        logins.write_text(json.dumps({"auths": {host: {"auth": BASIC.removeprefix("Basic ")}}}))
        push(registry)
        echo = f"you sent {TOKEN} and {PASSWORD} and {BASIC}".encode()
        store.fault = lambda _asked, _true: Reply(400, {}, echo)
        with pytest.raises(CouldNotCheckError, match="you sent") as caught:
            registry.find("mod", "1.0.0+b.1")
    for secret in (TOKEN, PASSWORD, BASIC.removeprefix("Basic ")):
        assert secret not in str(caught.value)


def test_without_a_login_it_says_what_to_do() -> None:
    with opened(Store(login="basic")) as registry:
        with pytest.raises(CouldNotCheckError, match="asks for a login") as caught:
            push(registry)
        assert str(caught.value.hint).startswith("docker login 127.0.0.1:")


def test_offline_a_server_is_not_asked() -> None:
    registry = Registry.open("oci://registry.example/m", offline=True)
    with pytest.raises(CouldNotCheckError, match="not asked offline"):
        registry.find("mod", "1.0.0")


@pytest.mark.parametrize(
    "where",
    ["oci://u:secret@host/m", "oci://host/M", "oci://host/a//b", "oci+http://host/m", "oci://",
     "oci://host/m?x=secret", "oci://host:99999/m", "http://127.0.0.1/m", "oci://host/m#secret"],
)  # fmt: skip
def test_what_is_no_address(where: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Registry.open(where)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("slug", "version"), [("Mod", "1.0.0"), ("a/b", "1.0.0"), ("mod", "1_0"),
    ("mod", "1" * 129), ("mod", "../x"), ("..", "1.0.0")])  # fmt: skip
def test_what_can_be_no_name(slug: str, version: str) -> None:
    with pytest.raises(GatesError, match="can be no"):
        Registry.open("oci+http://127.0.0.1:1/m").find(slug, version)
