"""module.json has the keys and values that the standard asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Document, Key, Module
from gates.module.document import show
from gates.module.explain import Trouble, explain
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


@check(Stage.LINT_MANIFEST)
def manifest_schema(module: Module) -> Iterator[Finding]:
    """module.json has the keys and values that the standard asks for.

    Why: the catalog, the installer and the billing read it; a key that nobody knows is a setting
        that silently does nothing.
    Bad: {"slug": "Alert Engine", "visibility": "GA", "descripton": "..."}
    Good: all twelve required keys, and no key outside the standard but those that begin with x-
    Fix: as each finding says. The whole schema is core_module_manifest.schema.json; name it in
        "$schema" and the editor helps while you type.
    """
    document = module.manifest
    if document is None or isinstance(document.value, dict):
        document = module.require_manifest()
    for trouble in _troubles(document):
        if trouble.owner is None:
            yield manifest_schema.finding(
                trouble.message, trouble.location, fix=_kebab(document, trouble) or trouble.fix
            )


def _troubles(document: Document) -> Iterator[Trouble]:
    old_form = isinstance(document.get("dependencies"), dict)
    if old_form:
        yield Trouble(
            "dependencies is an object, the old form; it is a list now",
            document.at("dependencies"),
            _as_list(document.get("dependencies")),
        )
    for trouble in explain(document, load_schema(MANIFEST), OLD):
        if not old_form or trouble.location != document.at("dependencies"):
            yield trouble


def _as_list(dependencies: dict[str, object]) -> str:
    entries = [
        {"slug": slug, "version": version} if isinstance(version, str) else slug
        for slug, version in dependencies.items()
    ]
    return f"write {show(entries, 200)}"


def _kebab(document: Document, trouble: Trouble) -> str | None:
    """What to write for a slug that only needs other letters or hyphens."""
    slug = document.get("slug")
    if not isinstance(slug, str) or trouble.location != document.at("slug"):
        return None
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", slug[:80]).lower())
    proposal = "-".join(words).lstrip("0123456789-")
    return f'write "{proposal}"' if 0 < len(proposal) <= 40 else None
