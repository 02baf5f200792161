"""Whether a source file defines a function of a name, found in its syntax tree and never run."""

from __future__ import annotations

import ast
import posixpath
import sys
import warnings
from collections.abc import Iterator

from gates.model import Location
from gates.module import Module
from gates.syntax import parse_python
from gates.toolchains.problem import Problem
from gates.toolchains.sources.register import (
    MAX_HOPS,
    NAME,
    is_no_function,
    needs_arguments,
)


def find_register(
    module: Module, path: str, name: str = NAME, hops: int = MAX_HOPS
) -> Problem | None:
    """None where the Python file defines the function at its top level, or imports it there."""
    text = module.text(path).removeprefix("\ufeff")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse_python(text)
    except SyntaxError as error:
        where = Location(path, error.lineno or 1, max(1, error.offset or 1))
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return Problem(
            f"{path} is not valid Python {version}: {error.msg}",
            where,
            fix="fix the syntax, or run the gate on the Python that the module is written for",
        )
    except (ValueError, RecursionError, MemoryError):
        return Problem(f"{path} cannot be parsed", Location(path, 1, 1), fix="simplify it")
    lines = text.split("\n")
    found: Problem | None = Problem(
        f"{path} does not define {name}()",
        Location(path, 1, 1),
        fix=f"add def {name}() that returns slug, version, routes and jobs",
    )
    for statement in _top_level(tree.body):
        column = _column(lines, statement)
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if statement.name == name:
                required = _required(statement.args)
                line = statement.lineno
                found = needs_arguments(path, line, column, required) if required else None
            case ast.ClassDef() if statement.name == name:
                found = is_no_function(path, statement.lineno, column, "a class")
            case ast.ImportFrom():
                for alias in statement.names:
                    if (alias.asname or alias.name) == name:
                        found = _follow(module, path, statement, alias.name, hops)
                    elif alias.name == "*" and found is not None:
                        inner = _follow(module, path, statement, name, hops)
                        found = found if inner is not None else None
            case ast.Assign() | ast.AnnAssign() if name in _targets(statement):
                value = statement.value
                found = None
                if isinstance(value, ast.Constant | ast.Dict | ast.List | ast.Tuple | ast.Set):
                    found = is_no_function(path, statement.lineno, column, "a value")
                elif isinstance(value, ast.Lambda) and (required := _required(value.args)):
                    found = needs_arguments(path, statement.lineno, column, required)
                elif value is None:
                    found = is_no_function(path, statement.lineno, column, "only declared")
    return found


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported, in order; not those of functions."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            inner = [*statement.body, *getattr(statement, "orelse", [])]
            inner += [each for one in getattr(statement, "handlers", []) for each in one.body]
            waiting += reversed([*inner, *getattr(statement, "finalbody", [])])


def _column(lines: list[str], statement: ast.stmt) -> int:
    line = lines[statement.lineno - 1] if statement.lineno <= len(lines) else ""
    return len(line.encode()[: statement.col_offset].decode("utf-8", "replace")) + 1


def _required(arguments: ast.arguments) -> list[str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    free = positional[: len(positional) - len(arguments.defaults)]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [each.arg for each in free] + [each.arg for each, value in keywords if value is None]


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [each.id for each in targets if isinstance(each, ast.Name)]


def _follow(
    module: Module, path: str, statement: ast.ImportFrom, name: str, hops: int
) -> Problem | None:
    """Where an import leads inside the module; another package's function counts as defined."""
    parts = statement.module.split(".") if statement.module else []
    if statement.level:
        base = posixpath.dirname(path)
        for _ in range(statement.level - 1):
            base = posixpath.dirname(base)
        folders = [base]
    else:
        folders = ["src", ""]
    line, column = statement.lineno, statement.col_offset + 1
    for folder in folders:
        stem = posixpath.join(folder, *parts)
        submodule = posixpath.join(stem, f"{name}.py")
        for candidate in (f"{stem}.py", posixpath.join(stem, "__init__.py")):
            if candidate in module.files and candidate != path:
                if hops == 0:
                    return Problem(
                        f"{name} is imported through more than {MAX_HOPS} files",
                        Location(path, line, column),
                        fix="import it from where it is defined",
                    )
                wrong = find_register(module, candidate, name, hops - 1)
                if wrong is None or submodule not in module.files:
                    return wrong
        if submodule in module.files:
            return is_no_function(path, line, column, f"the module {submodule}")
    if statement.level:
        return Problem(
            f"{path} imports {name} from a file that is not there",
            Location(path, line, column),
            fix="import it from the file that defines it",
        )
    return None
