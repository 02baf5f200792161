"""Where installing a TypeScript module would run code that the module brings itself."""

from __future__ import annotations

from collections.abc import Iterator

from gates.errors import CouldNotCheckError
from gates.module import Document, Module
from gates.module.strict_json import parse
from gates.toolchains.problem import Problem

PROJECT = "package.json"
SCRIPTS = (
    "preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare",
)  # fmt: skip
"""The scripts that npm runs by itself when it installs a package. The build runs none."""


def find_build_code(module: Module) -> Iterator[Problem]:
    """Each script of package.json that runs on installation; the compiler is the platform's own.

    Raises `CouldNotCheckError` where package.json is not JSON.
    """
    if PROJECT not in module.files:
        return
    text = module.text(PROJECT)
    value, faults = parse(text)
    if faults:
        raise CouldNotCheckError(f"{PROJECT} cannot be read: {faults[0].message}")
    document = Document(PROJECT, text, value)
    for name in SCRIPTS:
        if document.get("scripts", name) is not None:
            yield Problem(
                f"npm runs the script {name} by itself where the bundle is installed",
                document.key("scripts", name),
                fix="give it a name that only people call",
            )
