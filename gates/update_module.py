"""Brings a module that `gates new` made to the template of this version, by a three-way merge.

The base is the template that the module was made from, rendered again: the package holds the
templates of earlier versions in `templates/earlier/<version>`, each as `templates/module` is.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from gates import __version__
from gates.errors import CouldNotCheckError, UsageError
from gates.module import Module
from gates.module.conflicts import conflict_line
from gates.module.model import SEMVER
from gates.new_module import LANGUAGES, TEMPLATE, answers, check_slug, render
from gates.records import dataclass
from gates.toolchains.processes import Processes

ANSWERS = ".copier-answers.yml"
EARLIER = TEMPLATE.with_name("earlier")
_ANSWER = re.compile(r"(language|slug|today|version): (\S+)")
_MERGE_SECONDS = 60.0


@dataclass(frozen=True)
class Update:
    """What an update changes."""

    version: str
    """Of the gates whose template the module was made from."""
    changes: Mapping[str, bytes]
    conflicts: tuple[str, ...] = ()
    """The paths that have marks for the author to decide between."""
    left: tuple[str, ...] = ()
    """The paths that the template no longer has, and the module still does."""


def read_answers(module: Module) -> dict[str, str]:
    """The answers that a module was made with.

    Raises `UsageError` where there are none, or other values than `gates new` writes.
    """
    if ANSWERS not in module.files:
        raise UsageError(
            f"there is no {ANSWERS}, so this module was not made by gates new, or before it"
            " kept one"
        )
    lines = [each for each in module.lines(ANSWERS) if each and not each.startswith("#")]
    found = [_ANSWER.fullmatch(each) for each in lines]
    given = {each[1]: each[2] for each in found if each}
    try:
        date.fromisoformat(given["today"])
        check_slug(given["slug"])
        right = given["language"] in LANGUAGES and SEMVER.fullmatch(given["version"])
        if not (right and all(found) and len(found) == len(given) == 4):
            raise ValueError
    except (KeyError, ValueError) as error:
        raise UsageError(f"{ANSWERS} does not hold what gates new wrote") from error
    return given


def plan_update(module: Module) -> Update:
    """What has to change for the template of this version. Nothing is written.

    What only the template changed is taken, what only the module changed stays, and what both did
    is merged line by line. Migrations stay as they are, and so does what the module removed.
    Raises `UsageError` where conflicts of an earlier merge are open, or the template that the
    module was made from is not known; `ToolMissingError` without copier or git.
    """
    for path, file in module.files.items():
        if file.link is None and (line := conflict_line(module.data(path))):
            raise UsageError(
                f"{path}:{line} has the marks of a merge that is not finished",
                hint="resolve it first",
            )
    given = read_answers(module)
    version = given["version"]
    template = TEMPLATE if version == __version__ else EARLIER / version
    if not template.is_dir():
        raise UsageError(
            f"the template of axon-gates {version} is not in this version",
            hint=f"update with a version between {version} and {__version__} first",
        )
    with tempfile.TemporaryDirectory() as folder:
        base = _rendered(template, given, version, Path(folder, "base"))
        new = _rendered(TEMPLATE, given, __version__, Path(folder, "new"))
        return _merged(module, version, base, new, Path(folder))


def _rendered(
    template: Path, given: Mapping[str, str], version: str, folder: Path
) -> dict[str, bytes]:
    folder.mkdir()
    today = date.fromisoformat(given["today"])
    render(template, answers(given["slug"], given["language"], today, version), folder)
    found = (each for each in folder.rglob("*") if each.is_file())
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in found}


def _merged(
    module: Module, version: str, base: Mapping[str, bytes], new: Mapping[str, bytes], folder: Path
) -> Update:
    changes, conflicts, left = {}, [], []
    for path in sorted(base.keys() | new.keys()):
        mine = module.data(path) if path in module.files else None
        if path.startswith("migrations/") or base.get(path) == new.get(path):
            continue
        if path not in new:
            left += [path] if mine is not None else []
        elif mine is None and path in base:
            continue
        elif mine is None or mine == base.get(path):
            changes[path] = new[path]
        elif mine != new[path]:
            text, clean = _merge(mine, base.get(path, b""), new[path], folder)
            if text != mine:
                changes[path] = text
            if not clean:
                conflicts.append(path)
    return Update(version, changes, tuple(conflicts), tuple(left))


def _merge(mine: bytes, base: bytes, new: bytes, folder: Path) -> tuple[bytes, bool]:
    """The merge of two changes of one text by git, and whether it had no conflict."""
    for name, data in (("mine", mine), ("base", base), ("new", new)):
        (folder / f"{name}.txt").write_bytes(data)
    labels = ["-L", "this module", "-L", "template before", "-L", "template now"]
    ran = Processes().run(
        ["git", "merge-file", "-p", *labels, "mine.txt", "base.txt", "new.txt"],
        cwd=folder,
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"},
        timeout=_MERGE_SECONDS,
    )
    if ran.exit_status > 127 or ran.exit_status < 0:
        raise CouldNotCheckError(f"git merge-file ended with status {ran.exit_status}: {ran.end()}")
    return ran.stdout, ran.exit_status == 0
