"""module.json has the keys and values that the standard asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from gates.check import check
from gates.contract.declared.endpoints import same_urls
from gates.model import Finding, Stage
from gates.module import Document, Key, Module
from gates.module.document import show
from gates.module.explain import MOST, Violation, explain
from gates.module.schemas import MANIFEST, load_schema

OLD: dict[tuple[Key, ...], str] = {
    ("visibility",): "maturity_status",
    ("min_core_version",): "compatibility_matrix.min_axon_version",
    ("max_core_version",): "compatibility_matrix.max_axon_version",
    ("compatibility_matrix", "min_core_version"): "compatibility_matrix.min_axon_version",
    ("compatibility_matrix", "max_core_version"): "compatibility_matrix.max_axon_version",
    ("data_retention_days",): "data_retention.default_retention_days",
}
"""Former spellings, by place, and what they are called today."""
NAMED: tuple[tuple[Key, ...], ...] = (
    ("api_endpoints",), ("environment_variables",), ("jobs",), ("dependencies",),
    ("permissions",), ("events", "publishes"), ("events", "subscribes"),
)  # fmt: skip
"""Lists whose entries are known by a name: whoever reads them takes one entry for each."""


@check(Stage.LINT_MANIFEST)
def manifest_schema(module: Module) -> Iterator[Finding]:
    """module.json has the keys and values that the standard asks for.

    Why: the catalog, the installer and the billing read it; a key that nobody knows is a setting
        that silently does nothing, and of two entries with one name only one counts.
    Bad: {"slug": "Alert Engine", "visibility": "GA", "descripton": "..."}
    Good: all twelve required keys, and no key outside the standard but those that begin with x-
    Fix: as each finding says. The whole schema is core_module_manifest.schema.json; name it in
        "$schema" and the editor helps while you type.
    """
    document = module.manifest
    if document is None or isinstance(document.value, dict):
        document = module.require_manifest()
    for violation in _violations(document):
        if violation.owner is None:
            yield manifest_schema.finding(
                violation.message,
                violation.location,
                fix=_kebab(document, violation) or violation.fix,
            )


def _violations(document: Document) -> Iterator[Violation]:
    old_form = isinstance(document.get("dependencies"), dict)
    if old_form:
        yield Violation(
            "dependencies is an object, the old form; it is a list now",
            document.at("dependencies"),
            _as_list(document.get("dependencies")),
        )
    repeated = list(islice(_repeated(document), MOST))
    places = {each.location for each in repeated}
    for violation in explain(document, load_schema(MANIFEST), OLD):
        reported = " repeats " in violation.message and violation.location in places
        if not reported and (not old_form or violation.location != document.at("dependencies")):
            yield violation
    yield from repeated


def _repeated(document: Document) -> Iterator[Violation]:
    """Entries of a list that are called what an earlier entry of it is called."""
    for pointer in NAMED:
        value = document.get(*pointer)
        first: dict[str, int] = {}
        for number, each in enumerate(value if isinstance(value, list) else ()):
            name = _name(each)
            if name is None or first.setdefault(name, number) == number:
                continue
            there = document.at(*pointer, first[name])
            listed = ".".join(str(key) for key in pointer)
            yield Violation(
                f"{listed} has a second entry for {show(name)}; the first is at {there}",
                document.at(*pointer, number),
                "keep one of them",
            )


def _name(entry: object) -> str | None:
    """What an entry of a list is known by: a text by itself, an endpoint by its method and URLs."""
    if isinstance(entry, str):
        return entry
    if not isinstance(entry, dict):
        return None
    if isinstance(path := entry.get("path"), str) and isinstance(entry.get("method"), str):
        return f"{entry['method']} {same_urls(path)}"
    name = entry.get("name", entry.get("slug"))
    return name if isinstance(name, str) else None


def _as_list(dependencies: dict[str, object]) -> str:
    entries = [
        {"slug": slug, "version": version} if isinstance(version, str) else slug
        for slug, version in dependencies.items()
    ]
    return f"write {show(entries, 200)}"


def _kebab(document: Document, violation: Violation) -> str | None:
    """What to write for a slug that only needs other letters or hyphens."""
    slug = document.get("slug")
    if not isinstance(slug, str) or violation.location != document.at("slug"):
        return None
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", slug[:80]).lower())
    proposal = "-".join(words).lstrip("0123456789-")
    return f'write "{proposal}"' if 0 < len(proposal) <= 40 else None
