"""How each language is set up, and how its tools and the module's own code are run."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gates.toolchains.bundle import Bundle as Bundle
    from gates.toolchains.bundle import make_bundle as make_bundle
    from gates.toolchains.session import Session as Session
    from gates.toolchains.tests import TestRun as TestRun
    from gates.toolchains.tests import run_tests as run_tests
    from gates.toolchains.tools import Tools as Tools

_WHERE = {
    "Bundle": "bundle",
    "Session": "session",
    "TestRun": "tests",
    "Tools": "tools",
    "make_bundle": "bundle",
    "run_tests": "tests",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
