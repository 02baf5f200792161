"""The maturity stays or takes the next step of the life cycle."""

from __future__ import annotations

from collections.abc import Iterator

from gates.catalog import Catalog
from gates.catalog.lifecycle import maturity_refusal
from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT_MANIFEST)
def maturity_step(module: Module, catalog: Catalog) -> Iterator[Finding]:
    """The maturity stays or takes the next step of the life cycle.

    Why: PLANNED, IN_DEVELOPMENT, ALPHA, BETA, RC, GA, MAINTENANCE, DEPRECATED, RETIRED is the way
    of every module, and approvals hang on its steps. A module never goes back, skips none, and ends
    with RETIRED. A first version may be anything from IN_DEVELOPMENT to GA.
    Bad: the catalog says BETA, and module.json says ALPHA or GA.
    Good: the catalog says BETA, and module.json says BETA or RC.
    Fix: set `maturity_status` in module.json to what the catalog says, or to the next step.
    """
    manifest = module.require_manifest()
    maturity = manifest.get("maturity_status")
    if not module.slug or not isinstance(maturity, str):
        raise CouldNotCheckError(
            "the slug or the maturity_status in module.json is not usable",
            hint="fix what the other checks report about them first",
        )
    row = catalog.module(module.slug)
    known = row if row is not None and row.versions else None
    if known is not None:
        same = catalog.find(module.slug, module.version)
        if same is not None and same.digest == module.digest:
            return
    if why := maturity_refusal(known.maturity_status if known else None, maturity):
        yield maturity_step.finding(
            why, manifest.at("maturity_status"), fix="set maturity_status to a step that follows"
        )
