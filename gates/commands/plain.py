"""Command lines of the plainest kind: a stage, a folder, a few options written out.

They are what is called many times a day, and click takes longer to import than an answer takes that
is known. Whatever is not understood here at once is left to click, whose answer is the measure: a
test holds the two together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gates.commands.module_path import nearest_module
from gates.model import Stage

FLAGS: Mapping[str, str] = {
    "-q": "quiet", "--quiet": "quiet", "-v": "verbose", "--verbose": "verbose",
    "--fresh": "fresh", "--fail-fast": "fail_fast", "--offline": "offline",
}  # fmt: skip
TEXTS: Mapping[str, str] = {
    "--catalog": "catalog", "--registry": "registry", "--database-url": "database_url",
}  # fmt: skip
LEFT_OUT: Mapping[str, Any] = {
    "outputs": (), "policy": None, "evidence": None, "key": None, "sign": None, "catalog": None,
    "registry": None, "database_url": None, "offline": None, "fail_fast": False, "fresh": False,
    "audit_reuse": None, "effective_time": None, "quiet": False, "verbose": False,
}  # fmt: skip
"""The options of every stage, as click gives them where they are left out."""


def read(arguments: Sequence[str]) -> tuple[Path, list[Stage], dict[str, Any]] | None:
    """The folder, the stages and the options of a command line; None where click has to read it.

    Says on standard error which module was found, where no folder is given.
    """
    if not arguments or "_GATES_COMPLETE" in os.environ:
        return None
    command, *rest = arguments
    if command != "run" and command not in Stage._value2member_map_:
        return None
    given: dict[str, str | bool] = {}
    stages: set[str] = set()
    paths: list[str] = []
    waiting = iter(rest)
    for each in waiting:
        if name := FLAGS.get(each):
            given[name] = True
        elif each in TEXTS or (each == "--stage" and command == "run"):
            value = next(waiting, "-")
            name = TEXTS.get(each, "")
            if not value or value.startswith("-") or name in given:
                return None
            if name:
                given[name] = value
            else:
                stages.add(value)
        elif not each or each.startswith("-"):
            return None
        else:
            paths.append(each)
    return _understood(command, paths, stages, given)


def _understood(
    command: str, paths: Sequence[str], stages: set[str], given: Mapping[str, str | bool]
) -> tuple[Path, list[Stage], dict[str, Any]] | None:
    if len(paths) > 1 or not stages <= {each.value for each in Stage}:
        return None
    if paths and not os.access(paths[0], os.R_OK):
        return None
    chosen = [each for each in Stage if each.value in stages]
    if command != "run":
        chosen = [Stage(command)]
    folder = Path(paths[0]) if paths else nearest_module(Path())
    more: dict[str, Any] = {"only": frozenset(), "candidate": None} if command == "run" else {}
    return folder, chosen or list(Stage), {**LEFT_OUT, **given, **more}
