"""`register()` is what the platform calls: without arguments, for a registration."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import Decorator, FuncDef, OverloadedFuncDef, SymbolNode, TypeInfo, Var
from mypy.subtypes import is_subtype
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    Overloaded,
    ProperType,
    TupleType,
    Type,
    TypedDictType,
    TypeOfAny,
    get_proper_type,
)  # fmt: skip

from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    found,
    own_path,
)  # fmt: skip

RULE = "register-signature"
TEXTS = ("slug", "version")
LISTS = ("routes", "jobs")
PLATFORM, REGISTRATION = "axon_core", "ModuleRegistration"
WAITED = {"typing.Coroutine": 2, "typing.Awaitable": 0}
"""What an answer may be waited for in, and which of its arguments the answer is."""
MAX_SHOWN = 160


def find_register(program: Program) -> Iterator[Found]:
    """What is wrong with the type of the entrypoint's `register()`, by mypy's own comparison."""
    entry = program.request.entry
    if entry is None:
        return
    tree = next((each for each in program.result.files.values() if own_path(each) == entry), None)
    symbol = tree.names.get("register") if tree is not None else None
    node = symbol.node if symbol is not None else None
    wanted = _registration(program)
    expected = f"() -> {REGISTRATION}, of {PLATFORM}" if wanted is not None else (
        "() -> a class or TypedDict with slug: str, version: str, and routes and jobs, sequences"
    )  # fmt: skip
    message = f"register() has to be {expected}, or to be awaited for it; it is "
    if node is None:
        what = "not defined" if tree is not None else "in a file that mypy does not see"
        yield _at(program, node, entry, message + what)
    elif wrong := _judge(program, node, wanted):
        yield _at(program, node, entry, message + wrong)


def _judge(program: Program, node: SymbolNode, wanted: Instance | None) -> str:
    """What it is instead; "" where it is right."""
    kind = _type_of(node)
    if kind is None or isinstance(kind, AnyType):
        return "without a type" if kind is None else "Any"
    every = kind.items if isinstance(kind, Overloaded) else [kind]
    callable_ = [each for each in every if isinstance(each, CallableType)]
    if not callable_ or isinstance(node, TypeInfo):
        return f"{_show(kind)}, no function"
    free = [each for each in callable_ if not any(one.is_required() for one in each.arg_kinds)]
    if not free:
        return f"{_show(kind)}, which needs arguments"
    for each in free:
        if wrong := list(_differences(program, _answer(each), wanted)):
            return f"{_show(kind)}: {'; '.join(wrong)}"
    return ""


def _type_of(node: SymbolNode) -> ProperType | None:
    if isinstance(node, Decorator):
        node = node.var
    if isinstance(node, FuncDef | OverloadedFuncDef | Var):
        return get_proper_type(node.type) if node.type is not None else None
    return None


def _answer(function: CallableType) -> ProperType:
    answer = get_proper_type(function.ret_type)
    while isinstance(answer, Instance) and answer.type.fullname in WAITED:
        answer = get_proper_type(answer.args[WAITED[answer.type.fullname]])
    return answer


def _differences(program: Program, answer: ProperType, wanted: Instance | None) -> Iterator[str]:
    if isinstance(answer, AnyType):
        yield "it answers with Any"
    elif wanted is not None:
        if not is_subtype(answer, wanted):
            yield f"it answers with {_show(answer)}"
    else:
        for name in (*TEXTS, *LISTS):
            given = _member(answer, name)
            target = "builtins.str" if name in TEXTS else "typing.Sequence"
            if given is None:
                yield f"{name} is missing"
            elif not _fits(program, given, target):
                should = "str" if name in TEXTS else "a sequence"
                yield f"{name} is {_show(given)}, not {should}"


def _member(answer: ProperType, name: str) -> ProperType | None:
    """The type of a member of an object, or under a key of a TypedDict that has to be there."""
    if isinstance(answer, TypedDictType):
        is_there = name in answer.items and name in answer.required_keys
        return get_proper_type(answer.items[name]) if is_there else None
    if isinstance(answer, TupleType):
        answer = answer.partial_fallback
    symbol = answer.type.get(name) if isinstance(answer, Instance) else None
    if symbol is None or symbol.node is None:
        return None
    kind = _type_of(symbol.node)
    is_property = isinstance(symbol.node, Decorator) and symbol.node.var.is_property
    if is_property and isinstance(kind, CallableType):
        return get_proper_type(kind.ret_type)
    return kind


def _fits(program: Program, given: ProperType, target: str) -> bool:
    is_text = is_subtype(given, _instance(program, "builtins.str"))
    if isinstance(given, AnyType) or target == "builtins.str":
        return is_text and not isinstance(given, AnyType)
    return not is_text and is_subtype(given, _instance(program, target))


def _instance(program: Program, name: str) -> Instance:
    """A class of typeshed with anything for its parameters. Raises `LookupError` without it."""
    module, _, last = name.rpartition(".")
    info = program.result.files[module].names[last].node
    if not isinstance(info, TypeInfo):
        raise LookupError(name)  # noqa: TRY004
    anything: list[Type] = [AnyType(TypeOfAny.special_form)] * 3
    return Instance(info, anything[: len(info.type_vars)])


def _registration(program: Program) -> Instance | None:
    """The platform's own class, where the sources use the platform's package."""
    tree = program.result.files.get(PLATFORM)
    if tree is None or program.is_own(PLATFORM):
        return None
    symbol = tree.names.get(REGISTRATION)
    node = symbol.node if symbol is not None else None
    return Instance(node, []) if isinstance(node, TypeInfo) else None


def _show(kind: ProperType) -> str:
    text = str(kind).replace("builtins.", "")
    if text.startswith("def "):
        text = text.removeprefix("def ")
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def _at(program: Program, node: SymbolNode | None, entry: str, message: str) -> Found:
    """At the definition, where that is the module's own; otherwise at the entrypoint."""
    files = {each.path: each for each in program.files}
    place = files.get(_defined_in(program, node) or entry)
    if place is None or node is None or _defined_in(program, node) is None:
        return {
            "rule": RULE, "message": message, "path": entry, "line": 1, "column": 1, "end": None,
            "text": "register",
        }  # fmt: skip
    return _found(place, node, message)


def _found(file: SourceFile, node: SymbolNode, message: str) -> Found:
    at = node.func if isinstance(node, Decorator) else node
    return {**found(RULE, file, at, message), "end": None}


def _defined_in(program: Program, node: SymbolNode | None) -> str | None:
    name = node.fullname if node is not None else ""
    tree = program.result.files.get(name.rpartition(".")[0])
    return own_path(tree) if tree is not None else None
