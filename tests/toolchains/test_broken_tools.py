"""A check whose tool is missing, crashes, prints garbage or hangs is inconclusive."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date

import pytest

from gates.check import find
from gates.errors import CouldNotCheckError, ToolFailedError, ToolMissingError
from gates.toolchains import Tools, opengrep
from gates.toolchains.cache import move_into_cache
from gates.toolchains.languages.python import code_rules as python_rules
from gates.toolchains.languages.typescript import code_rules as typescript_rules
from gates.toolchains.languages.typescript import platform_tools
from gates.toolchains.languages.typescript.packages import install_packages
from gates.toolchains.tools import Program

PYTHON = {
    "ruff": "ruff",
    "ruff-format": "ruff",
    "mypy": "mypy",
    "bandit": "bandit",
    "secrets": "kingfisher",
    "injection": "opengrep",
    "dependency-advisories": "pip-audit",
}
TYPESCRIPT = ("oxlint", "prettier", "tsc", "eslint-security")
BROKEN = {
    "crash": ("import os; os.abort()", ToolFailedError),
    "unknown status": ("raise SystemExit(77)", ToolFailedError),
    "garbage": ("print('oops {'); raise SystemExit(1)", ToolFailedError),
    "silence": ("", ToolFailedError),
    "hang": ("import time; time.sleep(60)", ToolFailedError),
    "full disk": ("open('/dev/full', 'w').write('x' * 99999)", CouldNotCheckError),
}


def run(check_id: str, session) -> None:
    check = find(check_id)
    assert check is not None
    needs = {
        "module": session.module,
        "policy": session.policy,
        "tools": Tools(session),
        "today": date(2026, 11, 24),
    }
    list(check.run(**{name: needs[name] for name in check.needs}))


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("check_id", PYTHON)
def test_python_tools(open_session, monkeypatch, check_id, how):
    code, error = BROKEN[how]
    session = open_session("python")
    if check_id == "mypy":
        run_environment(session)
    if how == "hang":
        session.policy = replace(session.policy, tool_timeout=0.5)
    resolve = Tools.resolve

    def broken(self: Tools, name: str) -> Program:
        if name != PYTHON[check_id]:
            return resolve(self, name)
        return program

    program = Program(PYTHON[check_id], (sys.executable, "-I", "-c", code))
    monkeypatch.setattr(Tools, "resolve", broken)
    monkeypatch.setattr(python_rules, "rules_program", lambda _: program)
    monkeypatch.setattr(opengrep, "unpacked", lambda tools: (program, tools.folder))
    with pytest.raises(error):
        run(check_id, session)


def run_environment(session) -> None:
    from gates.toolchains.languages.python.environment import install_packages

    install_packages(Tools(session))


@pytest.mark.parametrize("check_id", PYTHON)
def test_missing_python_tools(open_session, monkeypatch, check_id, tmp_path):
    session = open_session("python")
    run_environment(session)
    monkeypatch.setattr("sysconfig.get_path", lambda *_: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("gates.toolchains.tools.PACKED", {})
    session._made.clear()
    with pytest.raises(ToolMissingError, match="is not installed") as caught:
        run(check_id, session)
    assert (caught.value.hint or "").startswith("pip install 'axon-gates[")


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("check_id", TYPESCRIPT)
def test_typescript_tools(open_session, monkeypatch, check_id, how):
    code, error = BROKEN[how]
    session = open_session("typescript")
    if check_id != "prettier":
        install_packages(Tools(session))
    if how == "hang":
        session.policy = replace(session.policy, tool_timeout=0.5)
    program = Program("node-tool", (sys.executable, "-I", "-c", code))
    monkeypatch.setattr(platform_tools, "platform_tool", lambda *_: program)
    monkeypatch.setattr(typescript_rules, "rules_program", lambda _: program)
    with pytest.raises(error):
        run(check_id, session)


def test_without_node_nothing_of_typescript_is_known(open_session, monkeypatch, tmp_path):
    monkeypatch.setattr("gates.toolchains.languages.typescript.find_bundled", lambda _: None)
    monkeypatch.setattr("sysconfig.get_path", lambda *_: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError, match="node is not installed") as caught:
        run("oxlint", open_session("typescript"))
    assert caught.value.hint == "pip install 'axon-gates[typescript]'"


@pytest.mark.parametrize(
    ("base", "check_id", "files"),
    [
        ("typescript", "oxlint", ["src/env.ts", "src/index.ts", "src/lib/titles.ts"]),
    ],
)
def test_nothing_to_look_at_is_not_clean(open_session, base, check_id, files):
    tests = ["tests/unit/env.test.ts", "tests/unit/titles.test.ts", "tests/e2e/register.test.ts"]
    with pytest.raises(CouldNotCheckError, match="no TypeScript file"):
        run(check_id, open_session(base, dict.fromkeys([*files, *tests])))


def test_two_runs_that_make_the_same_environment(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
        move_into_cache(tmp_path / name, tmp_path / "cache" / "place")
    assert (tmp_path / "cache" / "place" / "file").read_text() == "one"
