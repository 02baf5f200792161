"""The version moves as far as its changes ask for, and every break is listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.check import check
from gates.contract.base import base_of, no_base
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module

if TYPE_CHECKING:
    from gates.contract.model import Change
    from gates.releases import Release, Releases


@check(Stage.LINT_MANIFEST)
def required_bump(module: Module, releases: Releases) -> Iterator[Finding]:
    """The version moves as far as its manifest and settings ask for; every break is listed.

    Compared is with the newest stable release below, or where the module was edited since its own
    version was released, with that: then findings are warnings. From 1.0.0 on a break asks for the
    next major version, something new for the next minor, anything else for a patch; below 1.0.0 the
    left-most number that is not zero counts as the major one; a pre-release counts as the version
    that it leads to, and what follows only pre-releases is free (SemVer 2.0.0, sections 4 and 6 to
    9).
    A break is what a user of the old version can show: a call, a settings document, an environment
    that worked and does not; what could not be shown asks for a minor version. From 1.0.0 on every
    break is listed in `breaking`, by its symbol or by the beginning of several and `*`, with
    `since` the version that brings it; what is listed and did not change fails too. Entries of
    older versions are history. Tables are compared by `database-bump`, code by `code-bump`.

    Why: tenants and other modules take a minor version without looking. One that breaks them ends
        that for all versions to come.
    Bad: 1.2.0 serves GET /api/notes, 1.3.0 does not
    Good: 2.0.0 does not serve it, and `breaking` lists endpoint:GET /api/notes with a way out
    Fix: keep what broke, or raise the version and list the break; `gates diff` prints all of them.
    """
    base = base_of(module, releases)
    if base is None:
        yield no_base(required_bump, module, releases)
        if module.require_manifest().get("breaking") is not None:
            from gates.contract.breaking import MANIFEST_KINDS
            from gates.contract.demand import judge_entries, misplaced

            yield from misplaced(required_bump, module)
            yield from judge_entries(required_bump, module, None, (), MANIFEST_KINDS)
        return
    yield from _changes_since(base, module, releases)


def _changes_since(base: Release, module: Module, releases: Releases) -> Iterator[Finding]:
    from gates.contract.breaking import MANIFEST_KINDS
    from gates.contract.compare import compare_declared
    from gates.contract.demand import judge, judge_entries, misplaced

    yield from misplaced(required_bump, module)
    changes: list[Change] = []
    try:
        for part in compare_declared(base.module, module):
            # What became of tables is for `database-bump`, which sees the tables themselves.
            found = [each for each in part if each.part != "database"]
            changes += found
            releases.note(base.version, found)
    except CouldNotCheckError:
        yield from judge(required_bump, module, base.version, changes)
        raise
    yield from judge(required_bump, module, base.version, changes)
    yield from judge_entries(required_bump, module, base.version, changes, MANIFEST_KINDS)
