"""Tests in TypeScript that never run, or that end before their assertion, are named; others not."""

from __future__ import annotations

import pytest

from gates.module.load import from_files
from gates.toolchains import run_tests
from gates.toolchains.languages.typescript.idle_tests import find_idle_tests
from gates.toolchains.tests import TestRun

PATH = "tests/unit/a.test.ts"
ROWS, WAITS, NEVER = "no rows", "nobody waits", "no test of this file ever runs"


def found(code: str, *, skipped: bool) -> list[str]:
    files = {"module.json": b'{"entrypoint": "src/index.ts"}', PATH: code.encode()}
    idle = frozenset({PATH} if skipped else ())
    run = TestRun(1, 0, 0, 1, seen=frozenset({PATH}), skipped_files=idle)
    return [each.message for each in find_idle_tests(from_files("memory", files), run)]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("it.each([])('a', (x) => { expect(x).toBe(1); });\n", ROWS),
        ("test.for([] as number[])('a', (x) => { expect(x).toBe(1); });\n", ROWS),
        ("describe.concurrent.each([ /* later */ ])('a', () => { it('b', f); });\n", ROWS),
        ("it.each([[]])('a', (x) => { expect(x).toBe(1); });\n", ""),
        ("it.each(rows)('a', (x) => { expect(x).toBe(1); });\n", ""),
        ("it.each`a\n${1}`('a', ({ a }) => { expect(a).toBe(1); });\n", ""),
        ("it('a', () => { list.each([]); });\n", ""),
        ("it('a', () => { expect(p).resolves.toBe(1); });\n", WAITS),
        ("it('a', () => { void expect(p()).rejects.toThrow(/a/); });\n", WAITS),
        ("it('a', () => { expect(p)\n  .resolves.not\n  .toBe(1); });\n", WAITS),
        ("it('a', () => { assert.rejects(p, /a/); });\n", WAITS),
        ("it('a', (t) => { t.assert.doesNotReject(p); });\n", WAITS),
        ("it('a', async () => { await expect(p).resolves.toBe(1); });\n", ""),
        ("it('a', () => expect(p).resolves.toBe(1));\n", ""),
        ("it('a', () => { return expect(p).rejects.toThrow(); });\n", ""),
        ("it('a', (done) => { expect(p).resolves.toBe(1).then(done); });\n", ""),
        ("it('a', async () => { await Promise.all([expect(p).resolves.toBe(1)]); });\n", ""),
        ("it('a', () => { expect(a.resolves).toBe(1); });\n", ""),
        ("it('a', async () => { await assert.rejects(p, /a/); });\n", ""),
    ],
)
def test_what_is_written(code, message):
    assert [message in each for each in found(code, skipped=False)] == [True] * bool(message)


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("it.todo('a');\n", True),
        ("test.skip('a', () => {});\nit.todo('b');\n", True),
        ("describe.skip('a', () => { it('b', () => {}); });\n", True),
        ("xit('a', () => {});\nxdescribe('b', () => { it('c', () => {}); });\n", True),
        ("it.skipIf(true)('a', () => {});\n", True),
        ("describe.skipIf(true)('a', () => { it('b', () => {}); });\n", True),
        ("it.runIf(false)('a', () => {});\n", True),
        ("test('a', { skip: true }, () => {});\n", True),
        ("test('a', { todo: 'later' }, () => {});\n", True),
        ("it.skip.each([1])('a', () => {});\n", True),
        ("describe.skipIf(!process.env.URL)('a', () => { it('b', () => {}); });\n", False),
        ("it.runIf(has)('a', () => {});\n", False),
        ("test('a', { skip: !has }, () => {});\n", False),
        ("it('a', (context) => { context.skip(); });\n", False),
        ("const on = has ? it : it.skip;\non('a', () => {});\n", False),
        ("it.todo('a');\nit.skipIf(!has)('b', () => {});\n", False),
        ("import { it } from '../support/database.js';\nit('a', () => {});\n", False),
    ],
)
def test_a_file_that_was_skipped_as_a_whole(code, never):
    """Only one that no machine runs decides nothing; without a run that says so it is not told."""
    assert [NEVER in each for each in found(code, skipped=True)] == [True] * never
    assert found(code, skipped=False) == []


RUN = """import { describe, expect, it } from "vitest";
const rows: number[] = [];
describe.each(rows)("%d", () => { it("a", () => { expect(1).toBe(2); }); });
it("b", () => { expect(1).toBe(1); });
"""
CONDITION = """import { describe, expect, it } from "vitest";
describe.skipIf(%s)("a", () => { it("b", () => { expect(1).toBe(1); }); });
it.todo("c");
"""


def test_a_run(open_session):
    files = {
        PATH: RUN,
        "tests/unit/never.test.ts": CONDITION % "true",
        "tests/unit/here.test.ts": CONDITION % "!process.env.URL",
        "tests/unit/rows.test.ts": RUN.replace("[]", "[1]").replace("toBe(2)", "toBe(1)"),
    }
    session = open_session("typescript", files)
    run = run_tests(session)
    assert [(each.path, each.message) for each in run.failures] == [
        (PATH, "Error: each is given no rows, so no test runs")
    ]
    assert run.skipped_files == {"tests/unit/never.test.ts", "tests/unit/here.test.ts"}
    (problem,) = find_idle_tests(session.module, run)
    assert NEVER in problem.message
    assert (problem.location.path, problem.location.line) == ("tests/unit/never.test.ts", 2)
