"""Tests that decide nothing are named; helpers are not."""

from __future__ import annotations

import pytest

from gates.module import load
from gates.toolchains.languages import language_of
from gates.toolchains.tests import TestRun


@pytest.fixture
def idle(make_module):
    def find(base: str, path: str, code: str, *seen: str, asserting: bool = True) -> list[str]:
        root = make_module(base)
        for each in (root / "tests").rglob("*.*"):
            if each.is_file():
                each.unlink()
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        more = "" if "(:" in code or not asserting else "\n\ndef later(): assert True\n"
        (root / path).write_text(code + (more if path.endswith(".py") else ""), "utf-8")
        module, run = load(root), TestRun(0, 0, 0, 0, seen=frozenset(seen))
        return [
            f"{each.location.line}: {each.message}"
            for each in language_of(module).find_idle_tests(module, run)
        ]

    return find


@pytest.mark.parametrize(
    ("path", "code", "seen", "lines"),
    [
        ("tests/unit/test_a.py", "def test_a(): pass\n", ["tests/unit/test_a.py:1"], []),
        ("tests/unit/test_a.py", "def test_a(): pass\n", ["tests.unit.test_a.test_a"], []),
        ("tests/unit/test_a.py", "def test_a(): pass\n", [], ["1"]),
        ("tests/unit/test_a.py", "def test_a(): pass\n", [".tests.unit.test_a"], []),
        ("tests/unit/test_a.py", "def helper(): return 1\n", [], []),
        ("tests/unit/a.py", "if True:\n    async def test_a(): pass\n", [], ["2"]),
        ("tests/unit/a.py", "class A:\n    class B:\n        def test_a(self): pass\n", [], ["3"]),
        ("checks/test_a.py", "def test_a(): pass\n", [], ["1"]),
        ("checks/a.py", "def test_a(): pass\n", [], []),
        (
            "tests/unit/test_a.py",
            "def test_a(): pass\ndef test_a(): pass\n",
            ["tests/unit/test_a.py:2", "tests.unit.test_a.test_a"],
            ["1"],
        ),
        ("tests/unit/test_a.py", "def test_a(): return None\n", ["tests/unit/test_a.py:1"], []),
        ("tests/unit/test_a.py", "def test_a(): yield 1\n", ["tests/unit/test_a.py:1"], ["1"]),
        ("tests/unit/test_a.py", "def test_a(:\n", [], ["None"]),
    ],
)
def test_python(idle, path, code, seen, lines):
    assert [each.partition(":")[0] for each in idle("python", path, code, *seen)] == lines


@pytest.mark.parametrize(
    ("path", "code", "seen", "lines"),
    [
        ("tests/unit/a.test.ts", 'it("a", () => {});\n', ["tests/unit/a.test.ts"], []),
        ("tests/integration/a.test.ts", 'it("a", () => {});\n', [], ["1"]),
        ("tests/unit/a.ts", '\ndescribe.skip("a", () => { it("b", () => {}); });\n', [], ["2"]),
        ("tests/unit/a.mjs", 'test.each([1])("a", () => {});\n', [], ["1"]),
        ("src/a.spec.ts", 'test("a", () => {});\n', [], ["1"]),
        ("tests/support/a.ts", 'export function shared() { it("a", () => {}); }\n', [], []),
        (
            "tests/support/a.ts",
            'import { test } from "vitest";\nexport const it = test.extend({ retry: 1 });\n',
            [],
            [],
        ),
        ("tests/e2e/a.ts", 'import { it as check } from "vitest";\ncheck("a", f);\n', [], ["2"]),
        ("tests/support/a.ts", 'export const ok = /a/.test("a"); item("a");\n', [], []),
        (
            "tests/unit/a.test.ts",
            "vi.setConfig({ expect: { requireAssertions: false } });\n",
            ["tests/unit/a.test.ts"],
            ["1", "1"],
        ),
    ],
)
def test_typescript(idle, path, code, seen, lines):
    assert [each.partition(":")[0] for each in idle("typescript", path, code, *seen)] == lines


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("def test_a(): pass\n", ["asserts nothing"]),
        ("def test_a(): work()\n", ["asserts nothing"]),
        ("def helper(): pass\n", []),
        ("def test_a(): assert_frame_equal(1, 1)\n", []),
        ("def test_a():\n    with pytest.raises(KeyError): work()\n", []),
        ("def test_a(mock): mock.assert_called_once()\n", []),
        ("@pytest.mark.flaky(reruns=3)\ndef test_a(): assert 1\n", ["until it passes"]),
        ("@flaky.flaky\ndef test_a(): assert 1\n", ["until it passes"]),
        ("@pytest.mark.xfail(strict=False)\ndef test_a(): assert 1\n", ["any end of the test"]),
        ("@pytest.mark.xfail(strict=LAX)\ndef test_a(): assert 1\n", ["any end of the test"]),
        ("@pytest.mark.xfail(strict=True)\ndef test_a(): assert 1\n", []),
        ("@pytest.mark.xfail\ndef test_a(): assert 1\n", []),
    ],
)
def test_python_tests_that_are_swayed(idle, code, messages):
    found = idle("python", "tests/unit/test_a.py", code, ".tests.unit.test_a", asserting=False)
    assert len(found) == len(messages)
    assert all(part in each for part, each in zip(messages, found, strict=True))


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("it.only('a', () => {});\n", ["leaves all other tests out"]),
        ("describe.only('a', () => { it('b', () => {}); });\n", ["leaves all other tests out"]),
        ("test.concurrent.only('a', () => {});\n", ["leaves all other tests out"]),
        ("describe('a', () => { fit('b', () => {}); });\n", ["leaves all other tests out"]),
        ("jest.retryTimes(3);\nit('a', () => {});\n", ["until it passes"]),
        ("it('a', { retry: 2 }, () => {});\n", ["option retry"]),
        ("test('a', { only: true }, () => {});\n", ["option only"]),
        ("it('a', { retry: 0 }, () => {});\n", []),
        ("test('a', { timeout: 5 }, () => { f({ retry: 2 }); });\n", []),
        ("it('only', () => { only(); });\n", []),
        ("vi.setConfig({ retry: 3 } as object);\n", ["changes the configuration"]),
        ("vi.setConfig(mine);\n", ["changes the configuration"]),
        ("vi.setConfig({ testTimeout: 9_000, hookTimeout: 9_000 });\n", []),
        ("expect.extend({ toBe: () => ({ pass: true }) });\n", ["changes what toBe compares"]),
        ("expect.extend({ toEqual() { return yes; }, toThrow });\n", ["toEqual", "toThrow"]),
        ("expect.extend({ toBeWithin(a, b) { return { pass: a < b }; } });\n", []),
        ("process.on('unhandledRejection', () => undefined);\n", ["keeps errors"]),
        ("process.once(\n  `uncaughtException`, f);\n", ["keeps errors"]),
        ("process.on('SIGTERM', f);\n", []),
        ("afterEach((c) => { c.task.result!.state = 'pass'; });\n", ["into the test runner"]),
        ("beforeEach(({ task }) => { task.mode = 'skip'; });\n", ["into the test runner"]),
        ("const w = globalThis.__vitest_worker__;\n", ["into the test runner"]),
        ("expect(1).__proto__.toBe = f;\n", ["into the test runner"]),
        ("beforeEach(({ task }) => { start(task.name); });\n", []),
        ("it('a', () => { expect(1 + 1 === 3); });\n", ["expects nothing"]),
        ("it('a', () => { expect.setState({ assertionCalls: 1 }); });\n", ["how many assertions"]),
    ],
)
def test_typescript_tests_that_are_swayed(idle, code, messages):
    found = idle("typescript", "tests/unit/a.test.ts", code, "tests/unit/a.test.ts")
    assert len(found) == len(messages)
    assert all(part in each for part, each in zip(messages, found, strict=True))
