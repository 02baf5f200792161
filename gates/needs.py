"""Makes what checks ask for: on first use, once per run, and closes it again.

What can't be made raises, for each check that asks: this is where the product fails closed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from gates.model import StageResult
from gates.module import Module
from gates.settings import Policy, Settings

if TYPE_CHECKING:
    from gates.catalog import Catalog, Previous
    from gates.database import Database
    from gates.evidence import EvidenceSet
    from gates.registry import Registry
    from gates.releases import Releases
    from gates.toolchains import Bundle, Session, TestRun, Tools

T = TypeVar("T")


class Once(Generic[T]):
    """A value made by its first call, for all threads; what making it raised, each call raises."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._future: Future[T] = Future()

    def __call__(self) -> T:
        """The value. Raises what making it raised."""
        with self._lock:
            if not self._future.done():
                try:
                    self._future.set_result(self._make())
                except Exception as error:  # noqa: BLE001 - raised below, and for all who come later
                    self._future.set_exception(error)
        return self._future.result()

    @property
    def made(self) -> T | None:
        """The value if it was made already; None before, and where making it failed."""
        ready = self._future.done() and self._future.exception() is None
        return self._future.result() if ready else None


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
        self.session = Once(self._session)
        self.tests = Once(self._tests)
        self.bundle = Once(self._bundle)
        self.catalog = Once(self._catalog)
        self.previous = Once(self._previous)
        self.registry = Once(self._registry)
        self.releases = Once(self._releases)
        self._shared_database = Once(self._open_database)
        self._by_name: Mapping[str, Callable[[], object]] = {
            "module": lambda: self.module,
            "policy": lambda: self.policy,
            "today": lambda: self.today,
            "tools": self.tools,
            "tests": self.tests,
            "bundle": self.bundle,
            "database": self.database,
            "catalog": self.catalog,
            "previous": self.previous,
            "registry": self.registry,
            "releases": self.releases,
            "evidence": self.evidence,
        }

    def get(self, need: str) -> object:
        """The value of a need by the name that checks give it: their only way to it."""
        return self._by_name[need]()

    def lines(self, path: str) -> tuple[str, ...] | None:
        """The lines of a file of the module, or None."""
        return self.module.lines(path) if path in self.module.files else None

    def tools(self) -> Tools:
        """A new `Tools` on the shared session, with ran-records of its own."""
        from gates.toolchains import Tools

        return Tools(self.session())

    def database(self) -> Database:
        """A new view of the shared databases, with ran-records of its own."""
        return self._shared_database().view()

    def evidence(self) -> EvidenceSet:
        """The evidence so far, read anew: every stage adds to it."""
        from gates.evidence import EvidenceSet

        return EvidenceSet(
            self.module, self.policy, self.settings, self.evidence_folder, self.today
        )

    def record(self, result: StageResult) -> None:
        """Sign and write the evidence of a stage.

        Raises `CouldNotCheckError`, `ConfigurationError` or `RefusedError` where it can't be.
        """
        bundle = self.bundle.made
        sha256 = bundle.sha256 if bundle else None
        self.evidence().write(result, bundle=sha256, environment=self._environment())

    def _environment(self) -> dict[str, str]:
        """What the run used: the sandbox of the tests, the database server."""
        tests, database = self.tests.made, self._shared_database.made
        sandbox = tests.sandbox if tests else None
        server = database.server_version if database else None
        found = {"sandbox": sandbox, "postgresql": server}
        return {name: value for name, value in found.items() if value}

    @property
    def made_database(self) -> Database | None:
        """The databases, if any check has asked for them."""
        return self._shared_database.made

    def cancel(self) -> None:
        """Stop every program and statement that was started, so that waiting checks end."""
        for made in (self.session.made, self._shared_database.made):
            if made is not None:
                made.cancel()

    def close(self) -> None:
        """Stop servers and remove work folders, whatever state they are in."""
        self._stack.close()

    def _session(self) -> Session:
        from gates.toolchains import Session

        session = Session(self.module, self.policy, self.settings)
        self._stack.callback(session.close)
        return session

    def _open_database(self) -> Database:
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

    def _previous(self) -> Previous:
        return self.catalog().previous(self.module.slug, self.module.version)

    def _registry(self) -> Registry:
        from gates.registry import Registry

        return Registry.open(self.settings.registry)

    def _releases(self) -> Releases:
        from gates.releases import Releases

        return Releases(self.module, self.catalog(), self.registry())
