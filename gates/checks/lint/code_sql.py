"""SQL in code reads and writes the module's own rows in the platform's session."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def code_sql(module: Module, tools: Tools) -> Iterator[Finding]:
    """SQL in code is written out, runs in the platform's session, and names the module's tables.

    A statement is the platform's `Statement`, its text a literal or put together from constants,
    its values are parameters. Each text is one SELECT, INSERT, UPDATE, DELETE or MERGE on tables
    that begin with `tenant_<slug>_`. It sets nothing of the session: no SET or RESET, no
    set_config(). Drivers of databases are not imported.

    Why: the platform's session is one tenant's. A text that sets the role or the claims, or that
        only a run knows, reaches rows that row level security was to keep from it.
    Bad: Statement("x", f"SELECT .. FROM {table}", {}); "RESET ROLE"; import psycopg
    Good: Statement("x", "SELECT id FROM tenant_notes_notes WHERE id = %(id)s", {"id": id})
    Fix: write the statement out, and give values as parameters; what has to be otherwise may be
        approved for exactly its text.
    """
    from gates.database.rules.code import find_foreign
    from gates.toolchains.languages import language_of

    if not module.slug:
        raise CouldNotCheckError("without a usable slug the names of its tables are not known")
    prefix = f"tenant_{module.slug.replace('-', '_')}_"
    told = language_of(module).check_code(tools)
    for broken in told.of("code-sql"):
        yield code_sql.deviation(
            broken.message,
            broken.location,
            definition=hashlib.sha256(f"{broken.message}\0{broken.text}".encode()).hexdigest(),
            fix="give the platform's Statement a text that is written out, and values beside it",
        )
    for each in told.statements:
        for message in find_foreign(each.sql, prefix):
            yield code_sql.deviation(
                message,
                each.location,
                definition=hashlib.sha256(f"{message}\0{each.sql}".encode()).hexdigest(),
                fix=f"read and write tables that begin with {prefix}, and nothing else",
            )
