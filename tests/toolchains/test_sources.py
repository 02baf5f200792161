"""The standard's rule that is read from comments, in both languages."""

from __future__ import annotations

import pytest

from gates.checks.lint.suppressions import suppressions
from gates.module import load

PY, TS = "src/sample_module/lib/code.py", "src/lib/code.ts"


@pytest.fixture
def found(make_module):
    """The lines of a check's findings on one more source file."""

    def run(check, path: str, code: str) -> list[int | None]:
        root = make_module("python" if path.endswith(".py") else "typescript")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(code, "utf-8")
        return sorted(each.location.line for each in check.run(load(root)))

    return run


@pytest.mark.parametrize(
    ("path", "code", "lines"),
    [
        (PY, "a = 1  # type: ignore\n", [1]),
        (PY, "a = 1  # type: ignore[assignment]  # why\n", []),
        (PY, "a = 1  # type: ignore[no-untyped-def]\n", [1]),
        (PY, "a()  # type: ignore[no-untyped-call]\n", [1]),
        (PY, "a()  # type: ignore[no-untyped-call]  #  \n", [1]),
        (PY, "a()  # type: ignore[arg-type, no-untyped-call]  # noqa\n", []),
        (PY, "a()  # type: ignore[no-untyped-call]  # redis has no types\n", []),
        (PY, "a()  # type: ignore[no-untyped-call, no-untyped-def]  # why\n", [1]),
        (PY, "# mypy: ignore-errors\n", [1]),
        (PY, "a = '# type: ignore'\n# noqa\n# pragma: no cover\n", []),
        (TS, "// eslint-disable-next-line\nexport const a = 1;\n", []),
        (TS, "/*\n * @ts-nocheck\n */\n", [2]),
        (TS, "// @ts-expect-error: the type is too narrow\n", []),
        (TS, "/* istanbul ignore file */\n", [1]),
        (TS, "/* v8\nignore file */\n", [1]),
        (TS, "const a = 1;\n/*\n * why\n * c8\r\n\tignore\n next */\n", [4]),
        (TS, "/* v8 ignore start */\nf();\n/* v8 ignore stop */\n", [1, 3]),
        (TS, "/* v8 may ignore this file */\n", []),
        ("tests/unit/x.test.ts", "// @ts-ignore\n", [1]),
    ],
)
def test_suppressions(found, path, code, lines):
    assert found(suppressions, path, code) == lines


def test_sources_that_do_not_parse_are_left_to_the_compiler(found):
    assert found(suppressions, PY, "def (:\n") == []
