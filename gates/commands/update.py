"""`gates update`: a module that `gates new` made, with what its template has learnt since."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import click

from gates import __version__
from gates.commands.ending import say
from gates.commands.module_path import module_path


@click.command(short_help="Bring a newer template into a module.")
@module_path()
def update(path: Path) -> NoReturn:
    """Bring the template of this version into the module in PATH, which `gates new` made.

    What you changed stays; where the template changed the same lines, both stand in the file with
    marks between them, and the exit code is 1. Marks that are still there refuse an update, and
    fail the check conflicts-resolved. No migration is touched. Commit before, to see what changed.
    """
    from gates.module import load
    from gates.module.write import write_files
    from gates.update_module import plan_update

    module = load(path)
    found = plan_update(module)
    write_files(module, found.changes)
    for each in sorted(found.changes):
        click.echo(f"{'conflict' if each in found.conflicts else 'updated'}  {each}")
    for each in found.left:
        click.echo(f"no longer in the template  {each}")
    if not found.changes:
        say(f"gates: the template of {__version__} brings nothing new")
    raise SystemExit(1 if found.conflicts else 0)
