"""Makes what checks ask for: on first use, once per run, and closes it again.

What can't be made raises, for each check that asks: this is where the product fails closed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gates.model import Stage
from gates.module import Module
from gates.settings import Policy, Settings

if TYPE_CHECKING:
    from gates.catalog import Catalog
    from gates.database import Database
    from gates.evidence import EvidenceSet
    from gates.registry import Registry
    from gates.toolchains import Bundle, Session, TestRun, Tools


class Needs:
    """The needs of one run over one module. Safe to use from several threads."""

    def __init__(
        self,
        module: Module,
        policy: Policy,
        settings: Settings,
        *,
        today: date,
        evidence_folder: Path,
    ) -> None:
        self.module = module
        self.policy = policy
        self.settings = settings
        self.today = today
        self.evidence_folder = evidence_folder
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._made: dict[str, object] = {}
        self._failed: dict[str, Exception] = {}
        self._cancelled = threading.Event()

    def make(self, need: str) -> object:
        """The value of a need. Raises what making it raised, again for every check that asks."""
        if need == "tools":
            return self.tools()
        makers: dict[str, Callable[[], object]] = {
            "module": lambda: self.module,
            "policy": lambda: self.policy,
            "today": lambda: self.today,
            "session": self._session,
            "database": self._database,
            "tests": self._tests,
            "bundle": self._bundle,
            "catalog": self._catalog,
            "previous": self._previous,
            "registry": self._registry,
            "evidence": self._evidence,
        }
        with self._lock:
            lock = self._locks.setdefault(need, threading.Lock())
        with lock:
            if need in self._failed:
                raise self._failed[need]
            if need not in self._made:
                try:
                    self._made[need] = makers[need]()
                except Exception as error:
                    self._failed[need] = error
                    raise
            return self._made[need]

    def lines(self, path: str) -> tuple[str, ...] | None:
        """The lines of a file of the module, or None."""
        return self.module.lines(path) if path in self.module.files else None
