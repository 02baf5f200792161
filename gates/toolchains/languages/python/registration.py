"""How a built Python module is loaded, and what its files are called in its sources."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from gates.model import Location
from gates.module import Module
from gates.toolchains.bundle import Bundle
from gates.toolchains.languages.python.environment import install_packages, source_root
from gates.toolchains.processes import disk
from gates.toolchains.registration import Call
from gates.toolchains.tools import Tools

CHILD = Path(__file__).with_name("register_child.py")


def prepare_call(tools: Tools, bundle: Bundle, folder: Path, answers: Path, seconds: float) -> Call:
    """Unpack the wheel, and have the module's own interpreter import it from there."""
    env = install_packages(tools)
    wheel = tools.folder / "bundle" / "wheel"
    with disk(), zipfile.ZipFile(folder / bundle.entry) as archive:
        archive.extractall(wheel)
        child = Path(shutil.copyfile(CHILD, tools.folder / CHILD.name))
    module = tools.session.module
    name = import_name(module.entrypoint, source_root(module))
    return Call(env.program, ("-I", child, answers, wheel, name, str(seconds)), env.sandbox())


def find_source(module: Module, path: str, line: int | None) -> Location | None:
    """A file of the wheel is the source of the same name, line by line."""
    root = source_root(module)
    source = f"{root}/{path}" if root else path
    return Location(source, line) if source in module.files else None


def import_name(entrypoint: str, root: str) -> str:
    """How Python imports the entrypoint: src/a/__init__.py is a, src/a/main.py is a.main."""
    path = PurePosixPath(entrypoint)
    parts = list(path.with_suffix("").parts)
    if root and parts[:1] == [root]:
        parts = parts[1:]
    if parts[-1:] == ["__init__"]:
        parts = parts[:-1]
    return ".".join(parts)
