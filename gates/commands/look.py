"""The commands that look and change nothing: explain, checks, verify, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.module_path import module_path
from gates.commands.options import CATALOG_HELP, settings_of
from gates.errors import RefusedError, UsageError
from gates.model import Stage

if TYPE_CHECKING:
    from gates.evidence import EvidenceSet


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
    for one in chosen:
        click.echo(click.style(one.value, bold=True))
        for each in (each for each in found if each.stage is one):
            click.echo(f"  {each.id:<{width}}  {each.summary}")


@click.command(short_help="Would a release be accepted?")
@module_path()
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--evidence", type=click.Path(path_type=Path, file_okay=False))
@click.option("--key", type=click.Path(path_type=Path))
@click.option("--catalog", help=CATALOG_HELP)
@click.option("--registry", help="Registry: an OCI image layout on disk.")
@click.option(
    "--explain", "explained", is_flag=True,
    help="With registry, catalog and approvals: every unmet condition, and the command for it.",
)  # fmt: skip
def verify(path: Path, evidence: Path | None, explained: bool, **given: Any) -> NoReturn:
    """Verify the signed evidence of all stages before release, for the content in PATH.

    Prints each stage's verdict, time, content, key and bundle. Exit code 4 where a release would
    be refused, with a sentence for each reason.
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
    if refused is None:
        click.echo("the evidence holds: a release of this content would be accepted")
        raise SystemExit(0)
    raise RefusedError(
        [f"a release would be refused, for {len(refused.reasons)} reason(s)"], hint=refused.hint
    )


def _explain(evidence: EvidenceSet) -> int:
    from datetime import UTC, datetime

    from gates.catalog import Catalog
    from gates.governance.conditions import read_chain
    from gates.registry import Registry
    from gates.report.why import explain as render_chain

    registry = Registry.open(evidence.settings.registry)
    with Catalog.open(evidence.settings) as catalog:
        chain = read_chain(evidence, registry, catalog, datetime.now(UTC))
    name = f"{evidence.module.slug} {evidence.module.version}"
    click.echo(render_chain(name, chain), nl=False)
    return RefusedError.exit_code if chain.unmet else 0


@click.command(short_help="What this machine can check with.")
@module_path()
@click.option("--catalog", help=CATALOG_HELP)
@click.option("--database-url", help="Server for the database proofs.")
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
