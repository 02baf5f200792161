"""A canonical description of everything that a migration can change, and the difference of two.

Objects are known by name and never by number, and lists have an order of their own, so that two
databases with the same definition give equal snapshots.
"""

# ruff: noqa: S608 - names are quoted by the server
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gates.database import versions
from gates.database.catalog_state.common_objects import QUERIES
from gates.database.catalog_state.rare_objects import RARE
from gates.database.tenant_session import quote
from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

Properties = Mapping[str, str]


@dataclass(frozen=True)
class Snapshot:
    """Objects by what they are and are called ("index public.x"), each with its properties."""

    objects: Mapping[str, Properties]

    def of(self, kind: str) -> Iterator[tuple[str, Properties]]:
        """The objects of one kind, by name."""
        for key, properties in self.objects.items():
            if key.startswith(f"{kind} "):
                yield key.removeprefix(f"{kind} "), properties


def snapshot(
    connection: psycopg.Connection[tuple[Any, ...]], names: Mapping[str, str] | None = None
) -> Snapshot:
    """Read one database, as a role that sees all of it.

    `names` replaces parts of names that differ from run to run (a run's own role, say).
    """
    number = connection.info.server_version
    objects: dict[str, Properties] = {}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = ''")
        for kind, query in {**QUERIES, **RARE}.items():
            cursor.execute(_for_version(query, number))
            columns = [each.name for each in cursor.description or ()]
            for row in cursor:
                values = dict(zip(columns, row, strict=True))
                properties = {
                    key: _renamed(str(value), names)
                    for key, value in values.items()
                    if key != "name" and value is not None
                }
                objects[_renamed(f"{kind} {values['name']}", names)] = properties
    return Snapshot(dict(sorted(objects.items())))


def diff(old: Snapshot, new: Snapshot, *, came: str = "is new", went: str = "is gone") -> list[str]:
    """What became of `old`, one sentence for each object or property, sorted by object.

    What belongs to an object that came or went, or became another kind of object, is not listed
    again for each of its columns.
    """
    found = []
    for key in sorted({*old.objects, *new.objects}):
        before, after = old.objects.get(key), new.objects.get(key)
        if before == after:
            continue
        if before is None or after is None:
            whole = new if before is None else old
            other = old if before is None else new
            if not _belongs_to_another(key, whole, other):
                found.append(f"{key} {came if before is None else went}")
            continue
        if _is_of_another_kind(key, old, new):
            continue
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                label = name.replace("_", " ")
                found.append(
                    f"{key}: {label}: {_shown(before.get(name))} became {_shown(after.get(name))}"
                )
    return found


def _belongs_to_another(key: str, whole: Snapshot, other: Snapshot) -> bool:
    """Whether a table or view is listed anyway that the object is a part of."""
    kind, _, name = key.partition(" ")
    if kind == "column":
        owner = name.rpartition(".")[0]
    elif kind in {"constraint", "policy", "trigger", "rule"}:
        owner = name.rpartition(" on ")[2]
    elif kind == "index":
        owner = whole.objects[key].get("table", "")
    elif kind == "sequence":
        owner = whole.objects[key].get("owned_by", "").rpartition(".")[0]
    else:
        return False
    return any(
        f"{each} {owner}" in whole.objects and f"{each} {owner}" not in other.objects
        for each in ("table", "view", "type")
    )


def _is_of_another_kind(column: str, old: Snapshot, new: Snapshot) -> bool:
    """Whether what a column belongs to is listed anyway: a view took the place of a table, say."""
    kind, _, name = column.partition(" ")
    if kind != "column":
        return False
    owner = name.rpartition(".")[0]
    owners = (f"{each} {owner}" for each in ("table", "view", "type"))
    return any((each in old.objects) != (each in new.objects) for each in owners)


def _shown(value: str | None) -> str:
    return "nothing" if value is None else " ".join(value.split())


def _renamed(text: str, names: Mapping[str, str] | None) -> str:
    for old, new in (names or {}).items():
        text = text.replace(old, new)
    return text


_TABLES_14 = (
    "(SELECT prpubid, prrelid, NULL::int2vector AS prattrs, NULL::pg_node_tree AS prqual"
    " FROM pg_publication_rel)"
)
_SCHEMAS_15 = (
    "(SELECT string_agg(s.pnnspid::regnamespace::text, ', ' ORDER BY s.pnnspid::regnamespace::text)"
    " FROM pg_publication_namespace s WHERE s.pnpubid = p.oid)"
)


def _for_version(query: str, number: int) -> str:
    """Fill in what depends on the server's version (its `server_version_num`)."""
    since_15 = number >= versions.PUBLICATIONS_OF_SCHEMAS
    tables = "pg_publication_rel" if since_15 else _TABLES_14
    schemas = _SCHEMAS_15 if since_15 else "NULL::text"
    return query.replace("{publication_tables}", tables).replace("{publication_schemas}", schemas)


def digests(
    connection: psycopg.Connection[tuple[Any, ...]],
    columns: Mapping[str, list[str]] | None = None,
) -> dict[str, str]:
    """For every table outside PostgreSQL's own schemas: "row count/digest of the rows".

    The digest is a sum over rows and does not depend on their order. Only what the session may
    read: run it as the owner of what matters; where row security would have to hide rows,
    PostgreSQL raises. `columns` limits it to some tables, and in each to the columns given.
    """
    found: dict[str, str] = {}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = ''; SET LOCAL row_security = off")
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') AND c.relispopulated"
            " AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
            " AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
            " ORDER BY 1"
        )
        names = [name for (name,) in cursor.fetchall() if columns is None or name in columns]
        each = [
            f"SELECT {quote(name)}, count(*) || '/' || coalesce(sum(hashtextextended("
            f"{_row(columns, name)}::text, 0)::numeric), 0) FROM {name} AS r"
            for name in names
        ]
        if each:
            found.update(cursor.execute(" UNION ALL ".join(each)).fetchall())
    return found


def _row(columns: Mapping[str, list[str]] | None, name: str) -> str:
    return "r" if columns is None else f"ROW({', '.join(f'r.{each}' for each in columns[name])})"
