"""The settings schema carries the module's version."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.checks.lint_manifest._settings import settings_object
from gates.model import Finding, Stage
from gates.module import Module
from gates.module.document import show


@check(Stage.LINT_MANIFEST)
def settings_version(module: Module) -> Iterator[Finding]:
    """schema_version of the settings schema equals the module's version.

    Why: the platform stores the settings schema by version; one that belongs to another version
        is used to check what tenants stored.
    Bad: "schema_version": "1.0.0" while module.json has "version": "1.1.0"
    Good: both the same
    Fix: write the module's version in schema_version, in every release.
    """
    document = settings_object(module)
    module.require_manifest()
    given, version = document.get("schema_version"), module.version
    if not isinstance(given, str) or not version or given == version:
        return  # settings-schema and version-strict say what is wrong with either
    yield settings_version.finding(
        f"schema_version is {show(given)}, but the module's version is {show(version)}",
        document.at("schema_version"),
        fix=f'write "schema_version": {show(version)}',
        repaired=True,
    )
