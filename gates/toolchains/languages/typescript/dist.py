"""Builds a TypeScript module: type-checked, compiled to dist, with declarations and source maps."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

from gates.errors import CouldNotCheckError
from gates.toolchains.bundle import Built, Read
from gates.toolchains.canary import canary_name
from gates.toolchains.languages.typescript.compiler import compile_typescript
from gates.toolchains.languages.typescript.platform_tools import sources
from gates.toolchains.tools import Tools

_COMPILED = {".ts": ".js", ".tsx": ".js", ".mts": ".mjs", ".cts": ".cjs"}


def build(tools: Tools, *, again: bool) -> Built:
    """Compile src to dist; what is not TypeScript in src goes to dist as it is.

    `again` says that the same sources passed the type check before: what is written does not
    depend on it.

    Raises `CouldNotCheckError` where there is nothing to compile.
    """
    tools.take("code")
    module, copy = tools.session.module, tools.module_copy
    files = sources(module)
    if not files:
        raise CouldNotCheckError("there is no TypeScript file under src to build")
    options: dict[str, object] = {
        "rootDir": "src",
        "outDir": "dist",
        "declaration": True,
        "sourceMap": True,
        "newLine": "lf",
        "noCheck": again,
    }
    problems = compile_typescript(tools, files, options)
    if problems:
        return Built({}, "", problems)
    made: dict[str, Read] = {
        f"dist/{path.removeprefix('src/')}": partial(module.data, path)
        for path in module.files
        if path.startswith("src/") and path not in files
    }
    for path in sorted((copy / "dist").rglob("*")):
        if path.is_file() and not path.name.startswith(canary_name(tools)):
            made[path.relative_to(copy).as_posix()] = path.read_bytes
    return Built(made, compiled_path(module.entrypoint or ""))


def compiled_path(source: str) -> str:
    """Where a source file's compiled form lies: src/api/x.ts is dist/api/x.js."""
    path = PurePosixPath(source)
    suffix = _COMPILED.get(path.suffix, path.suffix)
    return f"dist/{path.with_suffix(suffix).as_posix().removeprefix('src/')}"
