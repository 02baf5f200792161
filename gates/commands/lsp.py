"""`gates lsp`: a language server for editors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from gates.commands.options import settings_of, stages_of


@click.command(short_help="A language server for editors.")
@click.option(
    "--check", "checks", multiple=True, metavar="CHECK",
    help="Only this check. Repeatable. Default: those of lint-manifest and lint.",
)  # fmt: skip
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--catalog", help="Catalog: a PostgreSQL URL, or the folder of an embedded server.")
@click.option("--offline", is_flag=True, default=None, help="Reach nothing outside.")
def lsp(checks: tuple[str, ...], **given: Any) -> NoReturn:
    """Speak the Language Server Protocol over standard input and output.

    Whenever a file of a module is opened or saved, the checks run that it touches, and all that is
    found is shown in its place, also what could not be checked. Findings that `gates fix` repairs
    have a code action that does. Editors start this; nobody else needs to.
    """
    from gates.language_server.server import Server

    stages_of(checks)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    # What anything prints by mistake must not stand between two messages.
    sys.stdout = sys.stderr
    raise SystemExit(Server(source, target, settings_of(**given), frozenset(checks)).serve())
