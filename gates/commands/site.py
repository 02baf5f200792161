"""`gates catalog site`: the catalog as a folder of pages."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.catalog import CATALOG, POLICY, verified_versions
from gates.commands.options import REGISTRY_HELP, settings_of
from gates.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gates.catalog import ModulePage, ReleasedVersion
    from gates.contract.difference import Difference
    from gates.module import Module


@click.command(short_help="Pages for release managers.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@CATALOG
@click.option("--registry", help=f"Registry, or a copy of it: {REGISTRY_HELP}")
@click.option("--key", type=click.Path(path_type=Path))
@POLICY
def site(folder: Path, **given: Any) -> NoReturn:
    """Write pages about every module and version into FOLDER, for release managers.

    The pages need no server and load nothing. Everything on them is verified first, as by `gates
    catalog verify`; what is not proved is shown as that, and the exit code is 4 then. FOLDER is
    made, or holds an earlier site, which is replaced whole.
    """
    from datetime import UTC, datetime

    from gates.catalog import Catalog
    from gates.registry import Registry
    from gates.report.site import ModuleOnSite, render
    from gates.report.site.places import MARKER
    from gates.settings import load_policy

    settings = settings_of(**given)
    registry = Registry.of(settings)
    with Catalog.open(settings) as found:
        pages = [page for slug in found.slugs() if (page := found.show(slug))]
    named = _dependants(pages)
    modules = [
        ModuleOnSite(
            page,
            {each.version: each for each in verified_versions(settings, page, registry)},
            _differences(page.versions),
            named.get(page.module.slug, ()),
        )
        for page in pages
    ]
    platform = load_policy(Path.cwd() / "site", settings.policy).platform_version
    made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    written = _replace(folder, render(modules, platform=platform, made=made), marker=MARKER)
    every = [each for module in modules for each in module.verified.values()]
    refused = [each for each in every if each.all_reasons]
    click.echo(f"{written} files in {folder}: {len(modules)} modules, {len(every)} versions")
    if refused:
        raise RefusedError([f"{len(refused)} of {len(every)} versions are not proved"])
    raise SystemExit(0)


def _dependants(pages: Sequence[ModulePage]) -> Mapping[str, list[tuple[str, str, str]]]:
    """By slug: slug, version and range of each released version that names it."""
    from gates.catalog.resolve import read_dependency

    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in (row for page in pages for row in page.versions):
        listed = row.manifest.get("dependencies")
        for entry in listed if isinstance(listed, list) else ():
            if (needed := read_dependency(entry)) is not None:
                found.setdefault(needed.slug, []).append(
                    (row.slug, row.version, needed.range or "")
                )
    return found


def _differences(rows: Sequence[ReleasedVersion]) -> Mapping[str, Difference]:
    """How what each version declares differs from the next older one, by version; rows alone are
    asked, not bundles."""
    from gates.contract.compare import declared_parts
    from gates.contract.difference import differ

    found: dict[str, Difference] = {}
    for newer, older in pairwise(rows):
        old, new = _declared(older), _declared(newer)
        found[newer.version] = differ(
            (older.version, old),
            (newer.version, new),
            declared_parts(old, new),
            without=("database", "code"),
        )
    return found


def _declared(row: ReleasedVersion) -> Module:
    """The module as far as a row of the catalog holds it: manifest and settings schema."""
    from gates.module import from_files
    from gates.module.load import SETTINGS

    named = row.manifest.get("schema_file")
    schema = named if isinstance(named, str) else SETTINGS
    held = {"module.json": row.manifest, schema: row.settings_schema}
    return from_files(row.slug, {path: json.dumps(data).encode() for path, data in held.items()})


def _replace(folder: Path, files: Iterable[tuple[str, str]], *, marker: str) -> int:
    """Put files (path below the folder, text) in place of a folder as a whole; returns how many.

    Until all are written the folder is as it was. Raises `UsageError` for a folder that holds
    something and not the file `marker`: it is somebody else's.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / marker).is_file():
        raise UsageError(
            f"{folder} holds other things, which would be lost", hint="name an empty folder"
        )
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as aside:
        made = Path(aside) / "made"
        for path, text in files:
            target = made / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
            count += 1
        if folder.exists():
            folder.rename(Path(aside) / "replaced")
        made.rename(folder)
    return count
