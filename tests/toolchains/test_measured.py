"""What was measured is held against the sources: nothing is taken out of the coverage by text."""

from __future__ import annotations

import pytest

from gates.model import FileCoverage
from gates.module.load import from_files
from gates.toolchains import run_tests
from gates.toolchains.languages.python.measured import Measured
from gates.toolchains.languages.python.measured import find_unmeasured as find_python
from gates.toolchains.languages.typescript.branches import Branched
from gates.toolchains.languages.typescript.measured import count_branches, find_unmeasured
from gates.toolchains.tests import Lines, TestRun

HIDDEN = '''"""A function whose decorator holds a line that coverage once took for a body."""


def named(text: str):
    return lambda function: function


@named(
    """
    ...
    """
)
def hidden() -> int:
    first = 1
    return first
'''
PROTOCOL = '''from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import (
        Sequence,
    )


class Store(Protocol):
    """Something."""

    def find(self) -> "Sequence[int]":
        """All."""
        ...

    def one(self) -> int: ...
'''
DEAD = "def late() -> int:\n    return 1\n    print(2)\n\n\nif 0:\n    x = 1\n"
FUNCTIONS = """export enum Colour { Red, Green }
export abstract class Base {
  constructor(private readonly start: number) {}
  abstract size(): number;
  get twice(): number {
    return this.start * 2;
  }
  static make = (): number => 1;
}
export function over(a: string): string;
export function over(a: number): number;
export function over(a: unknown): unknown {
  return [1].map((x) => x).concat(() => a as never);
}
export function* each() {
  yield 1;
}
export const later = async function () {
  return 1;
};
declare function ambient(): void;
"""


def of(run, path: str):
    return next(file for file in run.files if file.path == path)


def test_text_takes_no_python_out(open_session):
    path = "src/sample_module/hidden.py"
    files = {path: HIDDEN, "src/sample_module/store.py": PROTOCOL}
    run = run_tests(open_session("python", files))
    assert run.unmeasured == ()
    assert (of(run, path).lines, of(run, path).covered) == (6, 0)
    assert of(run, "src/sample_module/store.py").lines == 5


def test_python_that_no_test_can_run_is_named(open_session):
    run = run_tests(open_session("python", {"src/sample_module/dead.py": DEAD}))
    (problem,) = run.unmeasured
    assert (problem.location.path, problem.location.line) == ("src/sample_module/dead.py", 3)
    assert problem.message == "coverage does not count this statement, nor 1 more of this file"


def test_python_files_that_coverage_passes_over_are_named(open_session):
    run = run_tests(open_session("python", {"src/sample_module/a+b.py": "x = 1\n"}))
    assert [each.location.path for each in run.unmeasured] == ["src/sample_module/a+b.py"]


STATEMENTS = """declare const outside: number;
let later: number;
for (const a of [
  1,
]) {
  later = a;
}
if (
  outside
) throw new Error("x");
export type Only = { a: string };
switch (outside) { default: }
do { later = 2; } while (later < 1);
"""


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ([3, 6, 8, 10, 12, 13], None),
        ([5, 6, 9, 10, 12, 13], None),
        ([6, 8, 10, 12, 13], 3),
        ([3, 8, 10, 12, 13], 6),
        ([3, 6, 12, 13], 8),
        ([3, 6, 8, 12, 13], 10),
        ([3, 6, 8, 10, 13], 12),
        ([3, 6, 8, 10, 12], 13),
    ],
)
def test_each_statement_of_typescript_has_a_line_that_was_measured(lines, line):
    files = {"module.json": b'{"entrypoint": "src/a.ts"}', "src/a.ts": STATEMENTS.encode()}
    measured = {"src/a.ts": Lines(frozenset(lines[:2]), frozenset(lines[2:]))}
    run = TestRun(1, 1, 0, 0, files=(FileCoverage("src/a.ts", 6, 2),), lines=measured)
    found = [each.location.line for each in find_unmeasured(from_files("memory", files), run)]
    assert found == ([line] if line else [])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (FUNCTIONS, False),
        ("export interface Only { a: string }\n", False),
        (f"/* v8\nignore file */\n{FUNCTIONS}", False),
        ("/* istanbul ignore next */\nexport function a() {\n  return 1;\n}\n", False),
        (f"/*\N{NO-BREAK SPACE}v8\N{NO-BREAK SPACE}ignore file */\n{FUNCTIONS}", False),
    ],
)
def test_text_takes_no_typescript_out(open_session, text, named):
    run = run_tests(open_session("typescript", {"src/more.ts": text}))
    assert [each.location.path for each in run.unmeasured] == ["src/more.ts"] * named


SHARED = "the line has more than one statement"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("// prettier-ignore\nexport function a(x: number) { const y = 1; return x + y; }\n", 2),
        ("export const a = 1; export const b = 2;\n", 1),
        ("export const a = () => { return 1; };\n", 1),
        ("export function a() {\n  if (b) {\n    c();\n  } d();\n}\n", 4),
        ("export const a = 1;\n/* c */ export const b = () => a; // d\n", None),
        ("export const a = (x: number) => (x ? 1 : 2);\nif (a(1)) a(2);\nelse a(3);\n", None),
        ("#!/usr/bin/env node\nexport const a = [1, 2].map((x) => x);\nfor (;;) {}\n", None),
        ("export function a(\n  b: number,\n): void {\n  /* c */ void b;\n}\n", None),
    ],
)
def test_two_statements_of_typescript_on_a_line_have_both_to_run(text, line):
    files = {"module.json": b'{"entrypoint": "src/a.ts"}', "src/a.ts": text.encode()}
    every = frozenset(range(1, 10))
    lines = {"src/a.ts": Branched(every, frozenset(), partly=every)}
    run = TestRun(1, 1, 0, 0, files=(FileCoverage("src/a.ts", 9, 9, 9),), lines=lines)
    counted = count_branches(from_files("memory", files), run)
    missed = {line} if line else set()
    assert counted.lines["src/a.ts"].missed == missed
    assert counted.files[0].covered == 9 - len(missed)


CROWDED = """export const a = 1;
// prettier-ignore
export const f = (x: number): number => { const y = 1; return x + y; };
export const g = (x: number): number => x + 1;
"""
LOADS = 'import { expect, it } from "vitest";\nimport { a } from "../../src/more.js";\n' + (
    'it("loads", () => { expect(a).toBe(1); });\n'
)


def test_a_function_on_one_line_that_no_test_calls_has_not_run(open_session):
    files = {"src/more.ts": CROWDED, "tests/unit/more.test.ts": LOADS}
    run = run_tests(open_session("typescript", files))
    assert (run.lines["src/more.ts"].ran, run.lines["src/more.ts"].missed) == ({1, 4}, {3})
    assert (of(run, "src/more.ts").covered, run.unmeasured) == (2, ())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def a(x): y = x; return y  # fmt: skip\n", 1),
        ("é = 'é'; b = 2\n", 1),
        ("if a:\n    b = 1\nelse: c = 2\n", 3),
        ("class A:\n    def a(self) -> int: ...\n    class B: ...\n", None),
        ("try:\n    a = 1\nexcept ValueError:\n    b = 1\nelif_ = 2\n", None),
        ("if a:\n    b = 1\nelif b:\n    c = 2\n", None),
        (
            "@property\nasync def a():\n    'b'\n    match b:\n        case 1:\n            c()\n",
            None,
        ),
        ("a = [\n    lambda: 1,\n    2,\n]\n\fb = 1\n", None),
    ],
)
def test_two_statements_of_python_on_a_line_are_one_to_coverage(text, line):
    files = {"module.json": b'{"entrypoint": "src/a.py"}', "src/a.py": text.encode()}
    measured = {"src/a.py": Measured(frozenset(range(1, 20)), frozenset())}
    found = list(find_python(from_files("memory", files), measured))
    assert [each.location.line for each in found if SHARED in each.message] == [line] * bool(line)
