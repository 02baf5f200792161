"""Of Python's own modules and classes, listed members may be used, and nothing else.

Whoever holds a module itself, or asks for a member by a text, can reach every member of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mypy.nodes import (
    CallExpr,
    Context,
    Expression,
    ImportFrom,
    MemberExpr,
    MypyFile,
    RefExpr,
    StrExpr,
    TypeInfo,
)  # fmt: skip
from mypy.patterns import ClassPattern
from mypy.types import Instance, LiteralType, get_proper_type

from gates.toolchains.languages.python.rules.imports import capability
from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    classes,
    found,
    origin,
)  # fmt: skip
from gates.toolchains.languages.python.rules.standard import (
    ATTRIBUTES,
    CLASSES,
    FRAMES,
    MODULES,
    RULES,
    rule_of,
    standard,
)  # fmt: skip

BY_TEXT = {
    "builtins.getattr": slice(1, 2), "builtins.setattr": slice(1, 2),
    "builtins.delattr": slice(1, 2), "_operator.attrgetter": slice(0, None),
    "operator.attrgetter": slice(0, None), "_operator.methodcaller": slice(0, 1),
    "operator.methodcaller": slice(0, 1),
}  # fmt: skip
"""What uses a member by its text, and which arguments are texts."""
BARS = re.compile(r"__\w+__")
"""A name between double bars."""


def find_members(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each other use of a module or class, each module as a value, each member by its text."""
    for each in file.references():
        if isinstance(each.node, MypyFile):
            asked = file.members.get(id(each))
            if asked is None:
                yield found("capabilities", file, each, f"{each.node.fullname} itself is a value")
            elif standard(each.node.fullname) or each.node.fullname in MODULES:
                yield from _judge(program, file, asked, each.node.fullname, asked.name)
        elif (texts := BY_TEXT.get(origin(each.node))) is not None:
            yield from _by_text(program, file, each, texts)
        elif isinstance(each, MemberExpr):
            yield from _of_value(program, file, each)
    for pattern in file.nodes:
        if isinstance(pattern, ClassPattern):
            yield from _of_pattern(program, file, pattern)
    for call in calls(file, frozenset({"_warnings.warn", "warnings.warn"})):
        if len([each for each in call.arg_names if each in (None, "category")]) < 2:
            message = "a warning without a category is a line past the platform's logger"
            yield found("platform-logger", file, call, message)
    for node in file.tree.imports:
        if isinstance(node, ImportFrom) and not node.relative and node.id in MODULES:
            for member, _ in node.names:
                yield from _judge(program, file, node, node.id, member)


def _judge(
    program: Program, file: SourceFile, node: Context, name: str, member: str
) -> Iterator[Found]:
    whole = f"{name}.{member}"
    if any(each == whole or each.startswith(f"{whole}.") for each in MODULES):
        return
    if whole in program.result.files or name not in MODULES:
        if not isinstance(node, ImportFrom):
            rule, message = capability(whole)
            yield found(rule, file, node, message)
        return
    yield from _say(program, file, node, whole, rule_of(name, member))


def _say(
    program: Program, file: SourceFile, node: Context, whole: str, rule: str | None
) -> Iterator[Found]:
    if rule is None:
        return
    if rule != "environment-access":
        message = f"{whole} is not among the members that may be used"
    elif not program.is_environment(file):
        message = f"{whole} is read outside env.py"
    elif not _validates(file):
        message = "env.py reads the environment without validating it"
    else:
        return
    yield found(rule, file, node, message)


def _of_value(program: Program, file: SourceFile, node: MemberExpr) -> Iterator[Found]:
    """What is asked of a value of one of Python's own classes."""
    if node.name in FRAMES:
        message = f"{node.name} leads to the names that other code runs with"
        yield found("capabilities", file, node, message)
        return
    for info in classes(program, node.expr):
        for base in info.mro:
            if node.name in base.names and standard(base.module_name):
                whole = f"{base.fullname}.{node.name}"
                rule = RULES.get(whole)
                if rule is None and _is_refused(info, node.name):
                    rule = "capabilities"
                yield from _say(program, file, node, whole, rule)
                break


def _of_pattern(program: Program, file: SourceFile, pattern: ClassPattern) -> Iterator[Found]:
    """What `case Name(member=x)` asks of a value: the member is of the class that it names."""
    info = pattern.class_ref.node
    for name in pattern.keyword_keys:
        if name in FRAMES or (BARS.fullmatch(name) and name not in ATTRIBUTES):
            message = f"{name} leads past what the code names"
            yield found("capabilities", file, pattern, message)
        elif not isinstance(info, TypeInfo):
            message = f"of which class {name} is asked cannot be read"
            yield found("capabilities", file, pattern, message)
        else:
            for base in info.mro:
                if name in base.names and standard(base.module_name):
                    whole = f"{base.fullname}.{name}"
                    refused = "capabilities" if _is_refused(info, name) else None
                    yield from _say(program, file, pattern, whole, RULES.get(whole) or refused)
                    break


def _is_refused(info: TypeInfo, name: str) -> bool:
    return any(name not in CLASSES[base.fullname] for base in info.mro if base.fullname in CLASSES)


def _by_text(program: Program, file: SourceFile, node: RefExpr, texts: slice) -> Iterator[Found]:
    call = file.calls.get(id(node))
    name = origin(node.node).rpartition(".")[2]
    names = None if call is None else [_texts(program, each) for each in call.args[texts]]
    if not names or any(each is None for each in names):
        message = f"which member this {name} is for cannot be read"
        yield found("capabilities", file, node, message)
        return
    for text in {part for each in names for one in each or () for part in one.split(".")}:
        if text in FRAMES or (BARS.fullmatch(text) and text not in ATTRIBUTES):
            yield found("capabilities", file, node, f"{text} leads past what the code names")


def _texts(program: Program, node: Expression) -> list[str] | None:
    """The texts that an expression may come to; None where they are not known."""
    if isinstance(node, StrExpr):
        return [node.value]
    kind = program.type_of(node)
    items = getattr(kind, "items", None) if kind is not None else None
    found = []
    for each in items if isinstance(items, list) else [kind]:
        one = get_proper_type(each)
        if isinstance(one, Instance) and one.last_known_value is not None:
            one = one.last_known_value
        if not isinstance(one, LiteralType) or not isinstance(one.value, str):
            return None
        found.append(one.value)
    return found


def _validates(file: SourceFile) -> bool:
    return any(
        isinstance(each, ImportFrom) and each.id.split(".")[0] == "pydantic_settings"
        for each in file.tree.imports
    )


def calls(file: SourceFile, names: frozenset[str]) -> Iterator[CallExpr]:
    """Each call of one of these, by their full names."""
    for each in file.references():
        call = file.calls.get(id(each))
        if call is not None and origin(each.node) in names:
            yield call
