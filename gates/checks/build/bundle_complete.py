"""The bundle holds all that the manifest names."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Location, Stage
from gates.module import Module
from gates.toolchains import Bundle


@check(Stage.BUILD)
def bundle_complete(module: Module, bundle: Bundle) -> Iterator[Finding]:
    """The bundle holds everything that module.json names, in its built form.

    It also carries the lock file and a bill of materials (sbom.cdx.json, CycloneDX 1.6) that the
    gates make from it.

    Why: the platform installs from the bundle alone; a path that is not in it does not exist.
    Bad: `"migrations": ["sql/000_init.sql"]`, while bundles hold the folder migrations
    Good: the entrypoint's compiled form, the settings schema and every migration are in the bundle
    Fix: move the file to where bundles take it from, or correct the path in module.json.
    """
    contents = bundle.contents
    manifest = module.manifest
    if manifest is None:
        raise CouldNotCheckError("module.json cannot be read")
    named = [(("schema_file",), manifest.get("schema_file"))]
    migrations = manifest.get("migrations")
    if isinstance(migrations, list):
        named += [(("migrations", i), path) for i, path in enumerate(migrations)]  # type: ignore[misc]
    for pointer, path in named:
        if isinstance(path, str) and path not in contents:
            yield bundle_complete.finding(
                f"the bundle does not hold {path}",
                manifest.at(*pointer),
                fix="put migrations under migrations/ and correct the path",
            )
    if bundle.entry not in contents:
        yield bundle_complete.finding(
            f"the bundle does not hold {bundle.entry}, the built form of the entrypoint",
            manifest.at("entrypoint"),
            fix="name a source file under src as the entrypoint",
        )
    for migration in module.migrations:
        path = migration.rollback_path
        if path is not None and path not in contents:
            yield bundle_complete.finding(
                f"the bundle does not hold {path}, the rollback of {migration.path}",
                Location(path),
                fix="put rollback scripts under migrations/",
            )
