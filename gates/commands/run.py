"""`gates run`, and the seven stages as commands of their own, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from gates.commands.ending import EXIT_CODES
from gates.commands.module_path import module_path
from gates.commands.options import REGISTRY_HELP, stages_of
from gates.commands.output_option import Output, formats_page
from gates.commands.run_stages import run
from gates.identities import SIGNING
from gates.model import Stage
from gates.report import FORMATS

Command = Callable[..., Any]
RUN_EPILOG = f"{EXIT_CODES}\n{formats_page()}"
STAGES: Mapping[str, tuple[str, str]] = {
    "lint-manifest": (
        "Manifest, settings schema, files.",
        "Check module.json, the settings schema, the files of the standard, and against the"
        " catalog.",
    ),
    "lint": (
        "Code and migrations, statically.",
        "Check the code with the platform's own configuration, and the migrations by parsing them.",
    ),
    "test": (
        "Tests, coverage, database proofs.",
        "Run the module's tests with coverage, and prove its migrations on a real PostgreSQL.",
    ),
    "build": (
        "Reproducible bundle, register().",
        "Build the bundle twice, compare it, load it and call register().",
    ),
    "scan": (
        "Code, secrets, dependencies.",
        "Scan code, secrets and locked dependencies.",
    ),
    "publish": (
        "Bundle and evidence to the registry.",
        "Put the bundle and its evidence into the registry.",
    ),
    "release": (
        "Verified evidence to the catalog.",
        "Verify the evidence of all stages and write the catalog row.",
    ),
}
"""What each stage's help says, in a few words and in a sentence."""


def _options(command: Command) -> Command:
    """The options that every command which runs stages has."""
    decorators = [
        module_path(),
        click.option(
            "--output", "outputs", type=Output(), multiple=True,
            help=f"Also write the report. FORMAT is {', '.join(FORMATS)}; FILE may be -, standard"
            " output. Repeatable.",
        ),
        click.option(
            "--policy", type=click.Path(path_type=Path, dir_okay=False),
            help="The organisation's policy. Default: the nearest gates-policy.toml above PATH.",
        ),
        click.option(
            "--evidence", type=click.Path(path_type=Path, file_okay=False),
            help="Folder of the signed evidence. Default: PATH/.gates/evidence.",
        ),
        click.option("--key", type=click.Path(path_type=Path), help="Private signing key (PEM)."),
        click.option(
            "--sign", type=click.Choice(SIGNING),
            help="Sign the evidence with the key, or keyless: by the identity of the GitHub"
            " Actions workflow that runs. Default: key.",
        ),
        click.option(
            "--catalog",
            help="Catalog: a PostgreSQL URL, or the data directory of an embedded server.",
        ),
        click.option("--registry", help=f"Registry: {REGISTRY_HELP}"),
        click.option(
            "--database-url", help="Server for the database proofs. Default: an embedded one."
        ),
        click.option("--offline", is_flag=True, default=None, help="Reach nothing outside."),
        click.option(
            "--fail-fast", is_flag=True, help="Begin no other check after the first that fails."
        ),
        click.option(
            "--fresh", is_flag=True, help="Run every check, also where its kept result still holds."
        ),
        click.option(
            "--audit-reuse", type=click.IntRange(0), default=None, metavar="N",
            help="Run N checks again whose kept results hold, and compare.",
        ),
        click.option(
            "--effective-time", metavar="TIME",
            help="Check as of another day (2027-01-31, or a time on it): what will fail then. Signs"
            " nothing; publish and release are left out.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="No progress."),
        click.option("-v", "--verbose", is_flag=True, help="Each check as it ends, and notes."),
    ]  # fmt: skip
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def command_of(name: str) -> click.Command:
    """The command of a stage, or of all of them ("run")."""
    return _run_command() if name == "run" else _stage_command(Stage(name))


def _stage_command(stage: Stage) -> click.Command:
    short, text = STAGES[stage.value]

    @click.command(stage.value, short_help=short, help=text, epilog=RUN_EPILOG)
    @_options
    def command(path: Path, **options: Any) -> NoReturn:
        run(path, [stage], **options)

    return command


def _run_command() -> click.Command:
    @click.command("run", short_help="All seven stages.", epilog=RUN_EPILOG)
    @click.option(
        "--stage", "stages", type=click.Choice([stage.value for stage in Stage]), multiple=True,
        help="Only this stage. Repeatable; they run in the order of the standard.",
    )  # fmt: skip
    @click.option(
        "--check",
        "checks",
        multiple=True,
        metavar="CHECK",
        help="Only this check, with what it needs. Repeatable. Writes no evidence.",
    )
    @click.option(
        "--candidate", type=click.Path(path_type=Path, file_okay=False),
        help="Folder of another module: check as if its version were released. Writes no evidence.",
    )  # fmt: skip
    @_options
    def command(
        path: Path, stages: tuple[str, ...], checks: tuple[str, ...], **options: Any
    ) -> NoReturn:
        """Take the module in PATH through all seven stages.

        Ends with a row in the catalog, or with the reasons why not.
        """
        chosen = [each for each in Stage if each.value in stages]
        if checks:
            if chosen:
                raise click.UsageError("give --check or --stage, not both")
            chosen = stages_of(checks)
        if options["candidate"] is not None:
            chosen = chosen or list(Stage.PUBLISH.before)
            if {Stage.PUBLISH, Stage.RELEASE}.intersection(chosen):
                raise click.UsageError("nothing is published or released as if something else were")
            options["candidate"] = options["candidate"].absolute()
        run(path, chosen or list(Stage), only=frozenset(checks), **options)

    return command
