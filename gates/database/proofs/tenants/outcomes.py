"""What became of an attempt, and what a leak is. Pure."""

from __future__ import annotations

from gates.database.catalog_state.tables import Table
from gates.records import dataclass


@dataclass(frozen=True)
class Outcome:
    """What became of one statement: rows (read or touched), or PostgreSQL's error."""

    count: int = 0
    sqlstate: str = ""
    message: str = ""
    constraint: str = ""
    without_triggers: bool = False
    """The table's triggers were disabled for it."""
    raised_by: str = ""
    """The function of PostgreSQL's source that raised the error."""

    @property
    def refused(self) -> bool:
        """Whether rights or row security stood in the way."""
        return self.sqlstate == "42501"

    @property
    def lacks_grant(self) -> bool:
        """Whether a grant was missing, and no row security or trigger refused it (aclcheck_error
        in aclchk.c, nextval_internal in sequence.c)."""
        return self.refused and self.raised_by in {"aclcheck_error", "nextval_internal"}

    @property
    def passed(self) -> bool:
        """Whether row security let it pass: it worked, or failed at what PostgreSQL looks at only
        after row security (ExecInsert and ExecUpdate in nodeModifyTable.c): unique and exclusion
        constraints, foreign keys."""
        return not self.sqlstate or self.sqlstate in {"23505", "23P01", "23503"}

    @property
    def comment(self) -> str:
        """What a reader of a script sees."""
        return "accepted" if not self.sqlstate else f"only {self.sqlstate} stops it"


@dataclass(frozen=True)
class Leak:
    """One way from one tenant to another, or a control that failed."""

    kind: str
    """"control", "read", "insert", "update", "move", "delete", "nobody", "truncate", "reference",
    "oracle", "policy", "role", "claims"."""
    table: Table
    sentence: str
    """What a session does, beginning with a verb: "reads rows of another tenant"."""
    script: str
    """Runs as printed in psql, as a superuser, on a database with the migrations applied."""
    fix: str = ""


def tenant_column(table: Table) -> str:
    """The quoted name of the column that says whose a row is; only for tables that have one."""
    if table.tenant is None:
        raise ValueError(f"{table.label} has no tenant_id")
    return table.tenant.quoted
