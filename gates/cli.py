"""The command line: it parses, assembles, renders and exits, and does nothing else."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

import click

from gates import __version__
from gates.commands import COMMANDS, load_command
from gates.commands.ending import (
    EXIT_CODES,
    end,
    need_working_folder,
    open_streams,
    outputs_that_close,
    say,
    show,
    tell,
)
from gates.errors import (
    ClosedOutputError,
    GatesError,
    machine_fault,
)


class AllCommands(click.Group):
    """What `COMMANDS` names, in that order; a command is imported when it is called."""

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
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None


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
