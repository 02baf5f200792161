"""The registry: versions that never change, whole or not at all, read back and verified."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gates.errors import ConfigurationError, CouldNotCheckError, RefusedError
from gates.registry import Content, Registry
from gates.registry.layout import Writer

BUNDLE = b"some bytes"
DIGEST = hashlib.sha256(BUNDLE).hexdigest()
OTHER = hashlib.sha256(b"other bytes").hexdigest()


@pytest.fixture
def registry(folder: Path) -> Registry:
    return Registry.open(str(folder / "registry"))


def push(registry: Registry, data: bytes = BUNDLE, version: str = "1.0.0") -> object:
    return registry.push("mod", version, Content.of_bytes(data), f"mod-{version}.tgz")


def fetched(registry: Registry, version: str = "1.0.0") -> bytes:
    data = io.BytesIO()
    registry.fetch("mod", version, data.write)
    return data.getvalue()


def tree(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_push_and_fetch(registry: Registry) -> None:
    assert registry.find("mod", "1.0.0") is None
    pushed = registry.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz")
    assert pushed.new
    assert pushed.bundle == DIGEST
    assert pushed.reference.endswith(f":mod:1.0.0@{pushed.manifest}")
    there = registry.find("mod", "1.0.0")
    assert there is not None
    assert fetched(registry) == BUNDLE
    assert (there.bundle, there.manifest, there.new) == (DIGEST, pushed.manifest, False)


def test_the_same_again_changes_nothing(registry: Registry) -> None:
    push(registry)
    before = tree(Path(registry.where))
    again = registry.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz")
    assert not again.new
    assert tree(Path(registry.where)) == before


def test_other_bytes_are_refused(registry: Registry) -> None:
    push(registry)
    before = tree(Path(registry.where))
    with pytest.raises(RefusedError) as error:
        push(registry, b"other bytes")
    assert error.value.reasons == (
        f"mod 1.0.0 is already published with other content (bundle {DIGEST}, this is {OTHER})",
    )
    assert registry.refusal("mod", "1.0.0", OTHER) == error.value.reasons[0]
    assert registry.refusal("mod", "1.0.0", DIGEST) is None
    assert registry.refusal("mod", "1.0.1", OTHER) is None
    assert tree(Path(registry.where)) == before


def test_two_registries_with_the_same_content_are_equal(folder: Path) -> None:
    trees = []
    for name in ("one", "two"):
        registry = Registry.open(str(folder / name))
        pushed = registry.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz")
        registry.attach(pushed, "lint", b"an envelope")
        trees.append(tree(Path(registry.where)))
    assert trees[0] == trees[1]


def test_the_layout_is_that_of_the_specification(registry: Registry) -> None:
    pushed = registry.push(
        "mod", "1.0.0+build.7", Content.of_bytes(BUNDLE), "mod-1.0.0+build.7.tgz"
    )
    registry.attach(pushed, "lint", b"an envelope")
    root = Path(registry.where)
    assert json.loads((root / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    assert sorted(each.name for each in root.iterdir() if not each.name.startswith(".")) == [
        "blobs",
        "index.json",
        "oci-layout",
    ]
    assert list((root / ".ingest").iterdir()) == []
    index = json.loads((root / "index.json").read_bytes())
    assert index["schemaVersion"] == 2
    assert index["mediaType"] == "application/vnd.oci.image.index.v1+json"
    module, evidence = index["manifests"]
    assert module["annotations"] == {"org.opencontainers.image.ref.name": "mod:1.0.0+build.7"}
    assert module["artifactType"] == "application/vnd.axon.module.v1"
    for entry in index["manifests"]:
        data = (root / "blobs" / "sha256" / entry["digest"][7:]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["digest"][7:]
        assert len(data) == entry["size"]
        manifest = json.loads(data)
        assert manifest["schemaVersion"] == 2
        assert manifest["mediaType"] == entry["mediaType"]
        assert manifest["artifactType"] == entry["artifactType"]
        assert manifest["config"] == {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            "size": 2,
            "data": "e30=",
        }
        for part in (manifest["config"], *manifest["layers"]):
            assert (root / "blobs" / "sha256" / part["digest"][7:]).stat().st_size == part["size"]
    subject = json.loads((root / "blobs" / "sha256" / evidence["digest"][7:]).read_bytes())[
        "subject"
    ]
    assert subject == {key: module[key] for key in ("mediaType", "digest", "size")}


def test_referrers(registry: Registry) -> None:
    one = registry.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz")
    two = registry.push("mod", "2.0.0", Content.of_bytes(b"other bytes"), "mod-2.0.0.tgz")
    for stage in ("lint", "test", "lint"):
        registry.attach(one, stage, f"envelope of {stage}".encode())
    registry.attach(two, "lint", b"envelope of lint")
    registry.attach(one, "lint", b"a later envelope")
    assert registry.referrers(one) == [
        ("lint", b"envelope of lint"),
        ("test", b"envelope of test"),
        ("lint", b"a later envelope"),
    ]
    assert registry.referrers(two) == [("lint", b"envelope of lint")]


def test_what_is_not_published(registry: Registry) -> None:
    with pytest.raises(RefusedError, match=r"mod 1\.0\.0 is not published"):
        registry.fetch("mod", "1.0.0")
    assert not Path(registry.where).exists()


def test_remote_registries_are_named_as_unknown() -> None:
    with pytest.raises(ConfigurationError, match="begins with https"):
        Registry.open("https://registry.example/modules")


def test_a_changed_blob_is_refused(registry: Registry) -> None:
    pushed = registry.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz")
    blob = Path(registry.where) / "blobs" / "sha256" / DIGEST
    blob.write_bytes(b"Some bytes")
    with pytest.raises(RefusedError, match="was changed"):
        registry.fetch("mod", "1.0.0")
    blob.unlink()
    with pytest.raises(CouldNotCheckError, match="is missing"):
        registry.fetch("mod", "1.0.0")
    push(registry)
    assert fetched(registry) == BUNDLE
    manifest = Path(registry.where) / "blobs" / "sha256" / pushed.manifest[7:]
    manifest.write_bytes(manifest.read_bytes().replace(b"mod", b"dom"))
    with pytest.raises(RefusedError, match="was changed"):
        registry.find("mod", "1.0.0")


@pytest.mark.parametrize(
    "index",
    [b"", b"null", b"[]", b"{}", b'{"manifests":1}', b'{"manifests":[1]}', b"[" * 99999,
     b'{"manifests":[{"mediaType":"a","digest":"sha256:..","size":1,"annotations":[]}]}'],
)  # fmt: skip
def test_a_broken_index_is_not_an_empty_one(registry: Registry, index: bytes) -> None:
    push(registry)
    (Path(registry.where) / "index.json").write_bytes(index)
    with pytest.raises(CouldNotCheckError, match="no sound OCI image layout"):
        registry.find("mod", "1.0.0")
    with pytest.raises(CouldNotCheckError, match="no sound OCI image layout"):
        push(registry)


def test_a_lost_index_is_not_an_empty_one(registry: Registry) -> None:
    push(registry)
    (Path(registry.where) / "index.json").unlink()
    with pytest.raises(CouldNotCheckError, match=r"index\.json is missing"):
        registry.find("mod", "1.0.0")
    with pytest.raises(CouldNotCheckError, match=r"index\.json is missing"):
        push(registry)


def test_a_folder_with_other_things_is_left_alone(registry: Registry) -> None:
    Path(registry.where).mkdir()
    (Path(registry.where) / "letters.txt").write_text("dear")
    for ask in (lambda: registry.find("mod", "1.0.0"), lambda: push(registry)):
        with pytest.raises(CouldNotCheckError, match=r"letters\.txt"):
            ask()
    assert [each.name for each in Path(registry.where).iterdir()] == ["letters.txt"]


def test_a_registry_that_cannot_be_written(registry: Registry, folder: Path) -> None:
    (folder / "registry").write_text("a file")
    with pytest.raises(CouldNotCheckError):
        push(registry)
    with pytest.raises(CouldNotCheckError):
        registry.find("mod", "1.0.0")


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 1000), st.integers(1, 255))
def test_no_byte_of_the_index_or_manifest_gives_other_content(
    tmp_path_factory: pytest.TempPathFactory, extra: bytes, place: int, change: int
) -> None:
    registry = Registry.open(str(tmp_path_factory.mktemp("r") / "registry"))
    pushed = registry.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz")
    for name in ("index.json", f"blobs/sha256/{pushed.manifest[7:]}"):
        path = Path(registry.where) / name
        data = bytearray(path.read_bytes())
        data[place % len(data)] ^= change
        path.write_bytes(bytes(data))
        try:
            found = registry.find("mod", "1.0.0")
            if found is not None:
                registry.fetch("mod", "1.0.0")
                assert found.bundle == DIGEST
        except (RefusedError, CouldNotCheckError):
            pass
        data[place % len(data)] ^= change
        path.write_bytes(bytes(data))
    assert fetched(registry) == BUNDLE


def in_child(work: Callable[[], object]) -> int:
    """Exit status of a child process that does some work; negative for a signal."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def test_publishers_at_once(folder: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier, queue = context.Barrier(6), context.Queue()
    registry = Registry.open(str(folder / "registry"))

    def publisher(number: int) -> None:
        barrier.wait()
        try:
            for version in ("1.0.0", f"1.{number}.0"):
                registry.push("mod", version, Content.of_bytes(f"{number % 2}".encode()), "x.tgz")
            queue.put((number, "pushed"))
        except RefusedError as error:
            queue.put((number, str(error)))

    processes = [context.Process(target=publisher, args=(number,)) for number in range(6)]
    for each in processes:
        each.start()
    ended = dict(queue.get(timeout=60) for _ in processes)
    for each in processes:
        each.join()
    won = int(fetched(registry))
    for number, outcome in ended.items():
        if number % 2 == won:
            assert outcome == "pushed"
            assert fetched(registry, f"1.{number}.0") == str(won).encode()
        else:
            assert "already published with other content" in outcome


@pytest.mark.parametrize("moment", range(14))
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_write_it_converges(folder: Path, moment: int, after: bool) -> None:
    registry = Registry.open(str(folder / "registry"))

    def work() -> None:
        place, count = Writer._place, iter(range(1000))

        def killed(self: Writer, source: BinaryIO, path: Path, digest: str = "") -> None:
            if next(count) == moment:
                if after:
                    place(self, source, path, digest)
                else:
                    (self._ingest / "torn").write_bytes(source.read()[:9])
                os.kill(os.getpid(), signal.SIGKILL)
            place(self, source, path, digest)

        Writer._place = killed  # type: ignore[method-assign]
        pushed = registry.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz")
        registry.attach(pushed, "lint", b"an envelope")

    status = in_child(work)
    assert status in (0, -signal.SIGKILL)
    assert (status == 0) == (moment > 8)
    found = registry.find("mod", "1.0.0")
    if found is not None:
        assert fetched(registry) == BUNDLE
    pushed = registry.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz")
    registry.attach(pushed, "lint", b"an envelope")
    whole = Registry.open(str(folder / "whole"))
    whole.attach(
        whole.push("mod", "1.0.0", Content.of_bytes(BUNDLE), "mod-1.0.0.tgz"),
        "lint",
        b"an envelope",
    )
    assert tree(Path(registry.where)) == tree(Path(whole.where))
