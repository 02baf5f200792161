"""Released versions with their content: believed by the catalog's digest, else inconclusive."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
from pathlib import Path

import pytest

from gates.catalog import Catalog
from gates.errors import CatalogUnavailableError, CouldNotCheckError
from gates.module import load
from gates.registry import Content
from gates.registry.bundle import MAX_BUNDLE, unpacked
from gates.release import release_version
from gates.releases import Release, Releases
from tests.passing import World, packed


def release(world: World, catalog: Catalog) -> None:
    world.published()
    release_version(world.release(catalog))


def releases(world: World, catalog: Catalog) -> Releases:
    return Releases(world.module, catalog, world.registry)


def test_a_first_version_has_none(world: World, catalog: Catalog) -> None:
    assert releases(world, catalog).before == ()


def test_a_release_is_the_module_that_was_released(world: World, catalog: Catalog) -> None:
    old = world.module
    release(world, catalog)
    world.next_version("1.1.0")
    (found,) = releases(world, catalog).before
    assert found.version == found.module.version == "1.0.0"
    assert found.module.manifest.value == old.manifest.value
    assert found.module.settings.value == old.settings.value
    assert found.module.migrations == old.migrations
    assert str(found.module.manifest.at("version")) == str(old.manifest.at("version"))


def test_only_versions_below_are_before(world: World, catalog: Catalog) -> None:
    release(world, catalog)
    found = releases(world, catalog)
    assert [each.version for each in found.all] == ["1.0.0"]
    assert found.before == ()


def test_a_registry_without_the_bundle_is_inconclusive(world: World, catalog: Catalog) -> None:
    release(world, catalog)
    shutil.rmtree(world.registry.where)
    (found,) = releases(world, catalog).all
    with pytest.raises(CouldNotCheckError, match=r"sample-module 1\.0\.0 cannot be had"):
        _ = found.files


def test_a_registry_with_another_bundle_is_not_believed(world: World, catalog: Catalog) -> None:
    release(world, catalog)
    row = catalog.versions("sample-module")[0]
    shutil.rmtree(world.registry.where)
    other = packed({"module.json": b"{}"})
    world.registry.push("sample-module", "1.0.0", Content.of_bytes(other), "other.tgz")
    with pytest.raises(CouldNotCheckError, match="holds another bundle"):
        _ = Release(row, world.registry).files


def test_a_catalog_out_of_reach_is_no_first_version(world: World, tmp_path: Path) -> None:
    from dataclasses import replace

    gone = replace(world.settings, catalog="postgresql://nobody@127.0.0.1:1/none")
    with Catalog.open(gone) as catalog, pytest.raises(CatalogUnavailableError):
        _ = Releases(load(world.root), catalog, world.registry).before


@pytest.mark.parametrize(
    "broken",
    [b"", b"no archive", gzip.compress(b"no tar either" * 99, mtime=0)],
    ids=["empty", "text", "compressed text"],
)
def test_a_broken_archive_is_inconclusive(broken: bytes) -> None:
    with pytest.raises(CouldNotCheckError, match="cannot be read"):
        unpacked(io.BytesIO(broken))


def test_an_archive_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed({"a": b"x" * 100, "b": b"x" * 100})
    assert {
        name: hashlib.sha256(data).hexdigest()[:4]
        for name, data in unpacked(io.BytesIO(archive)).items()
    }
    assert MAX_BUNDLE > 1024
    monkeypatch.setattr("gates.registry.bundle.MAX_BUNDLE", 150)
    with pytest.raises(CouldNotCheckError, match="holds more than 150 bytes"):
        unpacked(io.BytesIO(archive))
