"""The sources of a Python package: parsed, and read by griffe."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from gates.contract.code.api import Api
from gates.errors import CouldNotCheckError
from gates.syntax import parse_python

if TYPE_CHECKING:
    import griffe


def parsed(api: Api) -> dict[str, ast.Module]:
    """The syntax trees of a package's files, by path. Raises `CouldNotCheckError`."""
    return {path: _parsed(api, path, data) for path, data in api.files.items()}


def _parsed(api: Api, path: str, data: bytes) -> ast.Module:
    """Griffe leaves out a file that does not parse, and nobody would know."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_python(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CouldNotCheckError(
            f"the code of {api.slug} {api.version} cannot be read: {path}: {error}",
            hint="run the gate on the Python that the module is written for",
        ) from error


def stubs_beside(api: Api) -> set[str]:
    """The stubs that stand beside the source that they describe."""
    return {path for path in api.files if path.endswith(".pyi") and path[:-1] in api.files}


def has_star(tree: ast.Module) -> bool:
    """Whether a module imports every name of another."""
    return any(isinstance(each, ast.ImportFrom) and each.names[0].name == "*" for each in tree.body)


def loaded(folder: Path, top: str) -> griffe.GriffeLoader:
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
