"""Writes module.json from what the older one, the project, the sources and the database say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gates.adoption.draft import Changes, Older, as_json, draft, older_slug
from gates.adoption.drafts._declared import declared
from gates.catalog.lifecycle import NEEDS_APPROVAL
from gates.module import Module
from gates.module.load import MANIFEST, OLD_MANIFESTS, SETTINGS
from gates.module.migrations import layout
from gates.module.schemas import MANIFEST as MANIFEST_SCHEMA
from gates.module.schemas import load_schema

_OLD = frozenset({
    "visibility", "min_core_version", "max_core_version", "data_retention_days", "main", "entry",
    "schema", "settings", "config", "tables", "default_settings",
})  # fmt: skip
"""Keys that had another name, or that say what another file says now."""


@draft(20)
def manifest(older: Older) -> Changes:
    """All twelve required keys, old spellings under today's names, and what the sources offer.

    What no file says is the plainest thing that is true: version 0.1.0, custom, IN_DEVELOPMENT,
    Proprietary. A maturity that needs an approval, and has none, is IN_DEVELOPMENT again. A key
    that the standard does not know stays behind x-.
    """
    said, module = older.manifest, older.module
    known = load_schema(MANIFEST_SCHEMA)["properties"]
    found: dict[str, Any] = {
        "name": said.get("name") or older_slug(module).replace("-", " ").capitalize(),
        "slug": older_slug(module),
        "version": said.get("version") or older.project.get("version") or "0.1.0",
        "description": _description(older),
        "category": _one_of(said.get("category"), known["category"]["enum"], "custom"),
        "maturity_status": _maturity(older, known["maturity_status"]["enum"]),
        "author": _author(older),
        "license": _license(older),
        "entrypoint": _entrypoint(module, said),
        "migrations": [path for _, _, path in layout(module.files).steps],
        "schema_file": said.get("schema_file") or SETTINGS,
        "compatibility_matrix": _matrix(older),
    }  # fmt: skip
    found |= {key: each for key, each in _more(older, known) if key not in found}
    if older.database.tables:
        found["database_tables"] = list(older.database.tables)
    found |= declared(older, found)
    found = {key: each for key, each in found.items() if each not in ([], {}, None)}
    found.setdefault("migrations", [])
    changes: dict[str, bytes | None] = {
        path: None for path in OLD_MANIFESTS if path in module.files
    }
    if found != said:
        changes[MANIFEST] = as_json(found)
    return changes


def _more(older: Older, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    said = older.manifest
    for key, value in said.items():
        if key == "dependencies" and isinstance(value, dict):
            yield (
                key,
                [
                    {"slug": slug, "version": each} if isinstance(each, str) else slug
                    for slug, each in value.items()
                ],
            )
        elif key in known:
            yield key, value
        elif key not in _OLD:
            yield (key if key.startswith("x-") else f"x-{key.replace('_', '-')}"), value
    days = said.get("data_retention_days")
    if isinstance(days, int):
        yield "data_retention", {"default_retention_days": days}


def _maturity(older: Older, allowed: list[str]) -> str:
    said = older.manifest.get("maturity_status", older.manifest.get("visibility"))
    found = _one_of(str(said).upper(), allowed, "IN_DEVELOPMENT")
    policy = older.policy
    approved = any(
        each.module == older_slug(older.module) and each.maturity == found
        for each in policy.approvals
    ) or any(each.purpose == "offer" for each in policy.approval_rules)
    return found if approved or found not in NEEDS_APPROVAL else "IN_DEVELOPMENT"


def _one_of(value: object, allowed: list[str], otherwise: str) -> str:
    return value if isinstance(value, str) and value in allowed else otherwise


def _description(older: Older) -> str:
    paragraphs = [older.manifest.get("description"), older.project.get("description")]
    if "README.md" in older.module.files:
        text = older.module.text("README.md")
        parts = (" ".join(each.split()) for each in text.split("\n\n"))
        paragraphs += [each for each in parts if not each.startswith(("#", "!", "```"))]
    for each in paragraphs:
        if isinstance(each, str) and len(each) >= 10:
            first = each if len(each) <= 140 else each.partition(". ")[0]
            return first if len(first) <= 140 else f"{first[:137].rstrip()}..."
    return f"The module {older_slug(older.module)}."


def _author(older: Older) -> object:
    said = older.manifest.get("author") or older.project.get("author")
    if isinstance(said, str | dict) and said:
        return said
    authors = older.project.get("authors")
    if isinstance(authors, list) and authors and isinstance(authors[0], dict):
        return {key: authors[0][key] for key in ("name", "email") if key in authors[0]}
    return f"The {older_slug(older.module)} team"


def _license(older: Older) -> str:
    said = older.manifest.get("license") or older.project.get("license")
    return said if isinstance(said, str) and said != "UNLICENSED" else "Proprietary"


def _entrypoint(module: Module, said: Mapping[str, Any]) -> str:
    """The file that the older manifest names, else the one that defines register()."""
    from gates.toolchains.languages import LANGUAGES

    named = [said.get(key) for key in ("entrypoint", "entry", "main")]
    wanted = [str(each).removeprefix("./") for each in named if each]
    files = [path for path in module.files if path.startswith("src/")]
    candidates = [
        *(each for each in wanted if each in module.files),
        *(each for each in files if each.count("/") <= 2 and each.endswith(("__init__.py",))),
        *(each for each in files if each in ("src/index.ts", "src/main.ts")),
    ]
    for path in candidates:
        for language in LANGUAGES.values():
            if path.endswith(language.suffixes) and language.find_register(module, path) is None:
                return path
    return candidates[0] if candidates else (wanted[0] if wanted else "src/index.ts")


def _matrix(older: Older) -> dict[str, Any]:
    said = older.manifest
    there = said.get("compatibility_matrix")
    there = dict(there) if isinstance(there, dict) else {}
    platform = older.policy.platform_version
    oldest = there.pop("min_core_version", None) or said.get("min_core_version")
    newest = there.pop("max_core_version", None) or said.get("max_core_version")
    return {
        "min_axon_version": there.get("min_axon_version") or oldest or platform,
        "max_axon_version": there.get("max_axon_version")
        or newest
        or f"{platform.partition('.')[0]}.99.99",
        "supported_features": there.get("supported_features", []),
    }
