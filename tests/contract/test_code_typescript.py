"""Old and new TypeScript declarations, with the bump that SemVer 2.0.0 demands and why.

All pairs are exports of one module, so that the compiler runs once. A break is a statement that
compiled against the old version and does not against the new one.
"""

from __future__ import annotations

import json
import os

import pytest

from gates.contract.code import compare_code, exported, exported_typescript
from gates.contract.code.placed import placed
from gates.contract.model import Bump, Change, largest
from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module import from_files, load
from gates.settings import Policy, Settings
from gates.toolchains import Session, Tools
from tests.conftest import EXAMPLES

MAJOR, MINOR, NONE = Bump.MAJOR, Bump.MINOR, Bump.NONE
CTOR = "export declare class Ctor {{ constructor(a: {}); }}"
PAIRS = {
    "gone": (MAJOR, "export declare const gone: number;", ""),
    "needed": (
        MAJOR, "export declare function needed(a: string): void;",
        "export declare function needed(a: string, b: number): void;"),
    "offered": (
        MINOR, "export declare function offered(a: string): void;",
        "export declare function offered(a: string, b?: number): void;"),
    "dropped": (
        MAJOR, "export declare function dropped(a: string, b?: number): void;",
        "export declare function dropped(a: string): void;"),
    "wider": (
        MAJOR, "export declare function wider(): string;",
        "export declare function wider(): string | undefined;"),
    "narrower": (
        MINOR, "export declare function narrower(): string | undefined;",
        "export declare function narrower(): string;"),
    "stricter": (
        MAJOR, "export declare function stricter(a: string | number): void;",
        "export declare function stricter(a: string): void;"),
    "later": (
        MAJOR, "export declare function later(): string;",
        "export declare function later(): Promise<string>;"),
    "generic": (
        MAJOR, "export declare function generic<T>(a: T): T[];",
        "export declare function generic<T>(a: T): T;"),
    "made": (MAJOR, "export declare function made(): void;", "export declare class made {}"),
    "Given": (  # only the module makes it
        MINOR, "export interface Given { a: string }\nexport declare function give(): Given;",
        "export interface Given { a: string; b: string }\nexport declare function give(): Given;"),
    "Less": (
        MAJOR, "export interface Less { a: string; b: string }\nexport declare function l(): Less;",
        "export interface Less { a: string }\nexport declare function l(): Less;"),
    "Taken": (
        MAJOR,
        "export interface Taken { a: string }\nexport declare function take(a: Taken): void;",
        "export interface Taken { a: string; b: string }\n"
        "export declare function take(a: Taken): void;"),
    "Option": (
        MINOR, "export interface Option { a: string }\nexport declare function o(a: Option): void;",
        "export interface Option { a: string; b?: number }\n"
        "export declare function o(a: Option): void;"),
    "Payload": (  # used by nothing here: whoever imports it may read it and make it
        MAJOR, "export interface Payload { a: string }", "export interface Payload { a: number }"),
    "Method": (
        MAJOR, "export declare class Method { go(a: string | number): void; }",
        "export declare class Method { go(a: string): void; }"),
    "Hidden": (
        NONE,
        "export declare class Hidden { private a; #private; go(): void; }\n"
        "export declare function hide(): Hidden;",
        "export declare class Hidden { private b; #private; go(): void; }\n"
        "export declare function hide(): Hidden;"),
    "Ctor": (MAJOR, CTOR.format("string | number"), CTOR.format("string")),
    "Child": (
        MAJOR,
        "export declare class Parent { go(): void; }\n"
        "export declare class Child extends Parent { stay(): void; }",
        "export declare class Parent { go(): void; }\n"
        "export declare class Child { stay(): void; }"),
    "Open": (  # is there to be extended; the compiler lets a method take less than it is given
        MINOR, "export declare abstract class Open { abstract go(a: string): void; }",
        "export declare abstract class Open { abstract go(a: string | number): void; }"),
    "Either": (
        NONE, "export type Either<T> = T extends string ? number : { a: T };",
        "export type Either<T> = T extends string ? number : { a: T };"),
    "Fewer": (
        MAJOR, "export declare enum Fewer { A = 0, B = 1 }", "export declare enum Fewer { A = 0 }"),
    "Moved": (MAJOR, "export declare enum Moved { A = 0 }", "export declare enum Moved { A = 1 }"),
    "More": (
        MINOR, "export declare enum More { A = 0 }", "export declare enum More { A = 0, B = 1 }"),
    "Box": (
        MAJOR, "export interface Box<T> { v: T }", "export interface Box<T, U> { v: T; u: U }"),
    "Pair": (
        MINOR, "export interface Pair<T> { v: T }",
        "export interface Pair<T, U = T> { v: T; u?: U }"),
    "VERSION": (
        NONE, 'export declare const VERSION = "1.0.0";', 'export declare const VERSION = "1.1.0";'),
    "LIMIT": (MINOR, "export declare const LIMIT = 5;", "export declare const LIMIT = 6;"),
    "fresh": (MINOR, "", "export declare const fresh: number;"),
    "key": (
        NONE, "export declare const key: unique symbol;",
        "export declare const key: unique symbol;"),
    "space": (
        MAJOR, "export declare namespace space { function go(): void; }",
        "export declare namespace space { }"),
    "foreign": (
        NONE, 'export declare const foreign: import("zod").ZodString;',
        'export declare const foreign: import("zod").ZodString;'),
}  # fmt: skip
ALSO = {"give", "l", "take", "o", "hide", "Parent"}


def bundle(text: str, version: str) -> dict[str, bytes]:
    manifest = {"slug": "m", "version": version, "entrypoint": "src/index.ts"}
    return {
        "module.json": json.dumps(manifest).encode(),
        "package.json": b'{"type": "module"}',
        "dist/index.d.ts": f"{text}\nexport {{}};\n".encode(),
    }


@pytest.fixture(scope="module")
def compare(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(state)})
    with Session(load(EXAMPLES / "_base" / "typescript"), Policy(), settings) as session:

        def run(old: str, new: str):
            apis = exported_typescript(bundle(old, "1.0.0")), exported(
                bundle(new, "1.1.0"), "typescript"
            )  # fmt: skip
            return compare_code(*apis, Tools(session))

        yield run


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
    assert all(each.example for each in found if each.bump is MAJOR)


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
