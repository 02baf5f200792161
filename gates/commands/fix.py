"""`gates fix`: repairs what the gate's own tools can repair safely."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from gates.commands.ending import say
from gates.commands.module_path import module_path
from gates.commands.options import settings_of, wants_colour

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command(short_help="Repair what can be repaired safely.")
@module_path()
@click.option(
    "--check", "checks", multiple=True, metavar="CHECK",
    help="Repair only what this check finds. Repeatable.",
)  # fmt: skip
@click.option("--diff", "only_diff", is_flag=True, help="Show what would change; write nothing.")
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--catalog", help="Catalog, which says what is released: a PostgreSQL URL, or a folder."
)
@click.option("--offline", is_flag=True, default=None, help="Reach nothing outside.")
def fix(path: Path, checks: tuple[str, ...], only_diff: bool, **given: Any) -> NoReturn:
    """Repair the findings in PATH that say `gates fix repairs this`.

    Works on a copy. Files are written only where the checks find there that what was to be
    repaired is gone, and nothing new has come; the changes are shown as a diff. Released migrations
    are never touched, and no migration is where the catalog cannot be asked. Exit code 1 with
    --diff where something would change, 3 where something could not be repaired or proved.
    """
    from gates.fix import repair
    from gates.module.write import write_files
    from gates.report.escaping import safe

    found = repair(path, settings_of(**given), datetime.now(UTC).date(), frozenset(checks))
    colour = wants_colour(sys.stdout)
    for line in found.diff().splitlines():
        styled = click.style(safe(line), fg=_COLOURS.get(line[:1])) if colour else safe(line)
        click.echo(styled, color=colour)
    if found.changes and not only_diff:
        write_files(found.module, found.changes)
    did = "would be repaired" if only_diff else "repaired"
    say(f"gates: {len(found.repaired)} finding(s) {did} in {len(found.changes)} file(s)")
    for sentence in found.left:
        say(f"gates: {safe(sentence)}")
    raise SystemExit(1 if found.changes and only_diff else 3 if found.left else 0)
