"""The linter and the compiler of TypeScript, beside those that they took the place of.

Each is run by hand, over the TypeScript example and over a generated module of 300 files; that they
find the same is `python -m tests.truth typescript-lint`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from gates.module import load
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.languages.typescript.compiler import write_project
from gates.toolchains.languages.typescript.platform_tools import (
    CONFIG,
    find_tsgolint,
    platform_tools,
    sources,
)
from tests.benchmarks.measure import Runs, run
from tests.conftest import ROOT
from tests.truth.typescript_lint import install_eslint

Say = Callable[[str], None]
FILES = 300
HEAD = """\
| module | engine | processor seconds | by the clock | before | ratio |
|---|---|---|---|---|---|
"""


def engines(work: Path, times: int, say: Say) -> str:
    """oxlint beside ESLint, TypeScript 7 beside 6; the table, in Markdown."""
    shutil.copytree(ROOT / "examples", work / "engines", ignore=lambda *_: ["node_modules"])
    root = work / "engines/alert-engine"
    made = [_rows("the TypeScript example", root, times, say)]
    for number in range(FILES):
        (root / f"src/lib/generated{number}.ts").write_text(_source(number), "utf-8")
    made.append(_rows(f"with {FILES} files more", root, times, say))
    return HEAD + "".join(made)


def _rows(name: str, root: Path, times: int, say: Say) -> str:
    policy = Policy(npm_workspace=root.parent)
    with Session(load(root), policy, Settings.from_environment()) as session:
        tools = Tools(session)
        files, copy = sources(session.module, tests=True), tools.module_copy
        write_project(tools, files, {"noEmit": True})
        write_project(tools, files, {"noEmit": True}, "tsconfig.json")
        new, old = platform_tools(tools) / "node_modules", install_eslint(session)
        (node,) = tools.resolve("node").command
        lint = [node, new / "oxlint/bin/oxlint", f"--config={CONFIG / 'oxlint.json'}"]
        lint += ["--type-aware", "--disable-nested-config", "--no-ignore", "--", *files]
        eslint = [node, old / "node_modules/eslint/bin/eslint.js", "--no-config-lookup"]
        eslint += ["--config", old / "eslint.config.mjs", "--", *files]
        project = ["-p", copy / "tsconfig.gates.json"]
        given = {
            "OXLINT_TSGOLINT_PATH": str(find_tsgolint(tools)),
            "GATES_PROJECT": "./tsconfig.gates.json",
        }
        pairs = {
            "oxlint, typed": (lint, eslint),
            "tsc 7": (
                [node, new / "typescript-native/bin/tsc", *project],
                [node, new / "typescript/bin/tsc", *project],
            ),
        }
        rows = []
        for engine, (ours, before) in pairs.items():
            first, second = (
                run(["/usr/bin/env", "-C", copy, *each], times, given, ok=(0, 1, 2))
                for each in (ours, before)
            )
            rows.append(_row(name, engine, first, second))
            say(rows[-1].rstrip())
    return "".join(rows)


def _row(name: str, engine: str, ours: Runs, before: Runs) -> str:
    return (
        f"| {name} | {engine} | {ours.cpu_best:.1f} | {ours.best:.1f} | {before.cpu_best:.1f} |"
        f" {ours.cpu_best / before.cpu_best:.2f} |\n"
    )


def _source(number: int) -> str:
    return (
        'import { readFile } from "node:fs/promises";\n\n'
        f"export interface Row{number} {{\n"
        "  readonly id: number;\n  readonly tags: string[];\n}\n\n"
        f"export async function read{number}(path: string): Promise<Row{number}> {{\n"
        '  const parsed: unknown = JSON.parse(await readFile(path, "utf8"));\n'
        '  if (typeof parsed === "object" && parsed !== null && "id" in parsed) {\n'
        '    return { id: Number(parsed.id), tags: ["read"] };\n  }\n'
        "  return { id: path.length, tags: [] };\n}\n\n"
        f"export function loose{number}(rows: any): void {{\n  read{number}(rows.path);\n}}\n"
    )
