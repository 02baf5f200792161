"""The commands, one file for each subject."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

COMMANDS: Mapping[str, str] = {
    "run": "run", "lint-manifest": "run", "lint": "run", "test": "run", "build": "run",
    "scan": "run", "publish": "run", "release": "run",
    "new": "new", "update": "update", "baseline": "baseline", "fix": "fix", "explain": "look",
    "checks": "look", "why-run": "why_run", "watch": "watch", "lsp": "lsp", "verify": "look",
    "approve": "approve", "diff": "contract", "changelog": "contract", "cost": "cost",
    "catalog": "whole_catalog", "why": "catalog", "trust": "trust", "advisories": "advisories",
    "modules": "modules", "fleet": "fleet", "migration": "migration", "ci": "ci", "doctor": "look",
}  # fmt: skip
"""The file of each, in the order of `gates --help`; a command is imported when it is called."""


def load_command(name: str) -> click.Command:
    """The command of a name in `COMMANDS`."""
    place = importlib.import_module(f"gates.commands.{COMMANDS[name]}")
    if COMMANDS[name] == "run":
        made: click.Command = place.command_of(name)
        return made
    found: click.Command = getattr(place, name.replace("-", "_"))
    return found
