"""No other module of the catalog has the slug, or tables in the module's name space."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.catalog import Catalog
from gates.catalog.names import belongs_to, prefix_of, same_repository
from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Location, Stage
from gates.module import Module

if TYPE_CHECKING:
    from collections.abc import Collection


@check(Stage.LINT_MANIFEST)
def names_unclaimed(module: Module, catalog: Catalog) -> Iterator[Finding]:
    """No other module of the catalog has the slug, or tables in the module's name space.

    A table belongs to the module with the longest prefix that its name begins with: with `alert`
    and `alert-engine` in one catalog, tenant_alert_engine_rules is a table of `alert-engine`, and
    `alert` may not make it. That two slugs begin alike is no error as long as no table does.
    A slug that came from another repository so far is a warning.

    Why: names are all that keeps the tables of one module from another's in a shared database.
    Bad: the module alert declares tenant_alert_engine_rules, and there is a module alert-engine; a
        hook that renames a table of another module
    Good: the module alert declares tenant_alert_rules
    Fix: give the table another name; where the slug itself is taken, the module.
    """
    manifest = module.require_manifest()
    if not module.slug:
        raise CouldNotCheckError(
            "the slug in module.json is not usable",
            hint="fix what the other checks report about it first",
        )
    rows = catalog.versions(module.slug)
    theirs = rows[0].manifest.get("repository_url") if rows else None
    mine = manifest.get("repository_url")
    if isinstance(theirs, str) and isinstance(mine, str) and not same_repository(theirs, mine):
        yield names_unclaimed.finding(
            f"{module.slug} in the catalog comes from {theirs}",
            manifest.at("repository_url"),
            level=Level.WARNING,
            fix="choose another slug, unless the repository has moved",
        )
    own = module.table_prefix
    slugs = [each for each in catalog.slugs() if each != module.slug]
    yield from _taken_over(module, slugs)
    longer = [each for each in slugs if prefix_of(each).startswith(own)]
    if longer:
        yield from _own_tables(module, [module.slug, *longer])
    for other in [each for each in slugs if own.startswith(prefix_of(each))]:
        tables = {name for row in catalog.versions(other) for name in row.tables_created}
        for name in sorted(each for each in tables if each.startswith(own)):
            if belongs_to(name, [*slugs, module.slug]) == module.slug:
                yield names_unclaimed.finding(
                    f"the module {other} has the table {name}, which begins with {own}",
                    manifest.at("slug"),
                    fix="choose another slug",
                )


def _taken_over(module: Module, slugs: Collection[str]) -> Iterator[Finding]:
    """Tables of others that a hook would rename into the module's own."""
    if not module.hooks:
        return
    from gates.database.rules.taken_over import taken_over

    for name, at in taken_over(module).items():
        owner = belongs_to(name, slugs)
        if owner is not None:
            yield names_unclaimed.finding(
                f"this takes {name} over, which is a table of the module {owner}",
                at,
                fix="take over only what this module had before it came under the standard",
            )


def _own_tables(module: Module, slugs: Collection[str]) -> Iterator[Finding]:
    for name, at in _tables(module).items():
        owner = belongs_to(name, slugs)
        if owner is not None and owner != module.slug:
            yield names_unclaimed.finding(
                f"{name} begins with {prefix_of(owner)}, which is for tables of the module {owner}",
                at,
                fix=f"give it a name that does not, such as {module.table_prefix}"
                f"own_{name.removeprefix(module.table_prefix)}",
            )


def _tables(module: Module) -> dict[str, Location]:
    """The tables that the manifest declares or the migrations create, with where they do."""
    from gates.catalog.tables import declared_tables
    from gates.database.locate import place_of

    manifest = module.require_manifest()
    listed = manifest.get("database_tables")
    found = {
        name: manifest.at("database_tables", index)
        for index, name in enumerate(listed if isinstance(listed, list) else ())
        if isinstance(name, str)
    }
    for name in declared_tables(module) if module.migrations else ():
        found.setdefault(name, place_of(module, name, f"table {name}"))
    return found
