"""Which places of the file system a text may name, and what may be opened."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from mypy.nodes import (
    BytesExpr,
    CallExpr,
    Expression,
    MemberExpr,
    Node,
    OpExpr,
    RefExpr,
    StrExpr,
)  # fmt: skip
from mypy.types import Instance, ProperType

from gates.toolchains.languages.python.rules.members import calls
from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    classes,
    found,
    origin,
)
from gates.toolchains.languages.python.rules.texts import read

DEVICES = re.compile(r"/dev/(null|random|urandom|zero|shm/.*)")
OUTPUT = re.compile(r"/dev/(fd|pts|stdin|stdout|stderr|tty|console)(/|\d*$)")
SETTINGS = re.compile(r"(.*/)?\.env(\.[\w-]+)?")
JOINERS = frozenset({"Path", "PosixPath", "PurePath", "PurePosixPath", "join", "joinpath"})
"""What makes one path of the parts that it is given."""
OPENERS = frozenset({"builtins.open", "io.open", "_io.open", "_io.FileIO", "io.FileIO"})


def find_paths(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each text that names what the process says of itself, a device, or a file of settings; and
    each open() of a number."""
    said: set[int] = set()
    for node in reversed(file.nodes):  # from the inside to the outside
        if isinstance(node, Expression) and (text := _text(program, node)):
            broken = _rule(text)
            if broken is None or _has_said(file, node, said):
                continue
            said.add(id(node))
            rule, message = broken
            if rule != "environment-access" or not program.is_environment(file):
                yield found(rule, file, node, message)
    for call in calls(file, OPENERS):
        kind = program.type_of(call.args[0]) if call.args else None
        if _is_of(kind, "int"):
            message = "a file is opened by its number, so where this writes cannot be read"
            yield found("platform-logger", file, call, message)
        elif _is_of(kind, "bytes") and not isinstance(call.args[0], BytesExpr):
            yield found("capabilities", file, call, "which file these bytes name cannot be read")


def _is_of(kind: ProperType | None, name: str) -> bool:
    return isinstance(kind, Instance) and kind.type.has_base(f"builtins.{name}")


def _has_said(file: SourceFile, node: Node, said: set[int]) -> bool:
    """Whether the same was said of a part of a text."""
    for each in file.children.get(id(node), ()):
        if id(each) in said or _has_said(file, each, said):
            return True
    return False


def _text(program: Program, node: Expression) -> str:
    """A text; of a call, all that it is given, and of `a / b`, both: as parts of one path."""
    if isinstance(node, StrExpr):
        return node.value
    if isinstance(node, BytesExpr):
        return node.value.encode().decode("unicode_escape", "replace")
    if isinstance(node, CallExpr):
        if _names(program, node) & JOINERS:
            return "/".join(filter(None, (_text(program, each) for each in node.args[:8])))
        return read(program, node)[0]
    if isinstance(node, OpExpr) and node.op == "/":
        return f"{_text(program, node.left)}/{_text(program, node.right)}"
    return read(program, node)[0] if isinstance(node, OpExpr) and node.op == "+" else ""


def _names(program: Program, call: CallExpr) -> set[str]:
    """What is called: by its name, by where it is defined, and the class that it makes one of."""
    callee = call.callee
    whole = origin(callee.node) if isinstance(callee, RefExpr) else ""
    found = {whole.rpartition(".")[2], callee.name if isinstance(callee, MemberExpr) else ""}
    return found | {each.name for each in classes(program, callee)}


def _rule(text: str) -> tuple[str, str] | None:
    path = text
    if path.startswith("file:"):
        path = "/" + unquote(path.removeprefix("file:")).lstrip("/")
    if SETTINGS.fullmatch(path):
        return "environment-access", f"{text} holds the environment"
    if not path.startswith("/"):
        return None
    if OUTPUT.match(path):
        return "platform-logger", f"{text} goes past the platform's logger"
    path = posixpath.normpath(re.sub("/+", "/", path))
    if re.match(r"/proc(/|$)", path):
        return "capabilities", f"{text} is what the process says of itself"
    if path.startswith("/dev/") and not DEVICES.fullmatch(path):
        return "capabilities", f"{text} is a device that is not listed"
    return None
