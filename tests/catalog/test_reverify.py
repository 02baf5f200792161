"""Released versions under today's policy: what is proposed, what is not known, what is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gates.catalog import Catalog
from gates.cli import cli
from gates.errors import CouldNotCheckError
from gates.evidence import Trust
from gates.evidence.act import Verb, read_stored
from gates.governance.reverify import Problem, Reverified, Today, _locked, reverify
from gates.model import RanRecord, Stage, Verdict
from gates.release import release_version
from gates.settings import Policy
from gates.toolchains.bundle import BILL
from gates.toolchains.licenses import RECORD, read_stated, write_stated
from gates.toolchains.sbom import CARRIED_IN
from gates.toolchains.shipped import copied_files
from tests.passing import DAY, World, checks_of, packed, result_of


def snapshot(path: Path, *records: tuple[str, str]) -> Path:
    """Advisories of the day about versions of PyPI packages, with a canary."""
    every = [*records, ("MAL-1", "canary"), ("CVE-1", "other")]
    made = [
        {
            "id": id_,
            "summary": "a hole",
            "affected": [{"package": {"ecosystem": "PyPI", "name": name}, "versions": ["1.0"]}],
        }
        for id_, name in every
    ]
    canary = {"ecosystem": "PyPI", "name": "canary", "version": "1.0", "id": "MAL-1"}
    document = {
        "schema_version": 1, "created": f"{DAY}T00:00:00+00:00", "source": "test",
        "record_count": len(made), "records": made, "canaries": [canary],
    }  # fmt: skip
    path.write_text(json.dumps(document))
    return path


def bill(*packages: str) -> bytes:
    components = [{"purl": f"pkg:pypi/{each}@1.0"} for each in packages]
    return json.dumps({"components": components}).encode()


@pytest.fixture
def released(world: World, catalog: Catalog) -> World:
    """A version with the packages pyyaml and evil, under MIT and AGPL."""
    module = world.module
    files = {path: module.data(path) for path in copied_files(module) if path in module.files}
    world.bundle = packed({**files, BILL: bill("pyyaml", "evil")})
    world.published()
    stated = json.dumps({"pyyaml 1.0": ["MIT"], "evil 1.0": ["AGPL-3.0-only"]})
    scan = result_of(Stage.SCAN)
    checks = (replace(scan.checks[0], records=(RanRecord(RECORD, detail=stated),)), scan.checks[1])
    world.evidence.write(replace(scan, checks=checks), bundle=world.digest)
    release_version(world.release(catalog))
    return world


def found(world: World, catalog: Catalog, policy: Policy, **more: Any) -> Reverified:
    (row,) = catalog.versions("sample-module")
    row = replace(row, released_at=f"{DAY}T12:00:00+00:00")
    trust = Trust.of(policy, world.settings, DAY)
    today = Today(policy, trust, world.registry, DAY, **{"checks": checks_of, **more})
    return reverify(row, catalog.evidence(row), today)


def test_today(released: World, catalog: Catalog, folder: Path) -> None:
    clean = snapshot(folder / "clean.json")
    allowed = ("MIT", "AGPL-3.0-only")
    good = Policy(advisories=clean, allowed_licenses=allowed)
    ended = found(released, catalog, good)
    assert (ended.verdict, ended.proposal) == (Verdict.PASS, None), ended

    ended = found(released, catalog, replace(good, allowed_licenses=("MIT",)))
    assert [each.sentence.endswith("[license]") for each in ended.problems] == [True]
    assert ended.proposal is Verb.YANK

    hole = snapshot(folder / "hole.json", ("CVE-2026-1", "pyyaml"))
    ended = found(released, catalog, replace(good, advisories=hole))
    assert [each.sentence for each in ended.problems] == [
        "pyyaml 1.0: CVE-2026-1: a hole [advisory]"
    ]
    assert ended.proposal is Verb.YANK

    bad = snapshot(folder / "bad.json", ("CVE-2026-1", "pyyaml"), ("MAL-2026-1", "evil"))
    assert found(released, catalog, replace(good, advisories=bad)).proposal is Verb.REVOKE

    ended = found(released, catalog, replace(good, sandbox=("bubblewrap",)))
    assert all(each.sentence.endswith("[weak-sandbox]") for each in ended.problems)
    assert ended.proposal is Verb.YANK

    ended = found(released, catalog, replace(good, advisories=None))
    assert (ended.verdict, ended.proposal) == (Verdict.INCONCLUSIVE, None)
    assert ended.unknown == ("advisories: the policy names no advisory snapshot",)


def test_a_registry_without_the_bundle(released: World, catalog: Catalog, folder: Path) -> None:
    released.settings = replace(released.settings, registry=str(folder / "nowhere"))
    ended = found(released, catalog, Policy())
    assert ended.proposal is Verb.QUARANTINE
    assert ended.verdict is Verdict.FAIL


def test_the_proposal_is_stronger_than_what_stands() -> None:
    ended = Reverified("x", "1.0.0", (Problem("p", Verb.QUARANTINE),), ("u",))
    assert ended.proposal is Verb.QUARANTINE
    assert replace(ended, standing=("yank",)).proposal is Verb.QUARANTINE
    assert replace(ended, standing=("revoke",)).proposal is None
    assert replace(ended, problems=()).verdict is Verdict.INCONCLUSIVE
    assert replace(ended, problems=(), unknown=()).verdict is Verdict.PASS


def test_what_is_kept(
    released: World, catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATES_STATE_DIR", str(released.settings.state))
    monkeypatch.setenv("GATES_SIGNING_KEY", str(released.settings.key))
    monkeypatch.setenv("GATES_REGISTRY", str(released.settings.registry))
    monkeypatch.setenv("GATES_CATALOG", released.settings.catalog)
    monkeypatch.chdir(folder)
    ended = CliRunner().invoke(cli, ["catalog", "reverify"])
    assert ended.exit_code == 1, ended.exception
    assert "proposed: gates catalog " in ended.output
    (row,) = catalog.acts("sample-module")
    act, _ = read_stored(row.envelope)
    assert act.verb is Verb.REVERIFY
    assert act.details["verdict"] == "fail"
    assert act.details["policy"] == Policy().digest
    assert CliRunner().invoke(cli, ["catalog", "reverify", "--no-record", "--json"]).exit_code == 1
    assert len(catalog.acts("sample-module")) == 1
    assert catalog.versions("sample-module")[0].standing == ()


def test_an_empty_catalog_is_not_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATES_STATE_DIR", str(tmp_path))
    ended = CliRunner().invoke(cli, ["catalog", "reverify"])
    assert isinstance(ended.exception, CouldNotCheckError)


def test_bills_and_licences() -> None:
    data = json.dumps({"components": [{"purl": "pkg:npm/%40axon/logger@1.2.0"}]}).encode()
    (package,) = _locked(data, {"npm"})
    assert (package.ecosystem, package.name, package.version) == ("npm", "@axon/logger", "1.2.0")
    for purl in ("pkg:cargo/x@1", "x", "pkg:npm/x"):
        with pytest.raises(ValueError, match=r"no package URL|unknown kind"):
            _locked(json.dumps({"components": [{"purl": purl}]}).encode(), {"npm"})
    inside = {"purl": "pkg:pypi/x@1", "properties": [{"name": CARRIED_IN, "value": "y 1.0"}]}
    carried = json.dumps({"components": [inside]}).encode()
    assert [each.name for each in _locked(carried, {"PyPI"})] == ["x"]
    assert _locked(carried, {"npm"}) == []
    assert read_stated(write_stated([])) == {}
    for text in ("", "[]", '{"a": "MIT"}', '{"a": [1]}'):
        with pytest.raises(ValueError, match=r".+"):
            read_stated(text)
