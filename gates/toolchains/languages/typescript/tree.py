"""Holds a tree of installed npm packages against the lock that it was installed from.

npm takes an archive by its digest alone, and whatever lies in it; so what was installed is asked
for its name and version, folder by folder.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gates.records import dataclass
from gates.toolchains.locks import TreeError

_INSTALLED = ".package-lock.json"
"""The file that npm writes beside the packages of a tree."""
_PROGRAMS = ".bin"
"""The folder in which npm links their programs."""
_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Expected:
    """What the lock says of one folder."""

    name: str
    version: str
    digests: tuple[str, ...]
    needed: bool
    """Whether it has to be there; others depend on the machine."""


def compare(root: Path, folders: Sequence[str], expected: Mapping[str, Expected]) -> None:
    """Raise `TreeError` unless just the expected packages lie below `node_modules` in the folders.

    What a package has elsewhere in its archive are its own files, whose digest is the package's.
    """
    members = {(root / folder).resolve() for folder in folders}
    found: dict[str, tuple[str, str]] = {}
    for folder in dict.fromkeys(folders):
        for path in _packages(root, f"{folder}/node_modules".lstrip("/"), members):
            manifest = _json(root / path / "package.json")
            found[path] = (str(manifest.get("name")), str(manifest.get("version")).lstrip("v= "))
    for path in sorted(found.keys() - expected.keys()):
        name, version = found[path]
        raise TreeError(f"{path} holds {name} {version}, which the lock does not list")
    installer = _json(root / "node_modules" / _INSTALLED).get("packages", {})
    for path, each in expected.items():
        if path not in found:
            if each.needed:
                raise TreeError(f"{path} is locked, and {each.name} {each.version} is not there")
            continue
        name, version = found[path]
        if (name, version) != (each.name, each.version):
            raise TreeError(
                f"{path} is locked as {each.name} {each.version}, and installed is {name} {version}"
            )
        taken = str(installer.get(path, {}).get("integrity") or "").split()
        if each.digests and not {*taken} & {*each.digests}:
            raise TreeError(f"{path} is installed with another digest than the locked one")


def _packages(root: Path, folder: str, members: Collection[Path]) -> Iterator[str]:
    """The paths of the packages in a folder `node_modules`, and in those of the packages."""
    place = root / folder
    if place.is_symlink():
        raise TreeError(f"{folder} is a symbolic link")
    if not place.is_dir():
        return
    names = [child.name for child in place.iterdir() if not _is_of_npm(child)]
    scopes = [name for name in names if name.startswith("@") and _is_folder(place / name)]
    scoped = [f"{scope}/{each.name}" for scope in scopes for each in (place / scope).iterdir()]
    for name in sorted({*names, *scoped} - {*scopes}):
        child = place / name
        if child.is_symlink() and child.resolve() in members:
            continue
        if child.is_symlink() or not child.is_dir():
            raise TreeError(f"{folder}/{name} is no package, and the lock does not list it")
        yield f"{folder}/{name}"
        yield from _packages(root, f"{folder}/{name}/node_modules", members)


def _is_of_npm(child: Path) -> bool:
    """Whether a child of a folder node_modules is what npm puts beside packages, and no folder of
    that name with code: Node would load it."""
    if child.name == _PROGRAMS and _is_folder(child):
        return all(each.is_symlink() or each.is_file() for each in child.iterdir())
    return child.name == _INSTALLED and child.is_file()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _json(path: Path) -> Mapping[str, Any]:
    """An object in a file; an empty one where there is none."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MAX_BYTES:
        return {}
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
