"""What each format says, example by example."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from gates.model import CheckResult, Level, Location, Stage, StageResult, Verdict
from gates.report import FORMATS
from gates.report.markdown import COMMENT_BYTES, SUMMARY_BYTES, comment, marker, summary
from tests.report.samples import everything, failed, finding, report
from tests.report.test_hostile import SARIF


def sarif(made):
    document = json.loads(FORMATS["sarif"].render(made))
    assert not [each.message for each in SARIF.iter_errors(document)]
    return document["runs"][0]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_and_ends_with_a_line(name):
    for made in (report(), everything(), report(StageResult(Stage.LINT))):
        text = FORMATS[name].render(made)
        assert text == FORMATS[name].render(made)
        assert text.endswith("\n") or (name == "github" and not text)


def test_sarif_has_the_place_the_page_and_the_fingerprint_of_a_finding():
    run = sarif(everything())
    rule = {each["id"]: each for each in run["tool"]["driver"]["rules"]}["tenant-isolation"]
    assert "Why:" in rule["help"]["text"]
    assert rule["helpUri"].endswith("/docs/checks.md#tenant-isolation")
    result = next(each for each in run["results"] if each["ruleId"] == "tenant-isolation")
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {
        "uri": "modules/sample/migrations/003_share.sql", "uriBaseId": "%SRCROOT%",
    }  # fmt: skip
    assert physical["region"]["startLine"] == 12
    assert physical["region"]["endColumn"] == 21
    assert result["level"] == "error"
    assert "Fix: DROP POLICY" in result["message"]["text"]
    assert result["properties"]["fix"].startswith("DROP POLICY")


def test_sarif_counts_equal_fingerprints():
    found = finding()
    run = sarif(failed(found, replace(found, location=Location("src/a.py", 9))))
    hashes = [each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]]
    assert hashes == [f"{found.fingerprint}:1", f"{found.fingerprint}:2"]


def test_sarif_a_waiver_is_a_suppression_that_names_who_approved_it():
    results = sarif(everything())["results"]
    suppressed = [each for each in results if each["suppressions"]]
    assert [each["ruleId"] for each in suppressed] == ["owner-rights"]
    assert suppressed[0]["suppressions"] == [
        {
            "kind": "external", "status": "accepted", "justification": "read line by line",
            "properties": {"owner": "Ada", "approver": "Grace", "expires": "2027-01-31"},
        }
    ]  # fmt: skip


def test_sarif_what_could_not_be_checked_is_no_successful_execution():
    invocation = sarif(everything())["invocations"][0]
    assert invocation["executionSuccessful"] is False
    notes = invocation["toolExecutionNotifications"]
    assert [each["descriptor"]["id"] for each in notes] == ["mypy"]
    assert sarif(failed(finding()))["invocations"][0]["executionSuccessful"] is True
    assert sarif(report(StageResult(Stage.LINT)))["invocations"][0]["executionSuccessful"] is False


def test_junit_failures_errors_and_skipped_are_counted():
    root = ElementTree.fromstring(FORMATS["junit"].render(everything()))
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6", "failures": "2", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert root.find(".//testcase[@name='mypy']/error").get("message") == "mypy is missing"
    assert "DROP POLICY" in root.find(".//testcase[@name='tenant-isolation']/failure").text


def test_junit_a_stage_that_looked_at_nothing_is_an_error():
    root = ElementTree.fromstring(FORMATS["junit"].render(report(StageResult(Stage.LINT))))
    assert (root.get("tests"), root.get("errors")) == ("1", "1")


def test_annotations_are_escaped_and_relative_to_the_repository():
    found = finding("50 % of a: b, c\nd", location=Location("src/a,b:c.py", 3, 8, 11), fix="x")
    assert FORMATS["github"].render(failed(found, folder="modules/m")) == (
        "::error file=modules/m/src/a%2Cb%3Ac.py,line=3,col=8,endColumn=10,title=lint ruff"
        "::50 %25 of a: b, c%0Ad%0AFix: x\n"
    )


def test_annotations_without_a_file_name_none():
    assert "file=" not in FORMATS["github"].render(failed(finding(location=Location(""))))


@pytest.mark.parametrize(("number", "lines"), [(10, 10), (11, 10), (500, 10)])
def test_at_most_ten_annotations_a_level_and_the_last_counts_the_others(number, lines):
    errors = [finding(f"error {n}", location=Location("a", n + 1)) for n in range(number)]
    warnings = [replace(each, level=Level.WARNING) for each in errors]
    text = FORMATS["github"].render(failed(*errors, *warnings)).splitlines()
    for level in ("error", "warning"):
        of_level = [line for line in text if line.startswith(f"::{level} ")]
        assert len(of_level) == lines
        assert (f"+{number - 9} more" in of_level[-1]) is (number > 10)


def test_annotations_show_each_check_before_they_repeat_one():
    many = tuple(finding(f"{n}", location=Location("a", n + 1)) for n in range(50))
    leak = CheckResult("tenant-isolation", Verdict.FAIL, (replace(many[0], check="leak"),))
    made = failed(*many)
    made = replace(made, stages=(*made.stages, StageResult(Stage.TEST, (leak,))))
    assert "title=test leak" in FORMATS["github"].render(made).splitlines()[1]


def test_a_summary_that_is_too_long_is_cut_with_a_sentence():
    made = failed(*(finding(f"{n} é", detail="x\n" * 1500) for n in range(600)))
    text = summary(made)
    assert 900_000 < len(text.encode()) < SUMMARY_BYTES
    shown = text.count("<details>")
    assert f"and {600 - shown} more findings did not fit" in text


def test_a_comment_is_below_the_limit_of_github_and_says_what_was_cut():
    text = comment(failed(*(finding(f"<&{n}", fix="&" * 900) for n in range(300))))
    assert len(text) <= len(text.encode()) < COMMENT_BYTES < 65_536
    assert f"and {300 - text.count('<details>')} more findings did not fit" in text


def test_the_marker_of_a_comment_changes_with_verdict_and_findings_only():
    made = everything()
    later = replace(
        made, seconds=99.0, digest="00" * 32,
        stages=tuple(replace(each, seconds=7.0, started="2027") for each in made.stages),
    )  # fmt: skip
    assert marker(made) == marker(later)
    assert comment(made) == comment(later)
    assert comment(made).splitlines()[0] == marker(made)
    others = (failed(), failed(finding("a")), failed(finding("b")), failed(finding("a", fix="x")))
    moved = failed(finding("a", location=Location("src/a.py", 30, 8, 11)))
    assert len({marker(each) for each in others}) == 4
    assert marker(moved) == marker(others[1])
    waived = CheckResult("ruff", Verdict.PASS, waived=(finding("a"),))
    assert marker(report(StageResult(Stage.LINT, (waived,)))) != marker(others[1])


def test_the_page_shows_all_parts():
    page = FORMATS["html"].render(everything())
    for part in ("Could not be checked", "Findings", "Coverage", "Contract", "Proofs on a database",
                 "Locks", "Waivers and approvals", "Evidence", "All checks"):  # fmt: skip
        assert f">{part}</h2>" in page, part
    assert "<mark>shared</mark>" in page
    assert "approved by Grace" in page
    assert "12" * 32 in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (everything(), "Cannot be released: 2 checks failed, and each finding below says"),
        (everything(), "1 check could not be carried out, and what helps is said below"),
        (report(StageResult(Stage.LINT)), "Cannot be released: a stage has looked at nothing."),
        (report(StageResult(Stage.LINT, (CheckResult("ruff", Verdict.PASS),))),
         "Not released: nothing stands against it so far, and lint-manifest, test, build, scan,"
         " publish, release did not run."),
        (report(StageResult(Stage.RELEASE, (CheckResult("registered", Verdict.PASS),), 1.0,
                            {"row": "7"})), "Released: it is in the catalog, as row 7."),
    ],
)  # fmt: skip
def test_the_page_and_the_summaries_say_first_what_has_come_of_it(made, said):
    for name in ("html", "summary", "markdown"):
        text = FORMATS[name].render(made)
        assert said in text.partition("<table>")[0]


def test_a_failed_check_leads_to_its_first_finding_on_the_page():
    page = FORMATS["html"].render(everything())
    assert '<a href="#finding-tenant-isolation">tenant-isolation</a>' in page
    assert page.count('id="finding-tenant-isolation"') == 1
    assert '<p class="asked">A session of one tenant' in page


def test_a_page_of_too_many_findings_says_how_many_more():
    many = [finding(f"{n}", detail="<&>" * 2000) for n in range(400)]
    page = FORMATS["html"].render(failed(*many))
    assert len(page.encode()) < 5_000_000
    shown = page.count('<article class="finding error"')
    assert 0 < shown < 400
    assert f"{400 - shown} more did not fit on this page" in page


def test_the_page_of_a_pass_is_small():
    passed = report(StageResult(Stage.LINT, (CheckResult("ruff", Verdict.PASS),)))
    page = FORMATS["html"].render(passed)
    assert "No check found anything." in page
    assert len(page) < 20_000
