"""A release of what a workflow signed: the same rules, and a catalog that takes bundles."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.catalog import Catalog
from gates.catalog.candidate import module_row
from gates.errors import RefusedError
from gates.evidence import signed
from gates.evidence.identity import Claims
from gates.model import Stage
from gates.publish import Publication, publish_bundle
from gates.registry import Content
from gates.release import evidence_rows, release_version, version_row
from gates.settings import Policy
from tests.evidence.sigstore_instance import CLAIMS, IDENTITY, Instance
from tests.passing import DAY, World

INSTANCE = Instance()


def published(world: World, folder: Path, claims: Claims = CLAIMS) -> World:
    """Six stages by a workflow, and the bundle in the registry."""
    root = INSTANCE.trusted_root(folder / "root.json", DAY)
    world.policy = Policy(trusted_identities=(IDENTITY,), trust_root=root)
    world.passed()
    store = world.evidence.store
    for stage in Stage.RELEASE.before:
        payload = signed.parse(store.path(stage).read_bytes()).payload
        store.write(stage, INSTANCE.bundle(payload, claims).to_bytes())
    publish_bundle(
        Publication(world.module, world.evidence, world.registry, Content.of_bytes(world.bundle))
    )
    return world


def test_what_a_workflow_signed_is_registered(world: World, catalog: Catalog, folder: Path) -> None:
    work = published(world, folder).release(catalog)
    done = release_version(work)
    assert done.outputs["registered"] == "new"
    assert done.records[-1].name == "confirm"
    row = catalog.find("sample-module", "1.0.0")
    assert row is not None
    kept = {each.stage: each for each in catalog.evidence(row)}
    assert {each.envelope["mediaType"][:24] for each in kept.values()} == {
        "application/vnd.dev.sigs"
    }


def test_a_release_refuses_what_the_policy_no_longer_trusts(
    world: World, catalog: Catalog, folder: Path
) -> None:
    published(world, folder)
    other = replace(IDENTITY, signer_digests=("f0" * 20,))
    world.policy = replace(world.policy, trusted_identities=(other,))
    with pytest.raises(RefusedError, match="signer-digest-not-listed") as caught:
        release_version(world.release(catalog))
    assert len(caught.value.reasons) == 6
    assert catalog.find("sample-module", "1.0.0") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v.update(mediaType="application/x"), "is not signed"),
        (lambda v: v["dsseEnvelope"].update(signatures=[]), "is not signed"),
        (lambda v: v["dsseEnvelope"]["signatures"][0].update(sig=""), "is not signed"),
        (lambda v: v["verificationMaterial"].update(tlogEntries=[]), "is not signed"),
        (lambda v: v["verificationMaterial"]["certificate"].update(rawBytes="AAAA"), "is not sig"),
        (lambda v: v["dsseEnvelope"].update(payload="e30="), "cannot be read"),
        (lambda v: v.pop("dsseEnvelope"), "cannot be read"),
    ],
)
def test_the_database_itself_refuses_a_bundle_that_is_not_whole(
    world: World, catalog: Catalog, folder: Path, change: Callable[[Any], object], words: str
) -> None:
    work = published(world, folder).release(catalog)
    rows = list(evidence_rows(work.statements))
    edited = json.loads(json.dumps(rows[2].envelope))
    change(edited)
    rows[2] = replace(rows[2], envelope=edited)
    with pytest.raises(RefusedError, match=words):
        catalog.register(module_row(work.module), version_row(work), tuple(rows))
