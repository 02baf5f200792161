"""The isolation proof of a whole module: its steps, from top to bottom."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from gates.database import Database
from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.as_application import lacking_grants
from gates.database.proofs.isolation.asked_over_rows import seen_over_rows
from gates.database.proofs.isolation.claims import sessions_with_claims
from gates.database.proofs.isolation.confirm import Confirmed, confirm
from gates.database.proofs.isolation.file_acts import own_functions
from gates.database.proofs.isolation.indirect_writes import indirect_writes
from gates.database.proofs.isolation.keys import exclusions, oracles, references, untried
from gates.database.proofs.isolation.met_rows import add_met_rows
from gates.database.proofs.isolation.other_access import (
    crossed_claims,
    other_commands,
    other_roles,
    outside_tables,
)
from gates.database.proofs.isolation.platform_acts import platform_acts
from gates.database.proofs.isolation.populate import (
    add_rows,
    add_sparse_row,
    drop_foreign_keys,
    grant_everything,
    remove_third_tenant,
)
from gates.database.proofs.isolation.prepared_plans import immutable_functions, plans_that_stay
from gates.database.proofs.isolation.probe_statements import Probes
from gates.database.proofs.isolation.probes import (
    access,
    failed_controls,
    opened_by_claims,
    truncate,
    without_tenant,
)
from gates.database.proofs.isolation.session_residue import session_residue
from gates.database.proofs.isolation.sources import sources_of
from gates.database.proofs.isolation.views_and_functions import (
    Answers,
    Exposed,
    Exposure,
    changed_answer,
    find_exposed,
    first_answers,
    writes_of_function,
)
from gates.database.proofs.tenants.outcomes import Leak
from gates.database.proofs.tenants.tenants import Tenants
from gates.database.proofs.tenants.two_tenants import add_platform_rows, two_tenants
from gates.database.rows.limits import tried_in_part
from gates.database.rows.make import Row
from gates.database.rows.solve import NoRowError
from gates.database.shapes.read import Shapes, read_shapes
from gates.records import dataclass, field


@dataclass(frozen=True)
class Isolation:
    """What the proof saw, and its scripts show."""

    leaks: tuple[Leak, ...]
    exposures: tuple[Exposure, ...]
    not_shown: tuple[Leak | Exposure, ...]
    """What the proof saw, and the script, run alone, does not show."""
    unproved: tuple[str, ...]
    """One sentence for each table about which nothing is known."""
    attempts: int
    other: str = ""
    """The id of the tenant whose rows leak."""
    own: str = ""
    """The id of the tenant that reaches them."""


def prove(database: Database) -> Isolation:
    """Try everything that one tenant may try on another.

    Raises `MigrationsDoNotApplyError` or `DatabaseUnavailableError`. Tables for which no row could
    be made are named in `unproved`.
    """
    started = time.perf_counter()
    shapes = read_shapes(database)
    with two_tenants(database) as tenants:
        proof = _Proof(database, tenants, shapes)
        proof.find_views_and_functions()
        proof.look_outside_tables()
        proof.add_rows_of_a()
        proof.ask_before_b_has_rows()
        proof.add_rows_of_b()
        proof.ask_now_that_b_has_rows()
        proof.add_rows_of_c()
        proof.act_as_the_application()
        grant_everything(tenants, proof.tables)
        proof.try_keys()
        drop_foreign_keys(tenants, proof.tables)
        proof.add_rows_that_policies_ask_for()
        proof.try_statements_on_tables()
        remove_third_tenant(tenants, proof.tables)
        proof.call_functions_for_good()
        proof.write_past_rules_triggers_and_views()
        proof.ask_over_more_rows()
        proof.act_as_the_platform()
        proof.look_at_what_sessions_keep()
    shown = confirm(database, tenants, proof.leaks, proof.exposures)
    database.record(
        "isolation proof", len(proof.all_tables), time.perf_counter() - started,
        f"tables, {tenants.attempts} attempts, {len(proof.exposed)} views and functions",
    )  # fmt: skip
    return proof.result(shown)


@dataclass
class _Proof:
    """What the steps share."""

    database: Database
    tenants: Tenants
    shapes: Shapes
    leaks: list[Leak] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    exposed: list[Exposed] = field(default_factory=list)
    answers: list[tuple[Exposed, tuple[Answers, Answers]]] = field(default_factory=list)
    """What views and functions gave before tenant B had rows, asked twice."""

    def __post_init__(self) -> None:
        module = self.database.in_use
        self.owner = self.database.workspace.owner
        self.policies: tuple[RowPolicy, ...] = module.facts.policies
        self.all_tables = tuple(table for table in module.tables if table.tenant is not None)
        self.tables = list(self.all_tables)
        """Those that have rows of both tenants, as far as it is known."""

    def find_views_and_functions(self) -> None:
        """The module's views that a session may read, and the functions that it may call."""
        self.exposed, uncalled = find_exposed(self.tenants, self.owner, self.all_tables)
        self.unproved += uncalled

    def look_outside_tables(self) -> None:
        """Sequences, and membership in the role that owns the tables."""
        self.exposures += outside_tables(self.tenants, self.owner, self.all_tables)

    def add_rows_of_a(self) -> None:
        """A row of tenant A in each table."""
        self.tables = add_rows(
            self.tenants, self.tables, self.tenants.a, 1, self.unproved, self.leaks
        )

    def ask_before_b_has_rows(self) -> None:
        """What views and functions give while there are rows of A alone."""
        self.answers, endless, slow = first_answers(self.tenants, self.exposed)
        self.exposures += endless
        self.unproved += slow

    def add_rows_of_b(self) -> None:
        """A row of tenant B in each table that took one of A."""
        add_platform_rows(self.tenants, self.tenants.b, 501)
        self.tables = add_rows(
            self.tenants, self.tables, self.tenants.b, 501, self.unproved, self.leaks
        )

    def ask_now_that_b_has_rows(self) -> None:
        """A view or function whose answer to A is another now lets A see B."""
        for each, answers in self.answers:
            if (seen := changed_answer(self.tenants, each, answers, self.rows_of_b)) is not None:
                self.exposures.append(seen)
        if any(each.writes for each in self.exposed):
            # A function may have set what was never set.
            self.tenants.bare = self.tenants.another()

    def add_rows_of_c(self) -> None:
        """A third tenant, on the other side of A, with NULL wherever a column may have it."""
        add_platform_rows(self.tenants, self.tenants.c, 701)
        for table in self.tables:
            add_sparse_row(self.tenants, table)

    def act_as_the_application(self) -> None:
        """What the application may do by its grants, it can do."""
        for table in self.tables:
            with self._named_where_unproved():
                self.leaks += lacking_grants(self.tenants, table)

    def try_keys(self) -> None:
        """Foreign keys that accept another's row, and keys that tell what another has."""
        for table in self.tables:
            with self._named_where_unproved():
                self.leaks += references(self.tenants, table)
                self.leaks += oracles(self.tenants, table)
                self.leaks += exclusions(self.tenants, table)
            told = " ".join(leak.sentence for leak in self.leaks)
            self.unproved += untried(self.tenants, table, told)

    def add_rows_that_policies_ask_for(self) -> None:
        """Further rows of A and B where a policy is no allowed shape: what it lets through may hang
        on what a row holds."""
        for table in self.tables:
            if not self.shapes.only_allowed(table, self.policies):
                cut = add_met_rows(self.tenants, table, self.policies, self.shapes.definitions)
                self.unproved += [cut] if cut else []

    def try_statements_on_tables(self) -> None:
        """Everything that A, and a session without a tenant, may try on the rows of others."""
        for table in self.tables:
            # What the new rows of one table refer to are rows of another: before they are counted.
            with contextlib.suppress(NoRowError):
                self.tenants.new(table, self.tenants.a)
                self.tenants.new(table, self.tenants.b)
        immutable = immutable_functions(self.tenants.owner, self.owner)
        own_rows = self.tenants.counts(self.tables, self.tenants.a)
        for table in self.tables:
            with self._named_where_unproved():
                self.leaks += self._of_table(table, own_rows[table.oid], immutable)

    def _of_table(self, table: Table, own_rows: int, immutable: dict[str, bool]) -> Iterator[Leak]:
        """What the policies of one table let through, and TRUNCATE. Policies of an allowed shape
        are tried in fewer ways: what they mean is the same on every table."""
        tenants, policies = self.tenants, self.policies
        loose = not self.shapes.only_allowed(table, policies)
        cut: list[str] = []
        claims = sessions_with_claims(
            tenants.sessions, tenants.a, table, policies, self.shapes.definitions, cut
        ) if loose else ()  # fmt: skip
        self.unproved += filter(None, [tried_in_part(f"the policies of {table.name}", cut)])
        probes = Probes(tenants, table, own_rows, loose, claims)
        yield from failed_controls(probes)
        seen = [*access(probes), *without_tenant(probes)]
        seen = seen or [
            *other_commands(probes), *crossed_claims(probes), *opened_by_claims(probes)
        ]  # fmt: skip
        yield from seen or plans_that_stay(tenants, table, immutable)
        yield from other_roles(tenants, table, policies)
        yield from truncate(probes)

    def call_functions_for_good(self) -> None:
        """Functions that run with their owner's rights may change what they do not show."""
        told = {each.exposed.label for each in self.exposures}
        for each in self.exposed:
            if each.writes and each.label not in told:
                seen = writes_of_function(self.tenants, each, tuple(self.tables), self.rows_of_b)
                self.exposures += [seen] if seen is not None else []

    def write_past_rules_triggers_and_views(self) -> None:
        """A's ordinary writes, and what they do to B behind the scenes."""
        self.exposures += indirect_writes(self.tenants, self.owner, self.tables, self.rows_of_b)

    def ask_over_more_rows(self) -> None:
        """Views and functions with their owner's rights, over rows that their conditions ask for
        and rows that equal A's."""
        told = {each.exposed.label for each in self.exposures}
        silent = [each for each in self.exposed if each.label not in told]
        sources = sources_of(self.tenants.owner, self.owner)
        own = own_functions(self.database, self.tenants.owner)
        self.exposures += seen_over_rows(
            self.database, self.tenants, silent, self.tables, sources, self.unproved, own
        )

    def act_as_the_platform(self) -> None:
        """Migrations, and triggers where the platform writes, run past row security."""
        self.exposures += platform_acts(
            self.database, self.tenants, self.owner, self.tables, self.unproved
        )

    def look_at_what_sessions_keep(self) -> None:
        """What A's calls and writes leave in a session, the next tenant finds there."""
        self.exposures += session_residue(self.tenants, self.owner, self.tables, self.unproved)

    @property
    def rows_of_b(self) -> list[Row]:
        """The rows of tenant B, after those that they refer to."""
        families = (self.tenants.rows(table)[1].family() for table in self.tables)
        return list(dict.fromkeys(row for family in families for row in family))

    @contextlib.contextmanager
    def _named_where_unproved(self) -> Iterator[None]:
        try:
            yield
        except NoRowError as error:
            self.unproved.append(error.message)

    def result(self, shown: Confirmed) -> Isolation:
        """What all steps saw."""
        return Isolation(
            shown.leaks, shown.exposures, shown.not_shown,
            tuple(dict.fromkeys(self.unproved)), self.tenants.attempts,
            self.tenants.b, self.tenants.a,
        )  # fmt: skip
