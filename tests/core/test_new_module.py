"""`gates new`: the slug, the folder, and a module that the first two stages accept."""

from __future__ import annotations

import json
import shlex
from datetime import date
from pathlib import Path

import hypothesis
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gates import new_module
from gates.cli import cli
from gates.errors import GatesError, ToolMissingError, UsageError
from gates.model import Level, Stage
from gates.module import load
from gates.new_module import LANGUAGES, check_slug, make_module
from gates.pipeline import run_pipeline
from gates.settings import load_policy
from gates.toolchains import languages
from gates.toolchains.advisories import read_snapshot
from gates.toolchains.languages.typescript.supplied import supply
from tests.conftest import ROOT

TODAY = date(2026, 11, 28)
LONGEST = "a-module-whose-name-is-as-long-as-can-be"


def test_each_language_has_a_template():
    assert set(LANGUAGES) == set(languages.LANGUAGES)
    assert len(LONGEST) == 40


@pytest.mark.parametrize(
    "slug",
    [
        "", ".", "..", "../up", "/etc", "a/b", "a\\b", "A", "1a", "a_b", "a--b", "-a", "a-", "a b",
        "a\n", "a\x00", "é", "{{ slug }}", "a.b", "--language", "a" * 41, "class", "json",
        "axon-core", "pydantic", "tests", "$(id)", "a;id", "a'b", '"', "con\r",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_slug_is_refused_and_nothing_written(folder, slug, language):
    with pytest.raises(UsageError):
        make_module(slug, language, folder / "made", TODAY)
    assert list(folder.iterdir()) == []


@given(st.text(max_size=50) | st.from_regex(r"[a-z][a-z0-9-]*", fullmatch=True))
@hypothesis.settings(max_examples=50)
def test_what_is_accepted_can_be_a_folder_a_package_and_a_table(slug):
    try:
        check_slug(slug)
    except UsageError:
        return
    assert slug.replace("-", "_").isidentifier()
    assert slug == Path(slug).name == slug.lower()
    assert len(f"tenant_{slug}_notes_newest") <= 63


def test_only_an_empty_or_new_folder_is_filled(folder):
    full, link, file = folder / "full", folder / "link", folder / "file"
    full.mkdir()
    (full / ".hidden").write_text("mine")
    file.write_text("mine")
    link.symlink_to(folder / "elsewhere")
    for each in (full, link, file):
        with pytest.raises(UsageError):
            make_module("my-notes", "python", each, TODAY)
    assert sorted(each.name for each in folder.iterdir()) == ["file", "full", "link"]
    assert [each.name for each in full.iterdir()] == [".hidden"]
    (folder / "my-notes").mkdir()
    assert "module.json" in make_module("my-notes", "python", folder / "my-notes", TODAY)


def test_a_template_that_breaks_off_leaves_nothing(folder, monkeypatch):
    broken = folder / "template"
    (broken / "python").mkdir(parents=True)
    (broken / "common").mkdir()
    (broken / "common" / "file").write_text("text")
    (broken / "python" / "bad.jinja").write_text("{% if %}")
    monkeypatch.setattr(new_module, "TEMPLATE", broken)
    with pytest.raises(Exception, match="Expected an expression"):
        make_module("my-notes", "python", folder / "made" / "my-notes", TODAY)
    assert list((folder / "made").iterdir()) == []


def test_without_copier_the_command_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "copier", None)
    with pytest.raises(ToolMissingError) as raised:
        make_module("my-notes", "python", folder / "my-notes", TODAY)
    assert raised.value.hint == "pip install 'axon-gates[new]'"


@pytest.mark.parametrize("slug", ["x", LONGEST])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_module_passes_what_needs_no_packages(folder, settings, slug, language):
    root = folder / slug
    made = CliRunner().invoke(cli, ["new", slug, str(root), "--language", language])
    assert made.exit_code == 0, made.output
    assert {".gitignore", ".editorconfig", "LICENSE", "noxfile.py", "CHANGELOG.md"} <= {
        each.name for each in root.iterdir()
    }
    assert ".gates/\n" in (root / ".gitignore").read_text()
    module = load(root)
    assert module.problems == ()
    assert (module.slug, module.version) == (slug, "0.1.0")
    assert not [path for path in module.files if "{{" in path or path.endswith(".jinja")]
    only = {
        "squawk", "migration-parses", "migration-names", "migration-forbidden", "shipped-files",
        "endpoints-declared", "permissions-declared", "environment-declared", "suppressions",
        "register-written-out",
    }  # fmt: skip
    only |= {"ruff", "ruff-format"} if language == "python" else set()
    whole = run_pipeline(root, [Stage.LINT_MANIFEST], settings, today=TODAY)
    part = run_pipeline(root, [Stage.LINT], settings, today=TODAY, only=frozenset(only))
    for stage in (*whole.stages, *part.stages):
        ended = {check.check: check.reason for check in stage.checks if check.verdict != "pass"}
        assert (stage.verdict, ended) == ("pass", {})
        found = [each for check in stage.checks for each in check.findings]
        assert [each for each in found if each.level is not Level.NOTE] == []


def test_the_lock_of_the_template_fits_its_package_json(folder):
    make_module("my-notes", "typescript", folder / "my-notes", TODAY)
    lock = json.loads((folder / "my-notes" / "package-lock.json").read_text())
    package = json.loads((folder / "my-notes" / "package.json").read_text())
    root = lock["packages"][""]
    assert root == {key: package[key] for key in root}
    assert issubclass(UsageError, GatesError)


HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def test_a_new_module_names_hooks_that_there_are(folder):
    for language in LANGUAGES:
        make_module("my-notes", language, folder / language, TODAY)
        config = yaml.safe_load((folder / language / ".pre-commit-config.yaml").read_text())
        used = {each["id"] for each in config["repos"][0]["hooks"]}
        assert used == {"gates-manifest", "gates-sql", f"gates-{language}"}
        assert used <= {each["id"] for each in HOOKS}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_the_command_of_each_hook_passes_on_a_new_module(folder, monkeypatch, hook):
    language = "typescript" if hook["id"].startswith("gates-typescript") else "python"
    make_module("my-notes", language, folder / "my-notes", TODAY)
    monkeypatch.chdir(folder / "my-notes")
    monkeypatch.setenv("GATES_STATE_DIR", str(folder / "state"))
    program, *arguments = shlex.split(hook["entry"])
    assert program == "gates"
    ended = CliRunner().invoke(cli, arguments)
    assert ended.exit_code == 0, ended.output
    (folder / "my-notes" / "module.json").write_text("{}")
    if hook["id"] == "gates-manifest":
        assert CliRunner().invoke(cli, arguments).exit_code == 1


def test_stand_ins_are_all_that_their_policy_names_and_take_the_place_of_nothing(folder):
    arguments = ["new", "my-notes", str(folder / "my-notes"), "--language", "typescript"]
    ended = CliRunner().invoke(cli, [*arguments, "--with-stand-ins"])
    assert ended.exit_code == 0, ended.output
    policy = load_policy(folder / "my-notes", None)
    assert [each.name for each in policy.python_packages] == ["axon-core", "axon-logger"]
    assert policy.advisories is not None
    read_snapshot(policy.advisories.read_bytes(), today=TODAY, max_age_days=3650)
    workspace = policy.npm_workspace
    assert workspace is not None
    lock = json.loads((workspace / "package-lock.json").read_text())["packages"]
    links = {entry["resolved"] for entry in lock.values() if entry.get("link")}
    assert links == {"platform/npm/core", "platform/npm/logger"}
    assert all((workspace / each / "package.json").is_file() for each in links)
    own = (folder / "my-notes" / "package-lock.json").read_text()
    added = json.loads(supply(own, (workspace / "package-lock.json").read_text()) or "{}")
    assert "node_modules/@axon/core" in added["packages"]
    again = [*arguments[:2], str(folder / "other"), *arguments[3:], "--with-stand-ins"]
    ended = CliRunner().invoke(cli, again)
    assert isinstance(ended.exception, UsageError)
    assert "is there already" in ended.exception.message
    assert not (folder / "other").exists()
