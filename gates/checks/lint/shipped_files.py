"""What ships is read by some check."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def shipped_files(module: Module) -> Iterator[Finding]:
    """Every file that ships is source code in the module's language, or data that is no code.

    What ships is src, migrations, docs and the files that the standard names. Code is .ts, .mts,
    .cts and .tsx, or .py, and comes from src alone. Data is JSON, text (.txt, .csv, .tsv, .md,
    .html, .svg, .sql, .po, .toml, .yaml) and pictures (.png, .jpg). Text other than JSON is at most
    256 KiB long, and must not be a program in the module's language. Links are findings, and so is
    everything else.

    Why: whatever lies beside the code can be loaded as code, whatever it is called, and is then
        neither type-checked nor linted nor covered.
    Bad: src/lib/slugs.js, a .node, .wasm, .so, .pyx, .pyi or .pyc; docs/tool.mjs; a .txt of Python
    Good: src/lib/slugs.ts, and data such as src/lib/words.json or docs/guide.md
    Fix: write it in the module's language under src, depend on the package that it comes from, or
        move what need not ship to another folder.
    """
    from gates.toolchains.languages import language_of
    from gates.toolchains.shipped import find_unread_files

    for problem in find_unread_files(module, language_of(module)):
        yield shipped_files.finding(problem.message, problem.location, fix=problem.fix)
