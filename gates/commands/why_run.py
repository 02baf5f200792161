"""The command why-run: what a check that runs again would run for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gates.commands.module_path import module_path
from gates.commands.options import REGISTRY_HELP, settings_of
from gates.errors import UsageError


@click.command("why-run", short_help="Why a check runs again.")
@click.argument("check_id", metavar="CHECK")
@module_path()
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key", type=click.Path(path_type=Path))
@click.option("--catalog", help="A PostgreSQL URL, or the folder of an embedded server.")
@click.option("--registry", help=f"Registry: {REGISTRY_HELP}")
@click.option("--database-url", help="The server of the database proofs.")
def why_run(check_id: str, path: Path, **given: Any) -> None:
    """Say what changed since the result of CHECK that is kept for the module in PATH.

    A check is answered from its kept result where everything that it asked has the same answer
    now: files, values of the policy, programs, the catalog. Runs nothing.
    """
    from datetime import UTC, datetime

    from gates.check import all_outlines
    from gates.module import load
    from gates.needs import Needs
    from gates.reuse import Reuse
    from gates.settings import load_policy

    if check_id not in {each.id for each in all_outlines()}:
        raise UsageError(f"there is no check {check_id!r}", hint="`gates checks` lists them")
    settings = settings_of(**given)
    module = load(path)
    policy = load_policy(path, settings.policy).for_module(module.slug)
    needs = Needs(module, policy, settings, today=datetime.now(UTC).date())
    try:
        reuse = Reuse.of(needs)
        click.echo("\n".join(reuse.explain(check_id)) if reuse else "no result is ever kept here")
    finally:
        needs.close()
