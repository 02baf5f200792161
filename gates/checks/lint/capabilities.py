"""What reaches outside of a module is approved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def capabilities(module: Module, tools: Tools) -> Iterator[Finding]:
    """Sources use listed modules, members and names of the language's platform, and no others.

    Not listed are those that load or make code, start programs or threads, or reach into the
    process: node:vm, module, worker_threads, child_process, eval, a computed import(), a
    function's `constructor`; runpy, importlib, ctypes, subprocess, exec, timeit, sys.modules,
    frames; what annotations run; paths in /proc and /dev. Modules, `process` and `globalThis` are
    used by their members, never as values, and a member by a text is written out. What the type
    checker does not know cannot be read, and is not listed either.

    Why: what is loaded, started or reached in such a way is read by no check.
    Bad: `import { Worker } from "node:worker_threads"`, `const p = process`, `eval(text)`
    Good: `import { createHash } from "node:crypto"`, `os.path.join(a, b)`
    Fix: do it with what is listed; what needs another capability has it approved for its text.
    """
    from gates.toolchains.languages import language_of

    for each in language_of(module).check_code(tools).of("capabilities"):
        yield capabilities.deviation(
            each.message,
            each.location,
            definition=hashlib.sha256(f"{each.message}\0{each.text}".encode()).hexdigest(),
            fix="do it with what is listed",
        )
