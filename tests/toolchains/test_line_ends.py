"""All count the same lines of a TypeScript source, whatever ends them."""

from __future__ import annotations

import pytest

from gates.toolchains import run_tests
from gates.toolchains.languages.typescript.line_ends import with_plain_lines

LINE, PARAGRAPH = "\N{LINE SEPARATOR}", "\N{PARAGRAPH SEPARATOR}"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a();\nb();\r\nc();\n", "a();\nb();\r\nc();\n"),
        ("a();\rb();\r\rc();", "a();\nb();\n\nc();"),
        (f"// note{LINE}a();{PARAGRAPH}b();", "// note\na();\nb();"),
        (f"/* a{LINE}b */ a();", "/* a\nb */ a();"),
        (f'a("é🙂{LINE}");', 'a("é🙂\\u2028");'),
        (f"a('{PARAGRAPH}'); b({LINE});", "a('\\u2029'); b(\n);"),
        (f"a(`x{LINE}${{b({LINE}'{LINE}')}}{LINE}`);", "a(`x\\u2028${b(\n'\\u2028')}\\u2028`);"),
        (f"a('b\\{LINE}c', 'b\\\\{LINE}');", "a('b\\\nc', 'b\\\\\\u2028');"),
        ("a(`x\ry`);", "a(`x\ny`);"),
    ],
)
def test_a_program_stays_the_same(text, plain):
    assert with_plain_lines(text, "src/a.ts") == plain


CODE = """export const a = "x"; // note
export function f(x: number): number {
  if (x > 1) {
    return 2;
  }
  return x ? 3 : 4;
}
"""
SPELLINGS = {
    "src/plain.ts": CODE,
    "src/returns.ts": CODE.replace("\n", "\r"),
    "src/windows.ts": CODE.replace("\n", "\r\n"),
    "src/mixed.ts": CODE.replace("\n  if", "\r  if"),
    "src/text.ts": CODE.replace('"x"', f'"x{LINE}y"'),
    "src/template.ts": CODE.replace('"x"', f"`x{LINE}y`"),
    "src/comment.ts": CODE.replace("note\n", f"note{LINE}"),
    "src/space.ts": CODE.replace("{\n", f"{{{PARAGRAPH}"),
}
TEST = """import { expect, it } from "vitest";
import { f } from "../../src/NAME.js";
it("is 4", () => { expect(f(0)).toBe(4); });
"""


def test_each_line_is_counted_whatever_ends_it(open_session):
    tests = {
        path.replace("src", "tests/unit").replace(".ts", ".test.ts"): TEST.replace(
            "NAME", path[4:-3]
        )
        for path in SPELLINGS
    }
    run = run_tests(open_session("typescript", {**SPELLINGS, **tests}))
    assert (run.failures, run.unmeasured) == ((), ())
    counted = {path: (run.lines[path].ran, run.lines[path].missed) for path in SPELLINGS}
    assert set(counted.values()) == {(frozenset({1, 3, 6}), frozenset({4}))}
