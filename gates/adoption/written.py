"""Writes a migration, and the rollback of it, that makes what a database holds. Pure.

Each statement may run again. An object that no statement here makes is missing in a fresh install,
and so the proof says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gates.adoption.repair import World, quoted
from gates.adoption.repairs.grants import EVERYBODY
from gates.adoption.repairs.policies import create_policy
from gates.adoption.state import own_objects
from gates.database.catalog_state.snapshot import Properties
from gates.database.catalog_state.tables import Column, Table
from gates.records import dataclass

HEAD = "SET search_path TO public;\nSET lock_timeout = '5s';\nSET statement_timeout = '60s';\n"
_FIRST = ("tenant_id", "id")
_LAST = ("created_at", "updated_at", "version")


@dataclass(frozen=True)
class Written:
    """A schema as migration and rollback."""

    up: str
    down: str


def written(world: World, more: Sequence[str] = ()) -> Written:
    """The module's objects in a database as a first migration with its rollback; the statements
    `more` come last in the migration."""
    objects = own_objects(world).objects
    tables = _in_order(world.tables)
    up = [HEAD]
    up += [_type(key, each) for key, each in objects.items() if key.startswith("type ")]
    functions = [p["definition"] for key, p in objects.items() if key.startswith("function ")]
    late = [each for each in functions if _asks(each, tables)]
    up += [_function(each) for each in functions if each not in late]
    for table in tables:
        up += list(_table(world, table, objects))
    up += [_function(each) for each in late]
    up += [_view(key, p) for key, p in objects.items() if key.startswith("view ")]
    up += more
    down = [HEAD]
    drops = [f"DROP VIEW IF EXISTS {_bare(key)};" for key in objects if key.startswith("view ")]
    drops += [
        f"DROP TABLE IF EXISTS {_short(table.qualified)};"
        for table in reversed(tables)
        if table.partition_of is None
    ]
    for kind in ("function", "type"):
        drops += [
            f"DROP {kind.upper()} IF EXISTS {_bare(key)};"
            for key in objects
            if key.startswith(f"{kind} ")
        ]
    return Written("\n".join(each for each in up if each), "\n".join([*down, *drops]) + "\n")


def _in_order(tables: Sequence[Table]) -> list[Table]:
    """Each after those that it refers to, and partitions after their table; those in a circle are
    left out."""
    done: dict[int, Table] = {}
    own = {each.oid for each in tables}
    waiting = list(tables)
    while waiting:
        ready = [
            each
            for each in waiting
            if {r.target for r in each.references} & own <= {*done, each.oid}
            and (each.partition_of is None or each.partition_of in done)
        ]
        if not ready:
            break
        for each in ready:
            done[each.oid] = each
            waiting.remove(each)
    return list(done.values())


def _table(world: World, table: Table, objects: Mapping[str, Properties]) -> Iterator[str]:
    name = _short(table.qualified)
    facts = objects[f"table {table.qualified}"]
    if table.partition_of is not None:
        parent = _short(world.everything[table.partition_of].qualified)
        yield (
            f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {parent}\n"
            f"    {facts['partition_bound']};\n"
        )
    else:
        lines = [_column(table, each) for each in _columns(table)]
        lines += list(_constraints(table, objects))
        by = f" PARTITION BY {facts['partition_key']}" if "partition_key" in facts else ""
        inside = ",\n    ".join(lines)
        yield f"CREATE TABLE IF NOT EXISTS {name} (\n    {inside}\n){by};\n"
        yield from _indexes(table, objects)
    yield (
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n"
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY;\n"
    )
    for key, found in objects.items():
        policy, _, where = key.removeprefix("policy ").partition(" on ")
        if key.startswith("policy ") and where == table.qualified:
            create = create_policy(policy, name, found)
            yield f"DROP POLICY IF EXISTS {policy} ON {name};\n{create}\n"
    for key, found in objects.items():
        own = key.startswith("trigger ") and key.endswith(f" on {table.qualified}")
        if own and table.partition_of is None:
            text = found["definition"].replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1)
            yield f"{_short(text)};\n"
    grant = (
        f"GRANT SELECT, INSERT, UPDATE ON {name} TO tenant_app_role;\n"
        if table.partition_of is None
        else ""
    )
    for column in table.columns:
        if (column.default or "").startswith("nextval(") and grant:
            grant += f"GRANT USAGE ON SEQUENCE {sequence_of(table, column)} TO tenant_app_role;\n"
    yield f"REVOKE ALL ON {name}\n    FROM {EVERYBODY};\n{grant}"


def _columns(table: Table) -> list[Column]:
    """In the standard's order: whose and which first, times and version last."""
    first = [each for name in _FIRST if (each := table.column(name))]
    last = [each for name in _LAST if (each := table.column(name))]
    between = [each for each in table.columns if each.name not in (*_FIRST, *_LAST)]
    return [*first, *between, *last]


def _column(table: Table, column: Column) -> str:
    type_ = _short(column.type).replace("timestamp with time zone", "timestamptz")
    parts = [column.quoted, type_]
    if column.identity:
        always = "ALWAYS" if column.identity == "a" else "BY DEFAULT"
        parts.append(f"GENERATED {always} AS IDENTITY")
        return " ".join(parts)
    if column.generated is not None:
        parts.append(f"GENERATED ALWAYS AS ({column.generated}) STORED")
    if column.default == f"nextval('{table.schema}.{sequence_of(table, column)}'::regclass)":
        parts[1] = {"bigint": "bigserial", "integer": "serial"}.get(type_, type_)
        return " ".join(parts)
    if column.not_null:
        parts.append("NOT NULL")
    if column.default is not None:
        default = _short(column.default)
        parts.append(f"DEFAULT {default}")
    return " ".join(parts)


def sequence_of(table: Table, column: Column) -> str:
    """The sequence that PostgreSQL makes for a serial column, by its name in the schema."""
    return quoted(f"{table.name}_{column.name}_seq")


def _constraints(table: Table, objects: Mapping[str, Properties]) -> Iterator[str]:
    order = ("PRIMARY", "UNIQUE", "CHECK", "EXCLUDE", "FOREIGN")
    found = [
        (key.removeprefix("constraint ").partition(" on ")[0], p["definition"])
        for key, p in objects.items()
        if key.startswith("constraint ") and key.endswith(f" on {table.qualified}")
    ]
    for first in order:
        for name, definition in found:
            if definition.startswith(first):
                yield f"CONSTRAINT {name} {_short(definition)}"


def _indexes(table: Table, objects: Mapping[str, Properties]) -> Iterator[str]:
    for key, found in objects.items():
        name = key.removeprefix("index ")
        if not key.startswith("index ") or found.get("table") != table.qualified:
            continue
        if f"constraint {name.rpartition('.')[2]} on {table.qualified}" in objects:
            continue
        text = _short(found["definition"]).replace(" INDEX ", " INDEX IF NOT EXISTS ", 1)
        yield f"{text.replace(' USING btree', '', 1)};\n"


def _type(key: str, found: Properties) -> str:
    name = key.removeprefix("type ")
    if "labels" not in found:
        return ""
    labels = found["labels"]
    return (
        f"DO $type$\nBEGIN\n    IF to_regtype('{name}') IS NULL THEN\n"
        f"        CREATE TYPE {_short(name)} AS ENUM ({labels});\n    END IF;\nEND;\n$type$;\n"
    )


def _asks(definition: str, tables: Sequence[Table]) -> bool:
    """Whether a function can be made only after the tables that it asks: its body is read then."""
    return "LANGUAGE sql" in definition and any(each.name in definition for each in tables)


def _function(definition: str) -> str:
    return f"{definition.rstrip()};\n"


def _view(key: str, found: Properties) -> str:
    name = _short(key.removeprefix("view "))
    return (
        f"CREATE OR REPLACE VIEW {name} WITH (security_invoker = true) AS\n"
        f"{_short(found['definition'])}\n"
        f"REVOKE ALL ON {name}\n    FROM {EVERYBODY};\nGRANT SELECT ON {name} TO tenant_app_role;\n"
    )


def _bare(key: str) -> str:
    return _short(key.partition(" ")[2])


def _short(sql: str) -> str:
    """Names of the schema public without it, which is the search_path."""
    return sql.replace("public.", "")
