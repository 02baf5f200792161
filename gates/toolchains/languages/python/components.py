"""The parts of a Python module for its bill of materials."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from gates.toolchains.languages.python.lock import PYPI, normalize
from gates.toolchains.locks import Locked
from gates.toolchains.sbom import Component, make_component
from gates.toolchains.session import Session


def list_components(session: Session, packages: Sequence[Locked]) -> list[Component]:
    """The locked packages, and the platform's own that are installed beside them."""
    found = [make_component(PYPI, each.name, each.version) for each in packages]
    return found + [_of_platform(folder) for folder in session.policy.python_packages]


def _of_platform(folder: Path) -> Component:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    name = normalize(str(project["name"]))
    return make_component(PYPI, name, str(project.get("version", "0")))
