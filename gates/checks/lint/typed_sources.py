"""Code under src is TypeScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from gates.check import check
from gates.model import Finding, Location, Stage
from gates.module import Module

UNTYPED = frozenset({".js", ".mjs", ".cjs", ".jsx", ".node", ".wasm"})


@check(Stage.LINT, language="typescript")
def typed_sources(module: Module) -> Iterator[Finding]:
    """All code under src is TypeScript: no JavaScript, no WebAssembly, no native add-on.

    A declaration file beside such a file does not help: it says what the code should be.

    Why: the bundle holds such a file as it is, not type-checked, not linted and not covered.
    Bad: src/lib/slugs.js, with src/lib/slugs.d.ts beside it
    Good: src/lib/slugs.ts, and data such as src/lib/words.json
    Fix: write it in TypeScript, or depend on the package that it comes from.
    """
    for path in sorted(module.files):
        suffix = PurePosixPath(path).suffix.lower()
        if path.startswith("src/") and suffix in UNTYPED:
            yield typed_sources.finding(
                f"this {suffix} file would ship without being type-checked, linted or covered",
                Location(path, 1),
                fix="write it in TypeScript, or depend on the package that it comes from",
            )
