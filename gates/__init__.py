"""The quality gate that decides whether a module version may enter a platform's catalog.

This is what a package that adds checks imports; everything else is found under its own module.
"""

from gates.check import Check, check
from gates.model import Finding, Level, Location, Stage, Verdict

__version__ = "0.1.0"

__all__ = ["Check", "Finding", "Level", "Location", "Stage", "Verdict", "__version__", "check"]
