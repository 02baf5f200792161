"""Makes what checks ask for: on first use, once per run, and closes it again.

What can't be made raises, for each check that asks: this is where the product fails closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gates.changes import Changes, read_changes
from gates.errors import CouldNotCheckError
from gates.git import Checkout, read_checkout
from gates.model import Stage, StageResult, Verdict
from gates.module import Module
from gates.recorder import LATER, UNREPEATABLE, Once, note
from gates.reuse.questions import database_part, of_trust
from gates.reuse.views import RecordedModule, RecordedPolicy
from gates.settings import Policy, Settings
from gates.workers import Workers

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from gates.catalog import Catalog, Previous
    from gates.database import Database
    from gates.evidence import EvidenceSet, Trust
    from gates.evidence.evidence_set import Written
    from gates.evidence.signers import Signers
    from gates.registry import Registry
    from gates.releases import Releases
    from gates.reuse.entry import Exhibits
    from gates.toolchains import Bundle, Session, TestRun, Tools


NO_VERSION = "none"
"""What evidence says of a first version under `previous`."""


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
        self.module = RecordedModule.of(module)
        self.policy = RecordedPolicy.of(policy)
        self.settings = settings
        self.today = today
        self.evidence_folder = evidence_folder
        self.kept: list[Exhibits] = []
        """What results of earlier runs had left, for those that were reused."""
        self.written: dict[Stage, Written] = {}
        """The evidence that this run has written."""
        self._closing: list[Callable[[], object]] = []
        self.session = Once(self._session)
        self.tests = Once(self._tests)
        self.bundle = Once(self._bundle)
        self.rebuilt = Once(self._rebuilt)
        self.catalog = Once(self._catalog)
        self._recalled = Once(self._recall)
        self.previous = Once(self._previous)
        self.registry = Once(self._registry)
        self.checkout = Once(lambda: read_checkout(module))
        self.releases = Once(self._releases)
        self.signing_key = Once(self._signing_key)
        self.changes = Once(self._changes)
        self._shared_database = Once(self._open_database)
        self._by_name: Mapping[str, Callable[[], object]] = {
            "module": lambda: self.module,
            "policy": lambda: self.policy,
            "today": self._today,
            "tools": self.tools,
            "tests": self.tests,
            "bundle": self.bundle,
            "rebuilt": self.rebuilt,
            "database": self.database,
            "catalog": self.recorded_catalog,
            "previous": self.previous,
            "registry": self._recorded_registry,
            "releases": self.releases,
            "changes": self.changes,
            "evidence": self._recorded_evidence,
            "signers": self._signers,
        }

    def anew(self) -> Needs:
        """Needs of which nothing was made yet, over the same module; closed with these."""
        made = Needs(
            self.module.plain,
            self.policy.plain_policy,
            self.settings,
            today=self.today,
            evidence_folder=self.evidence_folder,
        )
        self._closing.append(made.close)
        return made

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
        note("database:", LATER)
        return self._shared_database().view()

    def evidence(self) -> EvidenceSet:
        """The evidence so far, read anew: every stage adds to it."""
        from gates.evidence import EvidenceSet

        return EvidenceSet(
            self.module.plain,
            self.policy.plain_policy,
            self.settings,
            self.evidence_folder,
            self.today,
            key=self.signing_key,
        )

    def record(self, result: StageResult, *, publishes: bool = False) -> None:
        """Sign and write the evidence of a stage; beside that of a build that passed, the bundle.

        With `publishes`, the bundle is there afterwards although the build's results were reused.
        Raises `CouldNotCheckError`, `ConfigurationError` or `RefusedError` where it can't be.
        """
        passed = result.stage is Stage.BUILD and result.verdict is Verdict.PASS
        digests = {each.bundle for each in self.kept if each.bundle}
        made = self.bundle.made
        if passed and publishes and not made and self.evidence().store.bundle_digest not in digests:
            made = self.bundle()
        digests |= {made.sha256} if made and made.sha256 else set()
        if len(digests) > 1:
            raise CouldNotCheckError(
                "results of an earlier run were reused that are about another bundle",
                hint="gates run --fresh",
            )
        if passed and made:
            self.evidence().store.keep_bundle(made.path)
        self.written[result.stage] = self.evidence().write(
            result,
            bundle=next(iter(digests), None),
            environment=self._environment() | self._relied_upon(result),
        )

    def _relied_upon(self, result: StageResult) -> dict[str, str]:
        """What publish says of the evidence before it, which is another one in each run."""
        if result.stage is not Stage.PUBLISH or result.verdict is not Verdict.PASS:
            return {}
        from gates.evidence.together import relies_upon

        return relies_upon(self.evidence().verify(Stage.PUBLISH.before))

    def _environment(self) -> dict[str, str]:
        """What the run used: the commit, the sandbox of the tests, the database server."""
        tests, database = self.tests.made, self._shared_database.made
        sandbox = tests.sandbox if tests else None
        server = database.server_version if database else None
        found = {"sandbox": sandbox, "postgresql": server} | self.told_by_catalog()
        kept = {name: value for each in self.kept for name, value in each.environment.items()}
        checkout = self.read_checkout()
        commit = (
            {"commit": checkout.commit, "tree": checkout.state, "author": checkout.author}
            if checkout
            else {}
        )
        return kept | {name: value for name, value in found.items() if value} | commit

    def told_by_catalog(self) -> dict[str, str | None]:
        """Which catalog was asked, and which version was compared with; makes neither."""
        catalog, previous = self.catalog.made, self.previous.made
        return {
            "catalog": catalog.identified if catalog else None,
            "previous": (
                None
                if previous is None
                else f"{previous.version} {previous.digest}"
                if previous.known
                else NO_VERSION
            ),
        }

    def read_checkout(self) -> Checkout | None:
        """The commit that the module stands on; None where that cannot be known."""
        try:
            return self.checkout()
        except CouldNotCheckError:
            return None

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
        """Stop servers and remove work folders, side by side, whatever state they are in.

        Raises the first error of those that it met.
        """
        workers = Workers(len(self._closing))
        closed = [workers.submit(each) for each in self._closing]
        workers.stop()
        for each in closed:
            each.result()

    def _session(self) -> Session:
        from gates.toolchains import Session

        session = Session(self.module, self.policy, self.settings)
        self._closing.append(session.close)
        return session

    def _open_database(self) -> Database:
        from gates.database import Database

        database = Database.open(
            database_part(self.module.plain), self.policy.plain_policy, self.settings
        )
        self._closing.append(database.close)
        return database

    def _tests(self) -> TestRun:
        from gates.toolchains import run_tests

        return run_tests(self.session())

    def _bundle(self) -> Bundle:
        from gates.toolchains import make_bundle

        return make_bundle(self.session())

    def _rebuilt(self) -> Bundle:
        from gates.toolchains import make_bundle

        return make_bundle(self.session(), again=True)

    def _catalog(self) -> Catalog:
        from gates.catalog import Catalog

        if self.settings.candidate is None:
            catalog = Catalog.open(self.settings)
        else:
            from gates.catalog.candidate import WithCandidate, candidate_of
            from gates.module import load

            candidate = candidate_of(load(self.settings.candidate))
            catalog = WithCandidate.of(self.settings, candidate)
        self._closing.append(catalog.close)
        return catalog

    def _today(self) -> date:
        note("today:", self.today.isoformat())
        return self.today

    def _recorded_registry(self) -> Registry:
        note(UNREPEATABLE, "registry")
        return self.registry()

    def _recorded_evidence(self) -> EvidenceSet:
        note(UNREPEATABLE, "evidence")
        return self.evidence()

    def _signers(self) -> Signers:
        from gates.evidence.signers import Signers

        return Signers(self._trust)

    def _trust(self) -> Trust:
        from gates.evidence import Trust

        note("trust:", of_trust(self.policy.plain_policy, self.settings))
        if self.policy.plain_policy.trusted_identities:
            note("today:", self.today.isoformat())
        return Trust.of(self.policy.plain_policy, self.settings, self.today)

    def recorded_catalog(self) -> Catalog:
        """The catalog as checks get it: what they ask it is noted."""
        from gates.reuse.catalog_view import RecordedCatalog

        return RecordedCatalog.of(self.catalog())

    def catalog_answer(self, question: str) -> str:
        """The digest of the catalog's answer to a question, as `Catalog.answer`; of an embedded one
        that this run has not asked yet and nobody has started since, what it answered last."""
        if self.catalog.made is None and question in (known := self._recalled()):
            return known[question]
        return self.catalog().answer(question)

    def _recall(self) -> Mapping[str, str]:
        from gates.catalog.memory import recall

        folder = self.settings.catalog_folder
        return recall(folder) if folder and self.settings.candidate is None else {}

    def _previous(self) -> Previous:
        from gates.catalog.followed import previous_of

        return previous_of(self.module, self.recorded_catalog())

    def _changes(self) -> Changes:
        found = read_changes(self.module.plain, self.policy.base_branch)
        note(f"changes:{self.policy.base_branch}", found.digest)
        return found

    def _registry(self) -> Registry:
        from gates.registry import Registry

        return Registry.of(self.settings)

    def _signing_key(self) -> Ed25519PrivateKey:
        from gates.evidence.keys import signing_key

        return signing_key(self.settings.key)

    def _releases(self) -> Releases:
        from gates.releases import Releases

        return Releases(self.module, self.recorded_catalog(), self.registry())
