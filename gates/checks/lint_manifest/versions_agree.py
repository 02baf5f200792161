"""The project file names the version of module.json."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.module.document import Document, show
from gates.module.strict_json import parse

_TABLE = re.compile(r"\s*\[\s*(?P<name>[^\[\]]+?)\s*\]\s*(?:#.*)?")
_VERSION = re.compile(r"""\s*(?P<key>"version"|'version'|version)\s*=""")


@check(Stage.LINT_MANIFEST)
def versions_agree(module: Module) -> Iterator[Finding]:
    """package.json or pyproject.toml names the version of module.json.

    A Python version is compared as PEP 440 orders it: 1.0.0-rc.1 and 1.0.0rc1 are one version. A
    package.json without a version says nothing, and a pyproject.toml has to name one.

    Why: the catalog offers the version of module.json, and installers read the other one; a version
    that says two things is somebody's wrong upgrade.
    Bad: "version": "1.1.0" in module.json, and version = "1.0.0" in pyproject.toml
    Good: both say 1.1.0
    Fix: write the version of module.json into the project file, too.
    """
    module.require_manifest()
    if not module.version:
        return
    for path, named in (("package.json", _of_package), ("pyproject.toml", _of_project)):
        if path not in module.files:
            continue
        where, version = named(module, path)
        if version is None or _same(path, version, module.version):
            continue
        said = f"the version is {show(version)}" if version else "names no version of its own"
        yield versions_agree.finding(
            f"{said}, and in module.json it is {module.version}",
            where,
            fix=f"write {module.version}",
            repaired=isinstance(version, str) and bool(version),
        )


def _of_package(module: Module, path: str) -> tuple[Location, object]:
    text = module.text(path)
    value, faults = parse(text)
    if any(fault.fatal for fault in faults) or not isinstance(value, dict):
        raise CouldNotCheckError(f"{path} is not a JSON object", hint="npm pkg fix")
    return Document(path, text, value).at("version"), value.get("version")


def _of_project(module: Module, path: str) -> tuple[Location, object]:
    """The version of [project]; "" where a build backend is to find it. None of a file that is no
    project at all, but settings of tools."""
    text = module.text(path)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CouldNotCheckError(f"{path} is not TOML: {error}") from error
    project = document.get("project")
    if not isinstance(project, dict):
        return Location(path), None
    return _line_of(path, text), project.get("version", "")


def _line_of(path: str, text: str) -> Location:
    """Where [project] has its version; its own line where it has none, the file as a last resort:
    the values themselves come from a parser of TOML, which keeps no lines."""
    table, place = "", Location(path)
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TABLE.fullmatch(line):
            table = head["name"].strip("\"'")
            place = Location(path, number, 1) if table == "project" else place
        elif table == "project" and (found := _VERSION.match(line)):
            return Location(path, number, found.start("key") + 1)
    return place


def _same(path: str, version: object, wanted: str) -> bool:
    if version == wanted or path == "package.json" or not isinstance(version, str):
        return version == wanted
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) == Version(wanted)
    except InvalidVersion:
        return False
