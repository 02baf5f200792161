"""What one tenant may try on another, table by table: each probe yields the leaks that it saw."""

from __future__ import annotations

from collections.abc import Iterator

from gates.database.catalog_state.tables import Table
from gates.database.proofs.isolation.probe_statements import Probes
from gates.database.proofs.tenants.outcomes import Leak, Outcome
from gates.database.proofs.tenants.replay import OWN_ROW
from gates.database.rows.solve import NoRowError
from gates.database.tenant_session import Entry

_POLICY_FAILS = {"22", "42"}
"""Classes of errors that an expression of a policy ends with: data exceptions, wrong types."""
_WRITES = {"INSERT": "adds", "UPDATE": "changes", "DELETE": "deletes"}


def failed_controls(probes: Probes) -> Iterator[Leak]:
    """What a tenant cannot do with its own row: where it sees nothing, seeing nothing of another
    proves little. That no policy lets it delete counts where DELETE is granted: the standard grants
    it to nobody.

    Raises `NoRowError` where something other than row security stands in the way.
    """
    tenants, table = probes.tenants, probes.table
    mine, _ = tenants.rows(table)
    for sentence, command, statement in probes.control:
        if not probes.open(statement):
            continue
        outcome = tenants.through(table, statement)
        if command == "INSERT" and outcome.passed:
            continue  # a tenant that may have one row only has it already
        if outcome.lacks_grant and probes.granted(command):
            continue  # `lacking_grants` says so
        broken = command == "SELECT" or outcome.sqlstate[:2] in _POLICY_FAILS
        if outcome.sqlstate and not outcome.refused and not broken:
            raise NoRowError(
                f"{table.label}: its rows cannot be tried out: {command} of an ordinary row fails"
                f" with {outcome.sqlstate}: {outcome.message}"
            )
        if outcome.count < 1 and (
            outcome.sqlstate or command != "DELETE" or probes.granted(command)
        ):
            said = f" ({outcome.message})" if outcome.message else ""
            script = tenants.script(table, mine.family(), statement, command, OWN_ROW)
            yield Leak("control", table, f"{sentence}{said}", script)


def access(probes: Probes) -> Iterator[Leak]:
    """Reading, adding, changing, deleting and moving rows across tenants."""
    tenants, table = probes.tenants, probes.table
    mine, _ = tenants.rows(table)

    def leak(kind: str, sentence: str, statement: str, command: str, seen: Outcome) -> Leak:
        given = [*mine.family(), *tenants.met_rows(table, tenants.a)]
        whose, rows = ("B", given) if kind == "move" else probes.reached()
        comment = f"reaches {whose}'s row" if kind in {"read", "delete"} else seen.comment
        triggers = not seen.without_triggers
        script = tenants.script(table, rows, statement, command, comment, triggers=triggers)
        return Leak(kind, table, sentence, script)

    read, steal, touch, delete = probes.read, probes.steal, probes.touch, probes.delete
    if probes.open(read) and (seen := tenants.through(table, read)).count:
        yield leak("read", "reads rows of another tenant", read, "SELECT", seen)

    for other in probes.others:
        if not probes.open(probes.add(other)):
            continue
        added = tenants.new(table, other)
        insert = added.statement(own_keys=False)
        seen = tenants.through(table, insert)
        _only_row_security(table, "INSERT", seen)
        if seen.passed:
            parents, triggers = added.family()[:-1], not seen.without_triggers
            script = tenants.script(
                table, parents, insert, "INSERT", seen.comment, triggers=triggers
            )
            yield Leak("insert", table, "adds rows to another tenant", script)
            break

    seen = tenants.through(table, steal) if probes.open(steal) else Outcome()
    if seen.count > probes.own or (seen.sqlstate and seen.passed):
        yield leak("update", "takes over rows of another tenant", steal, "UPDATE", seen)
    elif probes.open(touch) and (seen := tenants.through(table, touch)).count:
        yield leak("update", "changes rows of another tenant", touch, "UPDATE", seen)

    for other in probes.others:
        move = probes.move(other)
        if not probes.open(move):
            continue
        seen = tenants.through(table, move)
        _only_row_security(table, "UPDATE", seen)
        if seen.count or (seen.sqlstate and seen.passed):
            yield leak("move", "moves rows to another tenant", move, "UPDATE", seen)
            break

    if probes.open(delete) and (seen := tenants.through(table, delete)).count > probes.own:
        yield leak("delete", "deletes rows of another tenant", delete, "DELETE", seen)


def without_tenant(probes: Probes) -> Iterator[Leak]:
    """Sessions that are nobody's."""
    tenants, table = probes.tenants, probes.table

    def leak(
        sentence: str, statement: str, command: str, who: Entry, seen: Outcome, fresh: bool
    ) -> Leak:
        whose, rows = probes.reached(who, used=not fresh)
        comment = seen.comment if command == "INSERT" else f"reaches {whose}'s row"
        script = tenants.script(
            table, rows, statement, command, comment,
            who=who, triggers=not seen.without_triggers, used=not fresh and not who,
        )  # fmt: skip
        return Leak("nobody", table, sentence, script)

    for number, (label, entry) in enumerate(probes.nobodies):
        if not probes.open(probes.read_any, entry, used=number > 0):
            continue
        session = tenants.app if number else tenants.bare
        seen = tenants.attempt(probes.read_any, entry, session=session)
        if seen.count:
            yield leak(f"{label} reads rows", probes.read_any, "SELECT", entry, seen, not number)
            break
    for command, statement in probes.writes:
        for number, who in enumerate(probes.writers):
            if not probes.open(statement, who, used=number > 0):
                continue
            session = tenants.app if number else tenants.bare
            seen = tenants.through(table, statement, who, session=session)
            if seen.count or (seen.sqlstate and seen.passed):
                sentence = f"without any tenant {_WRITES[command]} rows"
                yield leak(sentence, statement, command, who, seen, not number)
                break


def opened_by_claims(probes: Probes) -> Iterator[Leak]:
    """Sessions with a claim that opens a policy, or with a pattern for a tenant: the first."""
    tenants, table = probes.tenants, probes.table
    for label, probe in probes.opening:
        if not probes.open(probe.statement, probe.given):
            continue
        seen = tenants.through(table, probe.statement, probe.given)
        if seen.count <= probe.most and not (seen.sqlstate and seen.passed):
            continue
        command = probe.statement.partition(" ")[0]
        whose, rows = probes.reached(probe.given)
        if command == "INSERT":
            added = tenants.b if probe.statement == probes.add(tenants.b) else tenants.a
            rows = tenants.new(table, added).family()[:-1]
        comment = seen.comment if command in {"INSERT", "UPDATE"} else f"reaches {whose}'s row"
        script = tenants.script(
            table, rows, probe.statement, command, comment,
            who=probe.given, triggers=not seen.without_triggers,
        )  # fmt: skip
        verb = {"SELECT": "reads", "INSERT": "adds", "UPDATE": "takes over"}.get(command, "deletes")
        yield Leak("claims", table, f"{label} {verb} rows of another tenant", script)
        return


def truncate(probes: Probes) -> Iterator[Leak]:
    """TRUNCATE passes by row security."""
    tenants, table = probes.tenants, probes.table
    if "TRUNCATE" not in tenants.grants.get(table.oid, frozenset()):
        return
    statement = f"TRUNCATE {table.qualified} CASCADE"
    if not tenants.attempt(statement).sqlstate:
        _, other = tenants.rows(table)
        script = tenants.script(table, other.family(), statement, "TRUNCATE", "removes B's row")
        yield Leak("truncate", table, "empties the table of all tenants", script)


def _only_row_security(table: Table, command: str, outcome: Outcome) -> None:
    if not outcome.passed and not outcome.refused:
        raise NoRowError(
            f"{table.label}: not row security but something else stopped an {command} for another"
            f" tenant: {outcome.sqlstate}: {outcome.message}"
        )
