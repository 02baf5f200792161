"""A session of one tenant must not reach a row of another."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.database import Database
from gates.database.catalog_state.facts import RowPolicy
from gates.database.catalog_state.tables import Table
from gates.database.locate import place_of, policy_place
from gates.database.proofs.isolation.prove import Isolation, prove
from gates.database.proofs.isolation.views_and_functions import Exposure
from gates.database.proofs.tenants.outcomes import Leak
from gates.database.shapes.policies import standard_policy
from gates.database.shapes.read import read_shapes
from gates.errors import CouldNotCheckError
from gates.model import Finding, Level, Location, Stage
from gates.module import Module

VERBS = {
    "read": "reads",
    "insert": "adds",
    "update": "changes",
    "move": "gives away",
    "delete": "deletes",
}
ROW_ACCESS = (*VERBS, "nobody")
MORE_FIRST = "correct the other findings first: what stopped the proof may be one of them"


@check(Stage.TEST)
def tenant_isolation(module: Module, database: Database) -> Iterator[Finding]:
    """A session of one tenant must not reach a row of another.

    Why: this is what a tenant platform is for, and no reading of SQL proves it: policies add up,
        call functions, compare texts, and are undone by later files. So three made-up tenants,
        whose ids differ in one digit, get rows in every table, and one of them tries everything on
        the others': reading, adding, changing, deleting, moving, referring to them, guessing them
        by unique keys and exclusion constraints, COPY, MERGE, ON CONFLICT, TRUNCATE; through
        views, rules, triggers and functions called with another's ids, keys and statements; with
        claims that policies ask for, and a pattern for a tenant; by a statement that another
        tenant prepared on the same connection. Sessions without a tenant try it too.
        The script of each finding is run once more, alone, before it is told; what it does not show
        is a warning, and proves nothing.
        What migrations, hooks, triggers, defaults and rules of columns do with the platform's
        rights, and what views and functions with their owner's rights give, is run without the
        other tenant's rows and with them, and must leave the same with the first; a file that
        touches rows also whole, on what the files before it have made. The rows are those that
        conditions ask for, also in functions and policies, and rows of two tenants that equal each
        other: where none can be made, or a statement does not run over them, nothing is proved;
        nor where they are too many to be tried all (150 conditions or compared columns of a
        statement or view, 24 claims of a policy), which the reason names. Each argument of a
        function takes all of its values, and several together up to 48 calls. A write of one
        tenant that a trigger refuses only since another has rows tells of them.
        What calls and writes leave in a session (a cursor, a prepared statement, a channel, a lock,
        a setting, a temporary object), the next tenant on the connection would find.
        A tenant's own rows must be within its reach, else nothing was proved.
    Bad: a second policy USING (true) beside tenant_isolation; WITH CHECK (true); a view without
        security_invoker; UNIQUE (email) across tenants
    Good: CREATE POLICY tenant_isolation ON t USING (tenant_id = (auth.jwt() ->>
        'tenant_id')::uuid) WITH CHECK (the same); UNIQUE (tenant_id, email)
    Fix: run the detail in psql, as a superuser on a database with the migrations, to see it
        happen; then tighten the policy, key, view or function that the finding names.
    """
    if not database.scripts:
        database.record("isolation proof", 0, detail="the module has no migrations")
        return
    proof = prove(database)
    clean = True
    for finding in _findings(module, database, proof):
        clean = False
        yield finding
    for each in proof.not_shown:
        yield _not_shown(module, database, each)
    if proof.unproved or proof.not_shown:
        unproved = list(dict.fromkeys((*proof.unproved, *(_about(e) for e in proof.not_shown))))
        sentence = (
            f"nothing is proved about {len(unproved)} tables or functions: {'; '.join(unproved)}"
        )
        if clean:
            raise CouldNotCheckError(sentence, hint="gates explain tenant-isolation")
        yield tenant_isolation.finding(sentence, "migrations", level=Level.NOTE, fix=MORE_FIRST)


def _findings(module: Module, database: Database, proof: Isolation) -> Iterator[Finding]:
    for table in database.in_use.tables:
        if table.tenant is None and table.partition_of is None:
            yield tenant_isolation.finding(
                f"{table.name} has no tenant_id, so nothing keeps its rows apart",
                database.place(table),
                fix=f"ALTER TABLE {table.qualified} ADD COLUMN tenant_id uuid NOT NULL;",
            )
        yield from _of_table(module, database, table, proof)
    for exposure in proof.exposures:
        exposed = exposure.exposed
        is_view = "view" in exposed.label.partition(" ")[0] or exposed.label.startswith("mat")
        yield tenant_isolation.finding(
            f"{exposed.label} {exposure.sentence}",
            exposed.place or place_of(module, exposed.name, exposed.label),
            fix=exposure.fix
            or "create it WITH (security_invoker = true), or revoke it from tenant_app_role"
            if is_view or exposure.fix
            else "make it SECURITY INVOKER, or compare tenant_id with auth.jwt() inside, or revoke"
            " EXECUTE from PUBLIC and tenant_app_role",
            detail=exposure.script,
        )


def _about(seen: Leak | Exposure) -> str:
    """What a sentence of the proof is about, and the sentence."""
    if isinstance(seen, Exposure):
        return f"{seen.exposed.label} {seen.sentence}"
    return f"in {seen.table.name} a session {seen.sentence}"


def _not_shown(module: Module, database: Database, seen: Leak | Exposure) -> Finding:
    """What the proof saw among rows of its own, and no script shows alone: nobody is accused."""
    place = (
        seen.exposed.place or place_of(module, seen.exposed.name, seen.exposed.label)
        if isinstance(seen, Exposure)
        else database.place(seen.table)
    )
    return tenant_isolation.finding(
        f"could not be shown, though the proof saw it once: {_about(seen)}",
        place,
        level=Level.WARNING,
        fix="run the detail in psql, look at what it gives, and tell the platform team",
        detail=seen.script,
    )


def _of_table(
    module: Module, database: Database, table: Table, proof: Isolation
) -> Iterator[Finding]:
    """One finding for what policies let through, and one for each other way."""
    leaks = [leak for leak in proof.leaks if leak.table.oid == table.oid]
    through = [leak for leak in leaks if leak.kind in ROW_ACCESS]
    if through:
        yield tenant_isolation.finding(
            f"in {table.name} {_ways(through)}",
            _policy_place(module, database, table),
            fix=_policy_fix(database, table),
            detail="\n\n".join(each.script for each in _first_of_each(through)),
        )
    for leak in leaks:
        if leak not in through:
            yield tenant_isolation.finding(
                f"in {table.name} a session {leak.sentence}",
                database.place(table),
                fix=leak.fix or _fix(database, leak),
                detail=leak.script,
            )


def _first_of_each(leaks: list[Leak]) -> list[Leak]:
    """One leak for each thing that the sentence says."""
    said = {VERBS.get(leak.kind, leak.sentence): leak for leak in reversed(leaks)}
    return [leak for leak in leaks if leak in said.values()]


def _ways(leaks: list[Leak]) -> str:
    """What policies let through, in one sentence."""
    verbs = [VERBS[leak.kind] for leak in leaks if leak.kind in VERBS]
    parts = [f"a session of one tenant {_joined(verbs)} rows of another"] if verbs else []
    nobody = [leak.sentence for leak in leaks if leak.kind == "nobody"]
    parts += [f"a session {_joined(nobody)}"] if nobody else []
    return ", and ".join(parts)


def _joined(words: list[str]) -> str:
    *first, last = dict.fromkeys(words)
    return f"{', '.join(first)} and {last}" if first else last


def _fix(database: Database, leak: Leak) -> str:
    if leak.kind == "truncate":
        return f"REVOKE TRUNCATE ON {leak.table.qualified} FROM tenant_app_role;"
    return _policy_fix(database, leak.table)


def _deviating(database: Database, table: Table) -> list[RowPolicy]:
    """The permissive policies of a table that are no allowed shape."""
    found = read_shapes(database).policies
    return [policy for other, policy, _ in found if other.oid == table.oid]


def _policy_place(module: Module, database: Database, table: Table) -> Location:
    """The policy that lets rows through: the only one that may, else the table."""
    enforced = table.row_security and table.forced
    deviating = _deviating(database, table) if enforced else []
    if not deviating:
        return database.place(table)
    return policy_place(module, deviating[0].name, table)


def _policy_fix(database: Database, table: Table) -> str:
    """The statements that protect a table. Policies of an allowed shape stay."""
    own = [each for each in database.in_use.facts.policies if each.table == table.oid]
    deviating = _deviating(database, table)
    named = next((each for each in own if each.name == "tenant_isolation"), None)
    stays = named is not None and named.permissive and named not in deviating
    dropped = [each.name for each in deviating]
    if named is not None and not stays and named not in deviating:
        dropped.append(named.name)
    lines = [f"DROP POLICY {_quoted(name)} ON {table.qualified};" for name in dropped]
    if not table.row_security:
        lines.append(f"ALTER TABLE {table.qualified} ENABLE ROW LEVEL SECURITY;")
    if not table.forced:
        lines.append(f"ALTER TABLE {table.qualified} FORCE ROW LEVEL SECURITY;")
    if not stays or not lines:
        lines.append(standard_policy(table, database.sessions.way.tenant))
    return "\n".join(lines)


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.islower() else '"' + name.replace('"', '""') + '"'
