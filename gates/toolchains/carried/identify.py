"""Which package some code is, by the files that say so. Pure.

Sources: package.json in npm's documentation; core metadata (`*.dist-info/METADATA`, `PKG-INFO`) and
PEP 770 (bills of materials in wheels) of the Python packaging specifications; `vendor.txt`, as the
program vendoring and pip keep it beside vendored code; CycloneDX 1.4 to 1.7.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from email.parser import HeaderParser
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from gates.records import dataclass

MAX_MANIFEST = 8 * 1024 * 1024
"""Bytes of the largest file that is read as a manifest."""

_PINNED = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([A-Za-z0-9.!+_-]+)")
_URL = re.compile(r"pkg:(npm|pypi)/([^?#]+)@([^?#@]+)")
_ECOSYSTEMS = {"npm": "npm", "pypi": "PyPI"}
_NPM_NAME = re.compile(r"(?:@[A-Za-z0-9~_-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]*")
_PLACEHOLDER = re.compile(r"0\.0\.0(?:$|-)")
"""What stands in a manifest whose version is written at release."""
ASIDE = frozenset({
    "test", "tests", "__tests__", "fixture", "fixtures", "__fixtures__", "example", "examples",
    "benchmark", "benchmarks", "bench", "demo", "demos", "template", "templates", "doc", "docs",
})  # fmt: skip
"""Folders whose manifests are the package's own: for its tests, to show something, or to be written
somewhere else."""


_ENDS = (
    "package.json",
    "METADATA",
    "PKG-INFO",
    "vendor.txt",
    "vendored.txt",
    "bom.json",
    ".cdx.json",
)
"""What the paths end with that may say something."""


@dataclass(frozen=True)
class Identity:
    """A package that a file speaks of."""

    ecosystem: str
    name: str
    version: str
    """"" where the file does not say it, or says it of no release."""
    manifest: str = ""


def reader_of(path: str) -> Callable[[bytes, str], Iterator[Identity]] | None:
    """What reads a file of this name, given its bytes and the name of the package around it; None
    for files that say nothing."""
    if not path.rstrip("./").endswith(_ENDS):  # of thousands of files, nearly all
        return None
    name, parent = PurePosixPath(path).name, PurePosixPath(path).parent.name
    if name == "package.json":
        return _package_json
    if (name == "METADATA" and parent.endswith(".dist-info")) or name == "PKG-INFO":
        return _metadata
    if name in {"vendor.txt", "vendored.txt"}:
        return _vendor_list
    if name.endswith((".cdx.json", "bom.json")):
        return _bill
    return None


def _package_json(data: bytes, around: str) -> Iterator[Identity]:
    text = data.decode("utf-8-sig", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    name = document.get("name") if isinstance(document, dict) else None
    # npm refuses to publish what is private: no package of the registry.
    if not isinstance(name, str) or document.get("private") is True or _is_part(name, around):
        return
    version = document.get("version")
    known = isinstance(version, str) and _is_npm(name, version)
    yield Identity("npm", name, version.lstrip("v= ") if known else "", text)


def _is_part(name: str, around: str) -> bool:
    """Whether a name is that of the package around it, or of an entry into it: "rxjs/ajax"."""
    return not _NPM_NAME.fullmatch(name) or name == around or name.startswith(f"{around}/")


def _is_npm(name: str, version: str) -> bool:
    from gates.toolchains.languages import ECOSYSTEMS

    try:
        ECOSYSTEMS["npm"].parse_version(version.lstrip("v= "))
    except (ValueError, TypeError):
        return False
    return bool(name) and not _PLACEHOLDER.match(version)


def _metadata(data: bytes, around: str) -> Iterator[Identity]:
    text = data.decode("utf-8", "replace")
    fields = HeaderParser().parsestr(text)
    yield from _python(str(fields["Name"] or ""), str(fields["Version"] or ""), around, text)


def _vendor_list(data: bytes, around: str) -> Iterator[Identity]:
    for line in data.decode("utf-8", "replace").splitlines():
        if found := _PINNED.match(line.partition("#")[0]):
            yield from _python(found[1], found[2], around)


def _python(name: str, version: str, around: str, manifest: str = "") -> Iterator[Identity]:
    from gates.toolchains.languages import ECOSYSTEMS

    try:
        ECOSYSTEMS["PyPI"].parse_version(version)
    except ValueError:
        version = ""
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        name = ECOSYSTEMS["PyPI"].normalize(name)
        if name != around:
            yield Identity("PyPI", name, "" if _PLACEHOLDER.match(version) else version, manifest)


def _bill(data: bytes, around: str) -> Iterator[Identity]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        return
    todo: list[Any] = [document.get("components")]
    while todo:
        components = todo.pop()
        for each in components if isinstance(components, list) else ():
            if not isinstance(each, dict):
                continue
            todo.append(each.get("components"))
            match = _URL.fullmatch(str(each.get("purl") or "").partition("?")[0])
            if match is None:
                continue
            kind, name, version = match[1], unquote(match[2]), unquote(match[3])
            if kind == "pypi":
                yield from _python(name, version, around)
            elif not _is_part(name, around) and _is_npm(name, version):
                yield Identity("npm", name, version)
