"""A module's own lock with what the platform's workspace supplies beside it."""

from __future__ import annotations

import json

import pytest

from gates.toolchains.languages.typescript.lock import lock_entries, reachable, read_npm_lock
from gates.toolchains.languages.typescript.supplied import SUPPLIED_MEMBER, supply
from gates.toolchains.locks import LockError

DIGEST = "sha512-" + "A" * 86 + "=="


def package(version: str, **more: object) -> dict[str, object]:
    return {"version": version, "integrity": DIGEST, **more}


OWN = {
    "": {"name": "mine", "dependencies": {"@axon/core": "^1.0.0", "zod": "^4.0.0"}},
    "node_modules/zod": package("4.1.0"),
}
SHARED = {
    "": {"name": "workspace", "workspaces": ["core"]},
    "core": {"name": "@axon/core", "dependencies": {"semver": "^7.0.0", "zod": "^4.0.0"}},
    "node_modules/@axon/core": {"resolved": "core", "link": True},
    "node_modules/semver": package("7.0.0"),
    "node_modules/zod": package("4.9.9"),
    "node_modules/unused": package("1.0.0"),
}


def lock(packages: object) -> str:
    return json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)


def test_what_the_lock_lacks_comes_from_the_workspace_with_all_that_it_needs():
    text = supply(lock(OWN), lock(SHARED))
    assert text is not None
    entries = lock_entries(text)
    assert {"core", "node_modules/@axon/core", "node_modules/semver"} <= reachable(
        entries, SUPPLIED_MEMBER
    )
    assert "node_modules/unused" not in entries
    locked = {each.name: each for each in read_npm_lock(text, SUPPLIED_MEMBER)}
    assert {name: each.version for name, each in locked.items()} == {
        "zod": "4.1.0", "semver": "7.0.0",
    }  # fmt: skip
    assert lock(OWN).splitlines()[locked["zod"].line - 1] == '    "node_modules/zod": {'


def test_a_lock_in_another_layout_gives_the_same_packages():
    laid_out, flat = (
        supply(text, lock(SHARED)) for text in (lock(OWN), json.dumps(json.loads(lock(OWN))))
    )
    assert laid_out is not None
    assert flat is not None
    assert lock_entries(laid_out) == lock_entries(flat)


@pytest.mark.parametrize(
    "own",
    [
        {"": {"name": "mine"}},
        {"": {"name": "mine", "dependencies": {"semver": "^7.0.0"}}},
        {**OWN, "node_modules/@axon/core": package("1.0.0")},
        {**OWN, SUPPLIED_MEMBER: {}},
        {**OWN, "secrets": {}, "node_modules/zod": {"resolved": "secrets", "link": True}},
        {**OWN, "core": {}},
        {**OWN, "node_modules/other": {"resolved": "core", "link": True}},
        {**OWN, "": {"name": "mine", "dependencies": ["@axon/core"]}},
        {**OWN, "": {**OWN[""], "name": "../../outside"}},
        {**OWN, "": {**OWN[""], "name": "@axon/core"}},
        {**OWN, "": {"dependencies": {"@axon/core": "^1.0.0"}}},
    ],
)
def test_only_members_of_the_workspace_are_supplied(own):
    assert supply(lock(own), lock(SHARED)) is None


def test_what_neither_has_is_still_missing():
    own = {**OWN, "": {"name": "mine", "dependencies": {"@axon/core": "1", "absent": "1"}}}
    text = supply(lock(own), lock(SHARED))
    assert text is not None
    with pytest.raises(LockError, match="absent"):
        read_npm_lock(text, SUPPLIED_MEMBER)
