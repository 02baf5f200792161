"""Settings schemas of public packages, each in several released versions.

They are downloaded on demand with pip and npm, pinned by digest in schemas.toml, and never kept in
the repo. Those of older drafts are rewritten as Draft 2020-12, and the result is what is compared.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from platformdirs import user_cache_path

from gates.contract.model import Bump, Change
from gates.contract.settings import compare_settings
from gates.contract.settings.compare import compare_here
from gates.contract.settings.side import Side
from gates.errors import CouldNotCheckError
from gates.module import Document
from gates.module.strict_json import parse
from gates.module.subschemas import LISTS, MAPS, SINGLE
from tests.truth.node import NPM, ROOT
from tests.truth.tally import Tally

PINS = tomllib.loads((Path(__file__).parent / "schemas.toml").read_text("utf-8"))
CACHE = user_cache_path("axon-gates") / "truth"


def archive(package: str, kind: str, version: str, digest: str) -> Path:
    """The archive of a released version. Raises `ValueError` where it is not the pinned one."""
    folder = CACHE / digest
    if not folder.is_dir():
        folder.mkdir(parents=True)
        wanted = f"{package}=={version}" if kind == "pypi" else f"{package}@{version}"
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
        npm = [ROOT / "bin" / "node", NPM / "bin" / "npm-cli.js", "pack", "--ignore-scripts"]
        command = [*pip, wanted] if kind == "pypi" else [*npm, wanted]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    (path,) = folder.iterdir()
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise ValueError(f"{package} {version} is not what it was")
    return path


def files(path: Path, pattern: str) -> Iterator[tuple[str, str]]:
    """The names and texts of the files in an archive whose paths begin with a pattern."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if name.startswith(pattern) and name.endswith(".json"):
                    yield name, wheel.read(name).decode("utf-8")
        return
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            stream = tar.extractfile(member)
            if member.name == pattern and stream is not None:
                yield member.name, stream.read().decode("utf-8")


def pairs() -> Iterator[tuple[str, Document, Document]]:
    """Each schema with its next released version in which it differs."""
    for source in PINS["source"]:
        last: dict[str, Document] = {}
        for version, digest in source["versions"].items():
            path = archive(source["package"], source["kind"], version, digest)
            for name, text in files(path, source["file"]):
                made = modern(ungrouped(text))
                now = json.dumps({"type": "object", **made}, indent=1, ensure_ascii=False)
                before = last.get(name)
                if before is None or before.text != now:
                    last[name] = Document("module_schema.json", now, parse(now)[0])
                    if before is not None:
                        yield f"{source['package']} {name} {version}", before, last[name]


def ungrouped(text: str) -> Any:
    """A schema without groups of definitions, which are no schemas: references lead into them in
    older drafts, and to a definition of its own here."""
    moved: set[tuple[str, str, str]] = set()

    def alone(match: re.Match[str]) -> str:
        word, group, name, end = match.groups()
        if name in (*MAPS, *LISTS, *SINGLE):
            return match[0]
        moved.add((word, group, name))
        return f'"#/{word}/{group}.{name}{end}'

    schema = json.loads(re.sub(r'"#/(definitions|\$defs)/([^/"]+)/([^/"]+)(["/])', alone, text))
    for word, group, name in moved:
        if name in schema.get(word, {}).get(group, {}):
            schema[word][f"{group}.{name}"] = schema[word][group][name]
    return schema


def modern(schema: Any) -> Any:
    """A schema of draft-04 to draft-07 as one of Draft 2020-12, without identifiers."""
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    alone = "$ref" in schema and isinstance(schema["$ref"], str)
    for key, value in schema.items():
        if key in ("$schema", "$id", "id", "additionalItems"):
            continue
        if alone and key not in ("$ref", "title", "description", "default", "definitions", "$defs"):
            continue
        if key in MAPS and isinstance(value, dict):
            made[key] = {name: modern(each) for name, each in value.items()}
        elif key == "items" and isinstance(value, list):
            made["prefixItems"] = [modern(each) for each in value]
            if "additionalItems" in schema:
                made["items"] = modern(schema["additionalItems"])
        elif key in LISTS and isinstance(value, list):
            made[key] = [modern(each) for each in value]
        elif key in SINGLE:
            made[key] = modern(value)
        elif key == "dependencies" and isinstance(value, dict):
            for name, each in value.items():
                word = "dependentRequired" if isinstance(each, list) else "dependentSchemas"
                made.setdefault(word, {})[name] = modern(each)
        elif key != "required" or isinstance(value, list):
            made[key] = value
    return made


def witnessed(change: Change, old: Document, new: Document) -> bool:
    """Whether the document of an accusation shows it: the old schema accepts it, and the new one
    refuses it or, where that is what is said, has no word for it. Judged by `jsonschema` alone,
    and with defaults filled in where the platform fills them in."""
    if change.example is None:
        return False
    stored = json.loads(change.example)
    before, after = Side(old), Side(new)
    if not any(_fits(old, each) for each in (stored, before.filled(stored))):
        return False
    by_meaning = (" gone" in change.message or " now, and was " in change.message) or (
        "no secret" in change.message
    )
    return by_meaning or not any(_fits(new, each) for each in (stored, after.filled(stored)))


def _fits(schema: Document, value: object) -> bool:
    return Draft202012Validator(schema.value).is_valid(value)


def judged(old: Document, new: Document) -> str:
    """ "right", "wrong" or "could not show", for one pair."""
    try:
        changes = compare_settings(old, new)
        if compare_here(new, new):
            return "wrong"
    except CouldNotCheckError:
        return "could not show"
    breaks = [each for each in changes if each.bump is Bump.MAJOR]
    if breaks:
        return "right" if all(witnessed(each, old, new) for each in breaks) else "wrong"
    return "right" if all(each.proved for each in changes) else "could not show"


def tally() -> Tally:
    """Over all pairs; some minutes."""
    found = [judged(old, new) for _, old, new in pairs()]
    return Tally(
        "public settings schemas", len(found), found.count("right"), found.count("wrong"),
        found.count("could not show"),
        "a major is right where jsonschema confirms each document that it shows",
    )  # fmt: skip
