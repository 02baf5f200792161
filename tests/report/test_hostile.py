"""Text of an untrusted module changes the form of no report: properties over hostile text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import Phase, given, settings
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt

from gates.model import Level
from gates.report import FORMATS
from gates.report.escaping import BIDIRECTIONAL, cut, markdown_html, safe, without_commands
from tests.report.samples import HOSTILE, everything, failed, finding, hostile_reports

QUICK = settings(max_examples=25, phases=(Phase.explicit, Phase.generate))
"""Without shrinking, which takes minutes for a report; the example that fails is small enough."""
VOID = {"meta", "br", "img", "input", "link", "hr"}
SARIF = Draft4Validator(
    json.loads((Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json").read_text("utf-8"))
)
COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-zA-Z]+=[^:,\n]*,?)+)::([^\n]*)\Z")
IN_MARKDOWN = {
    "h2", "h3", "table", "tr", "th", "td", "p", "code", "b", "details", "summary", "pre",
}  # fmt: skip
IN_HTML = IN_MARKDOWN - {"b"} | {
    "html", "head", "meta", "title", "style", "body", "a", "header", "div", "h1", "dl", "dt", "dd",
    "nav", "ul", "li", "main", "section", "caption", "thead", "tbody", "span", "svg", "rect",
    "mark", "article", "strong", "ol", "br", "footer",
}  # fmt: skip


class Tags(HTMLParser):
    """Every tag with its attributes; raises where one is closed that is not the last open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.comments: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def harmless(text: str) -> bool:
    return all(
        each not in BIDIRECTIONAL and (each in "\n\t\u200b" or each.isprintable()) for each in text
    )


@given(hostile_reports())
@QUICK
def test_no_report_holds_what_a_terminal_obeys_or_what_turns_text_around(report):
    for name, form in FORMATS.items():
        text = form.render(report)
        text.encode("utf-8", "strict" if name != "json" else "replace")
        assert name == "json" or harmless(text), name


@given(hostile_reports())
@QUICK
def test_text_is_no_workflow_command(report):
    for line in re.split(r"[\n\r\x85\u2028\u2029]", FORMATS["text"].render(report)):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


@given(hostile_reports())
@QUICK
def test_annotations_are_whole_commands_and_nothing_else(report):
    lines = FORMATS["github"].render(report).removesuffix("\n").split("\n")
    assert all(map(COMMAND.fullmatch, lines)), lines
    opened = sum(len(each.findings) for stage in report.stages for each in stage.checks)
    assert len(lines) == opened + 1


@given(hostile_reports())
@QUICK
def test_sarif_meets_the_schema(report):
    document = json.loads(FORMATS["sarif"].render(report))
    assert not [each.message for each in SARIF.iter_errors(document)]
    for result in document["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9/_.~%-]+", uri)
        assert unquote(uri).startswith("modules/sample/")


@given(hostile_reports())
@QUICK
def test_junit_is_xml_with_a_case_for_each_check(report):
    root = ElementTree.fromstring(FORMATS["junit"].render(report))
    assert len(root.findall("testsuite/testcase")) == len(report.stages[0].checks)


@pytest.mark.parametrize("name", ["summary", "markdown"])
@given(report=hostile_reports())
@QUICK
def test_markdown_is_blocks_of_our_html_and_nothing_else(name, report):
    text = FORMATS[name].render(report)
    kinds = {each.type for each in MarkdownIt("gfm-like", {"linkify": False}).parse(text)}
    assert kinds <= {"html_block", "paragraph_open", "inline", "paragraph_close"}
    tags = Tags(text)
    assert {tag for tag, _ in tags.found} <= IN_MARKDOWN
    assert not [attributes for _, attributes in tags.found if attributes]
    assert len(tags.comments) == (name == "markdown")
    assert not re.search(r"@\w|#\d|(?i:\bgh-\d)", "".join(tags.text))


@given(hostile_reports())
@QUICK
def test_the_page_has_only_our_tags_and_asks_nothing_of_anybody(report):
    tags = Tags(FORMATS["html"].render(report))
    assert {tag for tag, _ in tags.found} <= IN_HTML
    names = [attributes.get("id") for _, attributes in tags.found if "id" in attributes]
    assert len(names) == len(set(names))
    for _, attributes in tags.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert "src" not in attributes
        where = attributes.get("href") or "#"
        assert where.startswith(("#", "data:application/gzip;base64,"))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_said_is_still_to_be_read_in_the_markdown(text):
    tags = Tags(f"<pre>{markdown_html(text)}</pre>")
    assert "".join(tags.text).replace("\u200b", "") == safe(text).replace("\t", "    ").replace(
        "\u200b", ""
    )


def test_what_begins_like_a_command_is_no_command():
    assert without_commands("  ::error::x\n::y\na::b ##[c]") == "  : :error::x\n: :y\na::b ## [c]"


def test_cut_never_exceeds():
    assert [cut("abcd", n) for n in (5, 4, 3)] == ["abcd", "abcd", "ab…"]


def test_every_level_is_in_the_plain_sample():
    levels = {f.level for s in everything().stages for f in s.findings()}
    assert levels == set(Level)
    assert failed(finding()).exit_code == 1
