"""What a database is, in a form that two databases can be compared by: everything a backup keeps.

The schema is PostgreSQL's own text of it (pg_dump --schema-only: owners, grants, comments, policies
and all), rows are counted and summed up in checksums that no key of ours makes guessable, and what
escapes pg_dump is read beside: sequences' values, extensions' versions, settings of the
database itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gates.move.place import Deadline, Place
from gates.records import asdict, dataclass

if TYPE_CHECKING:
    import psycopg

_TABLES = """
SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2
"""
_DATABASE = """
SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype,
    coalesce((SELECT array_agg(x::text ORDER BY x::text) FROM unnest(datacl) AS x)::text, ''),
    coalesce(shobj_description(oid, 'pg_database'), ''),
    -- By name: some of them came with PostgreSQL 15, 16 and 17.
    coalesce(to_jsonb(d) ->> 'datlocprovider', ''),
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', ''),
    coalesce(to_jsonb(d) ->> 'daticurules', '')
FROM pg_database AS d WHERE datname = current_database()
"""
_SETTINGS = """
SELECT coalesce(r.rolname, ''), s.setconfig::text FROM pg_db_role_setting AS s
    LEFT JOIN pg_roles AS r ON r.oid = s.setrole
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1
"""
_ROLES = """
SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
    r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil,
    ARRAY(SELECT pg_get_userbyid(m.roleid)::text || CASE WHEN m.admin_option THEN ' as admin'
        ELSE '' END FROM pg_auth_members AS m WHERE m.member = r.oid ORDER BY 1),
    coalesce(hashtextextended(r.rolpassword, %s)::text, 'no password'),
    (SELECT s.setconfig::text FROM pg_db_role_setting AS s
        WHERE s.setrole = r.oid AND s.setdatabase = 0)
FROM pg_authid AS r WHERE r.rolname !~ '^pg_' ORDER BY 1
"""


@dataclass(frozen=True)
class State:
    """A database at one moment. Two are equal where nothing of them differs but nothing's name."""

    key: int
    """The secret of the checksums: only states with the same one can be compared."""
    schema: str
    """SHA-256 of pg_dump's text of the schema."""
    tables: Mapping[str, tuple[int, str]]
    """Rows and checksum by name."""
    sequences: Mapping[str, str]
    extensions: Mapping[str, str]
    database: tuple[str, ...]
    settings: tuple[tuple[str, ...], ...]
    roles: Mapping[str, str]
    """Rights, memberships and settings of each role of the server, and a keyed hash of what its
    password is checked by."""
    large_objects: str = ""
    size: int = 0
    """Bytes on disk; not compared."""

    def to_json(self) -> str:
        """One text of it."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> State:
        """What `to_json` wrote. Raises `ValueError`."""
        try:
            value = json.loads(text)
            value["tables"] = {name: tuple(each) for name, each in value["tables"].items()}
            value["database"] = tuple(value["database"])
            value["settings"] = tuple(tuple(each) for each in value["settings"])
            return cls(**value)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no state of a database: {error}") from error


def new_key() -> int:
    """A key for checksums: 62 bits of chance."""
    return secrets.randbits(62)


def schema_text(place: Place, database: str, deadline: Deadline, snapshot: str = "") -> str:
    """pg_dump's text of the schema, without what differs in every run."""
    more = ["--snapshot", snapshot] if snapshot else []
    ran = place.program(
        "pg_dump", ["--schema-only", *more, "--dbname", database], deadline, database
    )
    text = ran.stdout.decode("utf-8", "replace")
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if not re.match(r"\\(un)?restrict |--", line)
    )


def read_state(
    place: Place,
    connection: psycopg.Connection[tuple[Any, ...]],
    database: str,
    key: int,
    deadline: Deadline,
    *,
    snapshot: str = "",
) -> State:
    """The state of a database as one session sees it, whose transaction may share a snapshot."""
    from psycopg import sql

    tables = {}
    for schema, name in connection.execute(_TABLES).fetchall():
        deadline.left()
        tables[f"{schema}.{name}"] = rows_of(connection, schema, name, key)
    sequences = {}
    for schema, name in connection.execute(
        "SELECT schemaname, sequencename FROM pg_sequences ORDER BY 1, 2"
    ).fetchall():
        statement = sql.SQL("SELECT last_value, is_called FROM {}")
        found = connection.execute(statement.format(sql.Identifier(schema, name))).fetchone()
        sequences[f"{schema}.{name}"] = str(found)
    large = connection.execute(
        "SELECT count(*), coalesce(sum(hashtextextended(loid::text || pageno"
        " || encode(data, 'hex'), %s)::numeric), 0)::text FROM pg_largeobject",
        (key,),
    ).fetchone()
    extensions = dict(connection.execute("SELECT extname, extversion FROM pg_extension").fetchall())
    found = connection.execute(_DATABASE).fetchone()
    size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    roles = connection.execute(_ROLES, (key,)).fetchall()
    return State(
        key=key,
        schema=hashlib.sha256(
            schema_text(place, database, deadline, snapshot).encode()
        ).hexdigest(),
        tables=tables,
        sequences=sequences,
        extensions=extensions,
        database=tuple(map(str, found or ())),
        settings=tuple(tuple(map(str, each)) for each in connection.execute(_SETTINGS).fetchall()),
        roles={str(name): repr(rest) for name, *rest in roles},
        large_objects=str(large),
        size=int(size[0]) if size else 0,
    )


def rows_of(
    connection: psycopg.Connection[tuple[Any, ...]], schema: str, name: str, key: int
) -> tuple[int, str]:
    """Rows of a table, and the sum of their keyed 64-bit hashes: no order, no duplicate lost."""
    from psycopg import sql

    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(t::text, %s)::numeric), 0)::text"
        " FROM ONLY {} AS t"
    ).format(sql.Identifier(schema, name))
    found = connection.execute(statement, (key,)).fetchone()
    assert found is not None  # noqa: S101 - an aggregate has one row
    return int(found[0]), str(found[1])


def differences(one: State, other: State) -> tuple[str, ...]:
    """In what a database differs from an earlier state of it, a clause each.

    Roles are the server's: those of before must be as they were, and others may have come since
    (`new_roles`), since databases that were put aside still name them.
    """
    if one.key != other.key:
        raise ValueError("checksums of two keys cannot be compared")
    found = [
        f"{what.replace('_', ' ')}: {_shown(getattr(one, what))} is not"
        f" {_shown(getattr(other, what))}"
        for what in ("schema", "extensions", "database", "settings", "large_objects")
        if getattr(one, what) != getattr(other, what)
    ]
    found += [
        f"role {name}: {rights} is not {other.roles.get(name, 'there')}"
        for name, rights in one.roles.items()
        if other.roles.get(name) != rights
    ]
    for name in sorted(one.tables.keys() | other.tables.keys()):
        mine, theirs = one.tables.get(name), other.tables.get(name)
        if mine is None or theirs is None:
            found.append(f"{name}: only in one of the two")
        elif mine[0] != theirs[0]:
            found.append(f"{name}: {mine[0]} rows are not {theirs[0]}")
        elif mine != theirs:
            found.append(f"{name}: {mine[0]} rows in both, and not the same")
    found += [
        f"sequence {name}: {one.sequences.get(name)} is not {other.sequences.get(name)}"
        for name in sorted(one.sequences.keys() | other.sequences.keys())
        if one.sequences.get(name) != other.sequences.get(name)
    ]
    return tuple(found)


def new_roles(one: State, other: State) -> tuple[str, ...]:
    """Roles that the server has now and had not then."""
    return tuple(sorted(other.roles.keys() - one.roles.keys()))


def _shown(value: object) -> str:
    return str(value)[:160]
