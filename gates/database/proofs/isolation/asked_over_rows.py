"""What views and functions with their owner's rights do over more rows than the first: those that
their own conditions ask for, and rows of two tenants that equal each other.

Each is asked as tenant A, without B's rows and with them. What A gets, and what A then has, must be
the same; and B's rows must stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gates.database import Clone, Database
from gates.database.catalog_state.tables import Table
from gates.database.parsing.script import parse
from gates.database.proofs.isolation.asked import asked
from gates.database.proofs.isolation.calls_over_rows import Calls, Came
from gates.database.proofs.isolation.depends import NotRunError, Trial
from gates.database.proofs.isolation.rows_to_try import rows_to_try
from gates.database.proofs.isolation.sources import Sources
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure, script_of
from gates.database.proofs.tenants.replay import CHANGES, PSQL_PATH, STOPPED, shows
from gates.database.proofs.tenants.tenants import Tenants
from gates.records import dataclass, replace

_SHOWS = "shows one tenant the rows of another"
_GIVES = "gives one tenant what depends on the rows of another"
_CHANGES = "lets one tenant change the rows of another"


def seen_over_rows(
    database: Database,
    tenants: Tenants,
    exposed: Sequence[Exposed],
    tables: Sequence[Table],
    sources: Sources,
    unproved: list[str],
    own: Collection[str],
) -> Iterator[Exposure]:
    """Those whose answer to A is another where B has rows, that leave A with something else then,
    or that change B's rows. `own` are the names of the module's functions. What could not be tried
    is added to `unproved`, a sentence each."""
    reaching = [each for each in exposed if any(s.owner_rights for s in sources.around(each.name))]
    if not reaching:
        return
    asks = asked(tenants, tables, own)
    with database.clone("in use") as clone:
        for each in reaching:
            scripts = [parse("", source.text) for source in sources.around(each.name)]
            rows = rows_to_try(tenants, tables, scripts, whose=each.label)
            unproved += rows.unmade
            trials = [Trial(tenants, clone, *some, asks, database.limit) for some in rows.sets]
            for trial in trials[1:]:
                over = _Over(each, clone, trial, trials[0], tables if each.writes else ())
                if found := over.first(unproved):
                    yield found
                    break


@dataclass(frozen=True)
class _Over:
    """One of them over one set of rows."""

    exposed: Exposed
    clone: Clone
    trial: Trial
    few: Trial
    tables: Sequence[Table]

    def first(self, unproved: list[str]) -> Exposure | None:
        """The first of its calls that shows something; None where none does."""
        import psycopg

        trial = self.trial
        try:
            found = list(self._calls(trial).both())
        except psycopg.Error:  # rows of the two do not go in together: those that do are enough
            trial = trial.sifted("SELECT 1", self.few, beside_a=True)
            found = list(self._calls(trial).both())
        for statement, without, given, before in found:
            if seen := replace(self, trial=trial).of_call(statement, without, given, before):
                return seen
        stopped = any(came.error == STOPPED for _, *both, _ in found for came in both)
        if stopped or len(found) < len(self.exposed.statements):
            unproved.append(
                f"{self.exposed.label} takes longer than its time limit of {trial.limit:g} s"
            )
        return None

    def _calls(self, trial: Trial) -> Calls:
        return Calls(trial, self._become, self.exposed.statements, self.tables)

    @property
    def _become(self) -> str:
        refresh = [self.exposed.refresh] if self.exposed.refresh else []
        entered = self.trial.tenants.as_a
        return ";\n".join([*refresh, f"SET LOCAL ROLE {self.exposed.role}", *entered])

    def of_call(self, statement: str, without: Came, given: Came, before: Came) -> Exposure | None:
        """What a call shows whose two runs came out differently."""
        if without.error:
            return None
        answer = replace(self.trial, asks=[statement])
        if (given.error, given.given) != (without.error, without.given) and (
            script := _shown(answer, self._become)
        ):
            return Exposure(self.exposed, _SHOWS, script)
        if given.error:
            return None
        if given.of_b != before.of_b and (script := self._changes(statement, given, before)):
            return Exposure(self.exposed, _CHANGES, script)
        if given.of_a != without.of_a and (
            script := _shown(self.trial, f"{self._become};\n{statement};\nRESET ROLE")
        ):
            return Exposure(self.exposed, _GIVES, script)
        return None

    def _changes(self, statement: str, given: Came, before: Came) -> str:
        """The script that shows that B's rows are others after a call; "" where it does not."""
        tenants = self.trial.tenants
        pairs = zip(self.tables, given.of_b, before.of_b, strict=True)
        changed = [table.qualified for table, now, then in pairs if now != then]
        rows = [*self.trial.rows_of_a, *self.trial.rows_of_b]
        script = script_of(
            tenants, self.exposed, statement, rows, tenants.as_a, CHANGES, changed
        )  # fmt: skip
        session = self.clone.workspace.connect(self.clone.name, search_path=PSQL_PATH)
        return script if shows(session, script, tenants.a, tenants.b, self.trial.limit) else ""


def _shown(trial: Trial, statement: str) -> str:
    """The script that shows that what A gets depends on B's rows; "" where it does not. To fail
    since B has rows is an answer too."""
    try:
        return trial.shows(statement, inserts=True)
    except NotRunError as failed:
        if failed.tells:
            ask = trial.asks[0]
            return trial.fails_with_b(f"{statement};\n{ask}", failed)
        return ""
