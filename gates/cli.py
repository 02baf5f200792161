"""The command line: it parses, assembles, renders and exits, and does nothing else."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from gates import __version__
from gates.commands import COMMANDS
from gates.commands.options import settings_of
from gates.commands.outputs import Output, formats_page
from gates.errors import (
    ClosedOutputError,
    CouldNotCheckError,
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
        click.argument("path", default=".", type=click.Path(path_type=Path)),
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
        click.option("--registry", help="Registry: an OCI image layout on disk."),
        click.option(
            "--database-url", help="Server for the database proofs. Default: an embedded one."
        ),
        click.option("--offline", is_flag=True, default=None, help="Reach nothing outside."),
        click.option("-q", "--quiet", is_flag=True, help="No progress."),
        click.option("-v", "--verbose", is_flag=True, help="Each check as it ends, and notes."),
    ]  # fmt: skip
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


@contextlib.contextmanager
def _closed_output() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ClosedOutputError("the output was closed") from error
    except OSError as error:
        if error.filename is not None or not (fault := machine_fault(error)):
            raise
        raise CouldNotCheckError(
            f"what was found could not be written: {fault.message}",
            hint="free some space, or send the output elsewhere",
        ) from error


class OrderedGroup(click.Group):
    """Lists its commands in the order in which they were added."""

    def make_context(self, *arguments: Any, **others: Any) -> click.Context:
        """The context of a call; see `invoke`."""
        with _closed_output():
            return super().make_context(*arguments, **others)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises `ClosedOutputError`, where click itself would exit with 1."""
        with _closed_output():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as added."""
        return list(self.commands)


@click.group(
    cls=OrderedGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="gates")
def cli() -> None:
    """Decide, with evidence, whether a module version may enter the catalog.

    Seven stages, in this order: lint-manifest, lint, test, build, scan, publish, release. Only a
    version that provably passed the first six is registered by the seventh. `gates run` does all
    of them; each is a command of its own, too.
    """


@cli.command(short_help="All seven stages.", epilog=RUN_EPILOG)
@click.option(
    "--stage", "stages", type=click.Choice([stage.value for stage in Stage]), multiple=True,
    help="Only this stage. Repeatable; they run in the order of the standard.",
)  # fmt: skip
@_options
def run(path: Path, stages: tuple[str, ...], **options: Any) -> NoReturn:
    """Take the module in PATH through all seven stages.

    Ends with a row in the catalog, or with the reasons why not.
    """
    _run(path, [Stage(each) for each in stages] or list(Stage), **options)


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
    **given: Any,
) -> NoReturn:
    from gates.commands.stages import run_and_report

    report = run_and_report(
        path,
        stages,
        settings_of(**given),
        outputs=outputs,
        evidence=evidence,
        quiet=quiet,
        verbose=verbose,
    )
    raise SystemExit(report.exit_code)


for command in COMMANDS:
    cli.add_command(command)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The `gates` command. Every error ends here, with its own exit code."""
    _open_streams()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _working_folder()
        cli.main(arguments, prog_name="gates", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        _say("gates: interrupted; everything that was started is stopped")
        _end(130)
    except click.ClickException as error:
        _show(error)
        _end(2)
    except ClosedOutputError as error:
        _end(error.exit_code)
    except GatesError as error:
        _tell(error)
    except SystemExit as ended:
        _end(ended.code if isinstance(ended.code, int) else int(ended.code is not None))
    except Exception as error:  # noqa: BLE001 - the last boundary: exit code 3 and a trace
        if fault := machine_fault(error):
            _tell(fault)
        import traceback

        _say(
            f"gates {__version__} crashed, so nothing is known about the module. "
            "This is a bug of ours; please report it with what follows.\n"
            f"{traceback.format_exc()}"
        )
        _end(3)
    _end(0)


def _open_streams() -> None:
    """What the caller closed leads nowhere: else the next file that is opened takes its number,
    and gets what programs print."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number


def _working_folder() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            f"the working directory cannot be entered: {error.strerror}",
            hint="cd to a folder that exists",
        ) from error


def _tell(error: GatesError) -> NoReturn:
    _say(f"gates: {error.message}")
    if error.hint:
        _say(f"  help: {error.hint}")
    _end(error.exit_code)


def _say(text: str) -> None:
    # Where nothing can be said, the exit code still says it.
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, err=True)


def _show(error: click.ClickException) -> None:
    with contextlib.suppress(OSError, ValueError):
        error.show()


def _end(code: int) -> NoReturn:
    """Exit with `code`; with 3 in the place of 0 where the last of what was found was lost."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = code or 3
            # The interpreter flushes once more, and would end with a code of its own.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    raise SystemExit(code)
