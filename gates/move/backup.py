"""A full backup that is known to work, and the way back to it.

pg_dump of one snapshot, restored into a fresh database that must equal the original; a rollback
restores it once more, compares again, and swaps the two databases by renaming them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.move.gatekeeper import nothing_in_the_way
from gates.move.journal import sync_folder, write_synced
from gates.move.place import Deadline, Place, StepFailedError, identifier, literal
from gates.move.state import State, differences, new_key, new_roles, read_state
from gates.records import replace

if TYPE_CHECKING:
    import psycopg

_LOCALES = {"i": ("icu", "ICU_LOCALE"), "b": ("builtin", "BUILTIN_LOCALE")}
"""By pg_database.datlocprovider; what is not named here is the system's own library."""


def back_up(place: Place, deadline: Deadline) -> dict[str, str]:
    """Make the backup, restore it into a fresh database, and compare. Done already, it is read.

    Raises `StepFailedError` with every difference.
    """
    if (place.backup / "state.json").is_file():
        state = read_backup(place)
        return _figures(state) | {"again": "the backup was complete"}
    partial = place.folder / "backup.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    with place.session(deadline) as connection:
        nothing_in_the_way(connection, place)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = connection.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = str(found[0]) if found else ""
        place.program(
            "pg_dump",
            ["--format=directory", f"--jobs={place.jobs}", "--snapshot", snapshot,
             "--file", str(partial / "dump"), "--dbname", place.database],
            deadline,
        )  # fmt: skip
        state = read_state(
            place, connection, place.database, new_key(), deadline, snapshot=snapshot
        )
        connection.execute("COMMIT")
    place.program(
        "pg_dumpall",
        ["--globals-only", "--file", str(partial / "globals.sql")],
        deadline,
        "postgres",
    )
    (partial / "globals.sql").chmod(0o600)
    trial = f"{place.database}_backup_trial"
    try:
        _restore(place, partial / "dump", state, trial, deadline)
    finally:
        _drop(place, trial, Deadline.of(60))
    if place.second is not None:
        _elsewhere(place, place.second, partial, state, deadline)
    write_synced(partial / "state.json", state.to_json())
    partial.rename(place.backup)
    sync_folder(place.folder)
    return _figures(state)


def read_backup(place: Place) -> State:
    """What the backup holds. Raises `StepFailedError` where there is none that was proved."""
    try:
        return State.from_json((place.backup / "state.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StepFailedError(f"there is no proved backup in {place.backup}: {error}") from error


def restore(place: Place, deadline: Deadline) -> dict[str, str]:
    """Put the backup in the database's place; what was there is kept under another name.

    Until the restored database equals the backup nothing of the other is touched; the swap is two
    renames in one transaction.
    """
    state = read_backup(place)
    fresh = f"{place.database}_restored"
    aside = _aside(place, deadline)
    found = _restore(place, place.backup / "dump", state, fresh, deadline)
    with place.session(deadline, "postgres") as connection:
        _end_sessions(connection, place.database)
        _end_sessions(connection, fresh)
        with connection.transaction():
            if _there(connection, place.database):
                connection.execute(
                    f"ALTER DATABASE {identifier(place.database)} RENAME TO"
                    f" {identifier(aside)}".encode()
                )
            connection.execute(
                f"ALTER DATABASE {identifier(fresh)} RENAME TO"
                f" {identifier(place.database)}".encode()
            )
    left = ", ".join(new_roles(state, found)) or "none"
    return _figures(state) | {"kept": aside, "roles that stay on the server": left}


def equals_backup(place: Place, deadline: Deadline) -> tuple[str, ...]:
    """In what the database differs from the backup; none where it equals it."""
    state = read_backup(place)
    with place.session(deadline) as connection:
        now = read_state(place, connection, place.database, state.key, deadline)
    return differences(state, now)


def _restore(place: Place, dump: Path, state: State, name: str, deadline: Deadline) -> State:
    """A fresh database from a dump, with what no dump of it holds, equal to `state`."""
    _drop(place, name, deadline)
    owner, encoding, collate, ctype = state.database[:4]
    provider, locale, rules = state.database[6:9]
    named = _LOCALES.get(provider)
    more = f" LOCALE_PROVIDER {named[0]} {named[1]} {literal(locale)}" if named else ""
    more += f" ICU_RULES {literal(rules)}" if rules else ""
    with place.session(deadline, "postgres") as connection:
        connection.execute(
            f"CREATE DATABASE {identifier(name)} TEMPLATE template0 OWNER {identifier(owner)}"
            f" ENCODING {literal(encoding)} LC_COLLATE {literal(collate)}"
            f" LC_CTYPE {literal(ctype)}{more}".encode()
        )
    place.program(
        "pg_restore",
        ["--exit-on-error", f"--jobs={place.jobs}", "--dbname", name, str(dump)],
        deadline,
        name,
    )
    with place.session(deadline, name) as connection:
        _of_database(connection, name, state)
    with place.session(deadline, name) as connection:
        found = read_state(place, connection, name, state.key, deadline)
    if different := differences(state, found):
        raise StepFailedError(
            f"the restored backup is not the database: {'; '.join(different[:20])}"
        )
    return found


def _elsewhere(
    place: Place,
    second: Callable[[], AbstractContextManager[str]],
    backup: Path,
    state: State,
    deadline: Deadline,
) -> None:
    """Globals and dump on a server that knows nothing of this one: every role is as it was, every
    owner and grant is there. On the same server the roles are there anyhow."""
    with second() as url:
        other = replace(place, url=url, database="postgres")
        with other.session(deadline) as connection:
            found = connection.execute("SELECT quote_ident(current_user)").fetchone()
        # The one role that every server has; what it may do is set by the lines after it.
        there = f"CREATE ROLE {found[0] if found else ''};\n"
        globals_file = backup / "globals.second.sql"
        lines = (backup / "globals.sql").read_text("utf-8").splitlines(keepends=True)
        globals_file.write_text("".join(each for each in lines if each != there), "utf-8")
        globals_file.chmod(0o600)
        try:
            arguments = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(globals_file)]
            other.program("psql", arguments, deadline)
        finally:
            globals_file.unlink()
        _restore(other, backup / "dump", state, f"{place.database}_backup_trial", deadline)


def _of_database(connection: psycopg.Connection[tuple[Any, ...]], name: str, state: State) -> None:
    """Grants, comment and settings of the database itself: pg_dump leaves them out."""
    shown = identifier(name)
    grants, comment = state.database[4], state.database[5]
    if grants:
        # Entries such as "reader=c/owner" (acl.h): whoever is named there has exactly these.
        connection.execute(f"REVOKE ALL ON DATABASE {shown} FROM PUBLIC".encode())
        rows = connection.execute(
            "SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee))"
            " END, privilege_type, is_grantable FROM aclexplode(%s::aclitem[])",
            (grants,),
        ).fetchall()
        for grantee, privilege, grantable in rows:
            more = " WITH GRANT OPTION" if grantable else ""
            connection.execute(f"GRANT {privilege} ON DATABASE {shown} TO {grantee}{more}".encode())
    if comment:
        connection.execute(f"COMMENT ON DATABASE {shown} IS {literal(comment)}".encode())
    for role, settings in state.settings:
        listed = connection.execute("SELECT unnest(%s::text[])", (settings,)).fetchall()
        for (each,) in listed:
            key, _, value = each.partition("=")
            who = f"ROLE {identifier(role)} IN DATABASE {shown}" if role else f"DATABASE {shown}"
            connection.execute(f"ALTER {who} SET {key} TO {_setting(key, value)}".encode())


def _setting(key: str, value: str) -> str:
    """A setting's value as ALTER takes it: lists of names are lists, all else is one text."""
    if key in ("search_path", "DateStyle", "temp_tablespaces") or key.endswith(
        "_preload_libraries"
    ):
        return value
    return literal(value)


def _aside(place: Place, deadline: Deadline) -> str:
    """A name for the database that is replaced which no other has."""
    with place.session(deadline, "postgres") as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    names = {each for (each,) in rows}
    pattern = re.compile(rf"{re.escape(place.database)}_moved_(\d+)")
    taken = [int(found[1]) for each in names if (found := pattern.fullmatch(each))]
    return f"{place.database}_moved_{max(taken, default=0) + 1}"


def _drop(place: Place, name: str, deadline: Deadline) -> None:
    with place.session(deadline, "postgres") as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)".encode())


def _there(connection: psycopg.Connection[tuple[Any, ...]], name: str) -> bool:
    return bool(
        connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchall()
    )


def _end_sessions(connection: psycopg.Connection[tuple[Any, ...]], name: str) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid()",
        (name,),
    )


def _figures(state: State) -> dict[str, str]:
    rows = sum(count for count, _ in state.tables.values())
    return {"tables": str(len(state.tables)), "rows": str(rows), "bytes": str(state.size)}
