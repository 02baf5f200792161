"""Old and new TypeScript declarations, with the bump that SemVer 2.0.0 demands and why.

All pairs are exports of one module, so that the compiler runs once. A break is a statement that
compiled against the old version and does not against the new one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gates.contract.code import compare_code, exported, exported_typescript
from gates.contract.code.compiled import ask_compiler
from gates.contract.code.placed import placed
from gates.contract.code.typescript import changes
from gates.contract.model import Bump, Change, largest
from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.module import from_files, load
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from gates.toolchains.languages.typescript.compiler import OPTIONS, parse_tsc
from gates.toolchains.languages.typescript.packages import install_packages, link_packages
from gates.toolchains.languages.typescript.platform_tools import platform_tool, platform_tools
from tests.conftest import EXAMPLES
from tests.contract.typescript_pairs import ALSO, PAIRS, UNSHOWN

MAJOR, MINOR = Bump.MAJOR, Bump.MINOR


def bundle(text: str, version: str) -> dict[str, bytes]:
    manifest = {"slug": "m", "version": version, "entrypoint": "src/index.ts"}
    return {
        "module.json": json.dumps(manifest).encode(),
        "package.json": b'{"type": "module"}',
        "dist/index.d.ts": f"{text}\nexport {{}};\n".encode(),
    }


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(state)})
    with Session(load(EXAMPLES / "_base" / "typescript"), Policy(), settings) as made:
        yield made


@pytest.fixture(scope="module")
def compare(session):
    def run(old: str, new: str, old_files=(), new_files=()):
        one = exported_typescript({**bundle(old, "1.0.0"), **dict(old_files)})
        other = exported({**bundle(new, "1.1.0"), **dict(new_files)}, "typescript")
        return compare_code(one, other, Tools(session))

    return run


@pytest.fixture(scope="module")
def all_changes(compare):
    olds, news = ("\n".join(each[side] for each in PAIRS.values()) for side in (1, 2))
    return compare(olds, news)


@pytest.mark.parametrize("name", PAIRS)
def test_bump(all_changes, name):
    names = {f"code:{name}"}
    found = [
        each
        for each in all_changes
        if each.symbol in names or each.symbol.startswith(f"code:{name}.")
    ]
    assert largest(found) is PAIRS[name][0], found
    assert all(each.proved for each in found) is (name not in UNSHOWN)


def test_the_example_of_a_break_compiles_against_the_old_version_alone(all_changes, session):
    examples = [each.example for each in all_changes if each.bump is MAJOR]
    assert None not in examples
    tools = Tools(session)
    link_packages(install_packages(tools), tools.folder)
    for side in (1, 2):
        text = "\n".join(each[side] for each in PAIRS.values())
        folder = tools.folder / str(side)
        for path, data in bundle(text, "1.0.0").items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        for number, example in enumerate(examples):
            (folder / f"example{number:03}.mts").write_text(example)
        files = sorted(str(each) for each in folder.glob("*.mts"))
        project = {"compilerOptions": {**OPTIONS, "noEmit": True, "types": []}, "files": files}
        (folder / "tsconfig.json").write_text(json.dumps(project))
        ran = tools.run(
            platform_tool(tools, "tsc"),
            ["-p", folder, "--pretty", "false"],
            cwd=folder,
            ok=(0, 1, 2),
        )
        _, problems = parse_tsc(ran.stdout, folder)
        refused = {problem.location.path for problem in problems}
        wanted = set() if side == 1 else {Path(each).name for each in files}
        assert refused == wanted


def test_what_only_a_copy_can_equal_is_equal_to_itself(compare):
    """Nominal types, type-only exports and global declarations, in more than one file."""
    text = """
        export type { Made } from "./made.js";
        import { Made } from "./made.js";
        declare const brand: unique symbol;
        export declare const box: { readonly [brand]: Made };
        export declare class Hides { private constructor(); protected a: Made; static of(): Hides }
        export declare class Keeps { protected constructor(a: Hides); #a; }
        export type Later<T> = T extends { a: infer U } ? Later<U> : [T] extends [never] ? Made : T;
        declare global { interface Shared { a: Made } var shared: Shared; }
    """
    made = b"export declare class Made { private a; b: import('./index.js').Later<string>; }"
    files = {"dist/made.d.ts": made}
    assert (
        compare(text, text, files, {**files, "package.json": b'{"type":"module","version":"2"}'})
        == []
    )
    assert compare(text, f"// again\n{text}", files, files) == []
    found = compare(text, f"{text}\nexport declare const more: Made;", files, files)
    assert [(each.symbol, each.bump) for each in found] == [("code:more", MINOR)]


def test_a_value_that_is_exported_as_a_type_alone_is_gone_as_a_value(compare):
    files = {"dist/made.d.ts": b"export declare class Made { a: string; }"}
    (found,) = compare(
        'export { Made } from "./made.js";', 'export type { Made } from "./made.js";', files, files
    )
    assert (found.bump, found.message) == (MAJOR, "Made is no longer a value")
    assert "void $m.Made;" in found.example


def test_an_example_imports_what_the_entrypoint_does_not_export(compare):
    text = 'import {{ Base }} from "./base.js"; export declare function made(a: Base): {};'
    files = {"dist/base.d.ts": b"export declare class Base { private a; b: string; }"}
    (found,) = compare(text.format("Base"), text.format("Base | null"), files, files)
    assert found.example.splitlines() == [
        'import * as $m from "./dist/index.js";',
        'import { Base as $d_dist_base_d_ts_Base } from "./dist/base.js";',
        "export function $p() {"
        "  const r: $d_dist_base_d_ts_Base = $m.made(null! as $d_dist_base_d_ts_Base); void r; }",
    ]


def test_other_global_declarations_could_not_be_shown(compare):
    text = "declare global {{ interface Shared {{ a: {} }} }}\nexport declare const a: 1;"
    (found,) = compare(text.format("string"), text.format("number"))
    assert (found.symbol, found.bump, found.proved) == ("code:*", MINOR, False)


def test_what_takes_the_compiler_too_long_could_not_be_shown(session):
    text = "export declare function a(): {};"
    old = exported_typescript(bundle(text.format("string"), "1.0.0"))
    new = exported_typescript(bundle(text.format("number"), "1.1.0"))
    tools = Tools(session)
    folder = tools.folder / "short"
    folder.mkdir()
    library = platform_tools(tools) / "node_modules" / "typescript"
    answer = ask_compiler(old, new, tools, folder, library, OPTIONS)
    cut = {**answer, "changed": [], "pending": ["a"]}
    (found,) = changes(old, new, cut)
    assert (found.symbol, found.bump, found.proved) == ("code:a", MINOR, False)
    assert "the compiler did not answer in 120 seconds of processor time" in found.message
    with pytest.raises(CouldNotCheckError, match=r"did not read the declarations in 0\.01 s"):
        ask_compiler(old, new, tools, folder, library, OPTIONS, seconds=0.01)


def test_a_compiler_that_the_machine_keeps_waiting_has_not_compared(session):
    text = "export declare function a(): {};"
    old = exported_typescript(bundle(text.format("string"), "1.0.0"))
    new = exported_typescript(bundle(text.format("number"), "1.1.0"))
    tools = Tools(session)
    folder = tools.folder / "busy"
    folder.mkdir()
    library = platform_tools(tools) / "node_modules" / "typescript"
    with pytest.raises(ToolFailedError, match=r"did not get .* of processor time") as raised:
        ask_compiler(old, new, tools, folder, library, OPTIONS, wait=0.0)
    assert "less busy" in str(raised.value.hint)


def test_nothing_else_is_accused(all_changes):
    known = {*PAIRS, *ALSO}
    assert {each.symbol.removeprefix("code:").partition(".")[0] for each in all_changes} <= known


def test_the_compiler_says_why(all_changes):
    (change,) = [each for each in all_changes if each.symbol == "code:wider"]
    assert "Type 'undefined' is not assignable to type 'string'." in change.message
    assert (change.old.path, change.new.path) == ("src/index.ts", "src/index.ts")


def test_equal_declarations_have_no_changes(compare):
    for side in (1, 2):
        text = "\n".join(each[side] for each in PAIRS.values())
        assert compare(text, f"{text}\n\n") == []


def test_what_was_declared_with_a_package_that_is_gone_is_not_taken_for_equal(compare):
    old = 'export declare function f(): import("gone-package").Thing;'
    found = compare(old, "export declare function f(): string;")
    assert [(each.bump, each.proved) for each in found if each.symbol == "code:*"] == [
        (MINOR, False)
    ]


def test_declarations_of_the_new_version_with_errors_are_inconclusive(compare):
    with pytest.raises(CouldNotCheckError, match="have errors"):
        compare("", 'export declare const a: import("no-such-package").Thing;')


def test_without_the_compiler_nothing_is_said():
    apis = [
        exported_typescript(bundle(text, "1.0.0")) for text in ("", "export declare const a: 1;")
    ]
    with pytest.raises(CouldNotCheckError, match="stage build"):
        compare_code(*apis)


def test_a_bundle_without_declarations_is_inconclusive():
    files = bundle("", "1.0.0")
    del files["dist/index.d.ts"]
    with pytest.raises(CouldNotCheckError, match=r"does not hold dist/index\.d\.ts"):
        exported_typescript(files)


def test_a_declaration_is_found_in_its_source():
    source = b"// Line\nexport const a = 1;\nexport abstract class  Kind<T> {}\n"
    module = from_files("x", {"src/kind.ts": source, "module.json": b"{}"})
    place = Location("src/kind.ts")
    changes = [
        Change("code", f"code:{name}", MINOR, "", Location("src/away.ts"), place)
        for name in ("Kind.a", "Kin", "Line", "a")
    ]
    found = placed(changes, module, module)
    assert [str(each.new) for each in found] == [
        "src/kind.ts:3:24", "src/kind.ts", "src/kind.ts", "src/kind.ts:2:14",
    ]  # fmt: skip
    assert {str(each.old) for each in found} == {"src/away.ts"}
