"""The names of the built-in actions and of what go or no-go may be measured by. Pure."""

from __future__ import annotations

from gates.records import dataclass


@dataclass(frozen=True)
class ActionFacts:
    """What a plan may rely on where it names a built-in action."""

    what: str
    changes: bool
    """Whether it changes what a rollback has to undo."""
    checked: str
    """What the action itself proves before it counts as done."""


ACTIONS = {
    "close": ActionFacts(
        "lets nobody but superusers in, and ends the sessions of others", False,
        "no other session is left"),
    "backup": ActionFacts(
        "pg_dump -Fd of the database, and the globals of its server", False,
        "restored into a fresh database that equals the original"),
    "catalog": ActionFacts(
        "makes the tables of the catalog", True, "every migration of the catalog is recorded"),
    "move": ActionFacts(
        "organization_modules to tenant_modules and tenant_module_settings", True,
        "each old row is moved, merged or set aside with a reason"),
    "audit": ActionFacts(
        "module_file_audit to audit_logs", True, "each old row is moved or set aside"),
    "provision": ActionFacts(
        "the modules' own migrations, and the states of tenants", True,
        "every table of each module is there, every tenant's module has its state"),
    "validate": ActionFacts(
        "compares new with old", False, "counts, checksums, constraints and tenants' views"),
    "open": ActionFacts("lets sessions in again", True, "the limit of sessions is as it was"),
    "restore": ActionFacts(
        "the backup into a fresh database, which takes the place of the other", True,
        "the database equals the backup"),
}  # fmt: skip

MEASURES = {
    "rehearsals": "signed rehearsals of exactly this plan that passed",
    "rehearsed-rollbacks": "rollbacks in them after which the database equalled the backup",
    "faults-survived": "share, 0 to 1, of the injected faults that ended well",
    "worst-of-window": "share of the window that the worst rehearsal took, with a rollback",
    "worst-rollback-minutes": "the longest rollback that was rehearsed",
    "rehearsal-age-days": "days since the newest rehearsal",
    "rehearsed-size": "size of the rehearsed database over that of the real one",
    "free-space": "free bytes for the backup over the size of the database",
    "minutes-left": "minutes of the window that are left",
}
