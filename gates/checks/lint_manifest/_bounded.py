"""Looks at defaults and examples in a process that can be stopped; see `gates.module.values`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import gates
from gates.errors import CouldNotCheckError, ToolFailedError
from gates.module import Document
from gates.module.explain import Violation
from gates.module.values import MAX_SECONDS, from_json


def bounded_violations(document: Document) -> list[Violation]:
    """As `value_violations`, in a process of its own.

    Raises `CouldNotCheckError` where that takes too long or does not work.
    """
    from gates.toolchains.processes import Processes, disk

    home = Path(gates.__file__).parents[1]
    with disk(), tempfile.TemporaryFile() as text:
        text.write(document.text.encode("utf-8"))
        text.seek(0)
        command = [
            sys.executable, "-s", "-P", "-m", "gates.module.values", str(text.fileno()),
            document.path,
        ]  # fmt: skip
        try:
            ran = Processes().run(
                command,
                cwd=home,
                env={"PYTHONPATH": str(home)},
                timeout=MAX_SECONDS + 5,
                pass_fds=[text.fileno()],
            )
        except ToolFailedError as error:
            raise _too_slow(document) from error
    if ran.exit_status > 128:
        raise _too_slow(document)
    try:
        if ran.exit_status == 0:
            return from_json(ran.stdout)
    except ValueError:
        pass
    raise CouldNotCheckError(
        f"the defaults and examples of {document.path} could not be looked at:"
        f" the program that does it ended with status {ran.exit_status}"
    )


def _too_slow(document: Document) -> CouldNotCheckError:
    return CouldNotCheckError(
        f"a pattern or the references of {document.path} take longer than {MAX_SECONDS} seconds on"
        " its examples",
        hint="write patterns without a repeat inside a repeat, such as (a+)+, and schemas that do"
        " not refer to the same schema over and over",
    )
