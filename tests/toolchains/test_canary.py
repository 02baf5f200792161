"""A tool that is silent about a known fault, or about one of the module's files, has not looked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.check import find
from gates.errors import ToolFailedError
from gates.model import Location, RanRecord
from gates.toolchains import Tools, opengrep
from gates.toolchains.canary import Canary, canary_name, plant, prove
from gates.toolchains.languages.python import code_rules as python_rules
from gates.toolchains.languages.python.environment import PythonEnvironment
from gates.toolchains.languages.typescript import code_rules as typescript_rules
from gates.toolchains.languages.typescript import compiler, platform_tools
from gates.toolchains.languages.typescript.packages import Packages
from gates.toolchains.problem import Problem
from gates.toolchains.tools import Program

HEAD = """
import json, os, sys
files = sys.argv[sys.argv.index("--") + 1:] if "--" in sys.argv else []
blind = "BLIND" == "yes"
def canary(path): return "canary_" in path and not blind
def told(path): return SKIPPED not in path
def canary_of(paths): return next(each for each in paths if "canary_" in each)
"""
OXLINT = """
def lines(path): return enumerate(open(path).read().splitlines(), 1)
print(json.dumps({"number_of_files": len(list(filter(told, files))), "diagnostics": [
    {"filename": each, "message": "m", "code": code,
     "labels": [{"span": {"line": number, "column": 1, "offset": 0, "length": 1}}]}
    for each in files if told(each) for number, line in lines(each)
    for fault, code in FAULTS.items() if line.startswith(fault) and not blind]}))
"""
STAND_INS = {
    "ruff": """
print(json.dumps([
    {"filename": each, "message": "m", "code": "F821", "location": {"row": 1, "column": 1}}
    for each in files if canary(each)]))
for each in filter(told, files): print("Checking: " + os.path.abspath(each), file=sys.stderr)
""",
    "ruff-format": """
for each in filter(canary, files): print(f"--- {each}\\n+++ {each}\\n@@ -1 +1 @@\\n-a\\n+b")
for each in filter(told, files): print("format_path; path=" + each, file=sys.stderr)
""",
    "mypy": """
for each in filter(canary, files):
    print(json.dumps({"severity": "error", "file": each, "line": 1, "column": 0, "message": "m",
                      "code": "assignment"}))
for each in filter(told, files): print(f"LOG:  Parsing {each} (a)", file=sys.stderr)
request = json.load(open(sys.argv[1]))
found = [{"rule": "platform-logger", "message": "m", "path": each, "line": 1, "column": 1, "end": 2,
          "text": "t"} for each in filter(canary, files)]
json.dump({"breaks": found, "queues": [], "statements": []}, open(request["answer"], "w"))
""",
    "bandit": """
print(json.dumps({"errors": [], "metrics": {each: {} for each in files if told(each)}, "results": [
    {"filename": each, "issue_text": "m", "line_number": 1, "col_offset": 0, "test_id": "B102",
     "issue_severity": "LOW"} for each in files if canary(each)]}))
""",
    "oxlint": """
FAULTS = {";eval(": "eslint(no-eval)", ";(async": "typescript(no-floating-promises)"}
"""
    + OXLINT,
    "eslint-security": """
FAULTS = {";eval(": "eslint(no-eval)", ";new RegExp(": "security(detect-non-literal-regexp)"}
"""
    + OXLINT,
    "injection": """
def option(name): return json.load(open(sys.argv[sys.argv.index(name) + 1]))
files = [each["path"] for _, each in option("-targets")]
FAULTS = {"execSync": "command-injection", "text:": "sql-injection", "readFile": "path-traversal",
          "fetch": "request-forgery", "unserialize": "unsafe-deserialization"}
place = lambda line, column: {"line": line, "col": column, "offset": 0}
print(json.dumps({"version": "1", "errors": [], "skipped_rules": [], "results": [
    {"check_id": rule, "path": each, "extra": {},
     "start": place(number, 1), "end": place(number, 2)}
    for each in files
    for number, line in enumerate(open(each).read().splitlines(), 1)
    for fault, rule in FAULTS.items() if "canary(" in line and fault in line and not blind],
    "paths": {"scanned": list(filter(told, files))},
    "rules_by_engine": [[each["id"], "OSS"] for each in option("-rules")["rules"]]}))
""",
    "prettier": """
for each in filter(canary, files): open(each, "w").write("other\\n")
for each in filter(told, files): print(each, "1ms")
""",
    "tsc": """
files = json.load(open("tsconfig.gates.json"))["files"]
place = {"line": 1, "column": 7, "end": 8, "text": "t", "detail": None, "error": True}
place |= {"message": "m", "rule": "TS2322"}
found = [{**place, "path": each} for each in filter(canary, files)]
breaks = [{**each, "rule": "errors-thrown"} for each in found]
print(json.dumps({"seen": list(filter(told, files)), "problems": found, "breaks": breaks,
                  "queues": [], "statements": [], "outside": []}))
""",
}
"""Programs that print as the tools do, and know of no fault but the canary's."""
PYTHON = ("ruff", "ruff-format", "mypy", "bandit")
LAST = {"python": "src/sample_module/lib/titles.py", "typescript": "src/lib/titles.ts"}


@pytest.fixture
def run(open_session, monkeypatch):
    """Runs a check with a stand-in for its tool."""

    def run_check(check_id: str, code: str, *, blind: bool = False, skipped: str = "nothing"):
        base = "python" if check_id in PYTHON else "typescript"
        session = open_session(base)
        head = HEAD.replace("BLIND", "yes" if blind else "no").replace("SKIPPED", repr(skipped))
        program = Program(check_id, (sys.executable, "-I", "-c", head + code))
        record = RanRecord("packages", "", 0, 1, 0.0)
        environment = PythonEnvironment(Path(sys.prefix), record)
        monkeypatch.setattr(python_rules, "install_packages", lambda _: environment)
        for rules in (python_rules, typescript_rules):
            monkeypatch.setattr(rules, "rules_program", lambda _: program)
        for room in (compiler.npm, typescript_rules):
            monkeypatch.setattr(
                room, "install_packages", lambda tools: Packages(tools.folder, "", record)
            )
        monkeypatch.setattr(platform_tools, "platform_tools", lambda tools: tools.folder)
        monkeypatch.setattr(platform_tools, "find_tsgolint", lambda tools: tools.folder)
        monkeypatch.setattr(platform_tools, "platform_tool", lambda *_: program)
        monkeypatch.setattr(Tools, "resolve", lambda *_: program)
        monkeypatch.setattr(opengrep, "unpacked", lambda tools: (program, tools.folder))
        check = find(check_id)
        assert check is not None
        needs = {"module": session.module, "tools": Tools(session)}
        return list(check.run(**{name: needs[name] for name in check.needs}))

    return run_check


@pytest.mark.parametrize("check_id", STAND_INS)
def test_who_finds_the_canary_and_names_every_file_has_looked(run, check_id):
    assert run(check_id, STAND_INS[check_id]) == []


@pytest.mark.parametrize("check_id", STAND_INS)
def test_who_finds_nothing_has_not_looked(run, check_id):
    with pytest.raises(ToolFailedError, match="did not find a fault that was put there for it"):
        run(check_id, STAND_INS[check_id], blind=True)


@pytest.mark.parametrize("check_id", STAND_INS)
def test_who_leaves_a_file_out_has_not_looked(run, check_id):
    skipped = LAST["python" if check_id in PYTHON else "typescript"]
    said = "looked at" if "lint" in check_id else f"did not look at {skipped}$"
    with pytest.raises(ToolFailedError, match=said):
        run(check_id, STAND_INS[check_id], skipped=skipped)


@pytest.mark.parametrize("check_id", STAND_INS)
def test_an_emptied_program_has_not_looked(run, check_id):
    with pytest.raises(ToolFailedError):
        run(check_id, "")


@pytest.mark.parametrize(
    ("check_id", "code"),
    [
        (
            "tsc",
            STAND_INS["tsc"]
            .replace(
                '"problems": found',
                '"problems": [{**place, "path": "src/a.ts", "message": "m", "rule": "TS1134"}]',
            )
            .replace(
                '"breaks": breaks',
                '"breaks": [{**place, "path": canary_of(files),'
                ' "message": "m", "rule": "errors-thrown"}]',
            ),
        ),
        (
            "mypy",
            """
print(json.dumps({"severity": "error", "file": "src/a.py", "line": 1, "column": 1, "message": "m",
                  "code": "syntax"}))
sys.exit(2)
""",
        ),
    ],
)
def test_a_module_with_a_syntax_error_fails_and_is_not_inconclusive(run, check_id, code):
    (finding,) = run(check_id, code, blind=True)
    assert finding.rule in ("TS1134", "syntax")


def test_a_canary_is_in_the_copy_of_its_check_alone(open_tools):
    tools = open_tools({"src/a.py": b"a = 1\n"})
    canary = plant(tools, "src/a.py", ".py", "canary()", "F821")
    assert canary.path == f"src/{canary_name(tools)}.py"
    assert (tools.module_copy / canary.path).read_text() == "canary()\n"
    assert canary.path not in tools.session.module.files
    assert not (Tools(tools.session).module_copy / canary.path).exists()


def test_its_name_depends_on_everything_in_the_module(open_tools):
    names = {canary_name(open_tools({"a.py": text})) for text in (b"", b"a", b"b", b"a")}
    assert len(names) == 3
    assert all(name.isidentifier() and len(name) > 30 for name in names)


PROBLEMS = st.lists(
    st.sampled_from(
        [
            Problem("m", Location(path, line), rule)
            for path in "ab"
            for line in (None, 1, 2)
            for rule in ("X", "Y", None)
        ]
    ),
    max_size=5,
)


@given(PROBLEMS, st.sets(st.sampled_from("abc")))
def test_the_modules_own_problems_stay_in_order_and_come_before_any_doubt(problems, seen):
    canary = Canary("a", 1, "X")
    own = [each for each in problems if (each.location.path, each.location.line) != ("a", 1)]
    found = any(each not in own and each.rule == "X" for each in problems)
    kept: list[Problem] = []
    try:
        for each in prove("tool", problems, [canary], files="bc", seen=seen):
            kept.append(each)  # noqa: PERF402 - what came before the error counts
        passed = True
    except ToolFailedError:
        passed = False
    assert kept == own
    assert passed == (found and {"b", "c"} <= seen)


def test_a_tool_that_ends_at_the_modules_own_faults_owes_no_canary():
    canary, fault = Canary("c", 1, "X"), Problem("m", Location("a", 1), "syntax")
    assert list(prove("t", [fault], [canary], files=(), seen=(), stopped=True)) == [fault]
    with pytest.raises(ToolFailedError, match="did not find"):
        list(prove("t", [], [canary], files=(), seen=(), stopped=True))
    with pytest.raises(ToolFailedError, match="did not look at a"):
        list(prove("t", [fault], [canary], files=["a"], seen=(), stopped=True))
