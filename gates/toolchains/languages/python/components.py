"""The parts of a Python module for its bill of materials, and what its wheel asks for."""

from __future__ import annotations

import io
import tomllib
import zipfile
import zlib
from collections.abc import Sequence
from email.parser import BytesParser
from pathlib import Path

from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.toolchains.bundle import Bundle
from gates.toolchains.languages.python.lock import PYPI, normalize
from gates.toolchains.locks import Locked
from gates.toolchains.sbom import Part, read_digest
from gates.toolchains.session import Session


def list_components(session: Session, packages: Sequence[Locked]) -> list[Part]:
    """The locked packages, and the platform's own that are installed beside them."""
    supplied = [_of_platform(folder) for folder in session.policy.python_packages]
    return [_part(each) for each in packages] + supplied


def list_unneeded(session: Session) -> list[Locked]:  # noqa: ARG001 - a requirements.lock has no tree
    """None: what needs a package is not written in a requirements.lock."""
    return []


def find_required(session: Session, bundle: Bundle) -> dict[str, Location]:  # noqa: ARG001 - the wheel says it
    """The packages that the wheel asks for here, extras aside, and where that is written.

    Raises `CouldNotCheckError` for a wheel that cannot be read.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        with zipfile.ZipFile(io.BytesIO(bundle.read(bundle.entry))) as wheel:
            (path,) = (
                each
                for each in wheel.namelist()
                if each.endswith(".dist-info/METADATA") and each.count("/") == 1
            )
            lines = BytesParser().parsebytes(wheel.read(path)).get_all("Requires-Dist", [])
        asked = [Requirement(line) for line in lines]
    except (ValueError, InvalidRequirement, zipfile.BadZipFile, zlib.error, OSError) as error:
        raise CouldNotCheckError(f"{bundle.entry} cannot be read as a wheel: {error}") from error
    environment = {"extra": ""}
    return {
        normalize(each.name): Location("pyproject.toml")
        for each in asked
        if each.marker is None or each.marker.evaluate(environment)
    }


def _part(package: Locked) -> Part:
    digests = tuple(sorted(read_digest(each) for each in package.digests))
    return Part(PYPI.url_type, package.name, package.version, digests)


def _of_platform(folder: Path) -> Part:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    name = normalize(str(project["name"]))
    return Part(PYPI.url_type, name, str(project.get("version", "0")), supplied=True)
