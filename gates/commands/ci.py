"""`gates ci`: the steps of a pipeline's jobs. What they are given comes by environment variables,
so that no value of a workflow is ever part of a script."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from gates.commands.outputs import STANDARD_OUTPUT
from gates.errors import UsageError
from gates.filesystem import resolved
from gates.model import Stage

if TYPE_CHECKING:
    from gates.ci.results import Results
    from gates.settings import Settings

OUTPUT, SUMMARY = "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"


@click.group(short_help="The steps of a pipeline in CI.")
def ci() -> None:
    """Steps of a pipeline in CI: plan, stage, conclude, comment (docs/ci.md)."""


@ci.command()
def plan() -> None:
    """Decide which modules run in which jobs, and which stages are left out and why.

    Reads PIPELINE_PATH (folder of a module, or of several), PIPELINE_CHANGED_SINCE (a revision;
    empty or all zeros is every module), PIPELINE_PUBLISH, PIPELINE_HAS_CATALOG and
    PIPELINE_HAS_REGISTRY (true or false) and GITHUB_EVENT_NAME. Sets the outputs matrix, plan,
    checks and publishes.
    """
    from gates.ci.modules import changed_modules, find_modules
    from gates.ci.plan import make_plan
    from gates.ci.runner import set_outputs
    from gates.ci.shards import matrix, shards

    root = _workspace_path(_given("PIPELINE_PATH"))
    since = os.environ.get("PIPELINE_CHANGED_SINCE", "").strip()
    found = find_modules(root)
    if since.strip("0"):
        found = changed_modules(root, found, since)
    made = make_plan(
        [(root / each).relative_to(Path.cwd().resolve()).as_posix() for each in found],
        event=os.environ.get("GITHUB_EVENT_NAME", ""),
        publish=_flag("PIPELINE_PUBLISH"),
        since=since,
    )
    if made.publishes and not (_flag("PIPELINE_HAS_CATALOG") and _flag("PIPELINE_HAS_REGISTRY")):
        raise UsageError(
            "publishing needs a catalog and a registry: those of a runner are gone with it",
            hint="give the inputs catalog and registry, or publish: false",
        )
    values = {
        "matrix": json.dumps(matrix(shards(made.modules))),
        "plan": made.to_json(),
        "checks": str(made.checks).lower(),
        "publishes": str(made.publishes).lower(),
    }
    for name, value in values.items():
        click.echo(f"{name}: {value}")
    set_outputs(os.environ.get(OUTPUT), values)


@ci.command()
@click.argument("stage", type=click.Choice([stage.value for stage in Stage]))
def stage(stage: str) -> NoReturn:
    """Run one stage over the modules of a job, and leave reports and evidence for later jobs.

    Reads PIPELINE_MODULES (a JSON list of folders), PIPELINE_RESULTS (the folder of all results),
    PIPELINE_SIGNING_KEY (PEM; empty makes a key that nobody trusts) and the GATES_* variables;
    GATES_SIGNING=keyless signs by the identity of the job. For a pull request of a fork neither is
    used. The exit code is the worst; a module that cannot be run keeps no other from running.
    """
    from gates.ci.event import current
    from gates.ci.signing import KEY, choose, signing_settings
    from gates.ci.stage import run_stage

    chosen = choose(os.environ, current(os.environ))
    os.environ.pop(KEY, None)
    if chosen.untrusted:
        click.echo(f"evidence is signed with a key that nobody trusts: {chosen.untrusted}")
    with signing_settings(chosen, os.environ) as settings:
        code = run_stage(
            Stage(stage),
            _modules(),
            _results(),
            settings=settings,
            run=_run,
            summary=os.environ.get(SUMMARY),
            say=lambda text: click.echo(text, nl=False),
        )
    raise SystemExit(code)


@ci.command()
def conclude() -> NoReturn:
    """Say how the pipeline ended: the one check that a branch has to require.

    Reads PIPELINE_NEEDS (`toJSON(needs)` of a job that waits for all others), PIPELINE_PLAN (the
    output of `gates ci plan`) and PIPELINE_RESULTS. Fails for each job that failed, was cancelled
    or was skipped without a listed reason, and for each report that is missing or is no pass. Sets
    the outputs verdict, report-path and sarif-path, and leaves the text for `gates ci comment`.
    """
    from gates.ci import page
    from gates.ci.conclude import conclude, read_needs
    from gates.ci.plan import Plan
    from gates.ci.runner import add_summary, set_outputs
    from gates.ci.stage import collect, write_reports

    results = _results()
    needs = read_needs(_given("PIPELINE_NEEDS"))
    text = os.environ.get("PIPELINE_PLAN", "")
    made = Plan.from_json(text) if text else None
    found = collect(results, made)
    ended = conclude(needs, made, found)
    click.echo(page.lines(ended, made), nl=False)
    add_summary(os.environ.get(SUMMARY), page.summary(ended, made, found))
    workflow = os.environ.get("GITHUB_WORKFLOW", "")
    report, sarif = write_reports(results, ended, made, found, workflow=workflow)
    outputs = {"verdict": ended.verdict.value, "report-path": report, "sarif-path": sarif}
    set_outputs(os.environ.get(OUTPUT), outputs)
    raise SystemExit(ended.verdict.exit_code)


@ci.command()
def comment() -> None:
    """Put what `gates ci conclude` found on the pull request, in one comment that is edited.

    Reads PIPELINE_RESULTS, the event of the job, GITHUB_TOKEN, GITHUB_API_URL, GITHUB_REPOSITORY
    and GITHUB_WORKFLOW. Where nothing can be posted, it says why, and the text goes into the step
    summary. The exit code is 0 then, too: no verdict hangs on a comment.
    """
    from gates.ci.comment import broken_off
    from gates.ci.event import current
    from gates.ci.github_comments import NotPostedError, post
    from gates.ci.runner import add_summary
    from gates.ci.stage import COMMENT

    try:
        body = (_results().root / COMMENT).read_text("utf-8")
    except (OSError, ValueError):
        body = broken_off(os.environ.get("GITHUB_WORKFLOW", ""))
    try:
        click.echo(post(body, current(os.environ), os.environ))
    except NotPostedError as error:
        click.echo(f"nothing was posted: {error.message}")
        why = f"*Not posted on the pull request: {error.message}.*\n\n"
        add_summary(os.environ.get(SUMMARY), f"{why}{body}\n\n")


def _run(module: str, stage: Stage, settings: Settings, results: Results) -> int:
    """What `gates <stage> MODULE` runs, with its text and annotations in the job's log."""
    from gates.commands.stages import run_and_report

    return run_and_report(
        Path(module),
        [stage],
        settings,
        outputs=(
            *results.outputs(module, stage),
            ("text", STANDARD_OUTPUT),
            ("github", STANDARD_OUTPUT),
        ),
        evidence=results.evidence(module),
        quiet=True,
    ).exit_code


def _given(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise UsageError(f"the variable {name} is not set")
    return value


def _flag(name: str) -> bool:
    value = os.environ.get(name, "false") or "false"
    if value not in ("true", "false"):
        raise UsageError(f"{name} is true or false, not {value!r}")
    return value == "true"


def _workspace_path(text: str) -> Path:
    """A folder in the working folder, which is a runner's workspace."""
    here = Path.cwd().resolve()
    path = resolved(here / text)
    if not path.is_relative_to(here):
        raise UsageError(f"{text!r} is outside the workspace")
    return path


def _results() -> Results:
    from gates.ci.results import Results

    return Results(Path(_given("PIPELINE_RESULTS")).absolute())


def _modules() -> list[str]:
    try:
        found = json.loads(_given("PIPELINE_MODULES"))
    except ValueError as error:
        raise UsageError("PIPELINE_MODULES is no JSON") from error
    if not isinstance(found, list) or not found or not all(isinstance(e, str) for e in found):
        raise UsageError("PIPELINE_MODULES is no list of folders")
    for each in found:
        _workspace_path(each)
    return found
