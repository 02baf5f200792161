"""`gates watch`: each save runs what it touches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from gates.commands.module_path import module_path
from gates.commands.options import settings_of, stages_of, wants_colour
from gates.errors import GatesError, ToolMissingError
from gates.model import Stage

STAGES = (Stage.LINT_MANIFEST, Stage.LINT, Stage.TEST)
"""What runs unless told: what a developer waits for."""
IGNORED = frozenset({".git", ".gates", ".venv", "node_modules", "__pycache__"})
"""Folders whose changes start nothing, wherever they are."""


@click.command(short_help="Run again what each save touches.")
@module_path()
@click.option(
    "--stage", "stages", type=click.Choice([stage.value for stage in Stage][:5]), multiple=True,
    help=f"Only this stage. Repeatable. Default: {', '.join(STAGES)}.",
)  # fmt: skip
@click.option(
    "--check", "checks", multiple=True, metavar="CHECK", help="Only this check. Repeatable."
)
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--database-url", help="Server for the database proofs. Default: an embedded one.")
@click.option("--offline", is_flag=True, default=None, help="Reach nothing outside.")
def watch(path: Path, stages: tuple[str, ...], checks: tuple[str, ...], **given: Any) -> None:
    """Run stages over the module in PATH, and again whenever a file of it is saved.

    Only checks that asked for what was saved run again; all others are answered from their kept
    results. Ends with Ctrl-C. Needs the extra `watch`.
    """
    from gates.commands.stages import run_and_report

    if checks and stages:
        raise click.UsageError("give --check or --stage, not both")
    chosen = stages_of(checks) if checks else [Stage(each) for each in stages] or list(STAGES)
    settings = settings_of(**given)
    colour = wants_colour(sys.stdout)
    for changed in _saves(path):
        what = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if changed[3:] else "")
        line = f"── {datetime.now().astimezone():%H:%M:%S} {what or path} ──"
        click.echo(click.style(line, bold=True), color=colour)
        try:
            run_and_report(
                path,
                chosen,
                settings,
                outputs=(),
                evidence=None,
                only=frozenset(checks),
                quiet=True,
            )
        except GatesError as error:
            # A file that is half written is no reason to stop.
            click.echo(f"gates: {error.message}", err=True)


def _saves(path: Path) -> Iterator[list[str]]:
    """The paths that were changed, time after time; at once with none. Files that change while
    somebody works on what was yielded come next.

    Raises `ToolMissingError` without watchfiles.
    """
    try:
        from watchfiles import watch as watch_files
    except ImportError as error:
        raise ToolMissingError(
            "the package watchfiles is not installed (it comes with axon-gates[watch])",
            hint="pip install 'axon-gates[watch]'",
        ) from error

    def counts(_change: object, name: str) -> bool:
        return IGNORED.isdisjoint(Path(name).parts[len(root.parts) :])

    from gates.module import load

    root = load(path).root
    digest = ""
    # It begins before the first run, so that nothing saved during that is missed.
    for batch in watch_files(root, watch_filter=counts, yield_on_timeout=True, rust_timeout=200):
        if digest and not batch:
            continue
        try:
            now = load(root).digest
        except GatesError:
            now = "no module at this moment"
        if now != digest:
            digest = now
            yield sorted({Path(name).relative_to(root).as_posix() for _, name in batch})
