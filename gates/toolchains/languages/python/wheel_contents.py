"""What a wheel holds beyond the module's own sources."""

from __future__ import annotations

import configparser
import hashlib
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.environment import source_root
from gates.toolchains.languages.python.wheel import PROJECT
from gates.toolchains.problem import Problem
from gates.toolchains.shipped import copied_files

WRITTEN = frozenset({"METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"})
"""What a build backend writes into `*.dist-info`."""
LICENCES = "licenses/"
"""The folder there that holds copies of licence files; older backends put them beside it."""
MAX_WRITTEN = 1024 * 1024
"""Bytes of the largest file that a backend writes."""
_COMMIT = "commit it as the wheel should hold it, and take the step that makes it out of the build"


def find_differences(module: Module, name: str, archive: zipfile.ZipFile) -> Iterator[Problem]:
    """Each file of the wheel `name` that is neither the module's own nor a backend's known output.

    Raises what `zipfile` raises for an archive that is damaged.
    """
    own = "-".join(PurePosixPath(name).name.split("-")[:2]) + ".dist-info"
    copied = copied_files(module)
    seen: set[str] = set()
    for member in archive.infolist():
        path = member.filename
        top, _, inner = path.partition("/")
        message = ""
        if path in seen:
            message = f"{name} holds {path} twice"
        elif member.is_dir() and not member.file_size:
            pass
        elif top == own and inner in WRITTEN:
            if member.file_size > MAX_WRITTEN:
                message = f"{path} in {name} is larger than {MAX_WRITTEN // 1024} KiB"
            elif inner == "entry_points.txt":
                message = _entry_points(module, archive.read(member))
        elif top == own and (licence := inner.removeprefix(LICENCES)) in copied:
            message = _differs(module, name, licence, archive, member)
        else:
            message = _differs(module, name, f"src/{path}", archive, member)
        seen.add(path)
        if message:
            yield Problem(message, Location(PROJECT), fix=_COMMIT)


def _differs(
    module: Module, name: str, source: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> str:
    file = module.files.get(source)
    if file is None:
        return f"{name} holds {member.filename}, and there is no {source}"
    # Sizes come first: no more is unpacked than the module's own file is long.
    same = member.file_size == file.size
    if same and hashlib.sha256(archive.read(member)).hexdigest() == file.sha256:
        return ""
    return f"{member.filename} in {name} is not what {source} is"


def _entry_points(module: Module, data: bytes) -> str:
    """Why the entry points of a wheel are not those of pyproject.toml, in the module's own code."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, default_section="")
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(data.decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError):
        return "entry_points.txt of the wheel cannot be read"
    found = {(group, key, _plain(value)) for group in parser.sections()
             for key, value in parser.items(group)}  # fmt: skip
    if found != _declared(module):
        return "the entry points of the wheel are not those that pyproject.toml declares"
    package = _package(module)
    for group, key, value in sorted(found):
        if value.partition(":")[0].partition(".")[0] != package:
            return f"the entry point {key} of {group} is {value}, which is not code of {package}"
    return ""


def _declared(module: Module) -> set[tuple[str, str, str]]:
    """Group, name and object of each entry point in pyproject.toml."""
    project = tomllib.loads(module.text(PROJECT)).get("project") or {}
    groups = {
        "console_scripts": project.get("scripts"),
        "gui_scripts": project.get("gui-scripts"),
        **(project.get("entry-points") or {}),
    }
    return {
        (group, key, _plain(str(value)))
        for group, entries in groups.items()
        for key, value in (entries or {}).items()
    }


def _plain(value: str) -> str:
    return "".join(value.split())


def _package(module: Module) -> str:
    parts = PurePosixPath(module.entrypoint).parts
    parts = parts[1:] if source_root(module) else parts
    return PurePosixPath(parts[0]).stem if parts else ""
