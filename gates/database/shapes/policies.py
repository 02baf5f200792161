"""Permissive policies: each equals one of the platform's shapes, as the server prints it.

A shape is created on the same table, in a transaction that is undone, so that PostgreSQL says what
it means there: names, types, operators and casts are its own business. Restrictive policies can
only narrow ("CREATE POLICY"); what they may ask of a row, `restrictive` says.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.shapes.deviation import Definitions, Deviation
from gates.database.tenant_session import SESSION_ROLES, quote
from gates.errors import CouldNotCheckError
from gates.settings import SessionWay

if TYPE_CHECKING:
    import psycopg

    Session = psycopg.Connection[tuple[Any, ...]]

_PLACE = re.compile(r"(?<![:\w]):(table|column)\b")
_PRINTED = """
    SELECT polrelid, pg_get_expr(polqual, polrelid) FROM pg_policy
    WHERE starts_with(polname, %s)"""
_REACHED = """
    SELECT p.rolname FROM pg_roles p WHERE EXISTS (SELECT FROM unnest(%s::text[]) r
        WHERE pg_has_role(r, p.oid, 'MEMBER'))"""


def allowed_shapes(way: SessionWay, more: Sequence[str] = ()) -> tuple[str, ...]:
    """The expressions that a permissive policy may be, with :table and :column in them: the
    comparison with the session's tenant, plain or in a scalar SELECT, and the organisation's."""
    tenant = way.tenant
    return (
        f":column = {tenant}",
        f":column = (SELECT {tenant})",
        f"{tenant} = :column",
        f"(SELECT {tenant}) = :column",
        *more,
    )


def print_shapes(
    owner: Session, tables: Sequence[Table], way: SessionWay, more: Sequence[str] = ()
) -> dict[int, frozenset[str]]:
    """By table, the shapes as the server prints them there. `owner` owns the tables.

    Raises `CouldNotCheckError` for a shape of the organisation's that fits no table.
    """
    shapes = allowed_shapes(way, more)
    # A name that no module can give a policy of its own.
    prefix = f"gates_{secrets.token_hex(8)}_"
    tenanted = [table for table in tables if table.tenant is not None]
    creates = [
        (shape, _create(table, shape, f"{prefix}{number}"))
        for table in tenanted
        for number, shape in enumerate(shapes)
    ]
    if not creates:
        return {}
    tries = " ".join(
        f"BEGIN EXECUTE {quote(create)}; EXCEPTION WHEN OTHERS THEN NULL; END;"
        for _, create in creates
    )
    found: dict[int, set[str]] = {}
    with owner.transaction(force_rollback=True):
        owner.execute("SET LOCAL search_path = ''")
        owner.execute(f"DO {quote(f'BEGIN {tries} END')}")
        for oid, printed in owner.execute(_PRINTED, (prefix,)).fetchall():
            found.setdefault(oid, set()).add(printed)
    for shape in more:
        _refuse_unfit(owner, shape, [create for each, create in creates if each == shape])
    return {oid: frozenset(printed) for oid, printed in found.items()}


def _create(table: Table, shape: str, name: str) -> str:
    places = {"table": table.qualified, "column": table.tenant.quoted if table.tenant else ""}
    expression = _PLACE.sub(lambda place: places[place[1]], shape)
    return f"CREATE POLICY {name} ON {table.qualified} USING ({expression})"


def _refuse_unfit(owner: Session, shape: str, creates: Sequence[str]) -> None:
    import psycopg

    problem = ""
    for create in creates:
        try:
            with owner.transaction(force_rollback=True):
                owner.execute("SET LOCAL search_path = ''")
                owner.execute(create)
                return
        except psycopg.Error as error:
            problem = error.diag.message_primary or str(error)
    raise CouldNotCheckError(
        f"the policy shape {shape!r} fits none of the module's tables: {problem}",
        hint="correct database.policy_shapes in gates-policy.toml: names carry their schema, the"
        " table is :table and its tenant_id :column",
    )


def deviating_policies(
    owner: Session,
    tables: Sequence[Table],
    policies: Sequence[RowPolicy],
    printed: Mapping[int, frozenset[str]],
    definitions: Definitions,
    tenant: str,
) -> Iterator[tuple[Table, RowPolicy, Deviation]]:
    """The permissive policies for sessions of tenants that are none of the printed shapes."""
    reached = {"PUBLIC", *(row[0] for row in owner.execute(_REACHED, (list(SESSION_ROLES),)))}
    for table in tables:
        for policy in policies:
            if policy.table != table.oid or not policy.permissive:
                continue
            texts = [each for each in (policy.using, policy.check) if each is not None]
            other = [each for each in texts if each not in printed.get(table.oid, frozenset())]
            if other and reached.intersection(policy.roles):
                sentence = f"lets rows through where {other[0]}, which is no shape of the platform"
                definition = definition_of(table, policy)
                yield table, policy, Deviation(
                    f"policy {policy.name} on {table.schema}.{table.name}", policy.name, sentence,
                    f"compare the tenant and nothing else: USING (tenant_id = {tenant}); put"
                    " further conditions into a policy AS RESTRICTIVE",
                    definitions.around(definition),
                )  # fmt: skip


def definition_of(table: Table, policy: RowPolicy) -> str:
    """The statement that makes a policy."""
    kind = "PERMISSIVE" if policy.permissive else "RESTRICTIVE"
    using = f" USING ({policy.using})" if policy.using is not None else ""
    check = f" WITH CHECK ({policy.check})" if policy.check is not None else ""
    return (
        f"CREATE POLICY {policy.name} ON {table.qualified} AS {kind} FOR {policy.command}"
        f" TO {', '.join(policy.roles)}{using}{check}"
    )


def standard_policy(table: Table, tenant: str = SessionWay().tenant) -> str:
    """The statement that makes the standard's policy; `tenant` is the session's, as SQL."""
    return (
        f"CREATE POLICY tenant_isolation ON {table.qualified}\n"
        f"    USING (tenant_id = {tenant})\n"
        f"    WITH CHECK (tenant_id = {tenant});"
    )
