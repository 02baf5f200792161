"""The slug equals the name of the repo or folder."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT_MANIFEST)
def slug_matches_folder(module: Module) -> Iterator[Finding]:
    """The slug equals the name of the module's folder or of its repo.

    Why: people, deployment scripts and the catalog look for a module by one name.
    Bad: "slug": "alert-engine" in a folder alerts/ that is no clone of a repo alert-engine
    Good: alert-engine/module.json with "slug": "alert-engine"
    Fix: rename the folder, or the slug while nothing is released. A clone may be in a folder of
        any name: the name of the repo is read from the remote "origin" in .git/config. A copy
        without .git is judged by its folder alone, so copy it to a folder of that name.
    """
    document = module.require_manifest()
    if not module.slug or module.slug in module.names:
        return
    folder, *repo = module.names or ("",)
    others = f" and the repo {repo[0]!r}" if repo else ""
    yield slug_matches_folder.finding(
        f"the slug is {module.slug!r}, but the folder is {folder!r}{others}",
        document.at("slug"),
        fix=f"rename the folder to {module.slug}, or write the slug that the repo has",
    )
