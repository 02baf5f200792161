"""Where building a Python module would run code that the module brings itself."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence

from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module import Module
from gates.records import dataclass
from gates.toolchains.problem import Problem

PROJECT = "pyproject.toml"
FILES = ("hatch.toml", "hatch_build.py", "pdm_build.py", "setup.cfg", "setup.py")
"""Files that a backend reads beside pyproject.toml; no backend needs one."""


@dataclass(frozen=True)
class _Key:
    """A key of pyproject.toml that makes a backend run code of the module; "*" is any part."""

    path: tuple[str, ...]
    harmless: tuple[str, ...] = ()
    """Values with which it does not."""


BACKENDS: dict[str, tuple[_Key, ...]] = {
    "flit_core.buildapi": (_Key(("project", "dynamic")),),
    "hatchling.build": (
        _Key(("tool", "hatch", "build", "hooks")),
        _Key(("tool", "hatch", "build", "targets", "*", "hooks")),
        _Key(("tool", "hatch", "build", "targets", "custom")),
        _Key(("tool", "hatch", "metadata", "hooks")),
        _Key(("tool", "hatch", "version", "source"), ("regex",)),
    ),
    "pdm.backend": (
        _Key(("tool", "pdm", "build", "custom-hook")),
        _Key(("tool", "pdm", "build", "run-setuptools")),
        _Key(("tool", "pdm", "version", "source"), ("file", "scm")),
    ),
    "poetry.core.masonry.api": (_Key(("tool", "poetry", "build")),),
    "setuptools.build_meta": (
        _Key(("tool", "setuptools", "cmdclass")),
        _Key(("tool", "setuptools", "ext-modules")),
        _Key(("tool", "setuptools", "dynamic", "*", "attr")),
    ),
    "uv_build": (),
}
"""The backends that may build a module, each with the keys by which it would run its code."""


def find_build_code(module: Module) -> Iterator[Problem]:
    """A backend that is unknown or in the tree, and whatever has a backend run the module's code.

    Raises `CouldNotCheckError` where pyproject.toml is not TOML; without one nothing is built.
    """
    for path in FILES:
        if path in module.files:
            yield Problem(
                f"the build would run or follow {path}",
                Location(path),
                fix=f"say in {PROJECT} what the wheel holds, and remove {path}",
            )
    if PROJECT not in module.files:
        return
    text = module.text(PROJECT)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CouldNotCheckError(f"{PROJECT} cannot be read: {error}") from error
    system = document.get("build-system")
    system = system if isinstance(system, dict) else {}
    if "backend-path" in system:
        yield Problem(
            "the build backend comes from the module itself: backend-path",
            _place(text, "backend-path"),
            fix="build with a locked backend alone",
        )
    backend = str(system.get("build-backend") or "")
    if backend not in BACKENDS:
        shown = f"{backend[:60]} is none of" if backend else "there is none of"
        yield Problem(
            f"the build backend is not known: {shown} {', '.join(BACKENDS)}",
            _place(text, "build-backend"),
            fix='write build-backend = "hatchling.build", say',
        )
    for each in BACKENDS.get(backend, ()):
        for keys, value in _values(document, each.path):
            if value not in each.harmless:
                yield Problem(
                    f"{'.'.join(keys)} has the build run code of the module",
                    _place(text, keys[-1]),
                    fix="commit what it would make under src, and remove it",
                )


def _values(
    value: object, path: Sequence[str], before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value at a path of keys, with the keys that "*" stands for."""
    if not path:
        yield before, value
    elif isinstance(value, dict):
        for key in value if path[0] == "*" else [path[0]] if path[0] in value else []:
            yield from _values(value[key], path[1:], (*before, str(key)))


def _place(text: str, key: str) -> Location:
    """The first line that holds the key as a word; the whole file where there is none."""
    word = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
    for number, line in enumerate(text.split("\n"), 1):
        if found := word.search(line.partition("#")[0]):
            return Location(PROJECT, number, found.start() + 1, found.end() + 1)
    return Location(PROJECT)
