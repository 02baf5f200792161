"""`gates new`: a new module, which passes all seven stages as it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gates.new_module import LANGUAGES, make_module
from gates.stand_ins import need_room, write_stand_ins


@click.command(short_help="A new module, which passes all stages.")
@click.argument("slug")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--language", type=click.Choice(LANGUAGES), required=True)
@click.option(
    "--with-stand-ins", is_flag=True,
    help="Also write a policy, platform packages and advisories beside the module, to try it"
    " without those of an organisation.",
)  # fmt: skip
def new(slug: str, folder: Path | None, language: str, with_stand_ins: bool) -> None:
    """Make a module named SLUG in FOLDER (default: a folder of that name in this one).

    It has one route, one job, one table and its tests, and the files for CI, nox, editors and
    pre-commit. The folder is made, or has to be empty. What it is made from lies in this package
    and is only rendered: nothing is run or fetched.
    """
    made = Path(slug) if folder is None else folder
    if with_stand_ins:
        need_room(made.absolute().parent)
    files = make_module(slug, language, made, datetime.now(UTC).date())
    if with_stand_ins:
        for each in write_stand_ins(made.absolute().parent):
            click.echo(f"{each}: stand-ins for what an organisation hands out")
    click.echo(f"{made}: {len(files)} files of a {language} module; next: gates run {made}")
