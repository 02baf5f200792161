"""The packages of the platform's npm workspace, for modules in its lock and for others."""

from __future__ import annotations

import json

import pytest

from gates.check import find
from gates.toolchains import Tools
from gates.toolchains.languages.typescript.install_files import find_lock
from gates.toolchains.locks import NoLockError

WORKSPACE = {
    "": {"workspaces": ["core", "notes"]},
    "core": {"name": "@axon/core", "version": "1.0.0"},
    "notes": {"name": "notes", "dependencies": {"@axon/core": "^1.0.0"}},
    "node_modules/@axon/core": {"resolved": "core", "link": True},
    "node_modules/notes": {"resolved": "notes", "link": True},
}


@pytest.fixture
def opened(open_session, tmp_path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "package-lock.json").write_text(json.dumps({"packages": WORKSPACE}))

    def make(name: str, own: dict[str, object] | None, **asked: object):
        files = {
            "package.json": json.dumps({"name": name, **asked}),
            "package-lock.json": None if own is None else json.dumps({"packages": own}),
        }
        return open_session("typescript", files, npm_workspace=workspace)

    return make


ASKS = {"dependencies": {"@axon/core": "^1.0.0"}}


def test_a_member_has_the_lock_of_the_workspace(opened):
    _, folder, title = find_lock(opened("notes", None, **ASKS))
    assert (folder, title) == ("notes", "package-lock.json of the workspace")


@pytest.mark.parametrize("asked", [ASKS, {"devDependencies": {"@axon/core": "*"}}])
def test_who_is_no_member_and_has_no_lock_is_told_so(opened, asked):
    with pytest.raises(NoLockError) as caught:
        find_lock(opened("stranger", None, **asked))
    assert caught.value.message == (
        "the workspace of the platform supplies @axon/core, and its package-lock.json does not hold"
        " stranger"
    )
    assert "workspaces" in (caught.value.hint or "")


def test_who_has_a_lock_is_given_what_the_workspace_has(opened):
    text, folder, title = find_lock(opened("stranger", {"": {"name": "stranger", **ASKS}}, **ASKS))
    assert (folder, title) == ("module", "package-lock.json")
    assert json.loads(text)["packages"]["node_modules/@axon/core"]["link"]


def test_it_is_a_finding_of_dependencies_locked(opened):
    session = opened("stranger", None, **ASKS)
    check = find("dependencies-locked")
    assert check is not None
    (found,) = check.run(module=session.module, tools=Tools(session))
    assert found.location.path == "package.json"
    assert "@axon/core" in found.message


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        ({"": {}}, {}),
        ({"": {"dependencies": {"zod": "4"}}}, {"dependencies": {"zod": "4"}}),
        ({"": ASKS, "node_modules/@axon/core": {"version": "1.0.0"}}, ASKS),
        ({"": {}}, {"dependencies": []}),
    ],
)
def test_who_asks_for_nothing_of_it_has_a_lock_of_their_own(opened, own, asked):
    _, folder, title = find_lock(opened("stranger", own, **asked))
    assert (folder, title) == ("", "package-lock.json")
