"""`gates baseline`: records what is wrong with a module today, so that only what is new fails."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from gates.commands.ending import say
from gates.commands.module_path import module_path
from gates.commands.options import CATALOG_HELP, REGISTRY_HELP, settings_of


@click.command(short_help="Record what is wrong today; only what is new fails.")
@module_path()
@click.option("--update", is_flag=True, help="Only remove what is not found any more.")
@click.option("--add", is_flag=True, help="Add what is found now, too; needs --reason.")
@click.option("--reason", default="", help="Why the baseline grows; it is signed.")
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--catalog", help=CATALOG_HELP)
@click.option("--registry", help=f"Registry: {REGISTRY_HELP}")
@click.option("--database-url", help="Server for the database proofs.")
@click.option("--key", type=click.Path(path_type=Path), help="Private key that signs growth.")
@click.option("--offline", is_flag=True, default=None, help="Reach nothing outside.")
def baseline(path: Path, update: bool, add: bool, reason: str, **given: Any) -> NoReturn:
    """Record the findings in PATH in gates-baseline.jsonl.

    What is recorded is shown in every report and does not fail. Findings that keep tenants apart,
    of secrets, and of what a release rests on are never recorded. The file only shrinks by itself,
    with --update; what --add puts in is signed with a reason, by a key that the policy must trust.
    Exit code 1 where a finding could not be recorded, 3 where something could not be checked.
    """
    from gates.adopt import record
    from gates.baseline import FILE
    from gates.errors import UsageError
    from gates.module.write import write_files
    from gates.report.escaping import safe

    there = (path / FILE).exists()
    if update and add:
        raise UsageError("--update only removes, and --add adds", hint="choose one of them")
    if there and not (update or add):
        raise UsageError(
            f"{FILE} is there already",
            hint='gates baseline --update removes what is gone; --add --reason "..." adds',
        )
    settings = settings_of(**given)
    today = datetime.now(UTC).date()
    found = record(path, settings, today, grow=not update, reason=reason)
    if found.content is not None:
        write_files(found.module, {FILE: found.content})
    say(
        f"gates: the baseline holds {found.total:,} finding(s): {found.added:,} added,"
        f" {found.removed:,} removed"
    )
    for each in found.barred:
        say(f"gates: not recorded: {safe(each)}")
    for each in found.unknown:
        say(f"gates: could not be checked: {safe(each)}")
    raise SystemExit(3 if found.unknown else 1 if found.barred else 0)
