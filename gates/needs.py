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

from gates.model import StageResult
from gates.module import Module
from gates.settings import Policy, Settings

if TYPE_CHECKING:
    from gates.catalog import Catalog
    from gates.database import Database
    from gates.evidence import EvidenceSet
    from gates.registry import Registry
    from gates.releases import Releases
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
        evidence_folder: Path | None = None,
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

    def make(self, need: str) -> object:
        """The value of a need. Raises what making it raised, again for every check that asks."""
        if need == "tools":
            return self.tools()
        if need == "evidence":
            return self._evidence()  # read anew: every stage adds to it
        made = self._make_once(need)
        # Records are the check's own, as those of `tools` are; the server is shared.
        return made.view() if need == "database" else made  # type: ignore[attr-defined]

    def _make_once(self, need: str) -> object:
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
            "releases": self._releases,
            "registry": self._registry,
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

    def tools(self) -> Tools:
        """A new `Tools` on the shared session, with ran-records of its own."""
        from gates.toolchains import Tools

        return Tools(self.session())

    def session(self) -> Session:
        """The shared work folder and toolchains of this run."""
        session: Session = self.make("session")  # type: ignore[assignment]
        return session

    def catalog(self) -> Catalog:
        """The open catalog. Raises `CatalogUnavailableError`."""
        catalog: Catalog = self.make("catalog")  # type: ignore[assignment]
        return catalog

    def record(self, result: StageResult) -> None:
        """Sign and write the evidence of a stage.

        Raises `CouldNotCheckError`, `ConfigurationError` or `RefusedError` where it can't be.
        """
        bundle = getattr(self._made.get("bundle"), "sha256", None)
        self._evidence().write(result, bundle=bundle, environment=self._environment())

    def _environment(self) -> dict[str, str]:
        """What the run stood on, as far as it was used."""
        sandbox = getattr(self._made.get("session"), "sandbox", None)
        server = getattr(self._made.get("database"), "server_version", None)
        found = {"sandbox": sandbox, "postgresql": server}
        return {name: str(value) for name, value in found.items() if value}

    def cancel(self) -> None:
        """Stop every program and statement that was started, so that waiting checks end."""
        for need in ("session", "database"):
            if (made := self._made.get(need)) is not None:
                made.cancel()  # type: ignore[attr-defined]

    def close(self) -> None:
        """Stop servers and remove work folders, whatever state they are in."""
        self._stack.close()

    def _session(self) -> Session:
        from gates.toolchains import Session

        session = Session(self.module, self.policy, self.settings)
        self._stack.callback(session.close)
        return session

    def _database(self) -> Database:
        from gates.database import Database

        database = Database.open(self.module, self.policy, self.settings)
        self._stack.callback(database.close)
        return database

    def _tests(self) -> TestRun:
        from gates.toolchains import run_tests

        return run_tests(self.session())

    def _bundle(self) -> Bundle:
        from gates.toolchains import make_bundle

        return make_bundle(self.session())

    def _catalog(self) -> Catalog:
        from gates.catalog import Catalog

        catalog = Catalog.open(self.settings)
        self._stack.callback(catalog.close)
        return catalog

    def _previous(self) -> object:
        return self.catalog().previous(self.module.slug, self.module.version)

    def _releases(self) -> Releases:
        from gates.releases import Releases

        registry: Registry = self.make("registry")  # type: ignore[assignment]
        return Releases(self.module, self.catalog(), registry)

    def _registry(self) -> Registry:
        from gates.registry import Registry

        return Registry.open(self.settings.registry)

    def _evidence(self) -> EvidenceSet:
        from gates.evidence import EvidenceSet

        return EvidenceSet(
            self.module, self.policy, self.settings, self.evidence_folder, self.today
        )
