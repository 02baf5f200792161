"""Finds what packages carry in a tree of installed packages, or in a module's own files."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from gates.records import dataclass
from gates.toolchains.carried.archives import HEAD, Budget, is_archive, manifests
from gates.toolchains.carried.found import Carried, Carrier, Closed, Findings
from gates.toolchains.carried.identify import ASIDE, MAX_MANIFEST, Identity, reader_of
from gates.toolchains.carried.vendored import find_undescribed

_READ_OF_SOURCES = 64 * 1024
_TOO_LARGE = f"is a manifest of more than {MAX_MANIFEST // 1024 // 1024} MiB"


@dataclass(frozen=True)
class Entry:
    """A file of a tree."""

    path: str
    """From its root, with "/"."""
    opener: Callable[[], IO[bytes]]


def files_below(root: Path, folders: Iterable[str]) -> Iterator[Entry]:
    """The files of these folders of a tree; links are not followed."""
    todo = [folder for folder in folders if (root / folder).is_dir()]
    while todo:
        folder = todo.pop()
        with os.scandir(root / folder) as children:
            for child in sorted(children, key=lambda each: each.name):
                path = f"{folder}/{child.name}" if folder else child.name
                if child.is_dir(follow_symlinks=False):
                    todo += [path] if child.name != "__pycache__" else []
                elif child.is_file(follow_symlinks=False):
                    yield Entry(path, partial(_open, child.path))


def _open(path: str) -> IO[bytes]:
    return open(path, "rb")  # noqa: PTH123 - for many files, and closed by who opens it


def find_carried(
    entries: Iterable[Entry], carrier_of: Callable[[str], Carrier], is_own: Callable[[str], bool]
) -> Findings:
    """What the packages of a tree carry.

    `carrier_of` says whose file one is; `is_own` whether it is a package's own manifest, which the
    lock already speaks of.
    """
    found, budget = Findings(), Budget()
    known: dict[str, Entry] = {}
    described: dict[str, set[str]] = defaultdict(set)
    archives: set[str] = set()

    def add(path: str, data: bytes) -> None:
        carrier = carrier_of(path)
        inner = path.rpartition(" > ")[2]
        reader = reader_of(inner)
        for each in reader(data, carrier.name) if reader else ():
            _describe(described, path, each)
            archives.add(path.partition(" > ")[0])
            _add(found, each, carrier, path)

    for entry in entries:
        known[entry.path] = entry
        if is_own(entry.path):
            continue
        with entry.opener() as stream:
            if reader_of(entry.path) is not None:
                data = stream.read(MAX_MANIFEST + 1)
                if len(data) > MAX_MANIFEST:
                    budget.closed.append((entry.path, _TOO_LARGE))
                    continue
                add(entry.path, data)
            elif is_archive(entry.path, stream.read(HEAD)):
                stream.seek(0)
                for way, data in manifests(entry.path, stream, budget):
                    add(way, data)
                if entry.path in budget.code - archives:
                    nameless = Identity("", PurePosixPath(entry.path).name, "")
                    _add(found, nameless, carrier_of(entry.path), entry.path)

    def read(path: str) -> str:
        with known[path].opener() as stream:
            return stream.read(_READ_OF_SOURCES).decode("utf-8", "replace")

    for path, identity in find_undescribed(known, described, read):
        _add(found, identity, carrier_of(path), path, certain=False)
    closed = [Closed(path, carrier_of(path), why) for path, why in budget.closed]
    found.closed += [each for each in closed if not _is_aside(each.path, each.carrier)]
    return found


def _add(
    found: Findings, identity: Identity, carrier: Carrier, path: str, *, certain: bool = True
) -> None:
    version = "" if _is_aside(path, carrier) else identity.version
    carried = Carried(
        identity.ecosystem, identity.name, version, carrier, path, identity.manifest, certain
    )
    (found.named if version else found.unnamed).append(carried)


def _is_aside(path: str, carrier: Carrier) -> bool:
    """Whether a file lies among the tests or examples of its package."""
    inside = path.removeprefix(f"{carrier.folder}/")
    parts = PurePosixPath(inside).parts[:-1]
    return bool(ASIDE & set(parts if inside != path or not carrier.folder else parts[1:]))


def _describe(described: dict[str, set[str]], path: str, identity: Identity) -> None:
    """Note what speaks of which folder: its own one, and that in which its metadata lie."""
    place = PurePosixPath(path)
    if place.name == "package.json":
        described[str(place.parent)].add(identity.name)
    elif place.name in {"METADATA", "PKG-INFO"}:
        described[str(place.parent.parent)].add(identity.name)
    else:
        described[path].add(identity.name)
