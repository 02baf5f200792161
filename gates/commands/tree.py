"""The tree of commands, as click reads the command line."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import click

from gates import __version__
from gates.commands import COMMANDS, load_command
from gates.commands.ending import EXIT_CODES, end, outputs_that_close


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


def call(arguments: Sequence[str]) -> None:
    """Do what a command line asks for. Ends with exit code 2 where click cannot read it."""
    try:
        cli.main(arguments, prog_name="gates", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        _show(error)
        end(2)


def _show(error: click.ClickException) -> None:
    # The exit code says it, whether this could be said or not.
    with contextlib.suppress(OSError, ValueError):
        error.show()
