"""A queue of BullMQ is opened, or listened to, through the platform's tenant_queue() alone."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import (
    CallExpr,
    DictExpr,
    Expression,
    MemberExpr,
    NameExpr,
    RefExpr,
    StrExpr,
    TypeInfo,
)  # fmt: skip

from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    found,
    origin,
)  # fmt: skip
from gates.toolchains.languages.python.rules.texts import bound, read

RULE = "queue-names"
PACKAGE = "bullmq"
CLASSES = frozenset({"FlowProducer", "Queue", "QueueEvents", "QueueEventsProducer", "Worker"})
HELPER = "tenant_queue"
PLATFORM = "axon_"


def find_queues(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each other use of these classes."""
    prefix = program.request.prefix
    for each in _uses(file):
        call = file.calls.get(id(each))
        if call is None:
            name = each.node.name if each.node is not None else ""
            yield found(RULE, file, each, f"{name} is used otherwise than by {name}(...)")
            continue
        given = _given(call)
        made = _helper(program, given, "name")
        if given is None or made is None:
            message = f"the name of this queue is not what {HELPER}() made"
            yield found(RULE, file, given or call, message)
            continue
        whole, _ = read(program, made)
        if not whole:
            yield found(RULE, file, given, "the name of this queue cannot be read")
        elif not whole.startswith(prefix):
            message = f'the queue "{whole}" does not begin with "{prefix}"'
            yield found(RULE, file, given, message)
        elif not _has_prefix(program, call, made):
            message = f"the prefix of this queue is not the one that {HELPER}() made with its name"
            yield found(RULE, file, call, message)


def read_queues(program: Program, file: SourceFile) -> Iterator[Found]:
    """The place of each such call, with the queue's whole name."""
    for each in _uses(file):
        call = file.calls.get(id(each))
        if call is not None:
            given = _given(call)
            made = _helper(program, given, "name")
            place = found(RULE, file, given or call, "")
            yield {**place, "name": read(program, made)[0] or None if made is not None else None}


def _uses(file: SourceFile) -> Iterator[RefExpr]:
    for each in file.references():
        node = each.node
        if isinstance(node, TypeInfo) and node.module_name.split(".")[0] == PACKAGE:
            yield from [each] if node.name in CLASSES else []


def _given(call: CallExpr) -> Expression | None:
    for name, value in zip(call.arg_names, call.args, strict=True):
        if name in (None, "name"):
            return value
    return None


def _has_prefix(program: Program, call: CallExpr, made: Expression) -> bool:
    """Whether a call is given, or has in its options, the prefix that goes with its name."""
    given = [
        value for name, value in zip(call.arg_names, call.args, strict=True) if name == "prefix"
    ]
    for each in call.args:
        options = bound(program, each) if isinstance(each, NameExpr) else each
        for key, value in options.items if isinstance(options, DictExpr) else ():
            if key is None:
                return False  # what it brings cannot be read
            given += [value] if isinstance(key, StrExpr) and key.value == "prefix" else []
    if len(given) != 1 or (other := _helper(program, given[0], "prefix")) is None:
        return False
    return other is made or read(program, other) == (read(program, made)[0], True)


def _helper(program: Program, value: Expression | None, part: str) -> Expression | None:
    """What the helper was given of whose result a value is a part, by the part's name."""
    whole: Expression | None = None
    if isinstance(value, MemberExpr) and value.name == part:
        inner = value.expr
        whole = bound(program, inner) if isinstance(inner, NameExpr) else inner
    elif isinstance(value, NameExpr):
        whole = bound(program, value)
        if isinstance(whole, MemberExpr):
            return _helper(program, whole, part)
    if not isinstance(whole, CallExpr) or not isinstance(whole.callee, RefExpr) or not whole.args:
        return None
    name = origin(whole.callee.node)
    is_helper = name.startswith(PLATFORM) and name.rpartition(".")[2] == HELPER
    return whole.args[0] if is_helper and not program.is_own(name.rpartition(".")[0]) else None
