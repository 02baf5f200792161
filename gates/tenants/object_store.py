"""Exports of purges in a registry, as the object store that every installation already has.

Each export is two artifacts of `purges-of-<id of the catalog>`: the rows under its id, and its
manifest under `<id>-manifest`.
"""

from __future__ import annotations

from gates.errors import CouldNotCheckError
from gates.registry import Content, Registry
from gates.registry.artifacts import Kind, put, take
from gates.registry.documents import LARGEST_BLOB
from gates.tenants.exports import Export

ROWS = Kind("application/vnd.axon.purge.v1", "text/csv", "rows.csv", LARGEST_BLOB)
MANIFEST = Kind("application/vnd.axon.purge.v1", "application/json", "manifest.json")


def send(registry: Registry, export: Export) -> None:
    """Copy a finished export into a registry, and read both files back whole.

    Raises `CouldNotCheckError` where that is not possible, or what comes back is another file;
    `RefusedError` for an export of more than 2 GiB.
    """
    repository = f"purges-of-{export.catalog}"
    for name, path, kind in (
        (export.id, export.path, ROWS),
        (f"{export.id}-manifest", export.manifest_path, MANIFEST),
    ):
        content = Content.of_file(path)
        put(registry.place, repository, name, content, kind)
        layer = take(registry.place, repository, name, kind, len)
        if layer is None or layer.digest != content.digest:
            raise CouldNotCheckError(
                f"the registry {registry.where} does not give back the export {path.name}"
            )
