"""Reads a module repo: files, documents with positions, settings schema, migrations, digest."""

from gates.module.document import Document, label
from gates.module.load import from_files, load, load_older, with_files
from gates.module.model import File, Migration, Module, Problem
from gates.module.paths import inside
from gates.module.strict_json import Key

__all__ = [
    "Document",
    "File",
    "Key",
    "Migration",
    "Module",
    "Problem",
    "from_files",
    "inside",
    "label",
    "load",
    "load_older",
    "with_files",
]
