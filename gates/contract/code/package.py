"""A Python package as griffe reads it from its sources: names, what they are, their types."""

from __future__ import annotations

import ast
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING

from gates.contract.code.api import Api
from gates.contract.code.bound import prune
from gates.contract.code.types import Type, Types, parse
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
Node = "griffe.Object | griffe.Alias"


class Package:
    """One version's package. Its names are looked up by griffe; nothing of it is imported."""

    def __init__(self, api: Api, folder: Path, *, stubs: bool = False) -> None:
        import griffe

        self.api = api
        self._folder = folder
        loader = griffe.GriffeLoader(
            search_paths=[folder], allow_inspection=False, store_source=False
        )
        self.top = api.entry.partition(".")[0]
        try:
            top = loader.load(self.top, try_relative_path=False)
            if not stubs:
                self._prune(top)
            loader.resolve_aliases(implicit=True, external=False)
            if not stubs:
                self._prune(top)  # what a star has brought in meanwhile may be deleted too
            self._collection = loader.modules_collection
            self.entry = self._collection[api.entry]
        except (ImportError, KeyError, SyntaxError, RecursionError, griffe.GriffeError) as error:
            raise CouldNotCheckError(
                f"the code of {api.slug} {api.version} cannot be read: {error}", hint="gates build"
            ) from error
        self.types = Types(dict(self._classes(self.entry)))

    def _prune(self, module: griffe.Object | griffe.Alias) -> None:
        """Takes out what the sources write and do not leave: `del`, `if False`."""
        import griffe

        if not isinstance(module, griffe.Module):
            return
        try:
            path = Path(str(module.filepath)).relative_to(self._folder).as_posix()
        except ValueError:
            path = ""  # a package without a file of its own
        if path in self.api.files:
            prune(module, ast.parse(self.api.files[path]).body)
        for member in list(module.members.values()):
            self._prune(member)

    def at(self, node: griffe.Object | griffe.Alias) -> Location:
        """Where it is defined, in the module's repo; the entrypoint where that is elsewhere."""
        target = self.real(node)
        try:
            path = Path(str(getattr(target, "filepath", ""))).relative_to(self._folder).as_posix()
        except ValueError:
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
        defines, its submodules, and in a package's `__init__` what it imports from its own
        package. `register` of the entrypoint counts always.
        """
        names = module.exports
        chosen: dict[str, griffe.Object | griffe.Alias] = {}
        for name, member in module.members.items():
            if names is not None:
                fits = name in {str(each) for each in names}
            elif member.is_alias:
                inner = str(getattr(member, "target_path", "")).startswith(f"{self.top}.")
                fits = module.is_init_module and inner
            else:
                fits = True
            # What only type checkers import cannot be imported from here.
            hidden = names is None and (name.startswith("_") or not member.runtime)
            if (fits and not hidden) or (name == "register" and module is self.entry):
                chosen[name] = member
        return chosen

    def signature(self, function: griffe.Function, *, bound: bool) -> Signature | None:
        """How a function is called; of a method through its object where `bound`."""
        parameters = list(function.parameters)
        if bound and parameters and "staticmethod" not in function.labels:
            parameters = parameters[1:]
        try:
            return Signature(
                [
                    Parameter(
                        each.name.lstrip("*"),
                        _KINDS[each.kind.value if each.kind else "positional or keyword"],
                        default=Parameter.empty if each.default is None else str(each.default),
                    )
                    if each.kind is None or "variadic" not in each.kind.value
                    else Parameter(each.name.lstrip("*"), _KINDS[each.kind.value])
                    for each in parameters
                ]
            )
        except ValueError:
            return None

    def type_of(self, annotation: object, scope: griffe.Object) -> Type | None:
        """The type of an annotation; None where there is none or it is not understood."""
        import griffe

        if annotation is None:
            return None

        def resolve(name: str) -> str:
            try:
                found = scope.resolve(name)
            except (griffe.NameResolutionError, KeyError, AttributeError):
                return name
            if (variable := self._variable(found)) is not None:
                return variable
            # A class is the same where it moved to another file of its package.
            return f"own.{found.rpartition('.')[2]}" if found.startswith(f"{self.top}.") else found

        return parse(str(annotation), resolve)

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


def _parsed(api: Api, path: str, data: bytes) -> None:
    """Griffe leaves out a file that does not parse, and nobody would know."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CouldNotCheckError(
            f"the code of {api.slug} {api.version} cannot be read: {path}: {error}",
            hint="run the gate on the Python that the module is written for",
        ) from error


def stubs_beside(api: Api) -> set[str]:
    """The stubs that stand beside the source that they describe."""
    return {path for path in api.files if path.endswith(".pyi") and path[:-1] in api.files}


@contextmanager
def opened(api: Api, place: Path | None = None, *, stubs: bool = False) -> Iterator[Package]:
    """A package whose sources lie in a folder of their own for as long as it is looked at: below
    `place`, or among the system's temporary files. `stubs` are what type checkers read instead of
    a source (PEP 561); without them it is what Python runs.

    Raises `ToolMissingError` without griffe, `CouldNotCheckError` for code that does not parse.
    """
    try:
        import griffe  # noqa: F401
    except ImportError as error:
        raise ToolMissingError(
            "the library griffe, which reads Python's exported code, is not installed",
            hint="pip install 'axon-gates[python]'",
        ) from error
    with tempfile.TemporaryDirectory(prefix="gates-code-", dir=place) as name:
        folder = Path(name)
        left_out = set() if stubs else stubs_beside(api)
        for path, data in api.files.items():
            _parsed(api, path, data)
            if path in left_out:
                continue
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        yield Package(api, folder, stubs=stubs)
