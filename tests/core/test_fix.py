"""`gates fix`: what it repairs, what it leaves alone, and that a second run changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from gates import fix
from gates.check import REPAIRED, all_outlines
from gates.cli import cli
from gates.errors import CouldNotCheckError, UsageError
from gates.fix import Repair, repair
from gates.fixer import Fixer, fixers
from gates.model import Location
from gates.module.load import from_files
from gates.module.write import write_files
from gates.settings import Policy
from gates.toolchains import Session, Tools
from gates.toolchains.languages.typescript import oxlint_fixes
from gates.toolchains.languages.typescript.relock import can_write_lock
from gates.toolchains.problem import Problem
from tests.conftest import EXAMPLES

TODAY = date(2026, 11, 24)
TYPE_IMPORT = "All imports in the declaration are only used as types. Use `import type`."
MANIFEST = (
    "changelog-has-version", "migrations-match-manifest", "settings-version", "versions-agree",
)  # fmt: skip


@pytest.fixture
def open_tools(settings) -> Iterator:
    """Makes the tools of a check over files in memory."""
    with ExitStack() as stack:
        yield lambda files: Tools(
            stack.enter_context(
                Session(from_files("m", {"module.json": b"{}", **files}), Policy(), settings)
            )
        )


def fixed(root: Path, settings, *only: str) -> Repair:
    """Repaired on disk, and then with nothing left to repair."""
    first = repair(root, settings, TODAY, frozenset(only))
    write_files(first.module, first.changes)
    again = repair(root, settings, TODAY, frozenset(only))
    assert again.changes == {}
    return first


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_each_fixer_is_named_after_a_check_and_has_only_such_neighbours():
    known = {each.id for each in all_outlines()}
    for language in ("python", "typescript"):
        found = fixers(language)
        assert {*MANIFEST, "dependencies-locked", "migration-search-path"} <= found.keys()
        for each in found.values():
            assert {*each.proved_by} <= known
            assert {*each.followed_by} <= found.keys()


@pytest.mark.parametrize("check", MANIFEST)
def test_the_bad_example_of_a_check_is_repaired_where_it_says_so(make_module, settings, check):
    base = (EXAMPLES / check / "expected.txt").read_text().split()[1]
    root = make_module(base, EXAMPLES / check / "bad")
    found = fixed(root, settings, check)
    own = [each for each in found.repaired if each.check == check]
    assert own or check == "changelog-has-version"  # what is new only its author knows
    assert all(REPAIRED in (each.fix or "") for each in own)
    assert bool(found.changes) == bool(own)


def faulty(root: Path) -> None:
    """Faults of every kind that is repaired in a Python module, and one that is not."""
    manifest = root / "module.json"
    text = manifest.read_text().replace('"version": "1.0.0"', '"version": "1.1.0"')
    manifest.write_text(text.replace('"migrations/000_init.sql"', ""))
    changelog = root / "CHANGELOG.md"
    changelog.write_text(
        changelog.read_text().replace("## [1.0.0]", "## [Unreleased]\n\n- Longer.\n\n## [1.0.0]")
    )
    titles = root / "src/sample_module/lib/titles.py"
    titles.write_text(titles.read_text() + "import os\n\n\nx = { 'a':1 }\n\n\neval(str(x))\n")
    sql = root / "migrations/000_init.sql"
    sql.write_text(sql.read_text().replace("SET search_path TO public;\n", "", 1))


def test_all_faults_of_a_python_module_are_repaired_in_one_run(make_module, settings):
    root = make_module("python")
    faulty(root)
    before = contents(root)
    looked = repair(root, settings, TODAY)
    assert contents(root) == before
    assert {each.check for each in looked.repaired} == {
        *MANIFEST, "migration-search-path", "ruff", "ruff-format",
    }  # fmt: skip
    assert "+## [1.1.0] - 2026-11-24" in looked.diff()
    write_files(looked.module, looked.changes)
    assert repair(root, settings, TODAY).changes == {}
    assert "- Longer." in (root / "CHANGELOG.md").read_text().partition("[1.1.0]")[2]
    assert (root / "migrations/000_init.sql").read_text().startswith("SET search_path TO public;\n")
    titles = (root / "src/sample_module/lib/titles.py").read_text()
    assert titles.endswith('x = {"a": 1}\n\n\neval(str(x))\n')
    assert "import os" not in titles


@pytest.mark.node
def test_typescript_is_laid_out(make_module, settings):
    root = make_module("typescript", EXAMPLES / "prettier" / "bad")
    assert {each.check for each in fixed(root, settings, "prettier").repaired} == {"prettier"}


@pytest.mark.node
def test_typescript_is_repaired_where_oxlint_says_that_it_is_safe(open_tools):
    """And only there: what is marked is gone afterwards, and nothing else is marked."""
    text = (
        'import { Row } from "./row.js";\n'
        "var one = 1;\n"
        "let [two, three] = [one, 2];\n"
        "three = 4;\n"
        "export function f(rows: readonly Row[], other: any): boolean {\n"
        "  let size = rows.length;\n"
        "  return size == two && three > other;\n"
        "}\n"
    )
    tools = open_tools({"src/a.ts": text.encode(), "src/b.ts": b"// oxlint-disable\nvar x = 1;\n"})
    files = ["src/a.ts", "src/b.ts"]
    found = [
        Problem(message, Location(path, line), rule)
        for path, line, rule, message in (
            ("src/a.ts", 1, "@typescript-eslint/consistent-type-imports", TYPE_IMPORT),
            ("src/a.ts", 2, "no-var", "Unexpected var, use let or const instead."),
            ("src/a.ts", 3, "prefer-const", "`two` is never reassigned."),
            ("src/a.ts", 6, "prefer-const", "`size` is never reassigned."),
            ("src/a.ts", 5, "@typescript-eslint/no-explicit-any", "Unexpected `any`. Specify a"),
            ("src/a.ts", 7, "@typescript-eslint/no-unsafe-return", "Unsafe return"),
            ("src/b.ts", 2, "no-var", "Unexpected var, use let or const instead."),
        )
    ]
    marked = oxlint_fixes.with_repaired(tools, "oxlint.json", found)
    assert [(each.location.line, each.repaired) for each in marked] == [
        (1, True), (2, True), (3, False), (6, True), (5, False), (7, False), (2, False),
    ]  # fmt: skip
    changed, _ = oxlint_fixes.fix(Tools(tools.session), "oxlint.json", files)
    assert changed.keys() == {"src/a.ts"}
    assert b"import { type Row }" in changed["src/a.ts"]
    assert b"const size = rows.length" in changed["src/a.ts"]
    assert b"other: any" in changed["src/a.ts"]


PROJECT = json.dumps({"dependencies": {"@axon/core": "1.0.0", "zod": "4.0.0"}})


@pytest.mark.parametrize(
    ("locked", "workspace", "can"),
    [
        (("zod",), False, False),
        (("zod", "@axon/core"), False, True),
        (("zod",), True, True),
        ((), True, True),
        ((), False, False),
        (None, False, False),
    ],
)
def test_a_lock_that_npm_cannot_make_is_not_said_to_be_repaired(
    open_tools, tmp_path, locked, workspace, can
):
    """What is in no lock and no workspace may be in no registry that npm is told of."""
    packages = {f"node_modules/{name}": {"version": "1.0.0"} for name in locked or ()}
    lock = json.dumps({"lockfileVersion": 3, "packages": packages}) if locked is not None else "{"
    session = open_tools(
        {"package.json": PROJECT.encode(), "package-lock.json": lock.encode()}
    ).session
    session.policy = replace(session.policy, npm_workspace=tmp_path if workspace else None)
    assert can_write_lock(session) is can


@pytest.mark.parametrize("why", ["it was released", "the catalog could not be asked"])
def test_a_migration_that_may_be_released_is_not_touched(make_module, settings, monkeypatch, why):
    root = make_module("python")
    faulty(root)
    before = (root / "migrations/000_init.sql").read_bytes()

    class Row:
        migrations = (type("M", (), {"path": "migrations/000_init.sql", "rollback_path": None}),)

    class Known:
        def versions(self, _slug):
            return [Row]

    def catalog(_needs):
        if "released" not in why:
            raise CouldNotCheckError("no server answers")
        return Known()

    monkeypatch.setattr("gates.needs.Needs._catalog", catalog)
    found = repair(root, settings, TODAY, frozenset({"migration-search-path"}))
    assert found.changes == {}
    assert len(found.left) == 1
    assert why in found.left[0]
    assert (root / "migrations/000_init.sql").read_bytes() == before


def with_fixer(monkeypatch, run) -> None:
    one = {"settings-version": Fixer("settings-version", ("module",), run)}
    monkeypatch.setattr(fix, "fixers", lambda _language: one)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"module_schema.json": b"{"}, "new findings"),
        ({"README.md": b"\n"}, "new findings"),
    ],
)
def test_what_makes_a_module_worse_is_refused(make_module, settings, monkeypatch, answer, said):
    root = make_module("python")
    faulty(root)
    with_fixer(monkeypatch, lambda module: answer)
    with pytest.raises(CouldNotCheckError, match=said):
        repair(root, settings, TODAY)


def test_fixers_that_never_agree_change_nothing(make_module, settings, monkeypatch):
    root = make_module("python")
    faulty(root)
    counter = iter(range(100))
    with_fixer(monkeypatch, lambda module: {"x.txt": str(next(counter)).encode()})
    with pytest.raises(CouldNotCheckError, match="rounds"):
        repair(root, settings, TODAY)


def test_a_fixer_that_cannot_work_says_so(make_module, settings, monkeypatch):
    root = make_module("python")
    faulty(root)

    def fails(module):
        raise CouldNotCheckError("the registry cannot be reached")

    with_fixer(monkeypatch, fails)
    found = repair(root, settings, TODAY)
    assert found.changes == {}
    assert found.left == ("settings-version was not repaired: the registry cannot be reached",)


def test_a_lock_is_not_made_offline(make_module, settings):
    root = make_module("python")
    (root / "requirements.lock").write_text("structlog>=1\n")
    found = repair(root, replace(settings, offline=True), TODAY, frozenset({"dependencies-locked"}))
    assert found.changes == {}
    assert "not asked offline" in found.left[0]


def test_a_check_without_a_fixer_is_wrong_usage(make_module, settings):
    with pytest.raises(UsageError, match="nothing repairs"):
        repair(make_module("python"), settings, TODAY, frozenset({"mypy"}))


def test_the_command_shows_a_diff_and_writes_unless_told(make_module, folder, monkeypatch):
    root = make_module("python")
    faulty(root)
    monkeypatch.setenv("GATES_STATE_DIR", str(folder / "state"))
    before = contents(root)
    arguments = ["fix", str(root), "--check", "settings-version"]
    shown = CliRunner().invoke(cli, [*arguments, "--diff"])
    assert shown.exit_code == 1
    assert contents(root) == before
    written = CliRunner().invoke(cli, arguments)
    assert written.exit_code == 0
    assert '+  "schema_version": "1.1.0"' in written.output
    assert CliRunner().invoke(cli, [*arguments, "--diff"]).exit_code == 0


def test_files_that_change_meanwhile_are_not_overwritten(make_module, settings):
    root = make_module("python")
    faulty(root)
    found = repair(root, settings, TODAY, frozenset({"settings-version", "versions-agree"}))
    assert len(found.changes) == 2
    (root / "pyproject.toml").write_text("mine")
    before = contents(root)
    with pytest.raises(CouldNotCheckError, match="changed meanwhile"):
        write_files(found.module, found.changes)
    assert contents(root) == before


def test_nothing_is_written_through_a_link(make_module, folder, settings):
    root = make_module("python")
    faulty(root)
    found = repair(root, settings, TODAY, frozenset({"settings-version"}))
    outside = folder / "outside.json"
    (root / "module_schema.json").rename(outside)
    before = outside.read_bytes()
    (root / "module_schema.json").symlink_to(outside)
    with pytest.raises(CouldNotCheckError):
        write_files(found.module, found.changes)
    assert outside.read_bytes() == before


def test_modes_stay(make_module, settings):
    root = make_module("python")
    faulty(root)
    (root / "module_schema.json").chmod(0o640)
    fixed(root, settings, "settings-version")
    assert (root / "module_schema.json").stat().st_mode & 0o777 == 0o640
