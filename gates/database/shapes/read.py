"""All deviations of a module in use, read once a run for the checks that ask for them."""

from __future__ import annotations

from collections.abc import Mapping

from gates.database import Database
from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.shapes.definitions import module_definitions
from gates.database.shapes.deviation import Definitions, Deviation
from gates.database.shapes.owner_rights import owner_rights
from gates.database.shapes.policies import deviating_policies, print_shapes
from gates.database.shapes.restrictive import telling_policies
from gates.records import dataclass


@dataclass(frozen=True)
class Shapes:
    """What the server printed, and what of it is no allowed shape."""

    printed: Mapping[int, frozenset[str]]
    """The allowed policies of each table."""
    policies: tuple[tuple[Table, RowPolicy, Deviation], ...]
    owner_rights: tuple[Deviation, ...]
    definitions: Definitions

    def only_allowed(self, table: Table, policies: tuple[RowPolicy, ...]) -> bool:
        """Whether every permissive policy of a table is an allowed shape, whoever it is for."""
        allowed = self.printed.get(table.oid, frozenset())
        return all(
            text in allowed
            for policy in policies
            if policy.table == table.oid and policy.permissive
            for text in (policy.using, policy.check)
            if text is not None
        )


def read_shapes(database: Database) -> Shapes:
    """The shapes of the module in use. Raises `MigrationsDoNotApplyError`, and
    `CouldNotCheckError` for a shape of the organisation's that fits no table."""
    return database.once("shapes", lambda: _read(database))


def _read(database: Database) -> Shapes:
    tables, facts = database.in_use.tables, database.in_use.facts
    way, owner_name = database.sessions.way, database.workspace.owner
    with (
        database.clone("in use") as clone,
        clone.connect("owner") as owner,
        clone.connect() as admin,
    ):
        definitions = module_definitions(database.in_use.states[0], database.in_use.snapshot)
        printed = print_shapes(owner, tables, way, database.policy_shapes)
        policies = tuple(
            deviating_policies(owner, tables, facts.policies, printed, definitions, way.tenant)
        )
        policies += tuple(telling_policies(admin, tables, facts.policies, definitions))
        rights = tuple(owner_rights(admin, owner_name, definitions))
    return Shapes(printed, policies, rights, definitions)
