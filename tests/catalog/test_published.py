"""What `gates verify` finds in the registry, against the evidence here and the catalog's row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gates.catalog import Catalog
from gates.catalog.published import against_catalog, not_attached, read_back
from gates.model import Stage
from gates.registry import Content
from gates.release import release_version
from gates.settings import Settings
from tests.passing import World

SLUG, VERSION = "sample-module", "1.0.0"


@pytest.fixture
def world(make_module: object, settings: Settings) -> World:
    return World(make_module("python"), settings)  # type: ignore[operator]


def test_before_publish_there_is_nothing_to_read(world: World) -> None:
    evidence = world.passed(Stage.PUBLISH.before)
    found = read_back(evidence, world.registry)
    assert (found.published, found.reasons) == (None, ())


def test_what_was_published_is_there(world: World) -> None:
    world.published()
    found = read_back(world.evidence, world.registry)
    assert found.published is not None
    assert found.reasons == ()
    assert not_attached(world.evidence, found) == (Stage.PUBLISH,)


def test_what_was_published_and_is_gone(world: World) -> None:
    evidence = world.passed()
    (reason,) = read_back(evidence, world.registry).reasons
    assert reason.endswith("[no-bundle]")


def test_another_bundle(world: World) -> None:
    evidence = world.passed()
    world.registry.push(SLUG, VERSION, Content.of_bytes(b"swapped"), "x.tgz")
    (reason,) = read_back(evidence, world.registry).reasons
    assert reason.endswith("[wrong-bundle]")


def test_a_changed_blob(world: World) -> None:
    world.published()
    blob = Path(world.registry.where) / "blobs" / "sha256" / world.digest
    blob.write_bytes(b"changed")
    (reason,) = read_back(world.evidence, world.registry).reasons
    assert "was changed" in reason


def test_the_catalogs_row_and_evidence(world: World) -> None:
    world.published()
    with Catalog.open(world.settings) as catalog:
        release_version(world.release(catalog))
        row = catalog.find(SLUG, VERSION)
        assert row is not None
        rows = tuple(catalog.evidence(row))
    found = read_back(world.evidence, world.registry)
    assert not_attached(world.evidence, found) == ()
    assert against_catalog(found, row, rows) == []
    (reason,) = against_catalog(found, replace(row, registry_manifest="sha256:0"), rows)
    assert reason.startswith("the registry has the manifest ")
    (reason,) = against_catalog(
        replace(found, attached=found.attached - {min(found.attached)}), row, rows
    )
    assert reason.endswith("is not in the registry [no-evidence]")
