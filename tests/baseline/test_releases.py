"""A baseline from a release to the next two, with a catalog and bundles that the tool made."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import adopt
from gates.baseline import FILE
from gates.catalog import Catalog
from gates.check import all_outlines
from gates.model import Verdict
from gates.release import release_version
from tests.baseline.test_adopt import open_messages, recorded, run
from tests.passing import World

FEW = frozenset({"baseline-kept", "license-known", "standard-files"})


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(each for each in all_outlines() if each.id in FEW)
    monkeypatch.setattr(adopt, "all_outlines", lambda: few)
    monkeypatch.setattr(adopt, "STAGES", adopt.STAGES[:1])


@pytest.fixture
def world(make_module, settings) -> World:
    """A module that was released as 1.0.0 with two recorded findings; 1.1.0 is begun."""
    root = make_module("python")
    (root / "README.md").unlink()
    made = World(root, settings)
    made.edit("module.json", '"license": "', '"license": "No-')
    made.edit("module.json", '"GA"', '"RC"')
    assert recorded(root, settings).total == 2
    release(made)
    made.next_version("1.1.0")
    return made


def release(world: World) -> None:
    world.bundle = b""
    world.__post_init__()
    world.published()
    with Catalog.open(world.settings) as catalog:
        release_version(world.release(catalog))


def told(world: World) -> list[str]:
    return open_messages(run(world.root, world.settings, FEW))


def trend(world: World) -> str:
    report = run(world.root, world.settings, FEW)
    assert report.verdict is Verdict.PASS
    (said,) = (
        each.message for stage in report.stages for each in stage.findings() if each.rule == "trend"
    )
    return said


def lines(root: Path) -> list[bytes]:
    return (root / FILE).read_bytes().splitlines(keepends=True)


def test_it_only_shrinks_from_release_to_release(world):
    root, settings = world.root, world.settings
    assert trend(world) == "the baseline holds 2, as many as 1.0.0"
    whole = lines(root)
    world.edit("module.json", '"license": "No-', '"license": "')
    (message,) = told(world)
    assert message.startswith("the baseline holds 1 more of license-known")
    assert recorded(root, settings, grow=False).removed == 1
    assert trend(world) == "the baseline holds 1, 1 fewer than 1.0.0"
    release(world)
    world.edit("module.json", '"version": "1.1.0"', '"version": "1.2.0"')
    world.edit("module.json", '"license": "', '"license": "No-')
    (root / FILE).write_bytes(b"".join(whole))  # brought back from history
    (message,) = told(world)
    assert "1 of license-known" in message
    assert "more than was signed for on top of 1.1.0" in message


def test_two_branches_that_shrink_and_grow_are_merged(world):
    root, settings = world.root, world.settings
    (root / "CHANGELOG.md").rename(root / "CHANGES.md")
    assert told(world) != []
    assert recorded(root, settings, reason="comes with 1.2").added == 1
    assert trend(world) == "the baseline holds 3, 1 more than 1.0.0"
    grown = lines(root)
    world.edit("module.json", '"license": "No-', '"license": "')
    recorded(root, settings, grow=False)
    shrunk = lines(root)
    assert len(shrunk) == len(grown) - 1
    (root / FILE).write_bytes(b"".join(sorted({*grown, *shrunk})))  # merge=union
    assert any("the baseline holds 1 more of license-known" in each for each in told(world))
    recorded(root, settings, grow=False)
    assert trend(world) == "the baseline holds 2, as many as 1.0.0"
