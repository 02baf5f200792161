"""What a draft is: a plain function that answers with files which an older module lacks."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from gates.adoption.database import NewDatabase
from gates.adoption.parts import parts
from gates.module import Module
from gates.module.load import MANIFEST, OLD_MANIFESTS
from gates.records import dataclass
from gates.settings import Policy

Changes = Mapping[str, bytes | None]


@dataclass(frozen=True)
class Older:
    """A module as drafts see it: with what earlier drafts have written."""

    module: Module
    original: Module
    """Before any draft."""
    database: NewDatabase
    policy: Policy
    today: date

    @property
    def manifest(self) -> Mapping[str, Any]:
        """module.json, or what had an older name; empty where neither can be read."""
        return older_manifest(self.module)

    @property
    def project(self) -> Mapping[str, Any]:
        """The table `project` of pyproject.toml, or package.json; empty where neither is there."""
        files = self.module.files
        try:
            if "pyproject.toml" in files:
                found = tomllib.loads(self.module.text("pyproject.toml")).get("project", {})
            elif "package.json" in files:
                found = json.loads(self.module.text("package.json"))
            else:
                return {}
        except ValueError:  # what is wrong with it, readable and the tools say
            return {}
        return found if isinstance(found, dict) else {}


def older_manifest(module: Module) -> Mapping[str, Any]:
    """module.json, or what had an older name; empty where neither can be read."""
    for path in (MANIFEST, *OLD_MANIFESTS):
        if path in module.files:
            try:
                found = json.loads(module.text(path))
            except ValueError:
                continue
            return found if isinstance(found, dict) else {}
    return {}


def older_slug(module: Module) -> str:
    """The slug that an older module gets: its own, else its repo's or folder's name."""
    said = older_manifest(module).get("slug")
    name = said if isinstance(said, str) else (module.names[-1] if module.names else "")
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower())
    return "-".join(words).lstrip("0123456789-")[:40]


Run = Callable[[Older], Changes]


@dataclass(frozen=True)
class Draft:
    """What writes one file. Its name is its file's."""

    name: str
    order: int
    run: Run


def draft(order: int) -> Callable[[Run], Draft]:
    """Turn a function into a `Draft`; those with smaller numbers run first."""
    return lambda run: Draft(getattr(run, "__name__", ""), order, run)


def drafts() -> tuple[Draft, ...]:
    """Every draft in its order, found in `gates.adoption.drafts`."""
    return parts("drafts", Draft)


def as_json(value: object) -> bytes:
    """A JSON document as modules write it."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
