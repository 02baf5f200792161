"""`gates diff`, `gates changelog` and `gates catalog matrix`, as installed, on real versions."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gates.catalog import Catalog
from gates.checks.lint_manifest.changelog_has_version import changelog_has_version
from gates.commands.contract import _named as named
from gates.module import load
from gates.release import release_version
from tests.conftest import EXAMPLES, overlay_on
from tests.passing import World

QUICK = ("--no-code", "--no-database")
ENTRY = {
    "symbol": "endpoint:GET /api/sample-module/notes",
    "since": "2.0.0",
    "reason": "one endpoint for all of it",
    "migration_guide": "Call POST with an empty body.",
}


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.email=a@example.com", "-c", "user.name=a", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def edit(root: Path, **changes: object) -> None:
    path = root / "module.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes, indent=2))


@pytest.fixture
def root(make_module: Callable[..., Path]) -> Path:
    """A module at 1.0.0 with one endpoint."""
    made = make_module("python")
    edit(made, api_endpoints=[{"path": "/api/sample-module/notes", "method": "GET"}])
    return made


@pytest.fixture
def repo(root: Path) -> Path:
    """The same, committed and tagged v1, in a folder of a repo of several modules."""
    git(root.parent, "init", "-q", ".")
    git(root.parent, "add", "-A")
    git(root.parent, "commit", "-qm", "one")
    git(root.parent, "tag", "v1")
    return root


@pytest.fixture
def released(root: Path, settings: Any) -> Path:
    """The same, released."""
    world = World(root, settings)
    world.published()
    with Catalog.open(settings) as catalog:
        release_version(world.release(catalog))
    return root


def diff(gates: Any, *arguments: object) -> Any:
    return gates("diff", *arguments, json_report=False)


def test_a_commit_and_a_folder(gates: Any, repo: Path) -> None:
    edit(repo, version="1.1.0", api_endpoints=[])
    ended = diff(gates, "v1", repo, *QUICK)
    assert ended.code == 1
    assert ended.out == (
        f"sample-module: 1.0.0 (v1) -> 1.1.0 ({repo})\n"
        "\n"
        "endpoints\n"
        "  major  GET /api/sample-module/notes is gone, so that whoever calls it gets an error\n"
        "         endpoint:GET /api/sample-module/notes, not listed in `breaking`\n"
        "         1.0.0 module.json:48:15\n"
        "         counter-example: GET /api/sample-module/notes was answered, and is not\n"
        "\n"
        "left out: code, database\n"
        "\n"
        "major: 1 change in what was compared; after 1.0.0 the smallest version is 2.0.0, and this"
        " is 1.1.0; 1 not listed in `breaking`\n"
    )
    edit(repo, version="2.0.0", breaking=[ENTRY])
    assert diff(gates, "v1", repo, *QUICK).code == 0


def test_one_side_alone(tmp_path: Path) -> None:
    """A folder is what is to be released; anything else is what it is compared with."""
    assert named(("v1",), None) == ("v1", ".")
    assert named(("1.2.0",), None) == ("1.2.0", ".")
    assert named((str(tmp_path),), None) == ("catalog", str(tmp_path))
    assert named(("v2",), "v1") == ("v1", "v2")
    assert named((), None) == ("catalog", ".")


def test_two_commits(gates: Any, repo: Path) -> None:
    edit(repo, version="1.1.0", permissions=["notes.read"])
    git(repo, "commit", "-qam", "two")
    both = subprocess.run(["git", "log", "--format=%H"], cwd=repo, capture_output=True, text=True)
    new, old = both.stdout.split()
    ended = gates("diff", old, new, "--baseline", "x", *QUICK, json_report=False)
    assert (ended.code, "two versions are compared" in ended.err) == (2, True)
    ended = diff(gates, f"--baseline={old}", repo, *QUICK, "--json")
    document = json.loads(ended.out)
    assert (ended.code, document["bump"], document["smallest_version"]) == (0, "minor", "1.1.0")
    (change,) = document["changes"]
    assert (change["symbol"], change["kind"]) == ("permission:notes.read", "added")
    assert change["new"]["line"] == 53


def test_the_newest_release(gates: Any, released: Path) -> None:
    edit(released, version="1.1.0", api_endpoints=[])
    for arguments in ([released], ["1.0.0", released], ["catalog", released]):
        ended = diff(gates, *arguments, *QUICK)
        assert ended.code == 1, ended.err
        assert "after 1.0.0 the smallest version is 2.0.0, and this is 1.1.0" in ended.out
    ended = diff(gates, "1.7.0", released, *QUICK)
    assert (ended.code, "1.7.0 was not released of sample-module" in ended.err) == (2, True)


def test_a_release_whose_bundle_is_lost_is_no_release_without_changes(
    gates: Any, released: Path, settings: Any
) -> None:
    for blob in (Path(settings.registry) / "blobs" / "sha256").iterdir():
        blob.unlink()
    assert diff(gates, released, *QUICK).code == 3


def test_the_first_version(gates: Any, root: Path) -> None:
    ended = diff(gates, root, *QUICK)
    assert (ended.code, ended.out) == (
        0,
        "first version: the catalog holds none to compare with\n",
    )


def test_a_catalog_out_of_reach_is_no_first_version(gates: Any, root: Path) -> None:
    ended = diff(gates, root, *QUICK, "--catalog", "postgresql://nobody@127.0.0.1:1/none")
    assert ended.code == 3
    assert "cannot be" in ended.err


def test_the_same_folder_twice(gates: Any, root: Path) -> None:
    ended = diff(gates, root, root, *QUICK)
    assert ended.code == 0
    assert "no change of the contract" in ended.out


def test_databases_are_run(gates: Any, repo: Path) -> None:
    overlay_on(repo, EXAMPLES / "database-bump" / "good")
    ended = diff(gates, "v1", repo, "--no-code")
    assert "minor  the column tenant_sample_module_notes.body is new" in ended.out
    assert "migrations/002_body.sql:4:" in ended.out


def test_code_of_a_commit_is_not_compared_and_said_to_be(gates: Any, repo: Path) -> None:
    ended = diff(gates, "v1", repo, "--no-database")
    assert ended.code == 3
    assert "code: not compared: v1 is a revision of git" in ended.out


def test_code_of_folders_is_built_and_compared(gates: Any, root: Path, folder: Path) -> None:
    other = folder / "newer" / "sample-module"
    other.parent.mkdir()
    for name in ("gates-policy.toml", "advisories.json"):
        (other.parent / name).write_bytes((root.parent / name).read_bytes())
    load(root).write_to(other)
    source = other / "src" / "sample_module" / "__init__.py"
    source.write_text(source.read_text().replace("def register(", "def register(again: bool, "))
    ended = diff(gates, root, other, "--no-database")
    assert ended.code == 1, ended.out + ended.err
    assert "  major  register() worked, and does not" in ended.out


@pytest.mark.parametrize("revision", ["nonsense", "--output=stolen", "-x", "HEAD:module.json", ""])
def test_what_is_no_revision(gates: Any, repo: Path, revision: str) -> None:
    ended = diff(gates, *QUICK, "--", revision, repo)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert not list(repo.rglob("stolen"))


def test_a_folder_that_is_in_no_repo(gates: Any, root: Path) -> None:
    ended = diff(gates, "HEAD", root, *QUICK)
    assert (ended.code, "is in no git repo" in ended.err) == (2, True)


def test_a_repo_has_no_say_in_how_it_is_read(gates: Any, repo: Path) -> None:
    """Attributes hide nothing, and nothing that the repo configures is run."""
    (repo / ".gitattributes").write_text("module.json export-ignore filter=spy\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "attributes")
    spy = f"touch {repo.parent / 'ran'}; cat"
    for key in ("filter.spy.smudge", "filter.spy.clean", "core.fsmonitor", "core.pager"):
        git(repo, "config", key, spy)
    (repo.parent / "ran").unlink(missing_ok=True)
    ended = diff(gates, "HEAD", repo, *QUICK)
    assert (ended.code, ended.err) == (0, "")
    assert not (repo.parent / "ran").exists()


def test_files_that_look_like_a_repo_are_none(gates: Any, repo: Path) -> None:
    """A folder with HEAD, config, objects and refs is a bare repo to git: the module's author would
    write the history and the settings that it is compared by."""
    git(repo.parent, "clone", "-q", "--bare", ".", "bare.git")
    for each in (repo.parent / "bare.git").iterdir():
        each.rename(repo / each.name)
    ended = diff(gates, "HEAD", repo, *QUICK)
    assert (ended.code, "Traceback" in ended.err) == (2, False)
    assert "bare repo" in ended.err
    git(repo, "config", "-f", "config", "core.bare", "false")
    git(repo, "config", "-f", "config", "core.worktree", str(repo))
    (repo / ".git").write_text("gitdir: .\n")
    ended = diff(gates, "HEAD", repo, *QUICK)
    assert (ended.code, "for a bare repo" in ended.err) == (3, True)


def test_what_the_repo_does_not_hold_is_not_compared(gates: Any, repo: Path) -> None:
    named = subprocess.run(
        ["git", "rev-parse", "HEAD:./module.json"], cwd=repo, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    (repo.parent / ".git" / "objects" / named[:2] / named[2:]).unlink()
    ended = diff(gates, "HEAD", repo, *QUICK)
    assert (ended.code, "module.json at that revision is not in the repo" in ended.err) == (3, True)


def test_the_draft_of_a_changelog(gates: Any, repo: Path) -> None:
    edit(
        repo, version="2.0.0", api_endpoints=[], permissions=["notes.read"], breaking=[ENTRY],
        tags=[], jobs=[{"name": "purge", "queue": "tenant:sample-module:purge"}],
    )  # fmt: skip
    arguments = ["--baseline", "v1", "--date", "2026-11-24", *QUICK]
    ended = gates("changelog", repo, *arguments, json_report=False)
    assert ended.code == 0
    assert ended.out == (
        "## [2.0.0] - 2026-11-24\n"
        "\n"
        "### Breaking\n"
        "\n"
        "- GET /api/sample-module/notes is gone, so that whoever calls it gets an error.\n"
        "  One endpoint for all of it. Call POST with an empty body.\n"
        "\n"
        "### Added\n"
        "\n"
        "- The permission notes.read is new.\n"
        "- The job purge is new.\n"
        "\n"
        "### Changed\n"
        "\n"
        "- The key tags of module.json has changed.\n"
    )
    file = repo / "CHANGELOG.md"
    file.write_text(file.read_text().replace("## [1.0.0]", f"{ended.out}\n## [1.0.0]"))
    assert list(changelog_has_version.run(load(repo))) == []


def test_a_draft_names_the_version_that_it_takes(gates: Any, repo: Path) -> None:
    edit(repo, version="1.0.1", api_endpoints=[])
    ended = gates("changelog", repo, "--baseline", "v1", *QUICK, json_report=False)
    assert ended.out.startswith("## [2.0.0] - ")
    assert "TO WRITE: why, and what users do now (`endpoint:GET" in ended.out


def test_the_draft_of_a_first_version(gates: Any, root: Path) -> None:
    ended = gates("changelog", root, "--date", "2026-11-24", json_report=False)
    assert ended.out == "## [1.0.0] - 2026-11-24\n\n### Added\n\n- First version.\n"


def test_the_matrix_of_platforms(gates: Any, released: Path) -> None:
    ended = gates("catalog", "matrix", "sample-module", json_report=False)
    assert ended.out == (
        "sample-module  maturity  1.0.0*  2.0.0\n"
        "1.0.0          GA        yes     yes\n"
    )  # fmt: skip
    ended = gates("catalog", "matrix", "nothing", json_report=False)
    assert (ended.code, "holds no version of 'nothing'" in ended.err) == (2, True)
