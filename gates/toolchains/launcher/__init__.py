"""Starts a program of the module under test behind every wall that this machine has.

Run by `gates.toolchains.processes` in an interpreter of its own, inside bubblewrap where that
works: it imports nothing but itself and the standard library. See `main`.
"""

BLOCKED = 125
"""The exit status of a launcher that could not set up a wall which this machine has."""


class SandboxError(Exception):
    """A wall that this machine has could not be set up."""
