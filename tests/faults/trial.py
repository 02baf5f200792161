"""A stage that is struck at a moment and then run again: the same as one run that nothing struck.

In between, whoever looks finds nothing half done: the registry can be read whole, and the catalog
lists no version whose evidence is not complete and does not verify.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg

from gates import publish as publishing
from gates import release as releasing
from gates.catalog import Catalog
from gates.catalog.migrate import migrate
from gates.database.server.embedded import durable_server
from gates.evidence.envelope import canonical
from gates.evidence.signed import parse
from gates.model import Stage
from gates.publish import Publication, publish_bundle
from gates.registry import Content
from gates.release import release_version
from gates.settings import Settings
from tests.conftest import EXAMPLES
from tests.faults.faults import Fault, Place
from tests.faults.moments import Moments, run_command
from tests.faults.shelves import Folder, Shelf
from tests.passing import World

STAGES: dict[str, ModuleType] = {"publish": publishing, "release": releasing}
SIX = [each.value for each in Stage.RELEASE.before]
SLUG = "sample-module"
QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where a laboratory is fast: in memory, where nothing is synced."""


@dataclass(frozen=True)
class Case:
    """What is struck, and when."""

    stage: str
    step: str
    fault: Fault
    moment: int


@dataclass(frozen=True)
class Ended:
    """How a stage ended that was struck."""

    status: int
    """The exit status, -n for signal n."""
    wrong: str
    """What was wrong then, or after the second run; "" for nothing."""


def state(world: World, shelf: Shelf) -> Any:
    """Everything that a publication and a release leave behind, but for times."""
    with Catalog.open(world.settings) as catalog:
        page = catalog.show(SLUG)
    registry = shelf.contents()
    if page is None:
        return None, registry
    versions = tuple(replace(each, released_at="", id=0) for each in page.versions)
    return replace(page, versions=versions), registry


def half_done(world: World, shelf: Shelf) -> str:
    """What somebody who looks now finds half done; "" for nothing."""
    registry = shelf.registry
    shelf.require_whole()
    with Catalog.open(world.settings) as catalog:
        page = catalog.show(SLUG)
    for version in page.versions if page else ():
        rows = page.evidence[version.version] if page else ()
        if [each.stage for each in rows] != SIX:
            return f"{version.version} is listed with the evidence of {len(rows)} stages"
        for row in rows:
            envelope = parse(canonical(row.envelope) + b"\n")
            if problems := envelope.problems(world.evidence.trust):
                return f"{version.version} is listed; {row.stage}: {problems[0]}"
        published = registry.fetch(SLUG, version.version)
        attached = {stage for stage, _ in registry.referrers(published)}
        if missing := sorted({*SIX} - attached):
            return f"{version.version} is listed, and the registry has no evidence of {missing}"
    if page is not None and not page.versions:
        return "the module is listed without a version"
    return ""


@dataclass
class Laboratory:
    """One module with its evidence, and the state before and after each stage."""

    folder: Path
    world: World
    shelf: Shelf
    moments: dict[str, Counter[str]] = field(default_factory=dict)
    """How many moments each step of a stage has."""
    _wanted: dict[str, Any] = field(default_factory=dict)
    _server: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _url: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    @contextlib.contextmanager
    def open(cls, folder: Path, shelf: Shelf | None = None) -> Iterator[Laboratory]:
        """In an empty folder that every user may enter; with a registry in a folder, or another."""
        root = folder / "module" / SLUG
        shutil.copytree(EXAMPLES / "_base" / "python", root)
        environment = {**os.environ, "GATES_STATE_DIR": str(folder / "state")}
        settings = Settings.from_environment(environment)
        shelf = shelf or Folder(Path(settings.registry), folder / "published")
        laboratory = cls(folder, World(root, settings), shelf)
        world = laboratory.world
        laboratory._start()
        with laboratory._server_ended():
            with laboratory._session("postgres") as session:
                session.execute("ALTER SYSTEM SET fsync = off")  # what is lost is no machine
                session.execute("SELECT pg_reload_conf()")
                session.execute("CREATE DATABASE empty TEMPLATE template0")
            with laboratory._session("empty") as session:
                migrate(session)
            world.passed()
            for stage in STAGES:
                laboratory._run_unstruck(stage)
            yield laboratory

    def cases(self, stage: str, step: str, fault: Fault) -> list[Case]:
        """Every moment of a step; none where the stage has nothing that the fault strikes."""
        struck = stage in fault.stages and self.shelf.kind in fault.registries
        count = self.moments[stage][step] if struck else 0
        return [Case(stage, step, fault, each) for each in range(count)]

    def tried(self, case: Case) -> Ended:
        """Run a stage that is struck, look, and run it again."""
        self._prepare(case.stage)
        place = Place(
            self.folder / "state", self.folder / "server", self.world.settings.catalog,
            self.shelf.origin,
        )  # fmt: skip
        struck = Moments(case.step, case.moment, lambda: case.fault.strike(place))
        status, said = self._run(case.stage, struck)
        self._mend()
        return Ended(status, self._wrong(case, status, said))

    def _wrong(self, case: Case, status: int, said: str) -> str:
        if status not in case.fault.ends or "Traceback" in said:
            return f"ended with {status}: {said}"
        if found := half_done(self.world, self.shelf):
            return found
        status, said = self._run(case.stage, Moments())
        if status != 0:
            return f"the second run ended with {status}: {said}"
        same = state(self.world, self.shelf) == self._wanted[case.stage]
        return "" if same else "another state than one run"

    def _run(self, stage: str, moments: Moments) -> tuple[int, str]:
        def publish() -> None:
            world, bundle = self.world, Content.of_bytes(self.world.bundle)
            publish_bundle(Publication(world.module, world.evidence, self.shelf.registry, bundle))

        def release() -> None:
            with Catalog.open(self.world.settings) as catalog:
                release_version(replace(self.world.release(catalog), registry=self.shelf.registry))

        return run_command(STAGES[stage], publish if stage == "publish" else release, moments)

    def _run_unstruck(self, stage: str) -> None:
        self._prepare(stage)
        status, said = self._run(stage, Moments())
        assert status == 0, said
        self.moments[stage] = Counter(json.loads(said))
        self._wanted[stage] = state(self.world, self.shelf)
        if stage == "publish":
            self.shelf.keep()

    def _prepare(self, stage: str) -> None:
        """The registry as it is before the stage, and an empty catalog."""
        if stage == "publish":
            self.shelf.clear()
            self._name("empty")
            return
        self.shelf.restore()
        name = f"catalog_{next(self._numbers)}"
        with self._session("postgres") as session:
            session.execute(f"CREATE DATABASE {name} TEMPLATE empty STRATEGY FILE_COPY".encode())
        self._name(name)

    def _mend(self) -> None:
        """The disk can be written again, and the servers are back."""
        self.shelf.mend()
        for folder, _, _ in os.walk(self.folder / "state"):
            os.chmod(folder, 0o755)  # noqa: PTH101
        if not (self.folder / "server" / "data" / "postmaster.pid").exists():
            self._server.close()
            self._start()
            self._name(self.world.settings.catalog.partition("?")[0].rpartition("/")[2])

    def _start(self) -> None:
        self._url = self._server.enter_context(
            durable_server(self.folder / "server", self.world.settings)
        )

    @contextlib.contextmanager
    def _server_ended(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._server.close()

    def _name(self, database: str) -> None:
        url = self._url.replace("/postgres?", f"/{database}?")
        self.world.settings = replace(self.world.settings, catalog=url)

    @contextlib.contextmanager
    def _session(self, database: str) -> Iterator[psycopg.Connection[Any]]:
        url = self._url.replace("/postgres?", f"/{database}?")
        with contextlib.closing(psycopg.connect(url, autocommit=True)) as session:
            yield session
