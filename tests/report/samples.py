"""Reports for tests: a plain one, one that shows everything, and hostile ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from gates.contract.model import Bump, Change
from gates.model import (
    CheckResult,
    Finding,
    Level,
    Location,
    LockSpan,
    RanRecord,
    Stage,
    StageResult,
    Verdict,
)
from gates.report import Envelope, Report
from gates.settings import Approval, Waiver
from gates.stages import STAGES_BEFORE
from gates.toolchains.tests import FileCoverage

STARTED = "2026-11-24T00:00:00Z"


def report(*stages: StageResult, **changes: object) -> Report:
    made = Report("0.1.0", "/m", "sample", "1.0.0", "ab" * 32, "cd" * 32, (), stages, 1.25)
    return replace(made, **changes)  # type: ignore[arg-type]


def failed(*findings: Finding, **changes: object) -> Report:
    result = CheckResult("ruff", Verdict.FAIL, findings, seconds=0.5)
    return report(StageResult(Stage.LINT, (result,), 2.0, {}, STARTED), **changes)


def finding(message: str = "no", **changes: object) -> Finding:
    made = Finding("ruff", message, Location("src/a.py", 3, 8, 11), excerpt="import os, sys")
    return replace(made, **changes)  # type: ignore[arg-type]


def everything() -> Report:
    """Every part that a report may have, with one of each kind in it."""
    leak = Finding(
        "tenant-isolation",
        "in tenant_sample_notes a session of one tenant reads rows of another",
        Location("migrations/003_share.sql", 12, 15, 21, "table public.tenant_sample_notes"),
        fix="DROP POLICY shared ON public.tenant_sample_notes;",
        detail="SET ROLE tenant_app_role;\nSELECT * FROM public.tenant_sample_notes;\n-- 3 rows",
        excerpt="CREATE POLICY shared ON tenant_sample_notes USING (true);",
    )
    waived = replace(finding("runs as its owner"), check="owner-rights", definition="ab" * 32)
    warning = finding("a line is long", level=Level.WARNING, rule="E501", fix="break it")
    note = finding("the first version", level=Level.NOTE)
    waiver = Waiver(
        "owner-rights", "read line by line", "Ada", "Grace", date(2027, 1, 31),
        fingerprint=waived.fingerprint,
    )  # fmt: skip
    proof = RanRecord("isolation proof", "PostgreSQL 18.6", None, 2, 0.6, "64 attempts")
    lint = (
        CheckResult("ruff", Verdict.FAIL, (finding("unused"), warning, note), seconds=0.1),
        CheckResult("mypy", Verdict.INCONCLUSIVE, reason="mypy is missing", hint="pip install"),
    )
    test = (
        CheckResult("tenant-isolation", Verdict.FAIL, (leak,), records=(proof,), seconds=1.2),
        CheckResult("owner-rights", Verdict.PASS, waived=(waived,)),
    )
    before = CheckResult(STAGES_BEFORE, Verdict.INCONCLUSIVE, reason="not attempted: lint failed")
    return report(
        StageResult(Stage.LINT_MANIFEST, (CheckResult("readable", Verdict.PASS),), 0.2),
        StageResult(Stage.LINT, lint, 2.0, {}, STARTED),
        StageResult(Stage.TEST, test, 9.0, {"bundle": "ef" * 32}, STARTED),
        StageResult(Stage.PUBLISH, (before,), 0.0, {}, STARTED),
        folder="modules/sample",
        waivers=(waiver,),
        approvals=(Approval("sample", "beta", "Grace", date(2027, 6, 30)),),
        coverage=(FileCoverage("src/a.py", 40, 12), FileCoverage("src/b.py", 8, 8)),
        base="0.9.2",
        changes=(
            Change("endpoints", "endpoint:GET /a", Bump.MAJOR, "GET /a is gone", example="GET /a"),
            Change("database", "column:a.b", Bump.MINOR, "b is new", new=Location("m.sql", 5)),
        ),
        locks=(
            LockSpan("migrations/003_share.sql", 5, "table public.a", "ACCESS EXCLUSIVE",
                     "reads and writes", 0.19, 10_000, True),
            LockSpan("migrations/004_new.sql", 2, "table public.b", "ACCESS EXCLUSIVE",
                     "reads and writes", 0.004, 10_000, False),
        ),
        envelopes=(Envelope("lint", "12" * 32, ("34" * 32,)),),
    )  # fmt: skip


HOSTILE = (
    "::error file=a::gotcha", "x\n::set-output name=a::b", "a\r\n::warning::b", "##[add-mask]x",
    "%0A::error::", ",line=1::x", "<script>alert(1)</script>", "</pre></details><h1>x</h1>",
    "-->", "]]>", "<!--", "a\u202eb\u2066c", "\x1b[2J\x1b]0;x\x07", "\ud800", "\x00", "\ufffe",
    "@octocat #1 gh-2", "[a](javascript:alert(1))", "![i](https://evil.example/x.png)", "```\n# x",
    "a | b\n|---|", "\n\n# heading\n\n* item", "&lt;b&gt;&#10;", "' onmouseover='x", '" href="x',
    "https://evil.example www.evil.example a@b.example", "\u2028::error::x", "\x85::error::x",
    " \t::debug::x", "</style><img src=x>", "\u200b", "{{ 7 }}", "../../etc/passwd", "a%2e%2e/b:c",
)  # fmt: skip
texts = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=3).map("".join)
findings = st.builds(
    Finding,
    check=st.sampled_from(("ruff", "mypy", "a<b>", "x\n::error::y")),
    message=texts,
    location=st.builds(
        Location,
        path=texts,
        line=st.none() | st.integers(0, 5),
        column=st.none() | st.integers(0, 80),
        end_column=st.none() | st.integers(0, 80),
        object=st.none() | texts,
    ),
    level=st.sampled_from(Level),
    fix=st.none() | texts,
    detail=st.none() | texts,
    excerpt=st.none() | texts,
    rule=st.none() | texts,
)


@st.composite
def hostile_reports(draw: st.DrawFn) -> Report:
    """A report of which every text that a module or a tool can write is hostile."""
    found = tuple(draw(st.lists(findings, min_size=1, max_size=3)))
    text = draw(texts)
    waiver = Waiver(found[0].check, text, text, text, date(2027, 1, 1), path=found[0].location.path)
    record = RanRecord("x proof", f"PostgreSQL {text}", 0, 1, 0.1, text)
    checks = (
        CheckResult("ruff", Verdict.FAIL, found, found[:1], (record,)),
        CheckResult(text or "x", Verdict.INCONCLUSIVE, reason=text, hint=text),
    )
    return replace(
        everything(),
        stages=(StageResult(Stage.TEST, checks, 0.5, {"row": text}, STARTED),),
        slug=text,
        version=draw(texts),
        waivers=(waiver,),
        coverage=(FileCoverage(text, 2, 1),),
        base=text,
        changes=(Change("database", text, Bump.MAJOR, text, example=text),),
        locks=(LockSpan(text, 1, text, "ACCESS SHARE", "nobody", 0.1, 9, True),),
    )
