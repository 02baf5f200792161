"""A module's tests cannot make vitest, jest or node:test say of a failing test that it passed."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gates.module import load
from gates.settings import Policy
from gates.toolchains import Session, run_tests
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.planted import _ASSERTIONS, count_tests, plant
from gates.toolchains.languages.typescript.runs import Case, Told

HERE = Path(__file__).parent
RUNNERS = ["vitest", "jest", "node"]
SAID = (
    "passes where it has to fail", "did not say of a failing test", "told nothing of a failing",
    "test failed",
)  # fmt: skip


@pytest.fixture
def run(make_module, settings):
    """Runs a kind of tests of a runner; the run."""

    def start(runner: str, kind: str):
        root = make_module("typescript")
        shutil.rmtree(root / "tests")
        if runner != "vitest":
            shutil.copytree(HERE / "runners" / runner, root, dirs_exist_ok=True)
            shutil.rmtree(root / "tests")
        shutil.copytree(HERE / "planted" / runner / kind, root / "tests/unit")
        shutil.copytree(HERE / "planted" / runner / "support", root / "tests/support")
        with Session(load(root), Policy(), settings) as session:
            return run_tests(session)

    return start


@pytest.mark.parametrize("runner", RUNNERS)
def test_each_way_to_hide_a_failure_is_told(run, runner):
    """Each file holds a test "is wrong", which its code makes pass, or keeps from being told."""
    files = {f"tests/unit/{p.name}" for p in (HERE / "planted" / runner / "hostile").iterdir()}
    assert len(files) >= 15
    failures = {each.path: each for each in run(runner, "hostile").failures}
    assert {each for each in failures if each} == files
    for path in files:
        assert any(part in failures[path].message for part in SAID), failures[path]


@pytest.mark.parametrize("runner", RUNNERS)
def test_tests_that_are_right_are_left_alone(run, runner):
    found = run(runner, "right")
    assert found.failures == ()
    assert found.passed >= len(list((HERE / "planted" / runner / "right").iterdir())) - 2
    assert not any("planted" in each or "canary" in each for each in found.seen)


PATH, NAME = "tests/unit/a.test.ts", "canary_a 0"
OWN = Case(PATH, "own", 1, "passed")
PLANTED = Case(PATH, NAME, None, "failed", f"Error: {NAME}")


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ([OWN, PLANTED], ""),
        ([OWN, replace(PLANTED, state="unfinished")], ""),
        ([OWN, PLANTED, replace(PLANTED, name=f"a {NAME} own 0")], ""),
        ([PLANTED], "this file defines no test"),
        ([], "told nothing of a failing test"),
        ([OWN], "told nothing of a failing test"),
        ([OWN, replace(PLANTED, name=f"{NAME} own 0")], "told nothing of a failing test"),
        ([OWN, replace(PLANTED, state="passed", text="")], "did not say of a failing test"),
        ([OWN, replace(PLANTED, state="skipped", text="")], "did not say of a failing test"),
        (
            [OWN, PLANTED, replace(PLANTED, name=f"{NAME} own 0", state="passed", text="")],
            "did not say of a failing test",
        ),
        ([OWN, replace(PLANTED, text="Error: no database")], "another end: Error: no database"),
        (
            [OWN, replace(PLANTED, text=f"Error: {NAME} silent: assert.equal()\n  at a")],
            "in this file assert.equal() passes where it has to fail",
        ),
        ([replace(OWN, state="failed", text="Error: m")], "Error: m"),
    ],
)
def test_what_became_of_the_planted_test(cases, message):
    run = count_tests(Told(cases), "vitest", {PATH: NAME}, Path("/copy"))
    assert [message in each.message for each in run.failures] == [True] * bool(message)
    assert run.passed == sum(case == OWN for case in cases)


def test_nothing_is_written_through_a_link(open_tools, tmp_path):
    """A link may lead into the packages, which the copy only links to."""
    text = b'import { it } from "vitest";\n'
    manifest = b'{"entrypoint": "src/index.ts"}'
    tools = open_tools({"module.json": manifest, PATH: text, "tests/unit/b.test.ts": text})
    outside = tmp_path / "packages.ts"
    outside.write_bytes(text)
    (tools.module_copy / PATH).unlink()
    (tools.module_copy / PATH).symlink_to(outside)
    assert sorted(plant(tools)) == [PATH, "tests/unit/b.test.ts"]
    assert outside.read_bytes() == text
    assert b"gates.planted" in (tools.module_copy / PATH).read_bytes()


def test_vitest_runs_no_configuration_of_postcss(make_module, settings):
    """vite would read it in the process that has the reporter."""
    root = make_module("typescript")
    (root / "postcss.config.mjs").write_text(
        'import { writeFileSync } from "node:fs";\nwriteFileSync("tests/ran", "");\n'
    )
    (root / "tests/unit/ran.test.ts").write_text(
        'import { existsSync } from "node:fs";\nimport { expect, it } from "vitest";\n'
        'it("did not", () => { expect(existsSync("tests/ran")).toBe(false); });\n'
    )
    with Session(load(root), Policy(), settings) as session:
        assert run_tests(session).failures == ()


def test_jest_reads_no_configuration_of_swc(make_module, settings):
    root = make_module("typescript")
    shutil.rmtree(root / "tests")
    shutil.copytree(HERE / "runners/jest", root, dirs_exist_ok=True)
    shutil.rmtree(root / "tests")
    (root / "tests/unit").mkdir(parents=True)
    (root / ".swcrc").write_text(
        '{"jsc": {"transform": {"optimizer": {"globals": {"vars": {"WRITTEN": "1"}}}}}}'
    )
    (root / "tests/unit/a.test.ts").write_text(
        'import { expect, it } from "@jest/globals";\ndeclare const WRITTEN: unknown;\n'
        'it("is not there", () => { expect(typeof WRITTEN).toBe("undefined"); });\n'
    )
    with Session(load(root), Policy(), settings) as session:
        assert run_tests(session).failures == ()


def test_the_assertions_are_those_that_are_called():
    script = (platform_tools.CONFIG / "planted.cjs").read_text("utf-8")
    table = script.partition("const ASSERTING = {")[2].partition("\n};")[0]
    assert set(re.findall(r"^  (\w+):", table, re.MULTILINE)) == _ASSERTIONS
