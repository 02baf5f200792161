"""Lists in module.json the migrations that are on disk."""

from __future__ import annotations

import json

from gates.fixer import Changes, fixer
from gates.module import Module
from gates.module.migrations import layout


@fixer()
def migrations_match_manifest(module: Module) -> Changes:
    """module.json with the files of migrations/ as `migrations`, in the order of their numbers.

    The list gets a line for each file where it had several lines or grows beyond one.
    """
    document = module.require_manifest()
    start, end = document.span("migrations")
    listed = [json.dumps(path) for _, _, path in layout(module.files).steps]
    before = document.text[:start].rpartition("\n")[2]
    indent = before[: len(before) - len(before.lstrip())]
    joined = ", ".join(listed)
    if "\n" in document.text[start:end] or len(before) + len(joined) > 98:
        inner = indent + ("\t" if indent.startswith("\t") else "  ")
        joined = ",".join(f"\n{inner}{each}" for each in listed) + f"\n{indent}"
    text = f"{document.text[:start]}[{joined}]{document.text[end:]}"
    return {document.path: text.encode()}
