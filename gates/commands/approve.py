"""`gates approve`: a person signs what may be released."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gates.commands.options import REGISTRY_HELP, settings_of
from gates.errors import UsageError


@click.command(short_help="Sign what may be released.")
@click.argument("targets", metavar="[FILE... | SLUG VERSION...]", nargs=-1)
@click.option(
    "--waiver", "waivers", multiple=True, metavar="CHECK",
    help="Approve the policy's waivers for this check. Repeatable.",
)  # fmt: skip
@click.option("--reason", required=True, help="Why it may be released.")
@click.option("--until", metavar="DATE", help="The last day on which the approval counts.")
@click.option(
    "--policy", type=click.Path(path_type=Path, dir_okay=False),
    help="Who may approve. Default: gates-policy.toml above the working folder.",
)  # fmt: skip
@click.option("--registry", help=f"Registry: {REGISTRY_HELP}")
@click.option("--key", type=click.Path(path_type=Path), help="The approver's private key (PEM).")
def approve(
    targets: tuple[str, ...],
    waivers: tuple[str, ...],
    reason: str,
    until: str | None,
    **given: Any,
) -> None:
    """Approve versions and waivers, all by one signature over the list of their digests.

    FILE is the folder of a module, or evidence of one; SLUG with VERSIONs is what is published in
    the registry. The approval lies beside the evidence, at the bundle in the registry, or beside
    the policy; a release finds it there. What needs how many of whom says `approval_rules` in the
    policy. Nobody approves what is their own: neither by the key that signed a stage, nor as the
    commit's author.
    """
    from gates.evidence.act import Act, Verb
    from gates.evidence.keys import Trust
    from gates.governance import approve as approving
    from gates.governance.acts import until_of
    from gates.governance.signers import Signers
    from gates.registry import Registry
    from gates.settings import load_policy

    settings = settings_of(**given)
    if not targets and not waivers:
        raise UsageError("there is nothing to approve", hint="gates approve PATH --reason ...")
    if not reason.strip():
        raise UsageError("the reason is empty")
    today = datetime.now(UTC).date()
    by_path = bool(targets) and Path(targets[0]).exists()
    near = Path(targets[0]) if by_path else Path.cwd() / "module"
    policy = load_policy(near, settings.policy)
    trust = Trust.of(policy, settings, today)
    found = approving.of_waivers(policy, waivers)
    if by_path:
        found += [approving.of_path(Path(each), trust) for each in targets]
    elif targets:
        slug, *versions = targets
        if not versions:
            raise UsageError(f"there is no {slug}, and no version of it is named")
        registry = Registry.of(settings)
        found += [approving.of_published(slug, each, registry, trust) for each in versions]
    act = Act(Verb.APPROVE, (), reason.strip(), "", until=until_of(until, today))
    signers = Signers.of(policy, settings, today)
    done, places = approving.approve(found, act, signers, settings)
    for subject in done.subjects:
        click.echo(f"approved {subject.name} ({subject.digest[:12]})")
    click.echo(f"by {signers.name(done.key_ids[0])}, in {', '.join(places)}")
