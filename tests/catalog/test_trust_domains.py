"""Publish and release are a domain of trust of their own: they run nothing and take evidence."""

from __future__ import annotations

import os
import platform
import subprocess
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.catalog import Catalog
from gates.errors import CouldNotCheckError, RefusedError
from gates.evidence import keys
from gates.model import Stage, Verdict
from gates.needs import Needs
from gates.publish import built_bundle, publish
from gates.release import release, release_version
from gates.settings import Policy, Settings
from tests.evidence.test_evidence_refused import with_codes
from tests.passing import DAY, World, checks_of, result_of

FIVE = Stage.PUBLISH.before


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way to start a program, or to make what runs code of the module, is an error."""

    def started(*_: object, **__: object) -> Any:
        raise AssertionError("something was started")

    platform.processor()  # asks uname, once
    monkeypatch.setattr(subprocess.Popen, "__init__", started)
    for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "execv", "execve", "system"):
        monkeypatch.setattr(os, name, started)
    for name in ("session", "_bundle", "_tests", "_database", "_coverage"):
        if hasattr(Needs, name):
            monkeypatch.setattr(Needs, name, started)


class _Passed(Needs):
    """Needs whose evidence is of the sample stages and not of the real ones."""

    def evidence(self) -> Any:
        return replace(super().evidence(), checks=checks_of)


def needs_of(world: World) -> _Passed:
    return _Passed(world.module, world.policy, world.settings, today=DAY)


def test_publish_and_release_start_nothing(world: World, nothing_runs: None) -> None:
    """The module's own code would end this: its build, its tests, its register()."""
    world.edit("src/sample_module/__init__.py", '"""', '"""Hostile."""\nraise SystemExit(9)\n"""')
    world.passed(FIVE).store.keep_bundle(_file(world))
    needs = needs_of(world)
    with Catalog.open(world.settings) as catalog:
        assert not catalog.modules()  # an embedded server is not a part of this test
        done = publish(needs)
        needs.record(result_of(Stage.PUBLISH, outputs=done.outputs))
        assert release(needs).outputs["registered"] == "new"
    needs.close()


def _file(world: World) -> Path:
    path = world.root.parent / "built.tgz"
    path.write_bytes(world.bundle)
    return path


def test_publish_builds_nothing_where_the_bundle_is_not_there(world: World) -> None:
    world.passed(FIVE)
    with pytest.raises(RefusedError, match=r"no bundle of the build .* \[no-bundle\]"):
        built_bundle(world.evidence)


def test_publish_takes_the_bundle_of_the_evidence_alone(world: World) -> None:
    world.bundle = b"something else"
    file = _file(world)
    world = replace(world, bundle=b"")
    world.passed(FIVE).store.keep_bundle(file)
    with pytest.raises(RefusedError, match="is not the one that was built and scanned"):
        publish(needs_of(world))
    link = world.evidence.store.folder / "build.tgz"
    link.unlink()
    link.symlink_to(file)
    with pytest.raises(RefusedError, match="something else is in the way"):
        built_bundle(world.evidence)


def test_what_is_released_is_what_publish_relied_upon(world: World) -> None:
    """Also where publish was answered from an earlier run: it names the evidence of this one."""
    evidence = world.passed(FIVE)
    needs_of(world).record(result_of(Stage.PUBLISH, outputs={"bundle": world.digest}))
    assert tuple(evidence.verify(Stage.RELEASE.before)) == Stage.RELEASE.before
    earlier = evidence.envelope(Stage.TEST)
    evidence.write(result_of(Stage.TEST, seconds=2.0))
    (reason,) = with_codes(evidence)
    assert reason.startswith("the evidence of test is not what publish relied upon")
    assert reason.endswith("[replayed]")
    assert earlier is not None
    evidence.store.write(Stage.TEST, earlier)
    evidence.verify(Stage.RELEASE.before)
    evidence.write(result_of(Stage.TEST, seconds=3.0))
    needs_of(world).record(result_of(Stage.PUBLISH, outputs={"bundle": world.digest}))
    evidence.verify(Stage.RELEASE.before)


@pytest.fixture
def apart(world: World) -> Callable[[Path], World]:
    """The world as seen with another key; both keys are trusted."""
    world.policy = Policy(separate_keys=True)
    first = world.settings.key
    keys.signing_key(first)

    def with_key(key: Path) -> World:
        keys.signing_key(key)
        trusted = tuple(str(keys.public_path(each)) for each in (first, key))
        world.policy = replace(world.policy, trusted_keys=trusted)
        return replace(world, settings=replace(world.settings, key=key), policy=world.policy)

    return with_key


def test_one_key_for_everything_is_refused_where_the_policy_says_so(
    world: World, apart: Any, catalog: Catalog, folder: Path
) -> None:
    other = apart(folder / "other.pem")
    world.passed(FIVE)
    world.evidence.store.keep_bundle(_file(world))
    with pytest.raises(RefusedError, match=r"evidence of publish .* \[same-signer\]"):
        publish(needs_of(world))
    outputs = publish(needs_of(other)).outputs
    passed = result_of(Stage.PUBLISH, Verdict.PASS, outputs=outputs)
    world.evidence.write(passed, bundle=world.digest)
    assert [each.rpartition(" [")[2] for each in with_codes(world.evidence)] == ["same-signer]"]
    other.evidence.write(passed, bundle=world.digest)
    with pytest.raises(RefusedError, match=r"evidence of release .* \[same-signer\]"):
        release_version(world.release(catalog))
    assert not catalog.modules()
    assert release_version(other.release(catalog)).outputs["registered"] == "new"


def test_one_key_is_enough_otherwise(world: World, settings: Settings) -> None:
    assert not Policy().separate_keys
    world.evidence.require_signer(Stage.RELEASE, world.passed().verify(Stage.RELEASE.before))


def test_a_bundle_that_is_there_is_not_built_again(world: World) -> None:
    """Where the results of the build were reused, publish finds the bundle of then."""
    from gates.reuse.entry import Exhibits

    needs = needs_of(world)
    needs.kept = [Exhibits(bundle=world.digest)]
    store = world.evidence.store
    assert store.bundle_digest is None
    store.keep_bundle(_file(world))
    assert store.bundle_digest == world.digest
    needs.record(result_of(Stage.BUILD), publishes=True)
    assert needs.bundle.made is None
    assert built_bundle(world.evidence).sha256 == world.digest


def test_publish_holds_no_bundle_in_memory(world: World) -> None:
    """A bundle of 24 MiB is read piece by piece, and refused where its file is another by then."""
    large = world.root.parent / "large.tgz"
    with large.open("wb") as file:
        for number in range(24):
            file.write(bytes([number]) * 1024 * 1024)
    world.evidence.store.keep_bundle(large)
    tracemalloc.start()
    content = built_bundle(world.evidence)
    there = world.registry.push("sample-module", "1.0.0", content, "large.tgz")
    assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    tracemalloc.stop()
    assert (there.size, there.bundle) == (24 * 1024 * 1024, content.sha256)
    world.evidence.store.keep_bundle(_file(world))
    with pytest.raises(CouldNotCheckError, match="changed while it was put"):
        world.registry.push(
            "sample-module", "1.0.1", replace(content, digest=f"sha256:{'0' * 64}"), "x"
        )
