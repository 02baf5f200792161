"""The commit that a module stands on, what is not in it, and a policy that asks for it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gates.ci.modules import changed_modules
from gates.errors import CouldNotCheckError
from gates.evidence.rules import CLEAN_TREE, Expected, check_tree
from gates.evidence.statement import build, read
from gates.git import CLEAN, Checkout, read_checkout
from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.module import load
from gates.needs import Needs
from gates.report.text import render
from gates.settings import Policy
from tests.passing import DAY
from tests.report.samples import report


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    command = ["git", "-C", root, *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repo(tmp_path):
    """A repo with one module in a folder, and a file beside it."""
    module = tmp_path / "repo" / "modules" / "notes"
    (module / "src").mkdir(parents=True)
    (module / "module.json").write_text('{"slug": "notes", "version": "1.0.0"}')
    (module / "src" / "a.py").write_text("A = 1\n")
    (module / "link.py").symlink_to("src/a.py")
    (tmp_path / "repo" / "other").write_text("x")
    root = tmp_path / "repo"
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def checkout(root: Path) -> Checkout | None:
    return read_checkout(load(root / "modules" / "notes"))


def test_a_clean_tree(repo):
    assert checkout(repo) == Checkout(
        git(repo, "rev-parse", "HEAD"), author=git(repo, "log", "-1", "--format=%ae")
    )
    (repo / "other").write_text("changed, and no part of the module")
    found = checkout(repo)
    assert found
    assert found.state == CLEAN == CLEAN_TREE


def test_what_is_not_committed(repo):
    module = repo / "modules" / "notes"
    (module / "new.py").write_text("")
    (module / "link.py").unlink()
    (module / "link.py").symlink_to("module.json")
    (module / "src" / "a.py").unlink()
    found = checkout(repo)
    assert found
    assert found.changed == ("link.py", "new.py", "src/a.py")
    assert found.state == "3 files are not committed (link.py, new.py, src/a.py)"
    (module / "module.json").write_text("{}")
    git(repo, "add", "-A")
    found = checkout(repo)
    assert found, "staged is not committed"
    assert len(found.changed) == 4


def test_many_files_are_counted():
    found = Checkout("a", tuple(f"{number}.py" for number in range(1200)))
    assert found.state == "1,200 files are not committed (0.py, 1.py, 2.py, 3.py, 4.py, ...)"
    assert Checkout("a", ("b",)).state == "1 file is not committed (b)"


def test_no_filter_of_the_repo_runs(repo):
    git(repo, "config", "filter.mark.clean", f"touch {repo}/ran; cat")
    module = repo / "modules" / "notes"
    (module / ".gitattributes").write_text("* filter=mark\n")
    (module / "src" / "a.py").write_text("A = 2\n")
    found = checkout(repo)
    assert found
    assert found.changed == (".gitattributes", "src/a.py")
    assert not (repo / "ran").exists()


def test_without_a_commit(repo, tmp_path):
    module = tmp_path / "alone"
    module.mkdir()
    (module / "module.json").write_text("{}")
    assert read_checkout(load(module)) is None
    git(module, "init", "-q")
    assert read_checkout(load(module)) is None


def test_a_history_that_is_files_of_the_module_says_nothing(repo, tmp_path):
    fake = repo / "modules" / "notes" / "fake"
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(fake))
    (repo / "modules" / "notes" / ".git").write_text("gitdir: fake\n")
    with pytest.raises(CouldNotCheckError):
        checkout(repo)


def test_a_worktree(repo, tmp_path):
    """There `.git` is a file."""
    tree = tmp_path / "elsewhere"
    git(repo, "worktree", "add", "-q", "-b", "work", str(tree))
    assert checkout(tree) == checkout(repo)
    (tree / "modules" / "notes" / "src" / "a.py").write_text("A = 3\n")
    found = checkout(tree)
    assert found
    assert found.changed == ("src/a.py",)
    git(tree, "commit", "-q", "-a", "-m", "second")
    assert changed_modules(tree, ("modules/notes", "modules/x"), "main") == ("modules/notes",)
    assert changed_modules(repo, ("modules/notes",), "main") == ()


def test_a_worktree_has_the_name_of_its_repo(tmp_path):
    root, tree = tmp_path / "repo", tmp_path / "feature"
    root.mkdir()
    (root / "module.json").write_text("{}")
    git(root, "init", "-q", "-b", "main")
    git(root, "remote", "add", "origin", "https://example.com/axon/notes.git")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    git(root, "worktree", "add", "-q", "-b", "work", str(tree))
    assert load(tree).names == ("feature", "notes")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "module.json").write_text("{}")
    (copy / ".git").write_text((tree / ".git").read_text())
    assert load(copy).names == ("copy",), "that folder names another worktree"
    (copy / ".git").write_text("")
    assert load(copy).names == ("copy",)


def statement_of(module, environment):
    result = StageResult(Stage.LINT, (CheckResult("ruff", Verdict.PASS),))
    return read(build(result, module, "0" * 64, environment=environment))


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"commit": "a" * 40, "tree": CLEAN}, None),
        ({}, "names no commit"),
        ({"commit": "", "tree": CLEAN}, "names no commit"),
        ({"commit": "a" * 40, "tree": "1 file is not committed (a)"}, "1 file is not committed"),
        ({"commit": "a" * 40}, "unknown"),
    ],
)
def test_a_policy_that_asks_for_a_commit(repo, environment, reason):
    module = load(repo / "modules" / "notes")
    found = statement_of(module, environment)
    expected = Expected("notes", "1.0.0", module.digest, "0" * 64, {}, datetime.now(UTC))
    assert list(check_tree(found, Stage.LINT, expected)) == []
    said = list(check_tree(found, Stage.LINT, replace(expected, clean_tree=True)))
    assert [reason in each for each in said] == ([True] if reason else [])


def test_evidence_names_the_commit(repo, settings):
    root = repo / "modules" / "notes"
    (root / "src" / "a.py").write_text("A = 4\n")
    needs = Needs(load(root), Policy(clean_tree=True), settings, today=DAY)
    needs.record(StageResult(Stage.LINT, (CheckResult("ruff", Verdict.PASS),)))
    (found,) = needs.evidence().inspect([Stage.LINT])
    assert found.statement
    assert found.statement.environment["commit"] == git(repo, "rev-parse", "HEAD")
    assert found.statement.environment["tree"] == "1 file is not committed (src/a.py)"
    assert any("[dirty-tree]" in each for each in found.reasons)


def test_the_report_says_so():
    text = render(report(commit="ab" * 20, tree="1 file is not committed (src/a.py)"))
    assert "commit abababababab, 1 file is not committed (src/a.py)" in text
    assert "no commit: the files are in no git repository" in render(report())
