"""What a check asks of a version: its number, and entries in `breaking`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gates.checks.lint_manifest.required_bump import required_bump
from gates.contract.breaking import Names
from gates.contract.demand import demand
from gates.contract.model import Bump, Change
from gates.errors import CatalogUnavailableError, CouldNotCheckError
from gates.model import Level
from gates.module import Module, load

ENDPOINT = {"path": "/api/sample-module/notes", "method": "GET"}
NEEDED = {"name": "NOTES_URL", "required": True}
SYMBOL = "endpoint:GET /api/sample-module/notes"


@dataclass
class FakeRelease:
    module: Module
    row: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(standing=()))

    @property
    def version(self) -> str:
        return self.module.version


@dataclass
class FakeReleases:
    before: tuple[FakeRelease, ...]
    noted: list[tuple[str, Change]] = field(default_factory=list)

    def note(self, base: str, changes: Iterable[Change]) -> None:
        self.noted += [(base, each) for each in changes]


@pytest.fixture
def step(make_module: Callable[..., Path]) -> Callable[..., list[str]]:
    """The findings on a step from one manifest to another; `None` is no release before."""
    root = make_module("python")
    path = root / "module.json"
    base = json.loads(path.read_text())

    def manifest(changes: dict[str, Any]) -> Module:
        path.write_text(json.dumps(base | changes, indent=1))
        return load(root)

    def run(*old: dict[str, Any], **new: Any) -> list[str]:
        released = tuple(FakeRelease(manifest(each)) for each in old)
        module = manifest(new)
        found = required_bump.run(module, FakeReleases(released))
        return [f"{each.level}: {each.message}" for each in found if each.level is not Level.NOTE]

    return run


def entry(symbol: str = SYMBOL, since: str = "2.0.0") -> dict[str, str]:
    guide = "Call /api/sample-module/all."
    return {"symbol": symbol, "since": since, "reason": "Nobody used it.", "migration_guide": guide}


GONE = f"{SYMBOL.removeprefix('endpoint:')} is gone, so that whoever calls it gets an error"
V1 = {"version": "1.2.0", "api_endpoints": [ENDPOINT]}


def test_a_break_in_a_minor_version(step: Any) -> None:
    assert step(V1, version="1.3.0") == [
        f"error: {GONE}; after 1.2.0 that asks for 2.0.0, and the version is 1.3.0,"
        " and `breaking` does not list it"
    ]


def test_a_break_that_is_not_listed(step: Any) -> None:
    assert step(V1, version="2.0.0") == [f"error: {GONE}; `breaking` does not list it"]


def test_a_break_that_is_listed_and_does_not_move(step: Any) -> None:
    found = step(V1, version="1.3.0", breaking=[entry(since="1.3.0")])
    assert found == [f"error: {GONE}; after 1.2.0 that asks for 2.0.0, and the version is 1.3.0"]


@pytest.mark.parametrize(
    ("version", "since", "symbol"),
    [
        ("2.0.0", "2.0.0", SYMBOL),
        ("2.0.0-rc.1", "2.0.0", SYMBOL),
        ("2.0.0", "2.0.0-rc.1", SYMBOL),
        ("2.0.1", "2.0.0", SYMBOL),
        ("2.0.0", "2.0.0", "endpoint:GET /api/sample-module/*"),
    ],
)
def test_a_break_that_is_meant(step: Any, version: str, since: str, symbol: str) -> None:
    assert step(V1, version=version, breaking=[entry(symbol, since)]) == []


@pytest.mark.parametrize("symbol", ["*", "endpoint:*"])
def test_a_pattern_names_something(step: Any, symbol: str) -> None:
    found = step(V1, version="2.0.0", breaking=[entry(symbol)])
    assert any("`breaking` does not list it" in each for each in found)
    assert len(found) == 2


def test_a_stale_entry(step: Any) -> None:
    kept = {"version": "1.3.0", "api_endpoints": [ENDPOINT]}
    assert step(V1, **kept, breaking=[entry(since="1.3.0")]) == [
        f"error: {SYMBOL} is listed in `breaking`, and did not change since 1.2.0"
    ]


def test_history_is_not_looked_at(step: Any) -> None:
    old = V1 | {"breaking": [entry("job:purge", "1.0.0")]}
    assert step(old, **V1 | {"version": "1.2.1", "breaking": [entry("job:purge", "1.0.0")]}) == []


def test_an_entry_for_a_version_to_come(step: Any) -> None:
    found = step(V1, **V1 | {"version": "1.2.1", "breaking": [entry(since="2.0.0")]})
    assert found == [f"error: the break of {SYMBOL} is since 2.0.0, and this is 1.2.1"]


def test_an_entry_that_names_nothing_known(step: Any) -> None:
    found = step(V1, **V1 | {"version": "1.2.1", "breaking": [entry("the list", "1.2.1")]})
    (only,) = found
    assert only.startswith("error: 'the list' names nothing that the gate knows")


def test_what_is_listed_is_a_break(step: Any) -> None:
    """The author knows better than the gate, and then means it."""
    old = V1 | {"environment_variables": [{"name": "NOTES_URL"}]}
    new: dict[str, Any] = {**V1, "environment_variables": []}
    assert step(old, **new | {"version": "1.3.0"}) == []
    listed = [entry("environment:NOTES_URL", "1.3.0")]
    (only,) = step(old, **new | {"version": "1.3.0", "breaking": listed})
    assert "that asks for 2.0.0, and the version is 1.3.0" in only


def test_something_new_in_a_patch(step: Any) -> None:
    found = step({"version": "1.2.0"}, version="1.2.1", api_endpoints=[ENDPOINT])
    assert found == [
        "error: GET /api/sample-module/notes is new; after 1.2.0 that asks for 1.3.0, and the"
        " version is 1.2.1"
    ]


def test_below_1_0_0_a_break_asks_for_a_minor_version_and_no_entry(step: Any) -> None:
    old = V1 | {"version": "0.2.0"}
    assert step(old, version="0.3.0") == []
    assert step(old, version="0.2.1") == [
        f"error: {GONE}; after 0.2.0 that asks for 0.3.0, and the version is 0.2.1"
    ]


def test_after_pre_releases_everything_is_free(step: Any) -> None:
    assert step(V1 | {"version": "1.0.0-rc.1"}, version="1.0.0-rc.2") == []
    assert step(V1 | {"version": "1.0.0-rc.1"}, version="1.0.0") == []


def test_the_first_version_is_said_to_be_one(make_module: Any) -> None:
    module = load(make_module("python"))
    (note,) = required_bump.run(module, FakeReleases(()))
    assert note.level is Level.NOTE
    assert note.message.startswith("first version of sample-module in this catalog")


def test_the_first_version_breaks_nothing(step: Any) -> None:
    assert step(version="1.0.0", breaking=[entry(since="1.0.0")]) == [
        f"error: {SYMBOL} is listed in `breaking`, and did not change:"
        " nothing was released before 1.0.0"
    ]


def test_a_catalog_out_of_reach_is_no_first_version(make_module: Any) -> None:
    class Gone:
        @property
        def before(self) -> tuple[FakeRelease, ...]:
            raise CatalogUnavailableError("the catalog cannot be reached")

    with pytest.raises(CatalogUnavailableError):
        list(required_bump.run(load(make_module("python")), Gone()))


@pytest.mark.parametrize("change", [{"version": "1.0"}, {"slug": "Not A Slug"}])
def test_what_cannot_be_compared_is_not_passed(step: Any, change: Any) -> None:
    with pytest.raises(CouldNotCheckError):
        step(V1, **change)


def test_what_was_not_proved_asks_for_a_minor_version_at_most() -> None:
    change = Change("settings", "settings:/a", Bump.MAJOR, "a", proved=False)
    assert demand(change, Names.of(()), "1.2.0", "1.3.0").bump is Bump.MINOR
    assert not demand(change, Names.of(()), "1.2.0", "1.3.0").too_small


def test_a_finding_says_all(make_module: Any) -> None:
    root = make_module("python")
    module = load(root)
    text = (root / "module.json").read_text().replace('"version": "1.0.0"', '"version": "1.0.1"')
    narrowed = text.replace('"min_axon_version": "1.0.0"', '"min_axon_version": "1.5.0"')
    (root / "module.json").write_text(narrowed)
    releases = FakeReleases((FakeRelease(module),))
    (found,) = required_bump.run(load(root), releases)
    noted = [(base, each.symbol, each.bump) for base, each in releases.noted]
    assert noted == [("1.0.0", "platform:min_axon_version", Bump.MAJOR)]
    assert str(found.location) == "module.json:15:25"
    assert found.rule == "platform:min_axon_version"
    assert (found.detail or "").splitlines() == [
        "bump: major",
        "in 1.0.0: module.json:15:25",
        "counter-example: platform 1.0.0 was accepted, and is not",
    ]
    assert (found.fix or "").startswith(
        'keep it as it was, or write "version": "2.0.0" and in `breaking` {"symbol":'
        ' "platform:min_axon_version", "since": "2.0.0"'
    )


def test_a_break_listed_for_the_version_that_it_asks_for(step: Any) -> None:
    """The entry is right, the version is not: it is not said that the entry is missing."""
    assert step(V1, version="1.3.0", breaking=[entry()]) == [
        f"error: the break of {SYMBOL} is since 2.0.0, and this is 1.3.0",
        f"error: {GONE}; after 1.2.0 that asks for 2.0.0, and the version is 1.3.0",
    ]


@pytest.mark.parametrize(("version", "wanted"), [("1.0.1", "2.0.0"), ("1.1.0-rc.1", "2.0.0-rc.1")])
def test_one_version_is_proposed_for_all(make_module: Any, version: str, wanted: str) -> None:
    root = make_module("python")
    released = FakeReleases((FakeRelease(load(root)),))
    manifest = json.loads((root / "module.json").read_text())
    changed = {"version": version, "permissions": ["a.b"], "environment_variables": [NEEDED]}
    (root / "module.json").write_text(json.dumps(manifest | changed))
    fixes = [each.fix or "" for each in required_bump.run(load(root), released)]
    assert fixes
    assert all(f'"version": "{wanted}"' in each for each in fixes)
