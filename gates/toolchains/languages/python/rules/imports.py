"""What may be imported: the module's own files, typed packages, and the listed standard modules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mypy.nodes import Import, ImportAll, ImportBase, ImportFrom

from gates.toolchains.languages.python.inside import INSIDE
from gates.toolchains.languages.python.rules.program import (
    Found,
    Program,
    SourceFile,
    found,
    own_path,
)  # fmt: skip
from gates.toolchains.languages.python.rules.standard import MODULES, OTHERS, standard

LOGGERS = frozenset({"eliot", "logbook", "loguru"})


def find_imports(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each import of something else, or of what mypy does not find."""
    for node in file.tree.imports:
        if node.is_mypy_only:
            continue  # for types alone
        for name in _modules(file, node):
            yield from _judge(program, file, node, name)


def capability(name: str) -> tuple[str, str]:
    """The rule that an unlisted standard module breaks, and how."""
    rule = OTHERS.get(standard(name), "capabilities")
    if rule == "platform-logger":
        return rule, f"{name} goes past the platform's logger"
    return rule, f"{name} is a capability that is not listed"


def _modules(file: SourceFile, node: ImportBase) -> list[str]:
    """The full names of what an import asks for."""
    if isinstance(node, Import):
        return [name for name, _ in node.ids]
    if not isinstance(node, ImportFrom | ImportAll):
        return []
    base = node.id
    if node.relative:
        package = file.tree.fullname.split(".")
        up = node.relative - int(Path(file.path).name == "__init__.py")
        package = package[: len(package) - up] if up else package
        base = ".".join([*package, *([node.id] if node.id else [])])
    return [base]


def _judge(program: Program, file: SourceFile, node: ImportBase, name: str) -> Iterator[Found]:
    top = name.split(".")[0]
    if top == "__future__":
        return  # a statement to the compiler
    if standard(name):
        if name not in MODULES and not _parts_only(node, name):
            rule, message = capability(name)
            yield found(rule, file, node, message)
        elif isinstance(node, ImportAll):
            yield found("capabilities", file, node, f"all of {name} is imported")
        return
    if top in LOGGERS:
        yield found("platform-logger", file, node, f"{name} goes past the platform's logger")
    if name not in program.result.files:
        message = f"mypy does not find types of {name}, so what it does cannot be read"
        yield found("capabilities", file, node, message)
    elif (tree := program.result.files.get(name)) is not None:
        path = own_path(tree)
        if path is not None and not _is_source(program, path):
            yield found("imports-inside", file, node, f"{path} lies outside src")
        for hidden in hidden_parts(program, node, name) if path is None else ():
            message = f"{hidden} is internal to its package"
            yield found("imports-inside", file, node, message)


def hidden_parts(program: Program, node: ImportBase, name: str) -> Iterator[str]:
    """What an import takes of a package that the package keeps for itself, by its name."""
    parts = name.split(".")
    deep = not INSIDE.isdisjoint(parts[1:2]) and _registers(program, parts[0])
    if deep or any(each.startswith("_") for each in parts):
        yield name
    elif isinstance(node, ImportFrom):
        inside = INSIDE if len(parts) == 1 and _registers(program, name) else frozenset[str]()
        for member, _ in node.names:
            if member in inside or (member.startswith("_") and not member.endswith("__")):
                yield f"{name}.{member}"


def _registers(program: Program, package: str) -> bool:
    """Whether a package is another module of the platform: those have `register`."""
    tree = program.result.files.get(package)
    return tree is not None and "register" in tree.names


def _parts_only(node: ImportBase, name: str) -> bool:
    """`from importlib import metadata`."""
    return isinstance(node, ImportFrom) and all(
        f"{name}.{each}" in MODULES for each, _ in node.names
    )


def _is_source(program: Program, path: str) -> bool:
    """Whether a file, or the folder of a package without `__init__.py`, is one of the sources."""
    return any(each == path or each.startswith(f"{path}/") for each in program.request.sources)
