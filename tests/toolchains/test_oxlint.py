"""oxlint finds what ESLint found, and nothing of a module's makes it look away."""

from __future__ import annotations

import json

import pytest

from gates.errors import ToolFailedError
from gates.toolchains import Tools
from gates.toolchains.languages.typescript import oxlint, platform_tools
from gates.toolchains.languages.typescript.platform_tools import sources
from tests.truth import typescript_lint

FLOATING = "declare function later(): Promise<void>;\nexport const one = 1;\nlater();\n"
WAITING = "src/lib/waiting.ts:3 @typescript-eslint/no-floating-promises"


@pytest.fixture
def found(open_session):
    def run(files: dict[str, str]) -> list[str]:
        return sorted(typescript_lint.lint(open_session("typescript", files)))

    return run


def test_every_rule_finds_what_eslint_found(open_session):
    corpus = {path: text.decode() for path, text in typescript_lint.corpus().items()}
    ours = typescript_lint.lint(open_session("typescript", corpus))
    assert ours == typescript_lint.expected("oxlint")


def test_the_corpus_has_lines_for_every_rule():
    rules = json.loads((platform_tools.CONFIG / "oxlint.json").read_text("utf-8"))["rules"]
    seen = {each.split(" ")[1] for each in typescript_lint.expected("oxlint")}
    assert seen == {each.replace("typescript/", "@typescript-eslint/") for each in rules}


def test_what_a_module_brings_changes_nothing(found):
    files = {
        "src/lib/waiting.ts": FLOATING,
        ".oxlintrc.json": '{"ignorePatterns": ["**"]}',
        "src/.oxlintrc.json": '{"rules": {"typescript/no-floating-promises": "off"}}',
        "oxlint.gates.json": '{"rules": {}}',
        "tsconfig.json": '{"compilerOptions": {"baseUrl": "."}, "include": ["src"]}',
        "src/lib/tsconfig.json": '{"compilerOptions": {"noSuchOption": 1}, "include": ["."]}',
        ".eslintignore": "src\n",
    }
    assert found(files) == [WAITING]


def test_the_program_for_types_is_the_platforms(open_session, monkeypatch):
    """Left alone, oxlint takes a tsgolint from node_modules/.bin beside the files."""
    given, run = [], Tools.run

    def note(self, program, args, **more):
        given.append(more["env"]["OXLINT_TSGOLINT_PATH"])
        return run(self, program, args, **more)

    session = open_session("typescript", {"src/lib/waiting.ts": FLOATING})
    monkeypatch.setattr(Tools, "run", note)
    assert WAITING in typescript_lint.lint(session)
    (program,) = given
    assert program.startswith(str(platform_tools.platform_tools(Tools(session))))


def test_a_project_that_cannot_be_opened_is_inconclusive(open_session, monkeypatch):
    session = open_session("typescript", {"src/lib/waiting.ts": FLOATING})
    monkeypatch.setattr(
        oxlint,
        "write_project",
        lambda tools, files, _, name: (tools.module_copy / name).write_text(
            json.dumps({"compilerOptions": {"baseUrl": "."}, "files": list(files)})
        ),
    )
    with pytest.raises(ToolFailedError, match=r"oxlint says of tsconfig\.json: Invalid tsconfig"):
        typescript_lint.lint(session)


def test_a_file_that_is_no_typescript_is_a_finding_and_the_others_are_looked_at(found):
    texts = ("export function (\n", "export const a = {", "let let = 1;\n")
    files = {f"src/lib/broken{number}.ts": text for number, text in enumerate(texts)}
    places = found({**files, "src/lib/waiting.ts": FLOATING})
    assert {f"{path}:1 syntax" for path in files} <= set(places)
    assert WAITING in places


def test_a_file_that_oxlint_leaves_out_is_inconclusive(found):
    with pytest.raises(ToolFailedError, match="and looked at"):
        found({"src/lib/data.min.ts": "export const one = 1;\n"})


def test_files_of_every_ending_are_proved(found):
    texts = (
        "export const one = 1",
        "export const one = 1\r\n",
        "export const one = `\u2028\u00e9`; // the end",
        "#!/usr/bin/env node\nexport {};\n",
        "export const one = 1;\n\n\n",
        "",
    )
    files = {f"src/lib/ending{number}.ts": text for number, text in enumerate(texts)}
    assert found({**files, "src/lib/types.d.ts": "export type A = 1;"}) == []


def test_the_column_counts_characters(open_session):
    text = 'export const one = "éé😀" as any;\n'
    session = open_session("typescript", {"src/lib/ending.ts": text})
    files = sources(session.module)
    problems = oxlint.run(Tools(session), "oxlint.json", files, typed=True)
    columns = {each.rule: each.location.column for each in problems}
    assert columns["@typescript-eslint/no-explicit-any"] == text.index("any") + 1
