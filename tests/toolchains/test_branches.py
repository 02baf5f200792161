"""The branches that coverage counts are those of the syntax tree."""

from __future__ import annotations

import pytest
from ast_grep_py import SgRoot

from gates.model import FileCoverage
from gates.module.load import from_files
from gates.toolchains import run_tests
from gates.toolchains.languages.typescript.branches import Branched, find_branches
from gates.toolchains.languages.typescript.measured import count_branches, find_unmeasured
from gates.toolchains.tests import TestRun

FORMS = [
    ("if (a) b();", [("if", 1, 2)]),
    ("if (a) { b(); } else { c(); }", [("if", 1, 2)]),
    ("if (a) b();\nelse if (c) d();", [("if", 1, 2), ("if", 2, 2)]),
    ("x = a ? b : c;", [("cond-expr", 1, 2)]),
    ("x = a\n  ? b\n  : c\n    ? d\n    : e;", [("cond-expr", 1, 2), ("cond-expr", 3, 2)]),
    ("x = `${a ? b : c}`;", [("cond-expr", 1, 2)]),
    ("x = a && b;", [("binary-expr", 1, 2)]),
    ("x = a && b || c ?? d;", [("binary-expr", 1, 4)]),
    ("x = a ?? (b || c);", [("binary-expr", 1, 3)]),
    ("x = (a as T) || (b! && c);", [("binary-expr", 1, 3)]),
    ("x = (/* why */ a || b) && c;", [("binary-expr", 1, 3)]),
    ("x = f(a || b) || c;", [("binary-expr", 1, 2), ("binary-expr", 1, 2)]),
    ("x = a + b * c | d;", []),
    ("a ??= b; a ||= c; a?.b;", []),
    ("switch (a) { case 1: case 2: b(); break; default: c(); }", [("switch", 1, 3)]),
    ("switch (a) {}", []),
    ("function f(a = 1, b?: number) {}", [("default-arg", 1, 1)]),
    ("const f = (\n  a = 1,\n) => a;", [("default-arg", 2, 1)]),
    ("class A { constructor(private a = 1) {} }", [("default-arg", 1, 1)]),
    ("const { a = 1, b: { c = 2 } = {}, d: e } = x;", [("default-arg", 1, 1)] * 3),
    ("const [a = 1] = x;", [("default-arg", 1, 1)]),
    ("({ a = 1 } = x);", [("default-arg", 1, 1)]),
    ("try { a(); } catch ({ b = 1 }) {}", [("default-arg", 1, 1)]),
    ("for (const { a = 1 } of x) {}", [("default-arg", 1, 1)]),
    ("while (a && b) {}", [("binary-expr", 1, 2)]),
    ("type A<T> = T extends string ? 1 : 2;", []),
    ("declare function f(a?: number): void;", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "branches"), FORMS)
def test_the_forms_of_a_branch(text, branches):
    found = find_branches(SgRoot(text, "typescript").root())
    assert [(each.kind, each.line, each.ways) for each in found] == branches


def test_a_chain_of_any_length():
    (found,) = find_branches(SgRoot(f"x = {' || '.join(['a'] * 3000)};", "typescript").root())
    assert found.ways == 3000


def test_each_form_is_counted(open_session):
    """vitest counts each of the forms as the tree has it: nothing is accused."""
    forms = [each for each in FORMS if "declare" not in each[0] and "?? d" not in each[0]]
    body = "\n".join(
        f"export function f{number}(a: any, b: any, c: any, d: any, e: any, x: any): any {{{{\n"
        f"{text.replace('T)', 'any)')}\n}}}}"
        for number, (text, _) in enumerate(forms)
    )
    run = run_tests(open_session("typescript", {"src/forms.ts": body}))
    assert run.unmeasured == ()
    figures = next(each for each in run.files if each.path == "src/forms.ts")
    assert figures.branches == sum(ways for _, branches in forms for *_, ways in branches)


HIDDEN = {
    "arm": "export const t = (a: boolean): string =>\n  a\n    ? `v8 ignore start`.trim()\n"
    "    : `v8 ignore stop`;\n",
    "chain": 'export const t = (a: boolean): unknown =>\n  (a\n    && a + "v8 ignore start"\n'
    '    || "v8 ignore stop");\n',
    "default": 'export const t = (\n  a = "v8 ignore start",\n  b = 2,\n  c = "v8 ignore stop",\n'
    "): string => a + b + c;\n",
    "text": "export const t = (a: boolean): string => `\nv8 ignore start\n${a ? 1 : 2}\n`;\n",
    "import": "const __vite__cjsImport0 = { __esModule: true, a: 1 };\n"
    "export const t = __vite__cjsImport0.__esModule ? __vite__cjsImport0.a : 2;\n",
}


def test_no_text_takes_a_branch_out(open_session):
    files = {f"src/{name}.ts": text for name, text in HIDDEN.items()}
    run = run_tests(open_session("typescript", files))
    told = {each.location.path: each.message for each in run.unmeasured}
    assert set(told) == set(files)
    assert all(each.startswith("coverage does not count this branch") for each in told.values())


SOURCE = (
    "export const f = (a: number): number =>\n  a ? 1 : g(() =>\n    a || 2);\nif (f(1)) f(2);\n"
)


@pytest.mark.parametrize(
    ("missed", "untaken", "covered"),
    [((), (), 5), ((1, 2, 3, 4), (), 0), ((3,), (), 3), ((3,), (3,), 3), ((), (2,), 4),
     ((), (2, 2, 2), 3), ((), (1,), 5)],
)  # fmt: skip
def test_blocks_that_never_ran_are_counted_as_branches(missed, untaken, covered):
    files = {"module.json": b'{"entrypoint": "src/a.ts"}', "src/a.ts": SOURCE.encode()}
    lines = Branched(
        frozenset({1, 2, 3, 4}) - {*missed}, frozenset(missed), blocks=True, untaken=untaken
    )
    module = from_files("memory", files)
    run = TestRun(1, 1, 0, 0, files=(FileCoverage("src/a.ts", 4, 4),), lines={"src/a.ts": lines})
    (figures,) = count_branches(module, run).files
    assert (figures.branches, figures.covered_branches) == (5, covered)
    assert list(find_unmeasured(module, run)) == []
