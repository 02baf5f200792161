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
from gates.toolchains.opengrep import UNPARSED, Looked, parse, run
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


YOUNG = {
    "using": "  using file = open();\n",
    "await using": "  await using file = open();\n",
    "import attributes": '  const data = await import("x", { with: { type: "json" } });\n',
    "accessor": "  class A { accessor name = 1; }\n",
    "static block": "  class A { static { open(); } }\n",
    "satisfies": "  const a = { b: 1 } satisfies object;\n",
    "decorators": "  @sealed\n  class A { @logged m(): void {} }\n",
    "const type parameters": "  const f = function <const T>(x: T): T { return x; };\n",
}
PARSED = {"import attributes", "satisfies", "decorators"}


def test_young_syntax_is_named_at_its_place(open_tools):
    """After a static block, opengrep takes the rest of the function for something else: so the
    place is an error, whatever else is found in its file."""
    files = {
        f"src/a{number}.ts": (
            f"export async function h(request: RouteRequest): Promise<void> {{\n{text}"
            "  execSync(request.rawBody);\n}\n"
        ).encode()
        for number, text in enumerate(YOUNG.values())
    }
    found = list(run(open_tools(files), "typescript", [*files], ".ts"))
    for path, name in zip(files, YOUNG, strict=True):
        rules = [each.rule for each in found if each.location.path == path]
        assert ("command-injection" in rules) is (name != "static block"), name
        assert (UNPARSED in rules) is (name not in PARSED), name
    (using,) = (
        each for each in found if each.rule == UNPARSED and each.location.path == "src/a0.ts"
    )
    assert (using.location, using.level) == (Location("src/a0.ts", 2, 9, 13), Level.ERROR)
    assert "waiver" in (using.fix or "")


def test_a_file_that_cannot_be_read_takes_no_finding_from_another(open_tools):
    files = {
        "src/a.ts": b"const x = (; {\n",
        "src/b.ts": b"export function h(request: RouteRequest) { execSync(request.rawBody); }\n",
    }
    found = run(open_tools(files), "typescript", [*files], ".ts")
    assert next(each for each in found if each.rule != UNPARSED).location.path == "src/b.ts"
    with pytest.raises(ToolFailedError, match=r"src/a\.ts") as error:
        list(found)
    assert error.value.hint


def test_what_was_not_looked_at_is_named_by_its_file():
    entry = {"error_type": "Timeout", "message": "too\nlong", "location": {"path": "src/a.ts"}}
    assert parse(document(errors=[entry]), COPY, RULES).unread == {"src/a.ts": "too long"}


def test_a_comment_that_never_ends_is_named(open_tools):
    files = {"src/a.ts": b"/* never ends\n", "src/b.ts": b"export const b = 1;\n"}
    found = list(run(open_tools(files), "typescript", [*files], ".ts"))
    assert {(each.location.path, each.rule) for each in found} == {("src/a.ts", UNPARSED)}


def document(**more: object) -> bytes:
    """What the program prints of one file without a fault."""
    whole = {
        "version": "1", "results": [], "errors": [], "paths": {"scanned": ["src/a.ts"]},
        "skipped_rules": [], "rules_by_engine": [[each.id, "OSS"] for each in RULES], **more,
    }  # fmt: skip
    return json.dumps(whole).encode()


def test_what_is_printed_of_a_clean_file():
    assert parse(document(), COPY, RULES) == Looked(frozenset({"src/a.ts"}), (), {})


@pytest.mark.parametrize(
    "more",
    [
        {"errors": [{"message": "no"}]},
        {"errors": [{"error_type": ["PartialParsing", [{}]], "path": "/copy/src/a.ts"}]},
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
