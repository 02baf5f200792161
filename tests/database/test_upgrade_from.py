"""Where the released versions come from: the catalog and the registry, or nowhere."""

from __future__ import annotations

import shutil
from dataclasses import replace

from gates.catalog import Catalog
from gates.model import Verdict
from gates.release import release_version
from tests.database.conftest import results
from tests.passing import World


def test_a_first_version_says_so(sql_module, shared):
    result = results(sql_module(), shared, "upgrade-and-back")["upgrade-and-back"]
    assert (result.verdict, result.reason) == (Verdict.PASS, None)
    assert [record.detail for record in result.records] == [
        "first version: nothing to upgrade from"
    ]


def test_a_catalog_out_of_reach_is_no_first_version(sql_module, shared):
    gone = replace(shared, catalog="postgresql://nobody@127.0.0.1:1/none")
    result = results(sql_module(), gone, "upgrade-and-back")["upgrade-and-back"]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "catalog" in result.reason


def test_a_bundle_that_cannot_be_had_is_inconclusive(make_module, shared):
    world = World(make_module("python"), shared)
    world.published()
    with Catalog.open(shared) as catalog:
        release_version(world.release(catalog))
    shutil.rmtree(world.registry.where)
    world.next_version("1.1.0")
    result = results(world.module, shared, "upgrade-and-back")["upgrade-and-back"]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "the released bundle of sample-module 1.0.0 cannot be had" in result.reason


def test_a_module_without_a_slug_has_no_history(make_module, shared):
    world = World(make_module("python"), shared)
    world.edit("module.json", '"slug": "sample-module"', '"slug": "No Slug"')
    result = results(world.module, shared, "upgrade-and-back")["upgrade-and-back"]
    assert "the slug is not usable" in result.reason
