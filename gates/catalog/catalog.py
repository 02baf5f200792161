"""The catalog as the rest of the package sees it: reads, and one way to add a version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gates.catalog import act_store, audit_rows, store
from gates.catalog.audit import Anchor, Trail, examine
from gates.catalog.connected import AtEnd, Connected
from gates.catalog.coverage import read_envelopes
from gates.catalog.decide import decide
from gates.catalog.memory import recall, remember
from gates.catalog.model import (
    QUESTIONS,
    ActRow,
    Asked,
    EvidenceRow,
    Holding,
    ModulePage,
    ModuleRow,
    Previous,
    Registered,
    ReleasedVersion,
)
from gates.catalog.versions import Precedence, parse
from gates.digests import digest_of
from gates.errors import (
    CatalogUnavailableError,
    RefusedError,
)
from gates.records import dataclass, field, replace
from gates.settings import Settings

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")


@dataclass(frozen=True)
class Situation:
    """A module in the catalog, as a release finds it."""

    maturity: str | None
    """None for a module that is not in it."""
    released: tuple[ReleasedVersion, ...]
    """Newest first."""


Conditions = Callable[[Situation], Iterable[str]]
IDENTITY = json.dumps(["identity"])
"""The question which catalog it is."""
MOST_REMEMBERED = 500


@dataclass
class Catalog(Connected):
    """The released versions. Every method raises as `Connected` does where the catalog cannot be
    asked; an answer is never made up from that."""

    _recalled: Mapping[str, str] | None = field(default=None, repr=False)
    identified: str = ""
    """What `identity` has answered."""
    asked: set[str] = field(default_factory=set, repr=False)
    """Questions whose answers are remembered once the embedded server stops: see `answer`."""

    @classmethod
    def open(cls, settings: Settings) -> Catalog:
        """The catalog that the settings name: a PostgreSQL URL or the folder of a server."""
        return cls(settings)

    def identity(self) -> str:
        """The id that the catalog was made with; "" for one in which nothing was ever written."""
        if not self.identified:
            self.identified = self._read(store.identity, "")
        return self.identified

    def versions(self, slug: str) -> tuple[ReleasedVersion, ...]:
        """Every released version of a module, newest first by precedence."""
        return self._read(lambda connection: store.versions(connection, slug), ())

    def newest(self, slug: str) -> ReleasedVersion | None:
        """The newest released version of a module by precedence, or None."""
        return next(iter(self.versions(slug)), None)

    def find(self, slug: str, version: str) -> ReleasedVersion | None:
        """One released version, or None."""
        return self._read(lambda connection: store.version(connection, slug, version), None)

    def module(self, slug: str) -> ModuleRow | None:
        """One module's row, or None."""
        return self._read(lambda connection: store.module(connection, slug), None)

    def modules(self) -> tuple[ModuleRow, ...]:
        """Every module, by slug."""
        return self._read(store.modules, ())

    def slugs(self) -> tuple[str, ...]:
        """Of every module, in order."""
        return tuple(each.slug for each in self.modules())

    def previous(self, slug: str, version: str) -> Previous:
        """The newest released version below `version`, or explicitly none.

        For a text that is no version, the newest of all.
        """
        return self._newest_of(slug, version, itself=False)

    def latest(self, slug: str, version: str) -> Previous:
        """As `previous`; `version` counts, too, where it is released."""
        return self._newest_of(slug, version, itself=True)

    def _newest_of(self, slug: str, version: str, *, itself: bool) -> Previous:
        module = self.module(slug)
        under = parse(version)
        for each in self.versions(slug) if module else ():
            released = each.version == version and itself
            if under is None or released or Precedence(each.version) < Precedence(version):
                return Previous(
                    slug=slug,
                    known=True,
                    version=each.version,
                    digest=each.digest,
                    status=module.maturity_status if module else each.status,
                    manifest=each.manifest,
                    settings_schema=each.settings_schema,
                    migrations=each.migrations,
                    tables_created=each.tables_created,
                    registry_reference=each.registry_reference,
                    coverage=read_envelopes(
                        row.envelope for row in self.evidence(each) if row.stage == "test"
                    ),
                )
        return Previous(slug=slug, status=module.maturity_status if module else "")

    def show(self, slug: str) -> ModulePage | None:
        """All about one module, or None for a module that is not in the catalog."""

        def read(connection: psycopg.Connection) -> ModulePage | None:
            module = store.module(connection, slug)
            if module is None:
                return None
            versions = store.versions(connection, slug)
            evidence = store.evidence_of_all(connection, slug)
            evidence = {each.version: evidence.get(each.version, ()) for each in versions}
            return ModulePage(module, versions, evidence, act_store.acts(connection, slug))

        return self._read(read, None)

    def evidence(self, version: ReleasedVersion) -> tuple[EvidenceRow, ...]:
        """The evidence rows of a released version, in the order of the stages."""
        return self._read(lambda connection: store.evidence(connection, version.id), ())

    def acts(self, slug: str) -> tuple[ActRow, ...]:
        """What was decided about a module's versions, in the order in which it was recorded."""
        return self._read(lambda connection: act_store.acts(connection, slug), ())

    def holdings(self, slug: str, version: str) -> tuple[Holding, ...]:
        """All that those tenants have who have a version."""
        return self._read(lambda connection: act_store.holdings(connection, slug, version), ())

    def dependants(self, slug: str) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
        """Slug, version and manifest of each released version that depends on a module."""
        return self._read(lambda connection: act_store.dependants(connection, slug), ())

    def record(self, slug: str, versions: Iterable[str], envelope: Mapping[str, Any]) -> None:
        """Add a signed act about some versions of a module: to all of them, or to none.

        Raises `RefusedError` with the database's reason.
        """

        def write(connection: psycopg.Connection) -> None:
            with connection.transaction():
                store.become(connection, "gates_governor")
                for version in versions:
                    act_store.record_act(connection, slug, version, envelope)

        self._ask(write)

    def trail(self, anchors: Sequence[Anchor] = ()) -> Trail:
        """What the audit trail is worth, held against its chain and these anchors.

        Raises `CouldNotCheckError` for a login that does not see all of it.
        """

        def read(connection: psycopg.Connection) -> Trail:
            with connection.transaction():
                connection.execute(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
                    " SET LOCAL statement_timeout TO 0"
                )
                audit_rows.require_all_rows(connection)
                beside = audit_rows.unchained(connection)
                return examine(
                    audit_rows.links(connection), beside, store.identity(connection), anchors
                )

        return self._read(read, examine((), (), "", anchors))

    def register(
        self,
        module: ModuleRow,
        version: ReleasedVersion,
        evidence: Sequence[EvidenceRow],
        asked: Sequence[Asked] = (),
        *,
        conditions: Conditions = lambda _found: (),
        approvals: Sequence[Mapping[str, Any]] = (),
    ) -> Registered:
        """Add a version with its evidence and approvals, in one transaction; the same content
        again is a pass.

        `conditions` are asked under the module's lock for reasons against it. Raises `RefusedError`
        with them, with the reasons of `decide`, where an answer on which evidence rests is another
        one now, or with the database's own: it commits nothing without complete evidence.
        """

        def write(connection: psycopg.Connection) -> Registered:
            with connection.transaction():
                store.become(connection, "gates_releaser")
                store.lock_module(connection, version.slug)
                there = store.module(connection, version.slug)
                maturity = there.maturity_status if there and there.versions else None
                found = store.versions(connection, version.slug)
                decision = decide(
                    version.slug,
                    version.version,
                    version.digest,
                    version.status,
                    released=found,
                    module_maturity=maturity,
                )
                reasons = decision.reasons
                if not decision.already:
                    reasons += tuple(each.reason for each in self.changed(asked))
                    reasons += tuple(conditions(Situation(maturity, found)))
                if reasons:
                    raise RefusedError(reasons)
                if not decision.already:
                    store.register_version(connection, module, version, evidence)
                    for each in approvals:
                        act_store.record_approval(connection, version.slug, version.version, each)
            row = store.version(connection, version.slug, version.version)
            if row is None:
                raise CatalogUnavailableError(
                    f"{version.slug} {version.version} was written and cannot be read back"
                )
            return Registered(row, new=not decision.already)

        return self._ask(write)

    def answer(self, question: str) -> str:
        """The digest of the answer to a JSON list of one of `QUESTIONS` and its arguments; from
        memory where the catalog is embedded and has not been touched since.

        Raises `ValueError` for what is no such question, and as the method asked for.
        """
        method, *arguments = json.loads(question)
        if method not in QUESTIONS:
            raise ValueError(f"the catalog has no lasting answer to {method}")
        with self._lock:
            if self._recalled is None:
                self._recalled = recall(self._folder) if self._folder else {}
            if self._connection is None and question in self._recalled:
                return self._recalled[question]
        self.asked.add(question)
        return digest_of(getattr(self, method)(*arguments))

    def changed(self, asked: Iterable[Asked]) -> tuple[Asked, ...]:
        """Those to which the catalog gives another answer now.

        That there was no catalog yet is no other answer: what else was asked of it tells. What
        cannot be asked again counts as another answer.
        """
        there_was_none = digest_of("")
        return tuple(
            each
            for each in asked
            if not (each.question == IDENTITY and each.answer == there_was_none)
            and (not each.can_be_asked or self.answer(each.question) != each.answer)
        )

    def _starting(self, folder: Path) -> AtEnd:
        self._recalled = recall(folder) if self._recalled is None else self._recalled
        return self._at_end

    def _at_end(self, url: str) -> Callable[[], object]:
        """Ask an embedded catalog once more what it was asked, before its server stops; and then
        remember the answers."""
        folder = Path(self.settings.catalog).absolute()
        questions = sorted(self.asked | set(self._recalled or ()))[:MOST_REMEMBERED]
        with Catalog(replace(self.settings, catalog=url)) as catalog:
            answers = {each: catalog.answer(each) for each in questions}
        return lambda: remember(folder, answers)
