"""The rules on injection: on sources for each, and what makes the check inconclusive."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from gates.errors import ToolFailedError
from gates.model import Level, Location
from gates.toolchains.injection_rules import read_rules
from gates.toolchains.opengrep import parse, run
from tests.conftest import ROOT

SUFFIXES = {"typescript": ".ts", "python": ".py"}
LEAST = 5
KNOWN = {
    ("path-traversal", False, "CodeQL: one of a list"),
    ("command-injection", True, "CodeQL: args in a variable"),
    ("path-traversal", False, "CodeQL: a common prefix"),
}
"""Of the public cases, those that are answered wrongly."""
COPY = Path("/copy")
RULES = read_rules("typescript")


def corpus(name: str) -> dict[tuple[str, bool, str], str]:
    """The sources, by rule, whether they break it, and name."""
    path = ROOT / "tests/truth/injection" / f"{name}.toml"
    return {
        (rule, kind == "bad", title): source
        for rule, kinds in tomllib.loads(path.read_text("utf-8")).items()
        for kind, sources in kinds.items()
        for title, source in sources.items()
    }


@pytest.mark.parametrize("language", SUFFIXES)
def test_precision_and_recall(open_tools, language):
    suffix = SUFFIXES[language]
    own, public = corpus(language), corpus(f"public_{language}")
    keys = [*own, *public]
    paths = {f"src/s{n}{suffix}": key for n, key in enumerate(keys)}
    files = {path: (own | public)[key].encode() for path, key in paths.items()}
    found = {
        (each.location.path, each.rule)
        for each in run(open_tools(files), language, [*paths], suffix)
    }
    for name, sources in ((language, own), (f"public {language}", public)):
        for rule in sorted({of for of, _, _ in sources}):
            part = {p: key[1] for p, key in paths.items() if key[0] == rule and key in sources}
            bad = {path for path, is_bad in part.items() if is_bad}
            hit = {path for path in part if (path, rule) in found}
            right = len(hit & bad)
            sys.stdout.write(
                f"{name} {rule}: {len(bad)} bad, {len(part) - len(bad)} good,"
                f" precision {right / (len(hit) or 1):.2f}, recall {right / len(bad):.2f}\n"
            )
            assert name != language or min(len(bad), len(part) - len(bad)) >= LEAST
            assert {paths[path] for path in hit ^ bad} <= KNOWN
            assert {paths[path] for path in hit ^ bad} == {
                key for key in KNOWN if key in sources and key[0] == rule
            }
    assert {rule for path, rule in found if rule != paths[path][0]} == set()


def test_a_comment_switches_nothing_off_and_columns_are_characters(open_tools):
    source = (
        "// nosemgrep\n"
        "export function h(request: RouteRequest): void {\n"
        '  const é = "é"; execSync(request.rawBody); // nosem\n'
        "}\n"
    )
    (found,) = run(open_tools({"src/a.ts": source.encode()}), "typescript", ["src/a.ts"], ".ts")
    assert found.location == Location("src/a.ts", 3, 27, 42)
    assert (found.rule, found.level) == ("command-injection", Level.ERROR)
    assert found.detail == "line 3: request"


def test_a_part_that_is_not_parsed_is_named_with_its_place():
    kind = ["PartialParsing", [{"path": "/copy/src/a.ts", "start": {"line": 3, "col": 7}}]]
    entry = {"error_type": kind, "message": "`T` was\nunexpected", "location": {"path": "src/a.ts"}}
    with pytest.raises(ToolFailedError, match=r"src/a\.ts:3:7: `T` was unexpected$") as error:
        parse(document(errors=[entry]), COPY, RULES)
    assert error.value.hint


@pytest.mark.parametrize("source", ["const x = (; {\n", "/* never ends\n"])
def test_a_file_that_is_no_typescript_is_inconclusive(open_tools, source):
    files = {"src/a.ts": source.encode(), "src/b.ts": b"export const b = 1;\n"}
    with pytest.raises(ToolFailedError):
        list(run(open_tools(files), "typescript", [*files], ".ts"))


def document(**more: object) -> bytes:
    """What the program prints of one file without a fault."""
    whole = {
        "version": "1", "results": [], "errors": [], "paths": {"scanned": ["src/a.ts"]},
        "skipped_rules": [], "rules_by_engine": [[each.id, "OSS"] for each in RULES], **more,
    }  # fmt: skip
    return json.dumps(whole).encode()


def test_what_is_printed_of_a_clean_file():
    assert parse(document(), COPY, RULES) == ({"src/a.ts"}, [])


@pytest.mark.parametrize(
    "more",
    [
        {"errors": [{"message": "no", "location": {"path": "/copy/src/a.ts"}}]},
        {"errors": [{"message": "no", "path": "/elsewhere/a.ts"}]},
        {"skipped_rules": [{"rule_id": "x"}]},
        {"rules_by_engine": []},
        {"paths": {"scanned": ["src/a.ts"], "skipped": [{"path": "src/b.ts"}]}},
        {"paths": {"scanned": ["../a.ts"]}},
        {"results": [{"check_id": "unknown"}]},
    ],
)
def test_what_is_not_all_is_inconclusive(more):
    with pytest.raises(ToolFailedError) as error:
        parse(document(**more), COPY, RULES)
    assert "/elsewhere" not in str(error.value)


def test_every_rule_has_what_it_needs():
    for language in SUFFIXES:
        rules = read_rules(language)
        assert len({each.id for each in rules}) == len(rules) >= 3
        assert all(each.severity in ("ERROR", "WARNING") and each.fix for each in rules)
        assert all("\n" not in each.canary for each in rules)
