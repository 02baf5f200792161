"""Folders of vendored code that no file describes: by their names, and what the code says. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from gates.toolchains.carried.archives import CODE
from gates.toolchains.carried.identify import ASIDE, Identity

FOLDERS = frozenset({
    "_vendor", "_vendored", "vendor", "vendored", "_vendored_packages", "third_party",
    "third-party", "thirdparty",
})  # fmt: skip
"""Names of folders that hold other people's code."""
_PYTHON_FOLDERS = frozenset({"extern", "_extern", "externals", "_externals"})
"""Those of Python packages; in JavaScript they are about what a bundler leaves out."""
_OWN = frozenset({"__init__.py", "conftest.py"})
LISTS = ("vendor.txt", "vendored.txt", "bom.cdx.json")
_VERSION = re.compile(r"""(?m)^__version__(?:\s*:\s*\w+)?\s*=\s*["']([0-9][^"'\s]*)["']""")
_SAY_VERSION = ("__init__.py", "_version.py", "version.py", "__version__.py", "__about__.py")


def find_undescribed(
    paths: Iterable[str], described: Mapping[str, Collection[str]], read: Callable[[str], str]
) -> Iterator[tuple[str, Identity]]:
    """Each folder or file of vendored code that nothing beside it describes.

    `described` holds the names that manifests speak of, by the folder of the manifest; `read` gives
    the text of a file. A Python package may say its version itself.
    """
    for (folder, name), inside in sorted(_children(paths).items()):
        if any(f"{folder}/{each}" in described for each in LISTS):
            continue
        known = {_plain(each) for each in described.get(folder, ())}
        plain = _plain(PurePosixPath(name).stem if name.endswith(CODE) else name)
        place = f"{folder}/{name}"
        if plain in known or any(each.startswith(f"{plain}-") for each in known):
            continue
        if any(each == place or each.startswith(f"{place}/") for each in described):
            continue
        python = [each for each in inside if each.endswith(".py")]
        version = _version(place, python, read) if python else ""
        yield place, Identity("PyPI" if python else "npm", plain, version)


def _children(paths: Iterable[str]) -> Mapping[tuple[str, str], list[str]]:
    """The files of code below each child of a folder of vendored code."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in paths:
        if not path.endswith(CODE):
            continue
        parts = path.split("/")
        names = FOLDERS | _PYTHON_FOLDERS if path.endswith(".py") else FOLDERS
        at = next((i for i, part in enumerate(parts[:-1]) if part in names), None)
        if at is None or ASIDE & set(parts[:at]) or parts[at + 1] in _OWN:
            continue
        found["/".join(parts[: at + 1]), parts[at + 1]].append(path)
    return found


def _version(place: str, files: Collection[str], read: Callable[[str], str]) -> str:
    """The version that a vendored Python package gives itself."""
    for path in (f"{place}/{each}" for each in _SAY_VERSION) if place not in files else (place,):
        if path in files and (match := _VERSION.search(read(path))):
            return match[1]
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower().strip("-")
