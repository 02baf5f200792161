"""The whole is what its parts are: bumps, what could not be compared, exit codes, drafts."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.contract.breaking import of_release
from gates.contract.bump import allows, smallest
from gates.contract.difference import Difference, differ
from gates.contract.model import Bump, Change, largest
from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module import Module, from_files
from gates.report.contract import as_json, changelog, text
from tests.conftest import EXAMPLES

BASE = json.loads((EXAMPLES / "_base" / "python" / "module.json").read_text())
DAY = date(2026, 11, 24)


def module(version: str, **changes: object) -> Module:
    manifest = BASE | {"version": version} | changes
    return from_files(version, {"module.json": json.dumps(manifest).encode()})


def change(bump: Bump, symbol: str = "job:a", part: str = "jobs", **more: object) -> Change:
    new = Location("module.json", 3, 1)
    return Change(part, symbol, bump, f"{symbol} has changed", new, new, **more)  # type: ignore[arg-type]


def compared(new: Module, *changes: Change, old: str = "1.0.0") -> Difference:
    return differ((old, module(old)), ("here", new), [("all", lambda: changes)])


bumps = st.sampled_from(list(Bump))
changes = st.builds(
    lambda bump, name, proved: change(bump, f"job:{name}", proved=proved),
    bumps, st.sampled_from("abc"), st.booleans(),
)  # fmt: skip
parts = st.lists(st.lists(changes, max_size=3), max_size=4)
versions = st.sampled_from(["1.0.0", "1.0.1", "1.1.0", "2.0.0-rc.1", "2.0.0", "0.3.0"])


@given(parts, versions, versions)
def test_the_whole_asks_for_the_most_that_a_part_does(
    found: list[list[Change]], old: str, new: str
) -> None:
    def whole(*chosen: list[Change]) -> Difference:
        named = [("part", lambda each=each: each) for each in chosen]
        return differ((old, module(old)), (new, module(new)), named)

    each_alone = [whole(part).bump for part in found]
    together = whole(*found)
    assert together.bump is max(each_alone, key=lambda each: each.rank, default=Bump.NONE)
    proved = [each for part in found for each in part if each.proved]
    assert together.bump.rank >= largest(proved).rank
    if "-" not in old:
        assert together.smallest == smallest(old, together.bump)
        assert together.large_enough is allows(old, new, together.bump)
        assert together.large_enough is not any(each.too_small for each in together.demands)
    text(together)
    json.loads(as_json(together))
    changelog(together, (), DAY)


@given(versions)
def test_nothing_changed_and_nothing_is_asked(version: str) -> None:
    found = compared(module(version), old=version)
    assert (found.bump, found.exit_code) == (Bump.NONE, 0)


@pytest.mark.parametrize(
    ("version", "bump", "code"),
    [
        ("1.0.1", Bump.PATCH, 0),
        ("1.0.1", Bump.MINOR, 1),
        ("1.1.0", Bump.MINOR, 0),
        ("1.1.0", Bump.MAJOR, 1),
        ("2.0.0", Bump.MAJOR, 1),  # not listed
        ("not a version", Bump.MAJOR, 0),  # nothing to judge
    ],
)
def test_exit_codes(version: str, bump: Bump, code: int) -> None:
    assert compared(module(version), change(bump)).exit_code == code


def test_what_could_not_be_compared_is_said_and_the_rest_counts() -> None:
    def broken() -> list[Change]:
        raise CouldNotCheckError("there is no server", hint="gates doctor")

    both = [("database", broken), ("manifest", lambda: [change(Bump.MINOR)])]
    found = differ(("1.0.0", module("1.0.0")), ("here", module("1.1.0")), both)
    assert found.exit_code == 3
    assert found.bump is Bump.MINOR
    assert "database: not compared: there is no server\n  help: gates doctor\n" in text(found)
    (missing,) = json.loads(as_json(found))["not_compared"]
    assert missing == {"part": "database", "reason": "there is no server", "hint": "gates doctor"}
    small = differ(("1.0.0", module("1.0.0")), ("here", module("1.0.1")), both)
    assert small.exit_code == 1


def test_a_table_that_manifest_and_database_miss_is_one_change() -> None:
    place = Location("migrations/000_init.sql", 3, 1, object="tenant_x_notes")
    declared = Change(
        "database", "table:tenant_x_notes", Bump.MAJOR, "a", Location("module.json", 3)
    )
    seen = Change("database", "table:tenant_x_notes", Bump.MAJOR, "b", place)
    assert compared(module("2.0.0"), declared, seen).changes == (seen,)
    assert compared(module("2.0.0"), declared).changes == (declared,)


def test_a_pre_release_promises_nothing() -> None:
    found = compared(module("1.0.0-rc.2"), change(Bump.MAJOR), old="1.0.0-rc.1")
    assert found.exit_code == 0
    assert "1.0.0-rc.1 is a pre-release and promises nothing" in text(found)


def test_a_draft_tells_the_way_out() -> None:
    entry = {
        "symbol": "job:a",
        "since": "2.0.0",
        "reason": "it was slow.",
        "migration_guide": "docs/2.md",
    }
    new = module("2.0.0", breaking=[entry])
    gone = change(Bump.MINOR, "job:b", gone=True)
    found = compared(new, change(Bump.MAJOR), gone)
    accepted = of_release(new.require_manifest(), "2.0.0", "1.0.0")
    assert changelog(found, accepted, DAY) == (
        "## [2.0.0] - 2026-11-24\n\n### Breaking\n\n- job:a has changed.\n"
        "  It was slow. See docs/2.md.\n\n### Removed\n\n- job:b has changed.\n"
    )


def test_a_draft_of_nothing() -> None:
    assert changelog(compared(module("1.0.1")), (), DAY).endswith(
        "### Changed\n\n- Nothing that users of the module notice.\n"
    )


def test_an_entry_that_names_nothing_is_told() -> None:
    entry = {"symbol": "job:a", "since": "2.0.0", "reason": "slow", "migration_guide": "none"}
    new = module("2.0.0", breaking=[entry])
    assert compared(new, change(Bump.MAJOR)).stale == ()
    found = compared(new)
    assert (found.stale, found.exit_code) == (("job:a",), 1)
    assert "job:a is listed in `breaking`, and did not change" in text(found)


def test_what_was_left_out_is_told_and_not_judged() -> None:
    entry = {"symbol": "code:a", "since": "1.1.0", "reason": "slow", "migration_guide": "none"}
    parts = [("manifest", list[Change]), ("code", lambda: [change(Bump.MAJOR)])]
    sides = ("1.0.0", module("1.0.0")), ("here", module("1.1.0", breaking=[entry]))
    found = differ(*sides, parts, without=["code"])
    assert (found.exit_code, found.stale, found.demands) == (0, (), ())
    assert "no change of the contract in what was compared\n\nleft out: code\n" in text(found)
    assert json.loads(as_json(found))["left_out"] == ["code"]
    assert "Nothing" not in changelog(found, (), DAY)
