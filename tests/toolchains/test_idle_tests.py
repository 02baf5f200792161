"""Tests that decide nothing are named; helpers are not."""

from __future__ import annotations

import pytest

from gates.module import load
from gates.toolchains.languages import language_of
from gates.toolchains.tests import TestRun


@pytest.fixture
def idle(make_module):
    def find(base: str, path: str, code: str, *seen: str) -> list[str]:
        root = make_module(base)
        for each in (root / "tests").rglob("*.*"):
            if each.is_file():
                each.unlink()
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(code, "utf-8")
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
        ("tests/support/a.ts", 'export const ok = /a/.test("a"); item("a");\n', [], []),
        (
            "tests/unit/a.test.ts",
            "vi.setConfig({ expect: { requireAssertions: false } });\n",
            ["tests/unit/a.test.ts"],
            ["1"],
        ),
    ],
)
def test_typescript(idle, path, code, seen, lines):
    assert [each.partition(":")[0] for each in idle("typescript", path, code, *seen)] == lines
