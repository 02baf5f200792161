"""Paths in module.json stay inside the module."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Document, Key, Module
from gates.module.document import show
from gates.module.paths import why_outside


@check(Stage.LINT_MANIFEST)
def paths_inside(module: Module) -> Iterator[Finding]:
    """Paths in module.json stay inside the module.

    Why: the gate and the installer open what the manifest names; a path that leads out makes them
        read, run or publish a file of the machine that they run on.
    Bad: "entrypoint": "../../etc/passwd", "schema_file": "/etc/hosts", a path through a link
    Good: "entrypoint": "src/index.ts"
    Fix: write the path from the folder of module.json, with /, and put the file itself there.
        The gate never opens such a path: it only reads the text of it.
    """
    document = module.require_manifest()
    for place in named_paths(document):
        path = document.get(*place)
        if not isinstance(path, str) or not path:
            continue
        if reason := why_outside(path):
            yield paths_inside.finding(
                f"the path {show(path)} {reason}",
                document.at(*place),
                fix="write a path inside the module, such as src/index.ts",
            )
        elif link := _first_link(module, path):
            yield paths_inside.finding(
                f"the path {show(path)} goes through the link {link}",
                document.at(*place),
                fix=f"put the file itself in the place of {link}",
            )


def named_paths(document: Document) -> list[tuple[Key, ...]]:
    """Where a manifest names paths."""
    places: list[tuple[Key, ...]] = [("entrypoint",), ("schema_file",)]
    migrations = document.get("migrations")
    if isinstance(migrations, list):
        places += [("migrations", index) for index in range(len(migrations))]
    return places


def _first_link(module: Module, path: str) -> str | None:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    for end in range(1, len(parts) + 1):
        ancestor = "/".join(parts[:end])
        file = module.files.get(ancestor)
        if file is not None and file.link is not None:
            return ancestor
    return None
