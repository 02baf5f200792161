"""Pairs of declarations: the bump that the step from the first to the second asks for."""

from __future__ import annotations

from gates.contract.model import Bump

MAJOR, MINOR, NONE = Bump.MAJOR, Bump.MINOR, Bump.NONE
CTOR = "export declare class Ctor {{ constructor(a: {}); }}"
PAIRS = {
    "KindOut": (  # code that reads it knows two of them
        MAJOR, 'export type KindOut = "a" | "b";\nexport declare function kind(): KindOut;',
        'export type KindOut = "a" | "b" | "c";\nexport declare function kind(): KindOut;'),
    "KindIn": (  # only code outside makes it
        MINOR, 'export type KindIn = "a" | "b";\nexport declare function take(a: KindIn): void;',
        'export type KindIn = "a" | "b" | "c";\nexport declare function take(a: KindIn): void;'),
    "KindOfMember": (
        MAJOR,
        'export type KindOfMember = "a" | "b";\n'
        "export declare class Failed { readonly code: KindOfMember }",
        'export type KindOfMember = "a" | "b" | "c";\n'
        "export declare class Failed { readonly code: KindOfMember }"),
    "FewerOut": (
        MINOR, 'export type FewerOut = "a" | "b";\nexport declare function few(): FewerOut;',
        'export type FewerOut = "a";\nexport declare function few(): FewerOut;'),
    "FewerIn": (
        MAJOR, 'export type FewerIn = "a" | "b";\nexport declare function fewIn(a: FewerIn): void;',
        'export type FewerIn = "a";\nexport declare function fewIn(a: FewerIn): void;'),
    "KindOfMany": (
        MAJOR, "export type KindOfMany<T> = T | null;\n"
        "export declare function many<T>(a: T): KindOfMany<T>;",
        "export type KindOfMany<T> = T | null | undefined;\n"
        "export declare function many<T>(a: T): KindOfMany<T>;"),
    "tells": (
        MAJOR, "export declare function tells(a: string | number | boolean): a is string | number;",
        "export declare function tells(a: string | number | boolean): a is string | boolean;"),
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

SETS = "export declare class {} {{ get v(): string;{} }}"
BASE = "declare class {0}Base {{ id: string }}\nexport declare class {0} extends {0}Base {{ {1} }}"
MORE = {
    # What TypeScript's assignability does not see.
    "Fixed": (
        MAJOR, "export interface Fixed { a: string }",
        "export interface Fixed { readonly a: string }"),
    "FixedClass": (
        MAJOR, "export declare class FixedClass { a: string; }",
        "export declare class FixedClass { readonly a: string; }"),
    "FixedStatic": (
        MAJOR, "export declare class FixedStatic { static a: string; }",
        "export declare class FixedStatic { static readonly a: string; }"),
    "FixedLiteral": (
        MAJOR, "export type FixedLiteral<T> = { a: T };",
        "export type FixedLiteral<T> = { readonly a: T };"),
    "fixedValue": (
        MAJOR, "export declare const fixedValue: { a: string };",
        "export declare const fixedValue: { readonly a: string };"),
    "Loosened": (
        MINOR, "export interface Loosened { readonly a: string }",
        "export interface Loosened { a: string }"),
    "FixedTaken": (  # who only gives it can still make it
        MINOR,
        "export interface FixedTaken { a: string }\n"
        "export declare function ft(a: FixedTaken): void;",
        "export interface FixedTaken { readonly a: string }\n"
        "export declare function ft(a: FixedTaken): void;"),
    "NoSetter": (
        MAJOR, SETS.format("NoSetter", " set v(a: string);"), SETS.format("NoSetter", "")),
    "Setter": (MINOR, SETS.format("Setter", ""), SETS.format("Setter", " set v(a: string);")),
    "SetsLess": (
        MAJOR, SETS.format("SetsLess", " set v(a: string | number);"),
        SETS.format("SetsLess", " set v(a: string);")),
    "Narrowed": (
        MAJOR, BASE.format("Narrowed", "go(a: string | number): void;"),
        BASE.format("Narrowed", "go(a: string): void;")),
    "Widened": (
        MINOR, BASE.format("Widened", "go(a: string): void;"),
        BASE.format("Widened", "go(a: string | number): void;")),
    "overload": (
        MAJOR,
        "export declare function overload(a: string): string;\n"
        "export declare function overload(a: number): number;",
        "export declare function overload(a: string): string;"),
    "overloads": (
        MINOR, "export declare function overloads(a: string): string;",
        "export declare function overloads(a: string): string;\n"
        "export declare function overloads(a: number): number;"),
    "Overload": (
        MAJOR, "export declare class Overload { go(a: string): string; go(a: number): number; }",
        "export declare class Overload { go(a: string): string; }"),
    "overloadGives": (
        MAJOR,
        "export declare function overloadGives(a: string): string;\n"
        "export declare function overloadGives(a: number): number;",
        "export declare function overloadGives(a: string): string;\n"
        "export declare function overloadGives(a: number): string;"),
    "predicate": (
        MAJOR, "export declare function predicate(a: unknown): a is string;",
        "export declare function predicate(a: unknown): a is string | number;"),
    # What a class hides, and what it shows to those who extend it.
    "Private": (
        MINOR, "export declare class Private { private constructor(); go(): void; }",
        "export declare class Private { private constructor(); go(): void; stop(): void; }"),
    "Protected": (
        MINOR, "export declare class Protected { protected constructor(a: string); go(): void; }",
        "export declare class Protected {\n"
        "protected constructor(a: string); go(): void; end(): void; }"),
    "ProtectedMade": (
        MAJOR, "export declare class ProtectedMade { protected constructor(a: string | number); }",
        "export declare class ProtectedMade { protected constructor(a: string); }"),
    "Inside": (
        MAJOR, "export declare class Inside { protected a: string; }",
        "export declare class Inside { protected a: number; }"),
    "Closed": (
        MAJOR, "export declare class Closed { constructor(); }",
        "export declare class Closed { private constructor(); }"),
    "Unimplemented": (
        MAJOR, "export declare abstract class Unimplemented { abstract a(): void; }",
        "export declare abstract class Unimplemented { abstract a(): void; abstract b(): void; }"),
    # A class is had from the module, also where it is taken.
    "Handle": (
        MINOR,
        "export declare class Handle { a(): void; }\nexport declare function h(a: Handle): void;",
        "export declare class Handle { a(): void; b(): void; }\n"
        "export declare function h(a: Handle): void;"),
    # Nominal and deferred types, below the top level.
    "Marked": (
        MINOR,
        "declare const mark: unique symbol;\n"
        "export interface Marked { [mark]: string; a: string }\n"
        "export declare function mk(): Marked;",
        "declare const mark: unique symbol;\n"
        "export interface Marked { [mark]: string; a: string; b?: string }\n"
        "export declare function mk(): Marked;"),
    "Deferred": (
        MINOR,
        "export interface Deferred<T> { a: T extends string ? 1 : 2; b: string }\n"
        "export declare function df(): Deferred<string>;",
        "export interface Deferred<T> { a: T extends string ? 1 : 2; b: string; c: string }\n"
        "export declare function df(): Deferred<string>;"),
    "Decides": (
        MAJOR, "export type Decides<T> = T extends string ? { a: 1 } : { b: 2 };",
        "export type Decides<T> = T extends string ? { c: 1 } : { b: 2 };"),
    "Inner": (  # a type that only the module can name
        MAJOR,
        "interface InnerOptions { a?: string }\n"
        "export declare class Inner { go(a: InnerOptions): void; }",
        "interface InnerOptions { a?: number }\n"
        "export declare class Inner { go(a: InnerOptions): void; }"),
    "Renamed": (
        NONE,
        "interface One { a: string }\nexport declare function Renamed(a: One): void;",
        "interface Other { a: string }\nexport declare function Renamed(a: Other): void;"),
}  # fmt: skip
UNSHOWN = {
    "Open", "LIMIT",
    "Store", "Part",
}  # fmt: skip
"""Those where no program showed a break, and none was ruled out."""
MORE |= {
    "Store": (  # the module has one to give, and others may make their own
        MINOR,
        "export interface Store { get(): string }\n"
        "export declare function memory(): Store;\nexport declare function use(a: Store): void;",
        "export interface Store { get(): string; clear(): void }\n"
        "export declare function memory(): Store;\nexport declare function use(a: Store): void;"),
    "Part": (
        MINOR,
        "export interface Part { a: string }\n"
        "export declare function part(a: Partial<Part>): Part;",
        "export interface Part { a: string; b: string }\n"
        "export declare function part(a: Partial<Part>): Part;"),
    "loose": (  # what may be undefined is taken by none of them
        MAJOR,
        "export declare function loose(a?: string): void;\n"
        "export declare function loose(a?: () => void): void;",
        "export declare function loose(a?: string): void;\n"
        "export declare function loose(a: () => void): void;"),
}  # fmt: skip

HANDED = """
export interface {0} {{ a?: {1} }}
export declare {2}class {0}Maker{4} {{
  {3}constructor(from?: {0}Maker); {2}go(a: {0}): void;
}}
"""


def handed(
    name: str, bump: Bump, inner: str, words: str = "", above: str = ""
) -> tuple[Bump, str, str]:
    """What a class takes, where the class itself is taken too."""
    one, other = (
        HANDED.format(name, each, words, inner, above) for each in ("string", "string | null")
    )
    return bump, one, other


MORE |= {
    # Only the module has objects of a class that hides something: others give, and read nothing.
    "HandedPrivate": handed("HandedPrivate", MINOR, "private a; "),
    "HandedHash": handed("HandedHash", MINOR, "#a; "),
    "HandedProtected": handed("HandedProtected", MINOR, "protected a: string; "),
    "HandedInherited": handed("HandedInherited", MINOR, "", above=" extends Inside"),
    # Others can make these, and are told.
    "HandedOpen": handed("HandedOpen", MAJOR, "b: string; "),
    "HandedStatic": handed("HandedStatic", MAJOR, "private static a; "),
    "HandedAbstract": handed("HandedAbstract", MAJOR, "private a; ", "abstract "),
}  # fmt: skip
BEHIND = """
declare class {0}Inner<T = string> {{ constructor(a: T); go(a: {1}): T; static of: number; }}
export declare const {0}: typeof {0}Inner;
"""
JOINED = "export type {}<A, B> = {};"
JOIN = "Omit<A, keyof B> & B"
TOLD = """
declare abstract class {0}Inner<T> {{ all: {1}[]; own: T; }}
export type {0}<T = number> = InstanceType<typeof {0}Inner<T>>;
export declare function make{0}(): {0};
"""
MORE |= {
    # A variable that stands for a class is what the class is, wherever that is declared.
    "Behind": (
        MAJOR, BEHIND.format("Behind", "string | number"), BEHIND.format("Behind", "string")),
    "BehindMoved": (
        MINOR, BEHIND.format("BehindMoved", "string"),
        "export declare class BehindMoved<T = string>"
        " { constructor(a: T); go(a: string): T; static of: number; }"),
    # What the compiler does not decide for any types, it does for some that others may give.
    "Joined": (
        MAJOR, JOINED.format("Joined", JOIN),
        JOINED.format("Joined", f"A extends unknown ? B extends unknown ? {JOIN} : never : never")),
    # A class that others cannot import is reached by the type that they can.
    "Told": (MAJOR, TOLD.format("Told", "string"), TOLD.format("Told", "string | null")),
}  # fmt: skip
PAIRS |= MORE
ALSO = {"give", "l", "take", "o", "hide", "Parent", "ft", "h", "mk", "df", "memory", "use", "part"}
ALSO |= {"makeTold"}
