"""Code is loaded by literal imports."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def code_loading(module: Module) -> Iterator[Finding]:
    """Code is loaded by literal imports alone, and never made of a file, a text or an address.

    Allowed are import statements, `import("./x.js")` and `importlib.import_module("x")` with a
    literal. Loaders are not: exec, eval, compile, importlib.util, runpy, ctypes, marshal, changes
    of sys.path; require, createRequire, node:vm, worker threads, WebAssembly, process.dlopen. They
    are found by their names: a name that is put together is not seen here.

    Why: what is loaded by a path that only a run knows is read by no check.
    Bad: SourceFileLoader("tool", "words.txt").load_module(); await import(`../docs/${name}.mjs`)
    Good: from alert_engine.lib import slugs; await import("./lib/slugs.js")
    Fix: import it by name; choose between functions, not between files.
    """
    from gates.toolchains.languages import language_of

    for problem in language_of(module).find_loaders(module):
        yield code_loading.finding(problem.message, problem.location, fix=problem.fix)
