"""What an organisation hands out, as a stand-in: to try all seven stages where there is none.

A policy, packages in the place of the platform's, and a sample of advisories: those of the examples
of this package, at the top of the source tree or inside the wheel.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from gates.errors import CouldNotCheckError, UsageError
from gates.settings import POLICY_FILE

FOLDER = "stand-ins"
"""Beside the policy: all that it names."""
_PLACES = (Path(__file__).parent / "examples", Path(__file__).parents[1] / "examples")
_POLICY = f"""\
# Stand-ins, to try all seven stages without an organisation. With them nothing is proved of a
# module: put the organisation's own {POLICY_FILE} in the place of this one, and remove {FOLDER}.

platform_version = "2.0.0"

[advisories]
# A sample of a dozen, so that no service is asked.
snapshot = "{FOLDER}/advisories.json"
max_age_days = 3650

[typescript]
workspace = "{FOLDER}"

[python]
packages = ["{FOLDER}/platform/python/*"]
"""


def write_stand_ins(folder: Path) -> list[Path]:
    """Write a policy and what it names into a folder that modules lie in; what was written.

    Raises `UsageError` where one of both is there already or cannot be written, and
    `CouldNotCheckError` where this installation lacks them.
    """
    source = next((each for each in _PLACES if (each / "advisories.json").is_file()), None)
    if source is None:
        raise CouldNotCheckError(
            "this installation lacks the stand-ins",
            hint="pip install --force-reinstall axon-gates",
        )
    policy, made = need_room(folder)
    try:
        made.mkdir(parents=True)
        shutil.copytree(source / "platform", made / "platform", ignore=_ignored)
        shutil.copyfile(source / "advisories.json", made / "advisories.json")
        for name in ("package.json", "package-lock.json"):
            value = _without_modules(json.loads((source / name).read_text("utf-8")))
            (made / name).write_text(json.dumps(value, indent=2) + "\n", "utf-8")
        policy.write_text(_POLICY, "utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    return [policy, made]


def need_room(folder: Path) -> tuple[Path, Path]:
    """Where the policy and what it names are to be. Raises `UsageError` where one is already."""
    places = folder / POLICY_FILE, folder / FOLDER
    for each in places:
        if each.exists() or each.is_symlink():
            raise UsageError(f"{each} is there already", hint="leave out --with-stand-ins")
    return places


_ignored = shutil.ignore_patterns("node_modules", "__pycache__", "*.egg-info", "build", "dist")


def _without_modules(value: dict[str, Any]) -> dict[str, Any]:
    """The workspace, or its lock, without the members that are example modules."""
    members = {"workspaces": ["platform/npm/*"]}
    if "packages" not in value:
        return {**value, **members}
    kept = {
        path: entry
        for path, entry in value["packages"].items()
        if "node_modules/" in path or path.startswith("platform/") or not path
    }
    kept = {path: entry for path, entry in kept.items() if entry.get("resolved") != "alert-engine"}
    return {**value, "packages": {**kept, "": {**kept[""], **members}}}
