"""The argument PATH of commands that look at a module."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.commands.ending import say

if TYPE_CHECKING:
    import click

_MARK = "module.json"


def module_path(name: str = "path") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The argument; where it is not given, the nearest module at or above the working folder."""
    import click

    return click.argument(
        name, default=".", type=click.Path(path_type=Path), callback=_nearest_unless_given
    )


def nearest_module(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a module.json, relative to `start`; says
    so on standard error where it is not `start` itself, which is also the answer for none.

    Ends at the top of a repo, and before a folder of another owner: who works below a folder that
    others may write to is not given their module.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        if folder.stat().st_uid != here.stat().st_uid:
            break
        if os.path.lexists(folder / _MARK):
            if folder != here:
                say(f"gates: the module is {folder}")
            return start / os.path.relpath(folder, here) if folder != here else start
        if os.path.lexists(folder / ".git"):
            break
    return start


def _nearest_unless_given(context: click.Context, parameter: click.Parameter, value: Path) -> Path:
    from click.core import ParameterSource

    given = context.get_parameter_source(str(parameter.name)) is not ParameterSource.DEFAULT
    return value if given else nearest_module(value)
