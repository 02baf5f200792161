"""The commands that look and change nothing: explain, checks, verify, doctor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.module_path import module_path
from gates.commands.options import CATALOG_HELP, REGISTRY_HELP, settings_of
from gates.errors import RefusedError, UsageError
from gates.model import Stage

if TYPE_CHECKING:
    from gates.evidence import EvidenceSet
    from gates.settings import Settings


@click.command(short_help="The page of a check.")
@click.argument("check_id", metavar="[CHECK]", default="")
@click.pass_context
def explain(context: click.Context, check_id: str) -> None:
    """Print the page of a check: what it asks for, why, and how to fix a finding.

    Without CHECK, list them all.
    """
    import difflib

    from gates.check import all_checks, find

    if not check_id:
        context.invoke(checks, stage=None, as_json=False)
        return
    found = find(check_id)
    if found is None:
        near = difflib.get_close_matches(check_id, [each.id for each in all_checks()], n=1)
        hint = f"did you mean {near[0]}?" if near else "`gates checks` lists them"
        raise UsageError(f"there is no check {check_id!r}", hint=hint)
    language = f", {found.language} modules" if found.language else ""
    click.echo(f"{found.id}  (stage {found.stage}{language})\n\n{found.doc}")


@click.command(short_help="The checks, by stage.")
@click.option("--stage", type=click.Choice([stage.value for stage in Stage]))
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def checks(stage: str | None, as_json: bool) -> None:
    """List the checks of all stages, or of one."""
    import json

    from gates.check import stage_checks

    chosen = [Stage(stage)] if stage else list(Stage)
    found = [each for one in chosen for each in stage_checks(one)]
    if as_json:
        rows = [
            {"id": c.id, "stage": c.stage, "language": c.language, "summary": c.summary}
            for c in found
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len(each.id) for each in found)
    lines = []
    for one in chosen:
        lines.append(click.style(one.value, bold=True))
        lines += [f"  {each.id:<{width}}  {each.summary}" for each in found if each.stage is one]
    # Written at once: who reads the first line alone (`| head -1`) has closed nothing too early.
    click.echo("\n".join(lines))


@click.command(short_help="Would a release be accepted?")
@module_path()
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--evidence", type=click.Path(path_type=Path, file_okay=False))
@click.option("--key", type=click.Path(path_type=Path))
@click.option("--catalog", help=CATALOG_HELP)
@click.option("--registry", help=f"Registry: {REGISTRY_HELP}")
@click.option("--no-registry", is_flag=True, help="Do not read the registry.")
@click.option(
    "--explain", "explained", is_flag=True,
    help="With registry, catalog and approvals: every unmet condition, and the command for it.",
)  # fmt: skip
def verify(
    path: Path, evidence: Path | None, no_registry: bool, explained: bool, **given: Any
) -> NoReturn:
    """Verify the signed evidence of all stages before release, for the content in PATH.

    Prints each stage's verdict, time, content, key and bundle. What was published is read from the
    registry, bundle and evidence, and held against the evidence here and the catalog's row. Exit
    code 4 where a release would be refused, with a sentence for each reason.
    """
    from gates.evidence import EvidenceSet
    from gates.evidence.verify import refusal, report
    from gates.module import load
    from gates.settings import load_policy

    settings = settings_of(**given)
    module = load(path)
    policy = load_policy(path, settings.policy).for_module(module.slug)
    found = EvidenceSet(module, policy, settings, evidence)
    if explained:
        raise SystemExit(_explain(found))
    click.echo(report(found, Stage.RELEASE.before), nl=False)
    refused = refusal(found, Stage.RELEASE.before)
    across = () if no_registry else _read_back(found, settings)
    if refused is None and not across:
        click.echo("the evidence holds: a release of this content would be accepted")
        raise SystemExit(0)
    count = len(across) + (len(refused.reasons) if refused else 0)
    raise RefusedError(
        [f"a release would be refused, for {count} reason(s)"],
        hint=refused.hint if refused else None,
    )


def _explain(evidence: EvidenceSet) -> int:
    from datetime import UTC, datetime

    from gates.catalog import Catalog
    from gates.governance.conditions import read_chain
    from gates.registry import Registry
    from gates.report.why import explain as render_chain

    registry = Registry.of(evidence.settings)
    with Catalog.open(evidence.settings) as catalog:
        chain = read_chain(evidence, registry, catalog, datetime.now(UTC))
    name = f"{evidence.module.slug} {evidence.module.version}"
    click.echo(render_chain(name, chain), nl=False)
    return RefusedError.exit_code if chain.unmet else 0


def _read_back(evidence: EvidenceSet, settings: Settings) -> Sequence[str]:
    """Print what the registry has; gives the reasons against it."""
    from gates.catalog import Catalog
    from gates.catalog.published import against_catalog, not_attached, read_back
    from gates.registry import Registry

    module, registry = evidence.module, Registry.of(settings)
    found = read_back(evidence, registry)
    reasons = [*found.reasons]
    if found.published is None and not reasons:
        click.echo(f"{'registry':<14}holds nothing of this version yet")
    if found.published is not None:
        click.echo(f"{'registry':<14}{found.published.reference}")
        for stage in not_attached(evidence, found):
            click.echo(f"    the evidence of {stage} is not there yet: release adds it")
        with Catalog.open(settings) as catalog:
            row = catalog.find(module.slug, module.version)
            if row is not None:
                reasons += against_catalog(found, row, catalog.evidence(row))
    for reason in reasons:
        click.echo(f"    {reason}")
    return reasons


@click.command(short_help="What this machine can check with.")
@module_path()
@click.option("--catalog", help=CATALOG_HELP)
@click.option("--database-url", help="Server for the database proofs.")
@click.option("--registry", help=f"Registry: {REGISTRY_HELP}")
def doctor(path: Path, **given: Any) -> NoReturn:
    """Try everything that a run needs: programs, sandbox, database, catalog, registry, keys.

    Exit code 3 where something is missing, with the command that helps.
    """
    from gates.doctor import probes, render

    works = True
    for probe in probes(path, settings_of(**given)):
        click.echo(render(probe))
        works = works and probe.works
    raise SystemExit(0 if works else 3)
