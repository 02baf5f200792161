"""The quality gate that decides whether a module version may enter a platform's catalog.

This is what a package that adds checks imports; everything else is found under its own module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gates.check import Check, check
    from gates.model import Finding, Level, Location, Stage, Verdict

__version__ = "0.1.0"

__all__ = ["Check", "Finding", "Level", "Location", "Stage", "Verdict", "__version__", "check"]


def __getattr__(name: str) -> object:
    from gates.lazy import load

    files = dict.fromkeys(__all__, "model") | {"Check": "check", "check": "check"}
    return load(__name__, files, name)
