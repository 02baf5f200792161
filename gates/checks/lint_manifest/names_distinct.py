"""No two names of a module look the same."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Location, Stage
from gates.module import Document, Key, Module
from gates.module.subschemas import Place, subschemas
from gates.module.twins import mixed, twins

_LISTS: tuple[tuple[tuple[str, ...], tuple[Key, ...]], ...] = (
    (("permissions",), ()),
    (("events", "publishes"), ()),
    (("events", "subscribes"), ()),
    (("api_endpoints",), ("path",)),
    (("environment_variables",), ("name",)),
    (("jobs",), ("name",)),
    (("database_tables",), ()),
    (("dependencies",), ("slug",)),
)
"""Lists of names in the manifest, and where the name stands in an entry that is an object."""


@check(Stage.LINT_MANIFEST)
def names_distinct(module: Module) -> Iterator[Finding]:
    """No two names of a module look the same, and no word of a name mixes alphabets.

    Why: a reviewer sees one name where there are two: a permission, a setting or a file that looks
        like another one is granted, set or opened in its place. A text has several Unicode forms,
        and a Cyrillic letter looks like a Latin one.
    Bad: the settings "café" with one character é and "café" with e and an accent; the permission
        "notes:read" beside one with a Cyrillic е; a file "index.ts" with a Cyrillic і
    Good: one spelling of each name, in one alphabet
    Fix: write the name again with the keyboard that wrote the others, and remove the twin. Looked
        at are the keys of the settings, slug, permissions, events, endpoints, environment
        variables, jobs, tables and dependencies of the manifest, and the names of all files.
    """
    yield from _said([(path, Location(path)) for path in module.files], "the file")
    manifest = module.require_manifest()
    if module.slug:
        yield from _said([(module.slug, manifest.at("slug"))], "the slug")
    for keys, inner in _LISTS:
        yield from _said(list(_listed(manifest, keys, inner)), f"in {'.'.join(keys)},")
    settings = module.require_settings()
    yield from _said(list(_keys(settings)), "the setting")


def _said(names: list[tuple[str, Location]], what: str) -> Iterator[Finding]:
    where = dict(reversed(names))
    for other, name, reason in twins(each for each, _ in names):
        yield names_distinct.finding(
            f"{what} {_plain(name)} beside {_plain(other)}: it {reason}",
            where[name],
            fix="keep one of the two",
        )
    for name in where:
        if scripts := mixed(name):
            mix = " and ".join(each.capitalize() for each in scripts)
            yield names_distinct.finding(
                f"{what} {_plain(name)} mixes {mix} letters",
                where[name],
                fix="write each word in one alphabet",
            )


def _plain(name: str) -> str:
    """The name, with escapes for what looks like something else."""
    return json.dumps(name)


def _listed(
    manifest: Document, keys: tuple[str, ...], inner: tuple[Key, ...]
) -> Iterator[tuple[str, Location]]:
    entries = manifest.get(*keys)
    for index in range(len(entries) if isinstance(entries, list) else 0):
        place: tuple[Key, ...] = (*keys, index)
        if isinstance(manifest.get(*place), dict):
            place = (*place, *inner)
        name = manifest.get(*place)
        if isinstance(name, str):
            yield name, manifest.at(*place)


def _keys(settings: Document) -> Iterator[tuple[str, Location]]:
    """Every name of a setting, where it is declared and where rules ask for it."""
    for schema in subschemas(settings):
        for keyword in ("properties", "dependentSchemas", "dependentRequired", "required"):
            named = schema.value.get(keyword)
            if isinstance(named, dict):
                for name in named:
                    yield name, settings.key(*schema.pointer, keyword, name)
            places: list[Place] = [
                (*schema.pointer, keyword, n)
                for n in range(len(named) if isinstance(named, list) else 0)
            ]
            for place in places:
                if isinstance(settings.get(*place), str):
                    yield settings.get(*place), settings.at(*place)
