"""What tools print becomes findings, or a `ToolFailedError`: never silence."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.errors import ToolFailedError
from gates.model import Location
from gates.toolchains import opengrep
from gates.toolchains.injection_rules import Rule
from gates.toolchains.languages.python import advisories as pip_audit
from gates.toolchains.languages.python import bandit, mypy, ruff
from gates.toolchains.languages.python import pytest as junit
from gates.toolchains.languages.python.measured import Measured
from gates.toolchains.languages.typescript import advisories as npm_audit
from gates.toolchains.languages.typescript import compiler, node_test, oxlint, prettier
from gates.toolchains.languages.typescript.measured import parse_istanbul
from gates.toolchains.languages.typescript.planted import count_tests
from gates.toolchains.languages.typescript.runs import parse_told
from gates.toolchains.locks import Locked
from gates.toolchains.processes import Ran
from gates.toolchains.secrets import kingfisher

COPY = Path("/modules/one")
FILES = {"tests/unit/test_a.py", "src/a.py"}
RULES = [Rule("a", "ERROR", "m", "f", "c", {})]
PACKAGES = [Locked("PyPI", "pyyaml", "5.3", 7), Locked("PyPI", "colorama", "0.4", 9, "win32")]


def ran(document: object, status: int = 0, stderr: bytes = b"") -> Ran:
    stdout = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Ran("tool", status, stdout, stderr, 0.1)


PARSERS = {
    "ruff": lambda data: list(ruff.parse(data, COPY)),
    "mypy": lambda data: list(mypy.parse(data, COPY)),
    "oxlint": lambda data: oxlint.parse(data, COPY, frozenset({"no-var"})),
    "tsc": lambda data: compiler.parse_tsc(data, COPY),
    "bandit": lambda data: bandit.parse(ran(data).json(), COPY),
    "prettier": lambda data: prettier.parse(data, COPY),
    "ruff format": lambda data: list(ruff.parse_diff(data, COPY)),
    "junit": lambda data: junit.parse_junit(data, COPY, FILES),
    "coverage": lambda data: junit.parse_coverage(data, COPY),
    "tests": lambda data: parse_told(data, COPY, "vitest"),
    "istanbul": lambda data: parse_istanbul(data, COPY),
    "node:test": lambda data: node_test.parse_events(data, COPY, []),
    "kingfisher": kingfisher.parse,
    "opengrep": lambda data: opengrep.parse(data, COPY, RULES),
    "pip-audit": lambda data: pip_audit.parse_pip_audit(ran(data), PACKAGES),
    "npm audit": lambda data: npm_audit.parse_npm_audit(ran(data), PACKAGES),
}


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize(
    "data",
    [b"oops\n", b'{"a": 1}\n', b'[{"a": 1}]\n', b'{"results": 7, "files": 7, "testResults": 7}\n'],
)
def test_garbage(name, data):
    with pytest.raises(ToolFailedError):
        PARSERS[name](data)


@given(st.sampled_from(sorted(PARSERS)), st.binary() | st.text().map(str.encode))
def test_any_bytes(name, data):
    with contextlib.suppress(ToolFailedError):
        PARSERS[name](data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.sampled_from(sorted(PARSERS)), JSON)
def test_any_json(name, document):
    with contextlib.suppress(ToolFailedError):
        PARSERS[name](json.dumps(document).encode())


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/a.py"])
def test_a_finding_about_another_file_is_a_failure(path):
    entry = {"filename": path, "location": {"row": 1, "column": 1}, "message": "m", "code": "X"}
    with pytest.raises(ToolFailedError, match="no file of the module"):
        list(ruff.parse(json.dumps([entry]).encode(), COPY))


def test_tsc():
    output = b"""src/a.ts(3,14): error TS2322: Type 'A' is not assignable to type 'B'.
  Types of property 'x' are incompatible.
src/b (1).ts(1,1): error TS1005: ';' expected.
error TS2688: Cannot find type definition file for 'node'.
/cache/typescript/lib/lib.es2023.d.ts
/modules/one/src/a.ts
/modules/one/src/b (1).ts
"""
    seen, (first, second, third) = compiler.parse_tsc(output, COPY)
    assert seen == {"src/a.ts", "src/b (1).ts"}
    assert (first.rule, first.location) == ("TS2322", Location("src/a.ts", 3, 14))
    assert first.detail == "Types of property 'x' are incompatible."
    assert second.location.line == 1
    assert third.rule == "TS2688"


def test_mypy_columns_count_from_one():
    lines = [
        {"file": "src/a.py", "line": 1, "column": 8, "end_line": 1, "end_column": 11,
         "message": "no", "hint": None, "code": "operator", "severity": "error"},
        {"file": "src/a.py", "line": 2, "column": 5, "end_line": 2, "end_column": 6,
         "message": "no", "hint": None, "code": "syntax", "severity": "error"},
        {"file": "src/a.py", "line": 2, "column": 5, "end_line": 2, "end_column": 6,
         "message": "see", "hint": None, "code": None, "severity": "note"},
    ]  # fmt: skip
    output = "\n".join(json.dumps(line) for line in lines).encode()
    places = [problem.location for problem in mypy.parse(output, COPY)]
    assert places == [Location("src/a.py", 1, 9, 12), Location("src/a.py", 2, 5, 6)]


def oxlint_entry(code: str | None, name: str = "src/a.ts") -> dict[str, object]:
    place = {"span": {"offset": 3, "length": 2, "line": 2, "column": 4}}
    return {"message": "no\n way", "code": code, "filename": name, "labels": [place]}


def test_oxlint():
    rules = frozenset(
        {"no-var", "@typescript-eslint/no-explicit-any", "security/detect-new-buffer"}
    )
    codes = ("eslint(no-var)", "typescript(no-explicit-any)", "security(detect-new-buffer)")
    entries = [oxlint_entry(each) for each in (*codes, None, "TS(1036)")]
    output = json.dumps({"number_of_files": 3, "diagnostics": entries}).encode()
    count, problems = oxlint.parse(output, COPY, rules)
    assert count == 3
    assert {each.rule for each in problems} == {*rules, "syntax"}
    assert {each.location for each in problems} == {Location("src/a.ts", 2, 4)}
    assert {each.message for each in problems} == {"no way"}


@pytest.mark.parametrize("code", ["typescript(tsconfig-error)", "eslint(no-alert)", "oxc(x)", "x"])
def test_oxlint_says_nothing_but_what_the_rules_say(code):
    entries = [oxlint_entry("eslint(no-var)"), oxlint_entry(code, "tsconfig.json")]
    output = json.dumps({"number_of_files": 3, "diagnostics": entries}).encode()
    with pytest.raises(ToolFailedError, match=r"oxlint says of tsconfig\.json: no way"):
        oxlint.parse(output, COPY, frozenset({"no-var"}))


@given(st.text(), st.text())
def test_the_first_difference(old, new):
    number, line = prettier.find_first_difference(old, new)
    assert 1 <= number <= len(old.split("\n"))
    if old != new and number <= len(new.split("\n")):
        assert line in new.split("\n")


def test_ruff_diff():
    output = b"""--- src/a.py
+++ src/a.py
@@ -4,7 +4,7 @@
 a = 1
 b = 2
-c = 'x'
+c = "x"
--- src/b.py
+++ src/b.py
@@ -1 +1 @@
-x=1
+x = 1
"""
    found = [each.location for each in ruff.parse_diff(output, COPY)]
    assert found == [Location("src/a.py", 6), Location("src/b.py", 1)]


def test_ruff_says_what_it_looked_at():
    log = b"""[2026-01-01][10:00:00][ruff::resolve][DEBUG] Using configuration at: /ruff.toml
[2026-01-01][10:00:00][ruff::diagnostics][DEBUG] Checking: /modules/one/src/a b.py
[2026-01-01][10:00:00][ruff::commands::format][DEBUG] format_path; path=/modules/one/src/b.py
[2026-01-01][10:00:00][ruff::diagnostics][DEBUG] Checking: /elsewhere/c.py
[2026-01-01][10:00:00][ruff::commands::check][DEBUG] Checked 3 files in: 2.6ms
"""
    assert ruff.find_seen(log, COPY) == {"src/a b.py", "src/b.py"}


def test_mypy_says_what_it_looked_at():
    log = b"""LOG:  Found source:           BuildSource(path='src/d.py', module='d', has_text=False)
LOG:  Metadata not found for a
LOG:  Parsing src/a.py (a)
LOG:  Metadata fresh for b.c: file src/b c.py
LOG:  Updating mtime for e: file src/e, meta f.py, meta e.meta.ff, mtime 1795870000
LOG:  Parsing /usr/lib/mypy/typeshed/stdlib/ast.pyi (ast)
LOG:  Build finished in 0.087 seconds with 0 modules, and 0 errors
"""
    assert mypy.find_seen(log, COPY) == {"src/a.py", "src/b c.py", "src/e, meta f.py"}


def test_prettier_says_what_it_looked_at():
    output = b"src/a.ts 393ms\nsrc/b 1ms.ts 2ms (unchanged)\n"
    assert prettier.parse(output, COPY) == {"src/a.ts", "src/b 1ms.ts"}
    with pytest.raises(ToolFailedError, match="not understood"):
        prettier.parse(b"src/a.ts\n", COPY)


def test_junit_refuses_entities():
    with pytest.raises(ToolFailedError, match="entities"):
        junit.parse_junit(b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', COPY, FILES)


def test_junit_counts_a_test_and_its_teardown_once():
    report = b"""<testsuites><testsuite>
<testcase classname="a" name="t" file="a.py" line="3"><failure message="m"/></testcase>
<testcase classname="a" name="t" file="a.py" line="3"><error message="n"/></testcase>
<testcase classname="a" name="s" file="a.py" line="9"><skipped message="later"/></testcase>
<testcase classname="a" name="p" file="a.py" line="12"/>
</testsuite></testsuites>"""
    run, ended = junit.parse_junit(report, COPY, FILES)
    assert (run.collected, run.passed, run.failed, run.skipped) == (3, 1, 1, 1)
    assert sorted(state for _, _, state in ended) == ["passed", "skipped"]
    assert ("a", "p", "passed") in ended


FAILED = """<x><testcase classname="a" name="t" file="tests/unit/test_a.py" line="{}">
<failure message="m">{}</failure></testcase></x>"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tests/unit/test_a.py:7", 7),
        (f"{COPY}/tests/unit/test_a.py:7", 7),
        ("src/a.py:7", None),
        ("b" * 300 + ".py:2", 4),
        ("../" * 9 + "etc/a.py:2", 4),
        ("/etc/passwd.py:7", 4),
        ("tests/unit/test_a.py:" + "9" * 5000, 4),
        ("tests/unit/test_a.py:\u0663", 4),
    ],
)
def test_a_failure_is_at_a_file_of_the_module(text, line):
    report = FAILED.format(3, f"\n{text}\n")
    (failure,) = junit.parse_junit(report.encode(), COPY, FILES)[0].failures
    place = ("tests/unit/test_a.py", line) if line else ("src/a.py", 7)
    assert (failure.path, failure.line) == place


def test_a_failure_elsewhere_is_nowhere():
    (failure,) = junit.parse_junit(FAILED.format(3, "").encode(), COPY, set())[0].failures
    assert (failure.path, failure.line) == ("", None)


@pytest.mark.parametrize("line", ["x", "-1", "9" * 5000, "\u0663", "1.5"])
def test_a_line_that_pytest_does_not_write(line):
    with pytest.raises(ToolFailedError, match="for a line"):
        junit.parse_junit(FAILED.format(line, "").encode(), COPY, FILES)


@pytest.mark.parametrize("name", ["b" * 300, "a\0b", "a\ud800b"])
def test_coverage_of_a_file_that_is_none(name):
    entry = {"executed_lines": [1], "missing_lines": []}
    entry |= {"executed_branches": [[1, 2]], "missing_branches": []}
    document = json.dumps({"files": {name: entry}}).encode()
    assert junit.parse_coverage(document, COPY) == {
        name: Measured(frozenset({1}), frozenset(), (1,))
    }


def test_a_reporter_says_a_line_that_no_file_has():
    test = {"kind": "test", "file": "src/a.ts", "state": "failed", "name": "t", "line": 3}
    test["errors"] = [{"message": "m", "stack": f"at src/a.ts:{'9' * 5000}:1"}]
    told = parse_told(json.dumps(test).encode(), COPY, "vitest")
    assert count_tests(told, "vitest", {}, COPY).failures[0].line == 3


CLEAN = {"dependencies": [{"name": "pyyaml", "version": "5.3", "vulns": []}], "fixes": []}


class TestPipAudit:
    def test_clean_needs_an_answer_for_every_package_of_this_machine(self):
        assert pip_audit.parse_pip_audit(ran(CLEAN), PACKAGES) == []

    def test_nothing_asked_is_not_clean(self):
        with pytest.raises(ToolFailedError, match="could not ask about pyyaml"):
            pip_audit.parse_pip_audit(ran({"dependencies": [], "fixes": []}), PACKAGES)

    def test_another_version_is_not_clean(self):
        document = {"dependencies": [{"name": "pyyaml", "version": "6.0", "vulns": []}]}
        with pytest.raises(ToolFailedError, match="another pyyaml"):
            pip_audit.parse_pip_audit(ran(document), PACKAGES)

    def test_a_skipped_package_is_not_clean(self):
        document = {"dependencies": [{"name": "pyyaml", "skip_reason": "not on PyPI"}]}
        with pytest.raises(ToolFailedError, match="could not ask about pyyaml"):
            pip_audit.parse_pip_audit(ran(document), PACKAGES)

    def test_what_others_carry_need_not_be_on_pypi_where_the_service_knows_one(self):
        absent = {"skip_reason": "Dependency not found on PyPI and could not be audited: x"}
        there = {"name": "pip", "version": "24.0", "vulns": []}
        pyyaml = {"name": "pyyaml", **absent}
        packages = [*PACKAGES, Locked("PyPI", "pip", "24.0", 0)]

        def parse(*answers: object) -> object:
            document = {"dependencies": answers}
            return pip_audit.parse_pip_audit(ran(document), packages, certainly="pip")

        assert parse(there, pyyaml) == []
        with pytest.raises(ToolFailedError, match="could not ask about pip"):
            parse({"name": "pip", **absent}, pyyaml)
        with pytest.raises(ToolFailedError, match="could not ask about pyyaml"):
            parse(there, {"name": "pyyaml", "skip_reason": "the service does not answer"})

    def test_no_answer_at_all(self):
        with pytest.raises(ToolFailedError, match="no route") as caught:
            pip_audit.parse_pip_audit(ran(b"", 1, b"ERROR: no route"), PACKAGES)
        assert "snapshot" in (caught.value.hint or "")

    def test_a_vulnerability_has_the_line_of_its_package(self):
        vulns = [
            {"id": "PYSEC-1", "fix_versions": ["5.4"], "aliases": ["CVE-1"], "description": "d"}
        ]
        document = {"dependencies": [{"name": "pyyaml", "version": "5.3", "vulns": vulns}]}
        (found,) = pip_audit.parse_pip_audit(ran(document, 1), PACKAGES)
        assert (found.id, found.fixed, found.package.line) == ("PYSEC-1", "5.4", 7)

    def test_a_status_that_does_not_fit(self):
        with pytest.raises(ToolFailedError, match="status 1"):
            pip_audit.parse_pip_audit(ran(CLEAN, 1), PACKAGES)


class TestNpmAudit:
    def answer(self, total: int, **vulnerabilities: object):
        return {"vulnerabilities": vulnerabilities, "metadata": {"dependencies": {"total": total}}}

    def test_clean(self):
        assert npm_audit.parse_npm_audit(ran(self.answer(2)), PACKAGES) == []

    def test_a_refusal_is_not_clean(self):
        document = {"message": "405 Method Not Allowed", "error": {"code": "E405"}}
        with pytest.raises(ToolFailedError, match="405"):
            npm_audit.parse_npm_audit(ran(document, 1), PACKAGES)

    def test_nothing_asked_is_not_clean(self):
        with pytest.raises(ToolFailedError, match="0 of 2"):
            npm_audit.parse_npm_audit(ran(self.answer(0)), PACKAGES)

    def test_a_vulnerability(self):
        via = {"url": "https://github.com/advisories/GHSA-1", "title": "t", "severity": "high"}
        packages = [Locked("npm", "x", "1.0.0", 5)]
        document = self.answer(1, x={"via": [via, "y"], "fixAvailable": True})
        (found,) = npm_audit.parse_npm_audit(ran(document, 1), packages)
        assert (found.id, found.severity, found.package.line) == ("GHSA-1", "high", 5)
