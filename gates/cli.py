"""The command line: it parses, assembles, renders and exits, and does nothing else."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from gates import __version__
from gates.commands import COMMANDS, load_command
from gates.commands.ending import (
    end,
    need_working_folder,
    open_streams,
    outputs_that_close,
    say,
    show,
    tell,
)
from gates.commands.module_path import module_path
from gates.commands.options import REGISTRY_HELP, day, settings_of, stages_of
from gates.commands.outputs import Output, formats_page
from gates.errors import (
    ClosedOutputError,
    GatesError,
    UsageError,
    machine_fault,
)
from gates.identities import SIGNING
from gates.model import Stage
from gates.report import FORMATS

Command = Callable[..., Any]
EXIT_CODES = """
\b
Exit codes:
  0    pass
  1    fail: something is wrong with the module
  2    wrong usage or configuration
  3    inconclusive: something could not be checked, which is never a pass
  4    evidence refused
  130  interrupted
"""
RUN_EPILOG = f"{EXIT_CODES}\n{formats_page()}"


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


class AllCommands(click.Group):
    """The stages, in the order in which they were added, and then what `COMMANDS` names."""

    def make_context(self, *arguments: Any, **others: Any) -> click.Context:
        """The context of a call; see `invoke`."""
        with outputs_that_close():
            return super().make_context(*arguments, **others)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises `ClosedOutputError`, where click itself would exit with 1."""
        with outputs_that_close():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in order."""
        return [*self.commands, *COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name in COMMANDS:
            return load_command(cmd_name)
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=AllCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="gates")
def cli() -> None:
    """Decide, with evidence, whether a module version may enter the catalog.

    Seven stages, in this order: lint-manifest, lint, test, build, scan, publish, release. Only a
    version that provably passed the first six is registered by the seventh. `gates run` does all
    of them; each is a command of its own, too. PATH is the folder of a module; where it is left
    out, the nearest at or above this one that holds a module.json.
    """


@cli.command(short_help="All seven stages.", epilog=RUN_EPILOG)
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
def run(path: Path, stages: tuple[str, ...], checks: tuple[str, ...], **options: Any) -> NoReturn:
    """Take the module in PATH through all seven stages.

    Ends with a row in the catalog, or with the reasons why not.
    """
    chosen = [Stage(each) for each in stages]
    if checks:
        if chosen:
            raise click.UsageError("give --check or --stage, not both")
        chosen = stages_of(checks)
    if options["candidate"] is not None:
        chosen = chosen or list(Stage.PUBLISH.before)
        if {Stage.PUBLISH, Stage.RELEASE}.intersection(chosen):
            raise click.UsageError("nothing is published or released as if something else were")
        options["candidate"] = options["candidate"].absolute()
    _run(path, chosen or list(Stage), only=frozenset(checks), **options)


def _stage_command(stage: Stage, short: str, text: str) -> None:
    @cli.command(stage.value, short_help=short, help=text, epilog=RUN_EPILOG)
    @_options
    def command(path: Path, **options: Any) -> NoReturn:
        _run(path, [stage], **options)


_stage_command(
    Stage.LINT_MANIFEST,
    "Manifest, settings schema, files.",
    "Check module.json, the settings schema, the files of the standard, and against the catalog.",
)
_stage_command(
    Stage.LINT,
    "Code and migrations, statically.",
    "Check the code with the platform's own configuration, and the migrations by parsing them.",
)
_stage_command(
    Stage.TEST,
    "Tests, coverage, database proofs.",
    "Run the module's tests with coverage, and prove its migrations on a real PostgreSQL.",
)
_stage_command(
    Stage.BUILD,
    "Reproducible bundle, register().",
    "Build the bundle twice, compare it, load it and call register().",
)
_stage_command(
    Stage.SCAN, "Code, secrets, dependencies.", "Scan code, secrets and locked dependencies."
)
_stage_command(
    Stage.PUBLISH,
    "Bundle and evidence to the registry.",
    "Put the bundle and its evidence into the registry.",
)
_stage_command(
    Stage.RELEASE,
    "Verified evidence to the catalog.",
    "Verify the evidence of all stages and write the catalog row.",
)


def _run(
    path: Path,
    stages: Sequence[Stage],
    *,
    outputs: tuple[tuple[str, Path], ...],
    quiet: bool,
    verbose: bool,
    evidence: Path | None,
    fresh: bool,
    fail_fast: bool,
    effective_time: str | None,
    only: frozenset[str] = frozenset(),
    **given: Any,
) -> NoReturn:
    from gates.commands.stages import run_and_report

    if fresh:
        given["reuse"] = "fresh"
    effective = day(effective_time) if effective_time is not None else None
    if effective is not None:
        given["reuse"] = "off"
        stages = [each for each in stages if each not in (Stage.PUBLISH, Stage.RELEASE)]
        if not stages:
            raise UsageError("publish and release are done today or not at all")

    report = run_and_report(
        path,
        stages,
        settings_of(**given),
        outputs=outputs,
        evidence=evidence,
        only=only,
        quiet=quiet,
        verbose=verbose,
        fail_fast=fail_fast,
        effective=effective,
    )
    raise SystemExit(report.exit_code)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The `gates` command. Every error ends here, with its own exit code."""
    open_streams()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        need_working_folder()
        cli.main(arguments, prog_name="gates", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        say("gates: interrupted; everything that was started is stopped")
        end(130)
    except click.ClickException as error:
        show(error)
        end(2)
    except ClosedOutputError as error:
        end(error.exit_code)
    except GatesError as error:
        tell(error)
    except SystemExit as ended:
        end(ended.code if isinstance(ended.code, int) else int(ended.code is not None))
    except Exception as error:  # noqa: BLE001 - the last boundary: exit code 3 and a trace
        if fault := machine_fault(error):
            tell(fault)
        import traceback

        say(
            f"gates {__version__} crashed, so nothing is known about the module. "
            "This is a bug of ours; please report it with what follows.\n"
            f"{traceback.format_exc()}"
        )
        end(3)
    end(0)
