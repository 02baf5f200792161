"""`gates modules`: the modules of a repo, and those that a change touches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gates.ci.shards import JOBS, MOST_JOBS, PER_JOB, matrix, shards
from gates.report.escaping import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gates.ci.modules import Listed

FORMS = ("text", "json", "github-matrix")


@click.command(short_help="The modules of a repo, or those that changed.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option(
    "--changed-since", metavar="REVISION",
    help="Only modules that commits since then touch. A changed file outside every module"
    " (a policy, a lock file) touches all.",
)  # fmt: skip
@click.option(
    "--output", "form", type=click.Choice(FORMS), default="text", show_default=True,
    help="A line each, a list with path, slug and version, or the value of a job's"
    " `strategy.matrix`.",
)  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1, MOST_JOBS), default=JOBS, show_default=True,
    help="Jobs of the matrix at most. GitHub makes 256 of one.",
)  # fmt: skip
@click.option(
    "--per-job", type=click.IntRange(1), default=PER_JOB, show_default=True,
    help="Modules of one job, where that gives no more jobs than allowed.",
)  # fmt: skip
def modules(path: Path, changed_since: str | None, form: str, jobs: int, per_job: int) -> None:
    """List the modules in PATH: the folders that hold a module.json, relative to PATH, with slug
    and version. PATH may be a module itself, which is ".".

    Modules in modules, hidden folders and node_modules do not count. With --changed-since, files of
    HEAD are compared with where it left REVISION; what is not committed is not seen.
    """
    from gates.ci.modules import changed_modules, find_modules, listing

    found = find_modules(path)
    if changed_since is not None:
        found = changed_modules(path, found, changed_since)
    if form == "github-matrix":
        click.echo(json.dumps(matrix(shards(found, jobs=jobs, per_job=per_job))))
        return
    listed = [listing(path, each) for each in found]
    click.echo(_lines(listed) if form == "text" else json.dumps(listed, indent=2) + "\n", nl=False)


def _lines(listed: Sequence[Listed]) -> str:
    width = max((len(each["path"]) for each in listed), default=0)
    return "".join(
        f"{safe(each['path']):<{width}}  {each['slug'] or '(no slug that can be used)'}"
        f" {each['version'] or '(no version that can be used)'}\n"
        for each in listed
    )
