"""Runs mypy as its own command does, and the rules on the trees and types that it made.

`python -m gates.toolchains.languages.python.rules REQUEST [mypy's arguments]`. REQUEST is a JSON
file: {files: those of the module, sources: those that rules hold for, environment: those that may
read it, prefix: that of its queues, entry: the file of register() or null, answer: where to write
what was found}. Standard output and
exit status are mypy's. The answer is one JSON object {breaks, queues, statements}; it is not
written where mypy could not read the sources.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import TextIO

from mypy import build
from mypy.build import BuildResult
from mypy.errors import CompileError
from mypy.fscache import FileSystemCache
from mypy.main import process_options
from mypy.modulefinder import BuildSource
from mypy.options import Options

from gates.toolchains.languages.python.rules.capabilities import find_capabilities
from gates.toolchains.languages.python.rules.environment import find_environment
from gates.toolchains.languages.python.rules.errors import find_errors
from gates.toolchains.languages.python.rules.imports import find_imports
from gates.toolchains.languages.python.rules.members import find_members
from gates.toolchains.languages.python.rules.paths import find_paths
from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    Request,
    SourceFile,
    own_trees,
)
from gates.toolchains.languages.python.rules.public_any import find_any
from gates.toolchains.languages.python.rules.queues import find_queues, read_queues
from gates.toolchains.languages.python.rules.register import find_register
from gates.toolchains.languages.python.rules.statements import (
    find_statements,
    read_statements,
)  # fmt: skip
from gates.toolchains.languages.python.rules.telemetry import find_telemetry


def main() -> int:
    """mypy's exit status: 0 for nothing found, 1 for findings, 2 where it had to stop."""
    request = Request(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    sys.setrecursionlimit(2**14)  # as mypy's own command does
    cache = FileSystemCache()
    sources, options = process_options(sys.argv[2:], fscache=cache)
    options.export_types = options.preserve_asts = True
    is_warm = forget(request, options)
    result, told = run(sources, options, cache, warm=is_warm)
    if result is not None and any(tree.is_cache_skeleton for tree in own_trees(result, request)):
        # Another run put what it knows of these files into the cache in the meantime.
        result, told = run(sources, options, cache, warm=False)
    for stream, line in told:
        stream.write(f"{line}\n")
    if result is None:
        return 2
    program = Program.of(result, request)
    found = [each for file in program.files for each in check(program, file)]
    found += find_register(program)
    queues = [each for file in program.files for each in read_queues(program, file)]
    statements = [each for file in program.files for each in read_statements(program, file)]
    answer = {"breaks": found, "queues": queues, "statements": statements}
    Path(request.answer).write_text(json.dumps(answer), "utf-8")
    return int(any(json.loads(line)["severity"] == "error" for _, line in told))


Told = list[tuple[TextIO, str]]


def run(
    sources: list[BuildSource], options: Options, cache: FileSystemCache, *, warm: bool
) -> tuple[BuildResult | None, Told]:
    """What mypy makes of the sources, None where it had to stop, and what it says where.

    Not `warm`, it neither reads nor writes its cache.
    """
    if not warm:
        options.incremental, options.cache_dir = False, os.devnull
    told: Told = []

    def show(_file: str | None, messages: list[str], serious: bool) -> None:
        stream = sys.stderr if serious else sys.stdout
        told.extend((stream, each) for each in messages)

    try:
        result = build.build(sources, options, None, show, cache, sys.stdout, sys.stderr)
    except CompileError:
        return None, told
    result.manager.metastore.close()
    return result, told


def check(program: Program, file: SourceFile) -> list[Found]:
    """What every rule finds in one file."""
    rules = (
        find_imports, find_members, find_capabilities, find_environment, find_errors, find_any,
        find_queues, find_paths, find_statements, find_telemetry,
    )  # fmt: skip
    return [each for rule in rules for each in rule(program, file)]


def forget(request: Request, options: Options) -> bool:
    """Take the module's own files out of mypy's cache: what is answered from there has no tree.

    A cache that was cut short is emptied: it would be of no use to any later run either.
    False where the cache cannot be changed, as when another run does so.
    """
    if not Path(options.cache_dir).is_dir():
        return True
    own = {Path(each).with_suffix("").as_posix() for each in (*request.files, *request.sources)}
    own |= {each.removeprefix("src/") for each in own}
    try:
        store = build.create_metastore(options, parallel_worker=False)
        for name in list(store.list_all()):
            if name.split(".")[0] in own:
                store.remove(name)
        store.commit()
        store.close()
    except (OSError, sqlite3.OperationalError):
        return False
    except sqlite3.DatabaseError:
        for each in Path(options.cache_dir).glob("*/"):
            shutil.rmtree(each, ignore_errors=True)
    return True


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # as mypy does itself: taking its trees apart takes long
