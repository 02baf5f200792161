"""jest and node:test as vitest: the same counts, the same rules, and coverage out of each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gates.errors import CouldNotCheckError
from gates.module import load
from gates.module.load import from_files
from gates.settings import Policy
from gates.toolchains import Session, run_tests
from gates.toolchains.languages.typescript.jest import configuration
from gates.toolchains.languages.typescript.runner import find_runner

RUNNERS = Path(__file__).with_name("runners")


@pytest.mark.parametrize("name", ["jest", "ts-jest", "babel-jest", "node"])
def test_a_run(make_module, settings, name):
    root = make_module("typescript")
    shutil.rmtree(root / "tests")
    shutil.copytree(RUNNERS / name, root, dirs_exist_ok=True)
    source = root / "src/lib/titles.ts"
    text = source.read_text("utf-8")
    hidden = "\n/* istanbul ignore next */ /* c8 ignore next */ /* node:coverage disable */\n"
    late = "export function late(flag: boolean): number {\n  return flag ? 1 : 2;\n}\n"
    source.write_text(f"{text}{hidden}{late}", "utf-8")
    with Session(load(root), Policy(), settings) as session:
        run = run_tests(session)
    decided = 3 if name == "node" else 2
    counts = (run.passed, run.failed, run.skipped)
    assert counts == (decided, 3, 1), run.failures
    told = {each.name: each.message for each in run.failures}
    lines = {each.path.rpartition("/")[2]: each.line for each in run.failures}
    assert len(told) == 3
    assert lines["titles.test.ts"] in (13, 14, 15, 16)
    assert any("nothing" in each for each in told)
    files = {each.path: each for each in run.files}
    assert {"src/env.ts", "src/index.ts", "src/lib/titles.ts"} <= set(files)
    titles = files["src/lib/titles.ts"]
    assert 0 < titles.covered < titles.lines
    assert titles.functions == 2
    assert titles.branches
    assert files["src/index.ts"].covered == 0
    assert run.lines["src/lib/titles.ts"].missed
    assert run.unmeasured == ()
    assert run.runner.startswith("node:test " if name == "node" else "jest 30.")


TEST = "tests/unit/a.test.ts"


@pytest.mark.parametrize(
    ("package", "code", "expected"),
    [
        ('{"devDependencies": {"vitest": "4"}}', 'from "node:test"', "vitest"),
        ('{"devDependencies": {"jest": "30"}}', "", "jest"),
        ('{"dependencies": {"jest": "30"}}', "", "jest"),
        ("{}", 'import { test } from "node:test"', "node:test"),
        ('{"devDependencies": {"jest": "30", "vitest": "4"}}', "", "one runner decides"),
        ("{}", 'const { test } = require("node:test");', "node:test"),
        ("{}", 'const test = require( "node:test" )', "node:test"),
        ("{}", 'const { it } = await import("node:test");', "node:test"),
        ("{}", 'import { test } from "vitest"', "no runner of tests is known"),
        ("{}", "it('a', () => {})", "no runner of tests is known"),
        ("[]", "", "cannot be read"),
        ("{", "", "cannot be read"),
    ],
)  # fmt: skip
def test_the_runner_is_one(package, code, expected):
    manifest = b'{"entrypoint": "src/index.ts"}'
    files = {"module.json": manifest, "package.json": package.encode(), TEST: code.encode()}
    module = from_files("memory", {**files, "src/index.ts": b""})
    if " " not in expected:
        assert find_runner(module) == expected
        return
    with pytest.raises(CouldNotCheckError, match=expected):
        find_runner(module)


def test_jest_without_what_reads_typescript(tmp_path):
    module = from_files("memory", {"module.json": b"{}", "package.json": b"{}"})
    with pytest.raises(CouldNotCheckError, match="names none of them"):
        configuration(module, tmp_path, tmp_path)
