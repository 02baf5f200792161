"""`gates fix`: repairs what the gate's own tools can repair safely."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.ending import say
from gates.commands.module_path import module_path
from gates.commands.options import settings_of, wants_colour
from gates.errors import UsageError
from gates.report.escaping import safe

if TYPE_CHECKING:
    from gates.fix import Repair
    from gates.settings import Settings

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command(short_help="Repair what can be repaired safely.")
@module_path()
@click.option(
    "--check", "checks", multiple=True, metavar="CHECK",
    help="Repair only what this check finds. Repeatable.",
)  # fmt: skip
@click.option(
    "--standard", is_flag=True, help="Bring a module that is older than the standard under it."
)
@click.option("--diff", "only_diff", is_flag=True, help="Show what would change; write nothing.")
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--catalog", help="Catalog, which says what is released: a PostgreSQL URL, or a folder."
)
@click.option("--offline", is_flag=True, default=None, help="Reach nothing outside.")
def fix(
    path: Path, checks: tuple[str, ...], standard: bool, only_diff: bool, **given: Any
) -> NoReturn:
    """Repair the findings in PATH that say `gates fix repairs this`.

    Works on a copy. Files are written only where the checks find there that what was to be
    repaired is gone, and nothing new has come; the changes are shown as a diff. Released migrations
    are never touched, and no migration is where the catalog cannot be asked. Exit code 1 with
    --diff where something would change, 3 where something could not be repaired or proved.

    With --standard an older module is repaired as a whole: its database, module.json, the settings
    schema and what else it lacks. Each repair is proved in a copy, over rows of the older schema;
    what is not proved is shown and not written.
    """
    from gates.fix import repair
    from gates.module.write import write_files

    settings, today = settings_of(**given), datetime.now(UTC).date()
    if standard:
        found = _brought(path, settings, today, checks)
    else:
        found = repair(path, settings, today, frozenset(checks))
    _show(found)
    if found.changes and not only_diff:
        write_files(found.module, found.changes)
    did = "would be repaired" if only_diff else "repaired"
    what = "" if standard else f"{len(found.repaired)} finding(s) "
    say(f"gates: {what}{did} in {len(found.changes)} file(s)")
    for sentence in found.left:
        say(f"gates: {safe(sentence)}")
    raise SystemExit(1 if found.changes and only_diff else 3 if found.left else 0)


def _brought(path: Path, settings: Settings, today: date, checks: tuple[str, ...]) -> Repair:
    """An older module under the standard; says what was made and could not be proved."""
    from gates.adoption.bring import bring

    if checks:
        raise UsageError("--standard repairs a module as a whole", hint="leave out --check")
    found = bring(path, settings, today)
    for sentence in found.notes:
        say(f"gates: {safe(sentence)}")
    if found.shown is not None:
        say("gates: this is not proved, and not written:")
        _show(found.shown)
    return found.repair


def _show(found: Repair) -> None:
    """Print the changes as a diff."""
    colour = wants_colour(sys.stdout)
    for line in found.diff().splitlines():
        styled = click.style(safe(line), fg=_COLOURS.get(line[:1])) if colour else safe(line)
        click.echo(styled, color=colour)
