"""How a command ends: what it says last, and its exit code, also where nothing can be said."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, TextIO

from gates.errors import (
    ClosedOutputError,
    CouldNotCheckError,
    GatesError,
    UsageError,
    machine_fault,
)

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


@contextlib.contextmanager
def outputs_that_close() -> Iterator[None]:
    """Raises `ClosedOutputError` for a pipe that nobody reads, `CouldNotCheckError` for an output
    on a full disk: click itself would exit with 1, which says that the module is wrong."""
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


def open_streams() -> None:
    """What the caller closed leads nowhere: else the next file that is opened takes its number,
    and gets what programs print."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number


def need_working_folder() -> None:
    """Raises `UsageError` where the working directory is gone or closed."""
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            f"the working directory cannot be entered: {error.strerror}",
            hint="cd to a folder that exists",
        ) from error


def tell(error: GatesError) -> NoReturn:
    """Say what an error says, and what helps, and exit with its code."""
    say(f"gates: {error.message}")
    if error.hint:
        say(f"  help: {error.hint}")
    end(error.exit_code)


def say(text: str) -> None:
    """Write to standard error, if that takes anything."""
    # Where nothing can be said, the exit code still says it.
    with contextlib.suppress(OSError, ValueError):
        echo(f"{text}\n", sys.stderr)


def echo(text: str, stream: TextIO) -> None:
    """Write a text as it is. Where the stream is none of UTF-8, click finds a way."""
    if stream is None or (stream.encoding or "").lower() != "utf-8":
        import click

        click.echo(text, stream, nl=False, color=True)
        return
    stream.write(text)
    stream.flush()


def end(code: int) -> NoReturn:
    """Exit with `code`; with 3 in the place of 0 where the last of what was found was lost."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = code or 3
            # The interpreter flushes once more, and would end with a code of its own.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    gc.freeze()  # what is left at the end is not looked through for cycles
    raise SystemExit(code)
