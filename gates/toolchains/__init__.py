"""How each language is set up, and how its tools and the module's own code are run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.lazy import load

if TYPE_CHECKING:
    from gates.toolchains.bundle import Bundle as Bundle
    from gates.toolchains.bundle import make_bundle as make_bundle
    from gates.toolchains.session import Session as Session
    from gates.toolchains.tests import TestRun as TestRun
    from gates.toolchains.tests import run_tests as run_tests
    from gates.toolchains.tools import Tools as Tools

_FILES = {
    "Bundle": "bundle",
    "Session": "session",
    "TestRun": "tests",
    "Tools": "tools",
    "make_bundle": "bundle",
    "run_tests": "tests",
}

__all__ = sorted(_FILES)


def __getattr__(name: str) -> object:
    return load(__name__, _FILES, name)
