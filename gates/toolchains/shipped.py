"""Which files of a module ship, and which kinds of them some check reads."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages import LANGUAGES, Language
from gates.toolchains.problem import Problem

FILES = (
    "module.json", "module_schema.json", "README.md", "CHANGELOG.md", "LICENSE", "LICENSE.md",
    "LICENSE.txt", "NOTICE", "Dockerfile", ".env.example", "gates-baseline.jsonl",
)  # fmt: skip
FOLDERS = ("migrations/", "docs/")
SOURCES = "src/"
TEXTS = frozenset(
    {
        ".csv", ".html", ".json", ".md", ".po", ".sql", ".svg", ".toml", ".tsv", ".txt", ".yaml",
        ".yml",
    }
)  # fmt: skip
"""Suffixes of data that may ship as text."""
PICTURES = {".jpeg": b"\xff\xd8\xff", ".jpg": b"\xff\xd8\xff", ".png": b"\x89PNG\r\n\x1a\n"}
"""Suffixes of pictures that may ship, and how such a file begins."""
MARKERS = frozenset({"py.typed", ".gitignore", ".gitkeep", ".keep"})
"""Names of files that say something to a tool by being there."""
MAX_TEXT = 256 * 1024
"""Bytes of the largest text other than JSON: each is parsed as code."""


def copied_files(module: Module) -> list[str]:
    """The paths of the files that a bundle holds as they are, in order."""
    schema = str(module.manifest.get("schema_file") or "") if module.manifest else ""
    names = {*FILES, schema}
    for language in LANGUAGES.values():
        names |= {language.project_file, language.lock_file}
    return sorted(path for path in module.files if path in names or path.startswith(FOLDERS))


def find_unread_files(module: Module, language: Language) -> Iterator[Problem]:
    """Each file that ships, from src too, although no check could say what it does.

    Raises `CouldNotCheckError` where a file cannot be read again.
    """
    copied = set(copied_files(module))
    for path, file in module.files.items():
        inside = path.startswith(SOURCES)
        if not inside and path not in copied:
            continue
        suffix = PurePosixPath(path).suffix
        if file.link is not None:
            yield _problem(path, "is a link", "put the file itself in its place")
        elif (inside and suffix in language.suffixes) or path == language.lock_file:
            continue  # other checks read all of it
        elif not (
            suffix in TEXTS
            or suffix in PICTURES
            or PurePosixPath(path).name in MARKERS
            or (path in copied and not path.startswith(FOLDERS))
        ):
            where = "" if inside else f"{path.partition('/')[0]}/, from where data alone ships: "
            yield _problem(
                path,
                f"is of a kind that no check reads ({where}{suffix or 'no suffix'})",
                f"write code in {language.title} under src, keep data in JSON or text, and what"
                " need not ship in another folder",
            )
        elif reason := _why_no_data(path, module.data(path), language):
            yield _problem(path, reason, "keep code in sources, and data in JSON or plain text")


def _problem(path: str, message: str, fix: str) -> Problem:
    return Problem(f"this file would ship, and {message}", Location(path), fix=fix)


def _why_no_data(path: str, data: bytes, language: Language) -> str | None:
    suffix = PurePosixPath(path).suffix
    if suffix in PICTURES:
        # Python imports from whatever ends as a zip archive does.
        picture = data.startswith(PICTURES[suffix]) and not zipfile.is_zipfile(io.BytesIO(data))
        return None if picture else f"is no {suffix} picture, or more than one"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "is not UTF-8 text"
    if "\0" in text:
        return "is not text: it holds a zero byte"
    if text.startswith("#!"):
        return "is a script: it begins with #!"
    if suffix == ".json":
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return "is not JSON"
        return None
    if len(data) > MAX_TEXT:
        return f"is larger than the {MAX_TEXT // 1024} KiB up to which text is looked at"
    return f"holds {language.title} code that no check reads" if language.is_code(text) else None
