"""How a built TypeScript module is loaded, and what its files are called in its sources."""

from __future__ import annotations

import shutil
from pathlib import Path

from gates.model import Location
from gates.module import Module
from gates.toolchains.bundle import Bundle
from gates.toolchains.languages.typescript.dist import compiled_path
from gates.toolchains.languages.typescript.packages import (
    install_running,
    link_packages,
    make_sandbox,
)
from gates.toolchains.processes import disk
from gates.toolchains.registration import Call
from gates.toolchains.tools import Program, Tools

CHILD = Path(__file__).with_name("register_child.mjs")


def prepare_call(tools: Tools, bundle: Bundle, folder: Path, answers: Path, seconds: float) -> Call:
    """Link the packages that the module runs with into the bundle's folder, and have Node import it
    there: what it has locked for development alone is not to be found.
    """
    made = install_running(tools)
    link_packages(made, folder)
    with disk():
        child = Path(shutil.copyfile(CHILD, tools.folder / CHILD.name))
    node = tools.resolve("node")
    program = Program("node", (*node.command, "--enable-source-maps"), node.version)
    arguments = (child, answers, folder, bundle.entry, str(seconds))
    return Call(program, arguments, make_sandbox(tools, made))


def find_source(module: Module, path: str, line: int | None) -> Location | None:
    """The source of a file under dist; a line only where Node followed the source map to it."""
    compiled = {compiled_path(each): each for each in module.files if each.startswith("src/")}
    source = compiled.get(path, path)
    if source not in module.files:
        return None
    return Location(source, line if source == path else None)
