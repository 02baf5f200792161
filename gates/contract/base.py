"""The released version that the one under test is compared with. Imports nothing that a first
version, which has none, would wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.check import Check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level
from gates.module import Module

if TYPE_CHECKING:
    from gates.releases import Release, Releases


def base_of(module: Module, releases: Releases) -> Release | None:
    """The newest stable one of the releases that the module follows that nothing stands against:
    one that was withdrawn promises nothing any more. It is the release of the module's own version
    where that was edited since. None where there is none; raises `CatalogUnavailableError` where
    nobody knows."""
    if not module.slug or not module.version:
        raise CouldNotCheckError(
            "the slug or the version in module.json is not usable",
            hint="mend what the other checks report about them first",
        )
    from gates.catalog.standing import is_good

    before = {each.version: each for each in releases.before if is_good(each.row)}
    if not before:
        return None
    from gates.contract.bump import baseline

    found = baseline("", before)
    return None if found is None else before[found]


def no_base(check: Check, module: Module, releases: Releases) -> Finding:
    """The note that there is nothing to compare with, and why."""
    before = releases.before
    if before and not any(not each.row.standing for each in before):
        message = (
            f"every version before was withdrawn ({before[0].version} is the newest): nothing to"
            " compare with"
        )
    elif before:
        message = (
            f"only pre-releases were released before ({before[0].version} is the newest); they"
            " promise nothing (SemVer 2.0.0, section 9)"
        )
    else:
        message = f"first version of {module.slug} in this catalog: nothing to compare it with"
    at = module.require_manifest().at("version")
    return check.finding(message, at, level=Level.NOTE)
