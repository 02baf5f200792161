"""Brings a catalog's schema up to date: numbered SQL files, each applied once."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import CatalogUnavailableError
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

_LOCK = 0x61786F6E67617465  # "axongate": one migration at a time, however many processes start
_LEDGER = """
CREATE TABLE IF NOT EXISTS public.core_catalog_migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True)
class Migration:
    """One file of `gates/catalog/migrations`."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Of its text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration that this version of the package ships, in order."""
    files = sorted(Path(__file__).with_name("migrations").glob("*.sql"))
    return tuple(
        Migration(int(each.name.partition("_")[0]), each.name, each.read_text("utf-8"))
        for each in files
    )


def applied(connection: psycopg.Connection) -> dict[int, str]:
    """Digest by number of what was applied; empty for a database without a catalog.

    Raises `CatalogUnavailableError` for a catalog of a later version, or of other files.
    """
    known = connection.execute("SELECT to_regclass('public.core_catalog_migrations')").fetchone()
    if known is None or known[0] is None:
        return {}
    rows = connection.execute("SELECT number, sha256 FROM public.core_catalog_migrations")
    found: dict[int, str] = dict(rows.fetchall())
    shipped = {each.number: each for each in migrations()}
    if later := sorted(found.keys() - shipped.keys()):
        raise CatalogUnavailableError(
            f"the catalog's schema is of a later version (migration {later[0]})",
            hint="pip install --upgrade axon-gates",
        )
    for number, digest in found.items():
        if shipped[number].sha256 != digest:
            raise CatalogUnavailableError(
                f"the catalog was made by another {shipped[number].name} than this version ships"
            )
    return found


def migrate(connection: psycopg.Connection) -> list[str]:
    """Apply what is missing, in one transaction; returns the names of what it applied."""
    if len(applied(connection)) == len(migrations()):
        connection.rollback()
        return []
    connection.rollback()
    names = []
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(_LEDGER)
        done = applied(connection)
        for each in migrations():
            if each.number not in done:
                connection.execute(each.sql.encode())
                connection.execute("SET search_path TO DEFAULT")
                connection.execute(
                    "INSERT INTO public.core_catalog_migrations (number, name, sha256)"
                    " VALUES (%s, %s, %s)",
                    (each.number, each.name, each.sha256),
                )
                names.append(each.name)
    return names
