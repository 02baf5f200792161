"""Sources import from src and from packages."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def imports_inside(module: Module, tools: Tools) -> Iterator[Finding]:
    """What a file under src imports of the module itself lies under src, too.

    Where an import leads is what the type checker says; an absolute path, or one that leaves the
    module, is refused, and so is what a package keeps for itself: a part whose name begins with a
    line, or, in TypeScript, its folders src, dist and internal. Imports of types alone are free
    within the module and its packages: a file elsewhere is another on each machine.

    Why: the rules of this stage hold for src; a file elsewhere is tested by none of them, and is
        not in the bundle that tenants run.
    Bad: `import { fixtures } from "../tests/fixtures.js"` in src/index.ts
    Good: `import { titles } from "./lib/titles.js"`
    Fix: move the file to src.
    """
    from gates.toolchains.languages import language_of

    for each in language_of(module).check_code(tools).of("imports-inside"):
        yield imports_inside.finding(
            each.message, each.location, fix="import from src, or what a package offers"
        )
