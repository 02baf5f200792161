"""mypy and the platform's rules for code, in one run over the trees and types that mypy makes."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
from pathlib import Path

import gates
from gates.errors import CouldNotCheckError, ToolFailedError
from gates.records import replace
from gates.toolchains.cache import own_folder
from gates.toolchains.canary import plant, prove
from gates.toolchains.code_rules import (
    CodeRules,
    find_entry,
    read_breaks,
    read_queues,
    read_statements,
)  # fmt: skip
from gates.toolchains.languages.python.environment import (
    CONFIG,
    install_packages,
    source_root,
    sources,
)
from gates.toolchains.languages.python.mypy import find_seen, parse
from gates.toolchains.languages.python.sources.environment import find_environment_files
from gates.toolchains.processes import Ran, disk
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.tools import Program, Tools

_START = """
import importlib.util, runpy, sys
folder, name = sys.argv.pop(1), ""
for part in ("gates", "toolchains", "languages", "python"):
    folder, name = (f"{folder}/{part}", f"{name}.{part}") if name else (folder, part)
    spec = importlib.util.spec_from_file_location(name, f"{folder}/__init__.py")
    sys.modules[name] = importlib.util.module_from_spec(spec)
sys.argv[0] = "mypy"
runpy.run_module(f"{name}.rules", run_name="__main__")
"""
"""Starts the rules where the folder around this package may not be listed: in the sandbox. The
packages that they lie in are not run, since the rules need nothing of them."""


def check_code(tools: Tools) -> CodeRules:
    """What mypy and the rules say of the module; once in a run, its record for each check.

    Raises `CouldNotCheckError` where there is no source, `ToolFailedError` where mypy fails for
    another reason than the module, and as `prove`.
    """
    made = tools.session.once("code-rules", lambda: _check(Tools(tools.session)))
    tools.records += made.records
    return made


def rules_program(tools: Tools) -> Program:
    """mypy of this installation, started with the rules."""
    command = (sys.executable, "-c", _START, str(Path(gates.__file__).parent))
    return replace(tools.resolve("mypy"), command=command)


def _check(tools: Tools) -> CodeRules:
    """mypy asks the module's environment where its packages are, and starting that environment can
    run code of those packages: so it runs in a sandbox, as the module's own code does."""
    tools.take("code")
    module = tools.session.module
    files = sources(module)
    if not files:
        raise CouldNotCheckError("there is no Python source to look at")
    env = install_packages(tools)
    text = f'canary: int = "{secrets.token_hex(8)}"; print(canary)'
    canary = plant(tools, files[0], ".py", text, "assignment")
    request, answer = tools.folder / "request.json", tools.folder / "answer.json"
    asked = {
        "files": [each for each in module.files if each.endswith(".py")],
        "sources": [*files, canary.path], "environment": find_environment_files(module),
        "prefix": f"tenant:{module.slug}:", "answer": str(answer),
        "entry": find_entry(module),
    }  # fmt: skip
    with disk():
        request.write_text(json.dumps(asked), "utf-8")
    program = rules_program(tools)
    reads = (Path(sys.prefix), Path(gates.__file__).parent, CONFIG, env.folder)

    def check(cache: Path) -> Ran:
        with disk():
            answer.unlink(missing_ok=True)
        return tools.run(
            program,
            [
                request, f"--config-file={CONFIG / 'mypy.ini'}",
                f"--python-executable={env.python}", f"--cache-dir={cache}", "--output=json",
                "--verbose", "--", *files, canary.path,
            ],
            ok=(0, 1, 2),
            subjects=len(files),
            env=tools.environment({"MYPYPATH": source_root(module)}),
            sandbox=Sandbox(read=reads, write=(cache,)),
        )  # fmt: skip

    date_by_content(tools.module_copy)
    with disk(), own_folder(tools.session.settings.cache / "mypy" / env.folder.name) as place:
        cache = place / "known"
        cache.mkdir(exist_ok=True)
        ran = check(cache)
        if _has_failed(ran):
            # A run that was killed, or a full disk, leaves a cache that mypy fails on each time.
            shutil.rmtree(cache, ignore_errors=True)
            cache.mkdir(exist_ok=True)
            ran = check(cache)
    if _has_failed(ran):
        said = [line for line in ran.stderr.splitlines() if not line.startswith(b"LOG:")]
        end = replace(ran, stderr=b"\n".join(said)).end()
        raise ToolFailedError(f"mypy could not check the module: {end}")
    seen = find_seen(ran.stderr, tools.module_copy)
    stopped = ran.exit_status == 2
    problems = parse(ran.stdout, tools.module_copy)
    proved = tuple(
        prove(
            "mypy", problems, [canary], files=[] if stopped else files, seen=seen, stopped=stopped
        )
    )
    if stopped:
        return CodeRules(proved, None, (), tuple(tools.records))
    try:
        told = json.loads(answer.read_bytes())
        breaks, queues = read_breaks(told["breaks"]), read_queues(told["queues"])
        statements = read_statements(told["statements"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToolFailedError(f"the rules' answer is not understood: {error}") from error
    if not any(each.location.path == canary.path for each in breaks):
        raise ToolFailedError("the rules for code did not find a fault that was put there for them")
    rest = tuple(each for each in breaks if each.location.path != canary.path)
    return CodeRules(proved, rest, tuple(queues), tuple(tools.records), statements)


def date_by_content(copy: Path) -> None:
    """Give each source of a copy a time that follows from its bytes.

    mypy takes a file for the one that it knows by name, size and the second of its last change, and
    two copies of a module can be written in one second.
    """
    with disk():
        for path in (*copy.rglob("*.py"), *copy.rglob("*.pyi")):
            if path.is_file() and not path.is_symlink():
                digest = hashlib.sha256(path.read_bytes()).digest()
                seconds = int.from_bytes(digest[:4], "big") >> 1
                os.utime(path, (seconds, seconds))


def _has_failed(ran: Ran) -> bool:
    return ran.exit_status == 2 and not ran.stdout.lstrip().startswith(b"{")
