"""`gates catalog rules`: what the catalog itself asks of every new version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from gates.commands.catalog import CATALOG, POLICY
from gates.commands.options import settings_of
from gates.commands.withdraw import signers_of


@click.command("rules", short_help="What the catalog asks of versions.")
@click.option("--record", "wanted", is_flag=True, help="Record those of the policy first.")
@CATALOG
@click.option("--key", type=click.Path(path_type=Path))
@POLICY
def rules(wanted: bool, **given: Any) -> None:
    """Print the approvals and the soak that the catalog holds every new version to, as JSON.

    With --record they become those of the policy, for which the login has to own the catalog; what
    counted before stays there, and in the audit trail. A release is held against its own policy
    besides.
    """
    from gates.catalog import Catalog
    from gates.governance.release_rules import record, recorded, rules_of
    from gates.settings import load_policy

    settings = settings_of(**given)
    with Catalog.open(settings) as found:
        if wanted:
            policy = load_policy(Path.cwd() / "catalog", settings.policy)
            made = rules_of(policy, signers_of("catalog", settings))
            found.work(lambda connection: record(connection, made))
        known = found.work(recorded)
    click.echo(json.dumps(known, indent=2) if known else "no rules: the catalog asks for nothing")
