"""The clean modules that are mutated: the example modules and the clean shapes of the corpus."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import EXAMPLES, ROOT
from tests.database.conftest import HEAD
from tests.database.test_defects import CLEAN

_BASE = EXAMPLES / "_base" / "python"
_NOT_COPIED = shutil.ignore_patterns("node_modules", ".gates", "__pycache__", ".*_cache")


@dataclass(frozen=True)
class Shape:
    """A clean module: where it is copied from, its migrations, and which of them are mutated."""

    name: str
    source: Path
    files: dict[str, str]
    """Path below `migrations/` to text."""
    mutated: tuple[str, ...]

    def write(self, root: Path, changed: dict[str, str]) -> Path:
        """The module with some files changed, in a folder named after its slug below `root`."""
        slug = json.loads((self.source / "module.json").read_text("utf-8"))["slug"]
        folder = root / slug
        shutil.copytree(self.source, folder, ignore=_NOT_COPIED)
        files = self.files | changed
        for name, text in files.items():
            path = folder / "migrations" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        manifest = folder / "module.json"
        value = json.loads(manifest.read_text("utf-8"))
        ups = sorted(name for name in files if "/" not in name)
        value["migrations"] = [f"migrations/{name}" for name in ups]
        sql = "".join(self.files[name] for name in ups if name in self.files)
        tables = re.findall(r"CREATE TABLE IF NOT EXISTS (\w+) \(", sql)
        value["database_tables"] = list(dict.fromkeys(tables))
        manifest.write_text(json.dumps(value, indent=2), "utf-8")
        return folder


def _read(source: Path) -> dict[str, str]:
    folder = source / "migrations"
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.sql"))
    }


def shapes() -> tuple[Shape, ...]:
    """All of them."""
    whole = [
        ("alert-engine", ROOT / "examples" / "alert-engine"),
        ("retention-report", ROOT / "examples" / "retention-report"),
        ("base", _BASE),
    ]
    found = [Shape(name, source, _read(source), tuple(_read(source))) for name, source in whole]
    for name, (up, down) in CLEAN.items():
        more = {"001_more.sql": HEAD + up.lstrip(), "rollback/001_more.sql": HEAD + down.lstrip()}
        found.append(Shape(name, _BASE, _read(_BASE) | more, tuple(more)))
    return tuple(found)
