"""The environment is read by the platform's settings classes, in the one file for it."""

from __future__ import annotations

from collections.abc import Iterator

from mypy.nodes import ClassDef, Import, ImportAll, ImportFrom

from gates.toolchains.languages.python.rules.program import Found, Program, SourceFile, found

RULE = "environment-access"
PACKAGES = frozenset({"decouple", "dotenv", "environ", "environs", "pydantic_settings"})
"""Packages that read the environment."""


def find_environment(program: Program, file: SourceFile) -> Iterator[Found]:
    """Each such class elsewhere, and each import of what reads the environment."""
    if program.is_environment(file):
        return
    for node in file.tree.imports:
        names = [name for name, _ in node.ids] if isinstance(node, Import) else []
        if isinstance(node, ImportFrom | ImportAll) and not node.relative:
            names = [node.id]
        for name in names:
            if name.split(".")[0] in PACKAGES:
                yield found(RULE, file, node, f"{name} is imported outside env.py")
    for each in file.nodes:
        if isinstance(each, ClassDef) and any(
            base.fullname.split(".")[0] == "pydantic_settings" for base in each.info.mro
        ):
            message = f"{each.name} reads the environment outside env.py"
            yield found(RULE, file, each, message)
