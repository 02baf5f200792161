"""`register()` as the type checkers see it: many definitions, one program of each checker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from mypy import build
from mypy.modulefinder import BuildSource
from mypy.options import Options

from gates.toolchains.languages.python.rules.program import Program, Request
from gates.toolchains.languages.python.rules.register import find_register
from gates.toolchains.languages.typescript import compiler
from gates.toolchains.languages.typescript.platform_tools import platform_tools
from tests.conftest import ROOT

FORMS = tomllib.loads((ROOT / "tests/truth/code/register.toml").read_text("utf-8"))
RULES = Path(compiler.__file__).with_name("rules")
DRIVER = """
import fs from "node:fs";
import { createRequire } from "node:module";
const [library, rules, given] = process.argv.slice(2);
const { openProgram } = await import(`${rules}/program.mjs`);
const { findRegister } = await import(`${rules}/register.mjs`);
const request = JSON.parse(fs.readFileSync(given, "utf8"));
const program = openProgram(createRequire(import.meta.url)(library), request);
const found = {};
for (const entry of request.sources) {
  const seen = { ...program, request: { ...request, entry } };
  if (entry.startsWith("alone")) seen.platform = () => undefined;
  found[entry] = [...findRegister(seen)].map((each) => each.message);
}
process.stdout.write(JSON.stringify(found));
"""


def forms(language: str, suffix: str) -> dict[str, str]:
    """The definitions of one language, by the file that each is written to."""
    return {
        f"{where}_{kind}_{number}{suffix}": text
        for where, kinds in FORMS[language].items()
        for kind, texts in kinds.items()
        for number, text in enumerate(texts.values())
    }


def judge(language: str, said: dict[str, list[str]]) -> None:
    """No false accusation and no miss, both printed; every message says what is there."""
    bad = {name for name in said if "_bad_" in name}
    accused = {name for name, messages in said.items() if messages}
    found = len(bad & accused)
    figures = f"precision {found}/{len(accused)}, recall {found}/{len(bad)}, of {len(said)}"
    sys.stdout.write(f"register-signature, {language}: {figures}\n")
    assert accused == bad, {name: said[name] for name in accused ^ bad}
    for name in bad:
        (message,) = said[name]
        asked = "ModuleRegistration" if name.startswith("platform") else "slug: str"
        assert message.startswith("register() has to be () => " if language == "typescript"
                                  else "register() has to be () -> ")  # fmt: skip
        assert asked in message
        assert "; it is " in message


def test_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in forms("python", ".py").items():
        head = "from axon_core import *\nfrom typing import *\n"
        Path(name).write_text(head + text, "utf-8")
    options = Options()
    options.incremental, options.cache_dir = False, os.devnull
    options.export_types = options.preserve_asts = True
    options.mypy_path = [str(ROOT / "examples/platform/python/axon-core/src")]
    names = sorted(each.name for each in tmp_path.glob("*.py"))
    made = [BuildSource(each, each.removesuffix(".py")) for each in names]
    result = build.build(made, options)
    request = Request(names, names, [], "tenant:a:", "")
    program = Program.of(result, request)
    files = {name: tree for name, tree in result.files.items() if name != "axon_core"}
    alone = SimpleNamespace(files=files, types=result.types)
    said = {}
    for name in names:
        seen = replace(program, request=replace(request, entry=name))
        seen = replace(seen, result=alone) if name.startswith("alone") else seen
        said[name] = [str(each["message"]) for each in find_register(seen)]
    judge("python", said)
    nobody = list(find_register(replace(program, request=replace(request, entry="other.py"))))
    assert "in a file that mypy does not see" in str(nobody[0]["message"])
    assert list(find_register(program)) == []


def test_typescript(tmp_path, open_tools):
    tools = open_tools({})
    for name, text in forms("typescript", ".ts").items():
        head = 'import type { ModuleRegistration } from "@axon/core";\n'
        tail = "export type M = ModuleRegistration;"
        (tmp_path / name).write_text(f"{head}{text}\n{tail}\n", "utf-8")
    packages = tmp_path / "node_modules" / "@axon"
    packages.mkdir(parents=True)
    (packages / "core").symlink_to(ROOT / "examples/platform/npm/core")
    names = sorted(each.name for each in tmp_path.glob("*.ts"))
    project = {
        "compilerOptions": {
            "strict": True, "module": "nodenext", "target": "es2022", "lib": ["es2022"],
            "types": [], "noEmit": True,
        },
        "files": names,
    }  # fmt: skip
    (tmp_path / "tsconfig.json").write_text(json.dumps(project), "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    request = {
        "folder": str(tmp_path), "project": str(tmp_path / "tsconfig.json"), "sources": names,
        "environment": [], "prefix": "tenant:a:",
    }  # fmt: skip
    (tmp_path / "request.json").write_text(json.dumps(request), "utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, "utf-8")
    library = platform_tools(tools) / "node_modules" / "typescript"
    node = tools.resolve("node").command
    ran = subprocess.run(
        [*node, tmp_path / "driver.mjs", library, RULES, tmp_path / "request.json"],
        capture_output=True, check=True,
    )  # fmt: skip
    judge("typescript", json.loads(ran.stdout))
