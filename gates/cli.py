"""The command line: it parses, assembles, renders and exits, and does nothing else."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from gates import __version__
from gates.commands.ending import (
    end,
    need_working_folder,
    open_streams,
    outputs_that_close,
    say,
    tell,
)
from gates.errors import ClosedOutputError, GatesError, machine_fault

if TYPE_CHECKING:
    from gates.commands.tree import cli as cli

_COLLECT_AFTER = 50_000
"""New objects until the next look for cycles: a start makes tens of thousands that all stay."""


def __getattr__(name: str) -> object:
    from gates.lazy import load

    return load("gates.commands", {"cli": "tree"}, name)


def _call(arguments: Sequence[str]) -> None:
    from gates.commands.plain import read

    if (plain := read(arguments)) is not None:
        from gates.commands.run_stages import run

        path, stages, options = plain
        with outputs_that_close():
            run(path, stages, **options)
    from gates.commands.tree import call

    call(arguments)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The `gates` command. Every error ends here, with its own exit code."""
    gc.set_threshold(_COLLECT_AFTER)
    open_streams()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        need_working_folder()
        _call(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        say("gates: interrupted; everything that was started is stopped")
        end(130)
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
