"""The one comment on a pull request: what it says, when it is edited, and why it is not posted."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from gates.ci.comment import Posted, comment, find, is_same
from gates.ci.conclude import conclude
from gates.ci.github_comments import AUTHOR, MOST_PAGES, NotPostedError, PullRequest
from gates.ci.plan import folder_name, make_plan
from gates.ci.results import StageReport
from gates.cli import cli
from gates.model import Stage, Verdict
from gates.report.markdown import COMMENT_BYTES
from tests.ci.github_api import REPOSITORY, TOKEN, GitHub, serving

PLAN = make_plan(["notes"], event="pull_request", publish=False)
FINDING = {
    "check": "tenant-isolation", "level": "error", "message": "leaks", "path": "migrations/000.sql",
    "line": 3, "object": None, "fix": "add a policy", "detail": "SELECT 1;", "fingerprint": "f" * 8,
}  # fmt: skip


def checks(*findings, verdict="fail", **changed):
    return [{"id": "tenant-isolation", "verdict": verdict, "reason": None, "hint": None,
             "seconds": 1.0, "findings": list(findings), "waived": [], **changed}]  # fmt: skip


def said(*findings, plan=PLAN, workflow="gates", verdict="fail", **changed):
    """The comment where the stage test ended so."""
    found = {}
    for module in plan.modules:
        for stage in (each for each in Stage if each not in plan.skips):
            made = checks(*findings, verdict=verdict, **changed) if stage == "test" else []
            ended = Verdict(verdict) if made else Verdict.PASS
            document = {"stages": [{"stage": stage.value, "checks": made}]}
            found[module, stage] = StageReport(ended, ("notes",), document)
    results = {each.value: "success" for each in Stage} | dict.fromkeys(plan.skips, "skipped")
    ended = conclude({"plan": "success", **results}, plan, found)
    return comment(ended, plan, found, workflow=workflow)


def posted(body, author=AUTHOR):
    return Posted(1, author, body)


def test_the_comment_tells_verdict_stages_and_findings():
    text = said(FINDING)
    lines = text.splitlines()
    assert re.fullmatch(r"<!-- axon-gates: workflow=gates-\w{8} digest=[0-9a-f]{16} -->", lines[0])
    assert lines[1] == "## ✗ Gates: fail"
    assert "| notes | ✓ pass | ✓ pass | ✗ fail | ✓ pass | ✓ pass | left out | left out |" in lines
    assert "- publish was left out: a run on pull_request publishes nothing" in lines
    assert "✗ <b>tenant-isolation</b> <code>migrations/000.sql:3</code> leaks" in text
    assert "SELECT 1;&#10;fix: add a policy&#10;in test of notes" in text


def test_what_could_not_be_checked_stands_between_errors_and_warnings():
    text = said({**FINDING, "level": "warning", "message": "slow"}, FINDING,
                verdict="inconclusive", reason="no server", hint="start one")  # fmt: skip
    places = [text.index(each) for each in ("leaks", "could not be checked", "slow")]
    assert places == sorted(places)
    assert "no server&#10;start one" in text


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"line": 9}, True),
        ({"message": "leaks more"}, False),
        ({"level": "warning"}, False),
        ({"fix": None}, False),
        ({"fingerprint": "0"}, False),
    ],
)
def test_what_is_a_change(change, same):
    assert is_same(posted(said(FINDING)), said({**FINDING, **change})) is same


def test_times_are_no_change_and_verdicts_and_reasons_are():
    assert is_same(posted(said(FINDING, seconds=1.0)), said(FINDING, seconds=2.0))
    assert not is_same(posted(said(FINDING)), said(FINDING, verdict="pass"))
    assert not is_same(posted(said(FINDING)), said(FINDING, reason="no server"))
    assert not is_same(posted(said()), said(FINDING))
    assert not is_same(posted("text"), "text")


def test_the_comment_of_a_workflow_is_found_by_its_marker_and_author():
    body = said(FINDING)
    own, other = posted(said()), posted(said(workflow="another"))
    assert find([posted("hello"), other, own, own], body, AUTHOR) is own
    assert find([posted(body, "stranger"), posted(f" {body}"), other], body, AUTHOR) is None
    assert find([own], "no marker", AUTHOR) is None


def test_a_comment_is_never_too_long_and_says_what_is_missing():
    long = {**FINDING, "detail": "ü" * 9000}
    text = said(*[{**long, "fingerprint": str(each)} for each in range(100)])
    assert len(text.encode()) <= COMMENT_BYTES
    assert text.count("<details>") == text.count("</details>")
    left = re.search(r"cut here, and (\d+) more findings did not fit", text)
    assert int(left[1]) + text.count("<details>") == 100
    many = make_plan([f"modules/{'m' * 200}{each}" for each in range(500)], event="push",
                     publish=False)  # fmt: skip
    assert len(said(FINDING, plan=many).encode()) <= COMMENT_BYTES


@limits(max_examples=50)
@given(st.dictionaries(st.sampled_from(sorted(FINDING)), st.one_of(
    st.none(), st.integers(), st.lists(st.integers(), max_size=2),
    st.text(st.characters() | st.sampled_from("<>@#|`\n\ud800")))))  # fmt: skip
def test_no_text_of_a_report_is_markdown_or_html(values):
    text = said({**FINDING, **values})
    text.encode()
    body = text.partition("\n<details>")[2]
    assert re.sub(r"</?(details|summary|pre|b|code)>", "", body).count("<") == 0
    assert "\n\n" not in body
    assert not re.search(r"@\w", body)


def test_reports_with_other_shapes_are_no_crash():
    for document in ({}, {"stages": 1}, {"stages": [1]}, {"stages": [{"checks": [{}, 2]}]}):
        report = StageReport(Verdict.PASS, ("notes",), document)
        found = {("notes", stage): report for stage in Stage}
        comment(conclude({}, PLAN, found), PLAN, found, workflow="gates")
    comment(conclude({}, None, {}), None, {}, workflow="")


@pytest.fixture
def github():
    with serving(GitHub()) as made:
        yield made


@pytest.fixture
def post(github, folder, monkeypatch):
    """Runs `gates ci comment` in a job of a pull request."""
    monkeypatch.chdir(folder)
    (folder / "comment.md").write_text(said(FINDING))

    def run(head=REPOSITORY, event="pull_request", **variables):
        value = {"pull_request": {"number": 7, "head": {"repo": {"full_name": head}}}}
        (folder / "event.json").write_text(json.dumps(value if event == "pull_request" else {}))
        environment = {
            **github.environment(), "GITHUB_EVENT_NAME": event, "PIPELINE_RESULTS": str(folder),
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), **variables,
        }  # fmt: skip
        ended = CliRunner().invoke(cli, ["ci", "comment"], env=environment)
        assert ended.exit_code == 0, ended.output
        assert TOKEN not in ended.output
        run.summary = ""
        if (folder / "summary.md").exists():
            run.summary = (folder / "summary.md").read_text()
        return ended.output

    return run


def test_a_comment_is_made_left_alone_and_edited_in_place(github, post, folder):
    github.add("a person's", "somebody")
    assert post() == "the comment was made\n"
    assert post() == "the comment stands as it is: verdict and findings have not changed\n"
    (folder / "comment.md").write_text(said())
    assert post() == "the comment was edited\n"
    assert [each["body"] for each in github.comments] == ["a person's", said()]
    assert [each.partition(" ")[0] for each in github.written] == ["POST", "PATCH"]
    assert post.summary == ""


def test_the_comment_is_found_on_any_page(github, post):
    for _ in range(250):
        github.add("another", "somebody")
    github.add(None, None)
    mine = github.add(said())
    assert post() == "the comment was edited\n"
    assert mine["body"] == said(FINDING)
    assert sum(each.startswith("GET") for each in github.asked) == 3


def test_a_marker_that_somebody_else_wrote_keeps_nothing_from_being_posted(github, post):
    theirs = github.add(said(FINDING), "stranger")
    assert post() == "the comment was made\n"
    assert theirs["body"] == said(FINDING)
    assert len(github.comments) == 2


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (403, {}, "has to grant the permission pull-requests: write"),
        (401, {}, "has to grant the permission pull-requests: write"),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"},
         "rate limit is reached until 00:00 UTC"),
        (403, {"Retry-After": "60"}, "rate limit is reached"),
        (429, {"X-RateLimit-Reset": "9" * 40}, "rate limit is reached"),
        (404, {}, "finds no such pull request or comment"),
        (422, {}, "GitHub answered 422"),
        (502, {}, "GitHub answered 502"),
        (302, {"Location": "http://127.0.0.1:9/elsewhere"}, "GitHub answered 302"),
    ],
)  # fmt: skip
def test_an_error_of_the_api_is_a_sentence_and_turns_no_verdict(
    github, post, method, status, headers, words
):
    if method == "PATCH":
        github.add(said())
    github.status, github.headers = {method: status}, headers
    output = post()
    assert output.startswith("nothing was posted: ")
    assert words in output
    assert "Traceback" not in output
    assert "is not good enough" not in output, "the server's words may hold the token"
    assert post.summary.startswith(f"*Not posted on the pull request: {output[20:].strip()}.*")
    assert "tenant-isolation" in post.summary


def test_a_fork_is_told_why_nothing_is_posted(github, post):
    github.status = {"POST": 403}
    assert post("stranger/notes") == (
        "nothing was posted: the pull request comes from a fork, and its token may only read\n"
    )
    assert said(FINDING) in post.summary


def test_a_fork_whose_token_may_write_is_answered(github, post):
    assert post("stranger/notes") == "the comment was made\n"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"event": "push"}, "the event push is none of a pull request"),
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_API_URL": "file:///etc"}, "no API to reach it by"),
        ({"GITHUB_API_URL": "http://127.0.0.1:9"}, "GitHub was not reached"),
        ({"GITHUB_REPOSITORY": "axon/notes/../x"}, "names no repository"),
    ],
)
def test_without_what_it_needs_nothing_is_posted(github, post, variables, words):
    assert words in post(**variables)
    assert github.asked == []


def test_a_pipeline_that_broke_off_leaves_no_comment_that_says_pass(github, post, folder):
    mine = github.add(said(FINDING, verdict="pass"))
    (folder / "comment.md").unlink()
    assert post(GITHUB_WORKFLOW="gates") == "the comment was edited\n"
    assert "## ? Gates: inconclusive" in mine["body"]
    assert post(GITHUB_WORKFLOW="gates").startswith("the comment stands as it is")


@pytest.mark.parametrize("sarif", ['{"runs": []}', "broken", None])
def test_the_pipeline_leaves_the_comment_only_where_it_concluded(folder, sarif):
    place = folder / folder_name("notes")
    place.mkdir()
    for stage in (each for each in Stage if each not in PLAN.skips):
        check = [{"id": "x", "verdict": "pass", "findings": [], "waived": []}]
        (place / f"{stage}.json").write_text(json.dumps({
            "schema_version": 1, "gates_version": "1", "policy": {"digest": "p"},
            "module": {"slug": "notes", "version": "1", "digest": "d"}, "verdict": "pass",
            "stages": [{"stage": stage.value, "verdict": "pass", "checks": check}],
        }))  # fmt: skip
        if sarif is not None:
            (place / f"{stage}.sarif").write_text(sarif)
    results = {e.value: {"result": "skipped" if e in PLAN.skips else "success"} for e in Stage}
    ended = CliRunner().invoke(cli, ["ci", "conclude"], env={
        "PIPELINE_NEEDS": json.dumps({"plan": {"result": "success"}, **results}),
        "PIPELINE_PLAN": PLAN.to_json(), "PIPELINE_RESULTS": str(folder),
        "GITHUB_WORKFLOW": "gates",
    })  # fmt: skip
    if sarif == '{"runs": []}':
        assert ended.exit_code == 0, ended.output
        text = (folder / "comment.md").read_text()
        assert text.startswith("<!-- axon-gates: workflow=gates-")
        assert "## ✓ Gates: pass" in text
    else:
        assert ended.exit_code != 0
        assert not (folder / "comment.md").exists()


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[1]", b'{"a": 1}', b"[{}]", b"[" * 99_999])
def test_an_answer_that_is_no_list_of_comments(github, post, answer):
    github.answer = answer
    assert "nothing was posted: GitHub's answer is no " in post()
    assert github.written == []


def test_more_comments_than_are_looked_at(github, monkeypatch):
    monkeypatch.setattr("gates.ci.github_comments.MOST_PAGES", 2)
    for _ in range(201):
        github.add("another", "somebody")
    request = PullRequest(github.url, REPOSITORY, 7, TOKEN)
    with pytest.raises(NotPostedError, match="more than 200 comments"):
        request.comments()
    assert MOST_PAGES == 50
    assert TOKEN not in repr(replace(request, number=8))
