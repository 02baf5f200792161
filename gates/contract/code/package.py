"""A Python package as griffe reads it from its sources: names, what they are, their types."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gates.contract.code.api import Api
from gates.contract.code.bound import first_line, prune
from gates.contract.code.branches import OLDEST, Python, reached
from gates.contract.code.python_annotations import Annotations, ancestors
from gates.contract.code.python_answers import Definition
from gates.contract.code.python_names import Names
from gates.contract.code.python_sources import has_star, loaded, stubs_beside
from gates.contract.code.types import Type, Types
from gates.errors import CouldNotCheckError, ToolMissingError
from gates.model import Location

if TYPE_CHECKING:
    import griffe


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
            loader = loaded(folder, self.top)
            self._prune(loader.modules_collection[self.top])
            loader.resolve_aliases(implicit=True, external=False)
            self._collection = loader.modules_collection
            for each in list(self._collection.members.values()):
                self._prune(each, stars=True)
            self._names = Names(self._collection)
            self._names.follow_bases()
            self._annotations = Annotations(self._names, self.choices)
            self.entry = self._collection[api.entry]
        except (ImportError, KeyError, SyntaxError, RecursionError, griffe.GriffeError) as error:
            raise CouldNotCheckError(
                f"the code of {api.slug} {api.version} cannot be read: {error}", hint="gates build"
            ) from error
        self.types = Types(dict(ancestors(self._collection)))

    def _prune(self, module: griffe.Object | griffe.Alias, *, stars: bool = False) -> None:
        """Takes out what the sources write and do not leave; with `stars` only of modules into
        which a star has brought names meanwhile."""
        import griffe

        if not isinstance(module, griffe.Module):
            return
        path = self._relative(module)
        tree = self._trees.get(path)
        if tree is not None and (not stars or has_star(tree)):
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
        """A value that is only another name for a function or class of this wheel is that."""
        import griffe

        found = self._names.follow(str(node.path))[1] if node.is_attribute else None
        named = isinstance(found, griffe.Function | griffe.Class) and not self.choices(found)
        return found if named and found is not None else node

    def type_of(self, annotation: object, scope: griffe.Object) -> Type | None:
        """The type of an annotation; None where there is none or it is not understood."""
        return None if annotation is None else self._annotations.read(str(annotation), scope)

    def followed(self, path: str) -> griffe.Object | None:
        """What a whole name stands for; None where it is not of this package, or gone."""
        return self._names.follow(path)[1]


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
    `place`, or among the system's temporary files. `trees` are what `parsed` gives for it. With
    `stubs` it is what type checkers read (PEP 561), else what Python runs, on the version `python`.

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
