"""`gates modules`: found by module.json, chosen by what commits changed, cut into jobs."""

from __future__ import annotations

import json
import subprocess

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gates.ci.modules import changed_files, changed_modules, find_modules, touched
from gates.ci.shards import JOBS, MOST_JOBS, matrix, shards
from gates.cli import cli
from gates.errors import CouldNotCheckError, UsageError
from gates.model import Stage

PATHS = ("modules/a", "modules/ab", "other/c")


def git(root, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    ran = subprocess.run(
        ["git", "-C", root, *identity, *arguments], check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


def write(root, path, text="{}"):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def commit(root, message="change"):
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repo(folder):
    root = folder / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for each in PATHS:
        write(root, f"{each}/module.json")
    write(root, "gates-policy.toml", "")
    commit(root)
    return root


def test_modules_are_the_folders_with_a_manifest(repo):
    for path in ("node_modules/x", ".hidden", "modules/a/tests/inner"):
        write(repo, f"{path}/module.json")
    (repo / "link").symlink_to(repo / "modules", target_is_directory=True)
    assert find_modules(repo) == PATHS
    assert find_modules(repo / "modules" / "a") == (".",)


def test_no_module_is_an_error(folder):
    with pytest.raises(UsageError, match="no module"):
        find_modules(folder)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (["modules/a/src/x.py"], ("modules/a",)),
        (["modules/ab/module.json", "other/c/README.md"], ("modules/ab", "other/c")),
        (["gates-policy.toml"], PATHS),
        (["package-lock.json", "modules/a/x"], PATHS),
        (["modules/gone/module.json"], PATHS),
        (["../elsewhere"], PATHS),
        ([], ()),
    ],
)
def test_what_a_change_touches(changed, expected):
    assert touched(PATHS, changed) == expected


def test_a_repo_of_one_module_is_touched_by_every_change():
    assert touched((".",), ["x"]) == (".",)
    assert touched((".",), []) == ()


@given(st.lists(st.sampled_from(PATHS).map(lambda each: f"{each}/file")))
def test_no_module_is_chosen_for_nothing(changed):
    assert set(touched(PATHS, changed)) == {each.rpartition("/")[0] for each in changed}


def test_changes_count_from_where_the_branches_parted(repo):
    git(repo, "checkout", "-q", "-b", "work")
    write(repo, "modules/a/new.txt")
    commit(repo)
    git(repo, "checkout", "-q", "main")
    write(repo, "other/c/later.txt")
    commit(repo)
    git(repo, "checkout", "-q", "work")
    assert changed_modules(repo, PATHS, "main") == ("modules/a",)
    assert changed_files(repo / "other", "main") == {"../modules/a/new.txt"}


def test_a_file_that_moves_touches_both_modules(repo):
    write(repo, "modules/a/text.txt", "the same text\n" * 20)
    base = commit(repo)
    (repo / "modules/a/text.txt").rename(repo / "other/c/text.txt")
    commit(repo)
    assert changed_modules(repo, PATHS, base) == ("modules/a", "other/c")


def test_names_are_taken_as_they_are(repo):
    base = git(repo, "rev-parse", "HEAD")
    write(repo, "modules/a/ü \n\t.txt")
    commit(repo)
    assert changed_files(repo, base) == {"modules/a/ü \n\t.txt"}


@pytest.mark.parametrize("revision", ["nowhere", "", "--output=x", "0" * 40])
def test_a_revision_that_is_not_there_is_an_error(repo, revision):
    with pytest.raises(UsageError, match="revision"):
        changed_modules(repo, PATHS, revision)
    assert not (repo / "x").exists()


def test_without_common_history_nothing_is_known(repo):
    git(repo, "checkout", "-q", "--orphan", "other")
    commit(repo, "another beginning")
    with pytest.raises(CouldNotCheckError, match="no common history"):
        changed_modules(repo, PATHS, "main")


def test_a_program_that_the_repo_names_for_differences_does_not_run(repo):
    base = git(repo, "rev-parse", "HEAD")
    git(repo, "config", "diff.external", f"touch {repo}/ran")
    git(repo, "config", "diff.mark.textconv", f"touch {repo}/ran;cat")
    write(repo, ".gitattributes", "* diff=mark")
    write(repo, "modules/a/x")
    commit(repo)
    assert changed_modules(repo, PATHS, base) == PATHS
    assert not (repo / "ran").exists()


@given(
    st.lists(st.text(min_size=1), unique=True, max_size=600),
    st.integers(1, MOST_JOBS),
    st.integers(1, 8),
)
def test_shards_hold_each_module_once_in_order(modules, jobs, per_job):
    parts = shards(modules, jobs=jobs, per_job=per_job)
    assert [each for part in parts for each in part] == modules
    assert len(parts) <= jobs
    sizes = {len(part) for part in parts}
    assert not sizes or (min(sizes) > 0 and max(sizes) - min(sizes) <= 1)
    assert len(parts) == jobs or all(size <= per_job for size in sizes)


def test_all_stages_together_stay_under_the_limit_of_a_run():
    parts = shards([str(each) for each in range(5000)])
    assert len(matrix(parts)["include"]) * len(Stage) <= MOST_JOBS
    assert JOBS == 36


def test_the_command(repo, monkeypatch):
    def run(*arguments):
        return CliRunner().invoke(cli, ["modules", str(repo), *arguments])

    write(repo, "modules/ab/module.json", '{"slug": "notes", "version": "1.2.0"}')
    nothing = "(no slug that can be used) (no version that can be used)"
    assert run().output.splitlines() == [
        f"modules/a   {nothing}", "modules/ab  notes 1.2.0", f"other/c     {nothing}",
    ]  # fmt: skip
    commit(repo)
    base = git(repo, "rev-parse", "HEAD")
    assert run("--changed-since", base).output == ""
    write(repo, "other/c/x")
    commit(repo)
    assert json.loads(run("--changed-since", base, "--output", "json").output) == [
        {"path": "other/c", "slug": None, "version": None}
    ]
    made = json.loads(run("--output", "github-matrix", "--jobs", "2").output)
    assert made == {"include": [{"shard": "1", "modules": list(PATHS)}]}
    made = json.loads(run("--output", "github-matrix", "--per-job", "1", "--jobs", "2").output)
    assert made["include"] == [
        {"shard": "1", "modules": ["modules/a", "modules/ab"]},
        {"shard": "2", "modules": ["other/c"]},
    ]
    assert run("--jobs", "257").exit_code == 2


def test_a_module_itself_says_what_it_is(repo):
    write(repo, "other/c/module.json", '{"slug": "notes", "version": "1.2.0"}')
    write(repo, "modules/a/module.json", "no JSON")
    said = CliRunner().invoke(cli, ["modules", str(repo / "other/c")])
    assert (said.exit_code, said.output) == (0, ".  notes 1.2.0\n")
    said = CliRunner().invoke(cli, ["modules", str(repo / "modules/a"), "--output", "json"])
    assert json.loads(said.output) == [{"path": ".", "slug": None, "version": None}]
