"""A Python package as griffe reads it from its sources: names, what they are, their types."""

from __future__ import annotations

import ast
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING

from gates.contract.code.api import Api
from gates.contract.code.bound import first_line, prune
from gates.contract.code.branches import OLDEST, Python, reached
from gates.contract.code.python_answers import Definition
from gates.contract.code.python_names import Names
from gates.contract.code.types import Type, Types, is_type, known_class, parse
from gates.errors import CouldNotCheckError, ToolMissingError
from gates.model import Location

if TYPE_CHECKING:
    import griffe

_KINDS = {
    "positional-only": Parameter.POSITIONAL_ONLY,
    "positional or keyword": Parameter.POSITIONAL_OR_KEYWORD,
    "variadic positional": Parameter.VAR_POSITIONAL,
    "keyword-only": Parameter.KEYWORD_ONLY,
    "variadic keyword": Parameter.VAR_KEYWORD,
}
_SELF = ("typing.Self", "typing_extensions.Self")
MAX_DEPTH = 8
"""How many names for types are followed, one into the other."""


class Package:
    """One version's package. Its names are looked up by griffe; nothing of it is imported."""

    def __init__(
        self, api: Api, folder: Path, trees: Mapping[str, ast.Module], python: Python
    ) -> None:
        import griffe

        self.api = api
        self._folder = folder
        self._trees = trees
        self._python = python
        self._choices: dict[str, tuple[str, ...]] = {}
        self._definitions: dict[str, dict[int, Definition]] = {}
        self.top = api.entry.partition(".")[0]
        try:
            loader = _loaded(folder, self.top)
            self._prune(loader.modules_collection[self.top])
            loader.resolve_aliases(implicit=True, external=False)
            self._collection = loader.modules_collection
            for each in list(self._collection.members.values()):
                self._prune(each, stars=True)
            self._names = Names(self._collection)
            self._names.follow_bases()
            self.entry = self._collection[api.entry]
        except (ImportError, KeyError, SyntaxError, RecursionError, griffe.GriffeError) as error:
            raise CouldNotCheckError(
                f"the code of {api.slug} {api.version} cannot be read: {error}", hint="gates build"
            ) from error
        self.types = Types(dict(self._classes(self.entry)))

    def _prune(self, module: griffe.Object | griffe.Alias, *, stars: bool = False) -> None:
        """Takes out what the sources write and do not leave; with `stars` only of modules into
        which a star has brought names meanwhile."""
        import griffe

        if not isinstance(module, griffe.Module):
            return
        path = self._relative(module)
        tree = self._trees.get(path)
        if tree is not None and (not stars or _has_star(tree)):
            self._choices |= prune(module, tree.body, self._python)
        for member in list(module.members.values()):
            self._prune(member, stars=stars)

    def _relative(self, node: griffe.Object | None) -> str:
        """The path of its file, as in the wheel; "" for a package without a file of its own."""
        try:
            return Path(str(getattr(node, "filepath", ""))).relative_to(self._folder).as_posix()
        except ValueError:
            return ""

    def at(self, node: griffe.Object | griffe.Alias) -> Location:
        """Where it is defined, in the module's repo; the entrypoint where that is elsewhere."""
        target = self.real(node)
        path = self._relative(target)
        if not path:
            stem = self.api.entry.replace(".", "/")
            known = (
                f"{stem}/__init__.py" if f"{stem}/__init__.py" in self.api.files else f"{stem}.py"
            )
            line = getattr(node, "alias_lineno" if node.is_alias else "lineno", None)
            return Location(f"{self.api.folder}{known}", line or 1)
        return Location(f"{self.api.folder}{path}", getattr(target, "lineno", None) or 1)

    def real(self, node: griffe.Object | griffe.Alias) -> griffe.Object | None:
        """What a name stands for; None for something of another package."""
        import griffe

        if isinstance(node, griffe.Alias):
            try:
                return node.final_target
            except (griffe.AliasResolutionError, griffe.CyclicAliasError):
                return None
        return node

    def public(self, module: griffe.Object) -> dict[str, griffe.Object | griffe.Alias]:
        """What a module exports, by name.

        Its `__all__` where there is one. Else every name without a leading underscore that it
        defines, and in a package's `__init__` what it imports from its own wheel. Its submodules
        without a leading underscore, which no `__all__` hides, and `register` of the entrypoint
        count always.
        """
        import griffe

        names = module.exports if module.exports is None else {str(each) for each in module.exports}
        chosen: dict[str, griffe.Object | griffe.Alias] = {}
        for name, member in module.members.items():
            listed = names is not None and name in names
            if names is not None and not isinstance(member, griffe.Module):
                fits = listed
            elif isinstance(member, griffe.Alias):
                fits = module.is_init_module and self._names.is_own(str(member.target_path))
            else:
                fits = True
            # What only type checkers import cannot be imported from here.
            hidden = not listed and (name.startswith("_") or not member.runtime)
            if (fits and not hidden) or (name == "register" and module is self.entry):
                chosen[name] = member
        return chosen

    def signature(self, function: griffe.Function, *, bound: bool) -> Signature | None:
        """How a function is called; of a method through its object where `bound`."""
        method = function.parent is not None and function.parent.is_class
        parameters = list(function.parameters)
        first = parameters[0].name if method and parameters else ""
        if bound and parameters and "staticmethod" not in function.labels:
            parameters = parameters[1:]
        hidden = _only_by_place([each.name for each in parameters], first)
        try:
            return Signature(
                [
                    Parameter(
                        each.name.lstrip("*"),
                        Parameter.POSITIONAL_ONLY
                        if number < hidden
                        else _KINDS[each.kind.value if each.kind else "positional or keyword"],
                        default=Parameter.empty if each.default is None else str(each.default),
                    )
                    if each.kind is None or "variadic" not in each.kind.value
                    else Parameter(each.name.lstrip("*"), _KINDS[each.kind.value])
                    for number, each in enumerate(parameters)
                ]
            )
        except ValueError:
            return None

    def choices(self, node: griffe.Object | griffe.Alias) -> tuple[str, ...]:
        """What a condition chooses between for a name; nothing where it is one thing alone."""
        target = self.real(node)
        paths = {str(node.path), *([str(target.path)] if target is not None else [])}
        return tuple(text for path in sorted(paths) for text in self._choices.get(path, ()))

    def definition(self, function: griffe.Function) -> Definition | None:
        """The statement that defines a function."""
        path = self._relative(function)
        if path not in self._definitions:
            every = ast.walk(self._trees[path]) if path in self._trees else ()
            found = [each for each in every if isinstance(each, Definition)]
            self._definitions[path] = {first_line(each): each for each in found}
        return self._definitions[path].get(function.lineno or 0)

    def meant(self, node: griffe.Object) -> griffe.Object:
        """A value that is only another name for something of this package is that thing."""
        found = self._names.follow(str(node.path))[1] if node.is_attribute else None
        return found if found is not None and not self.choices(found) else node

    def followed(self, path: str) -> griffe.Object | None:
        """What a whole name stands for; None where it is not of this package, or gone."""
        return self._names.follow(path)[1]

    def type_of(self, annotation: object, scope: griffe.Object) -> Type | None:
        """The type of an annotation; None where there is none or it is not understood."""
        if annotation is None:
            return None
        return parse(str(annotation), lambda name: self._meant(name, scope))

    def _meant(self, name: str, scope: griffe.Object, depth: int = 0) -> str | Type:
        """What a name in an annotation stands for; a class is the same where it moved to another
        file of its package, and another name for a type is that type."""
        import griffe

        path, node = self._names.find(scope, name)
        owner = scope.parent if scope.is_function or scope.is_attribute else None
        if owner is not None and owner.is_class and path in _SELF:
            return f"own.{owner.name}"
        if (
            node is not None
            and node.parent is not None
            and node.parent.is_class
            and (known_class(f"builtins.{name}") is not None)
        ):
            return name  # a member of the class that is called as a type is
        if (variable := self._variable(path)) is not None:
            return variable
        if not self._names.is_own(path):
            return path
        value = getattr(node, "value", None)
        known = isinstance(node, griffe.Attribute | griffe.TypeAlias) and not self.choices(node)
        if known and node is not None and is_type(value) and depth < MAX_DEPTH:
            meant = parse(
                str(value), lambda inner: self._meant(inner, node.parent or node, depth + 1)
            )
            if meant is not None:
                return meant
        return f"own.{path.rpartition('.')[2]}"

    def _variable(self, path: str) -> str | None:
        """A type variable of the package by what it stands for: "T" and "_T" are no difference."""
        import griffe

        try:
            value = str(getattr(self._collection[path], "value", ""))
        except (KeyError, ValueError, griffe.GriffeError):
            return None
        made = re.fullmatch(r"(?:\w+\.)*TypeVar\(\s*(['\"])_*(\w+)\1(.*)\)", value, re.DOTALL)
        return f"own.~{made[2]}{made[3]}" if made else None

    def _classes(
        self, module: griffe.Object, seen: set[str] | None = None
    ) -> Iterator[tuple[str, frozenset[str] | None]]:
        import griffe

        seen = set() if seen is None else seen
        root = module.package if not seen else module
        if root.path in seen:
            return
        seen.add(root.path)
        for member in root.members.values():
            if isinstance(member, griffe.Module):
                yield from self._classes(member, seen)
            elif isinstance(member, griffe.Class):
                yield f"own.{member.name}", self._ancestors(member)

    def _ancestors(self, cls: griffe.Class) -> frozenset[str] | None:
        found = {f"own.{cls.name}"}
        bases = {str(base) for base in cls.bases}
        try:
            known = [cls, *cls.mro()]
        except ValueError:
            return None
        for each in known:
            found.add(f"own.{each.name}")
            names = {str(base).partition("[")[0].rpartition(".")[2] for base in each.bases}
            inner = {base.name for base in each.resolved_bases}
            if names - inner - {"object"}:
                return None
        return frozenset(found) if len(known) > 1 or not bases else None


def _has_star(tree: ast.Module) -> bool:
    return any(isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in tree.body)


def _loaded(folder: Path, top: str) -> griffe.GriffeLoader:
    """A loader that has read every package of a wheel, those first whose names the stubs of others
    describe."""
    import griffe

    names = {each.stem for each in folder.iterdir() if each.stem.isidentifier()}
    order = [*sorted(names - {top}), top]
    for _ in order:
        loader = griffe.GriffeLoader(
            search_paths=[folder], allow_inspection=False, store_source=False
        )
        try:
            for each in order:
                loader.load(each, try_relative_path=False)
        except griffe.AliasResolutionError as error:
            needed = str(error.alias.target_path).partition(".")[0]
            if needed not in order[1:]:
                raise
            order.remove(needed)
            order.insert(0, needed)
        else:
            return loader
    raise CouldNotCheckError("the stubs of its packages describe each other's names")


def _only_by_place(names: list[str], first: str) -> int:
    """How many parameters are given by place alone because of their names: those that begin with
    two underscores (PEP 484, "Positional-only arguments"; in a class Python renames them)."""
    count = 0
    for number, name in enumerate(names):
        if name.startswith("__") and not name.endswith("__"):
            count = number + 1
        elif name != first or number:
            break
    return count


def parsed(api: Api) -> dict[str, ast.Module]:
    """The syntax trees of a package's files, by path. Raises `CouldNotCheckError`."""
    return {path: _parsed(api, path, data) for path, data in api.files.items()}


def _parsed(api: Api, path: str, data: bytes) -> ast.Module:
    """Griffe leaves out a file that does not parse, and nobody would know."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CouldNotCheckError(
            f"the code of {api.slug} {api.version} cannot be read: {path}: {error}",
            hint="run the gate on the Python that the module is written for",
        ) from error


def stubs_beside(api: Api) -> set[str]:
    """The stubs that stand beside the source that they describe."""
    return {path for path in api.files if path.endswith(".pyi") and path[:-1] in api.files}


@contextmanager
def opened(
    api: Api,
    trees: Mapping[str, ast.Module],
    place: Path | None = None,
    *,
    stubs: bool = False,
    python: Python = OLDEST,
) -> Iterator[Package]:
    """A package whose sources lie in a folder of their own for as long as it is looked at: below
    `place`, or among the system's temporary files. `trees` are what `parsed` gives for it. `stubs`
    are what type checkers read instead of
    a source (PEP 561); without them it is what Python runs, on the version `python`.

    Raises `ToolMissingError` without griffe, `CouldNotCheckError` for code that it cannot read.
    """
    try:
        import griffe  # noqa: F401
    except ImportError as error:
        raise ToolMissingError(
            "the library griffe, which reads Python's exported code, is not installed",
            hint="pip install 'axon-gates[python]'",
        ) from error
    left_out = set() if stubs else stubs_beside(api)
    with tempfile.TemporaryDirectory(prefix="gates-code-", dir=place) as name:
        folder = Path(name)
        for path, data in api.files.items():
            if path in left_out:
                continue
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(reached(data, trees[path], python))
        yield Package(api, folder, trees, python)
