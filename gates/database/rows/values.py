"""Values for any type: SQL expressions that PostgreSQL accepts, different for different seeds."""

from __future__ import annotations

import contextlib
import hashlib
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from gates.database.tenant_session import derived_uuid, quote
from gates.errors import CouldNotCheckError
from gates.records import dataclass

__all__ = ["Type", "Types", "holds", "quote"]

if TYPE_CHECKING:
    import psycopg

_TYPE = """
    SELECT t.oid, t.typname, format_type(t.oid, NULL), t.typtype::text, t.typcategory::text,
        CASE WHEN t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A' THEN t.typelem END,
        t.typbasetype, t.typtypmod,
        (SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid {multirange}),
        ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid
            ORDER BY e.enumsortorder),
        ARRAY(SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = t.typrelid
            AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
        ARRAY(SELECT pg_get_expr(k.conbin, 0) FROM pg_constraint k
            WHERE k.contypid = t.oid AND k.contype = 'c')
    FROM pg_type t WHERE t.oid = %s"""
_LENGTH = re.compile(
    r"(?:character varying|character|varchar|bpchar|bit varying|bit|vector)\((\d+)\)"
)
_PRECISION = re.compile(r"numeric\((\d+),(-?\d+)\)")
_START = date(2026, 1, 1)


@dataclass(frozen=True)
class Type:
    """What pg_type says about one type."""

    oid: int
    name: str
    shown: str
    kind: str
    """"b" base, "c" composite, "d" domain, "e" enum, "r" range, "m" multirange, "p" pseudo."""
    category: str
    element: int | None
    base: int
    modifier: int
    subtype: int | None
    labels: list[str]
    attributes: list[int]
    rules: list[str]


class Types:
    """The types of one database, read as they are met."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], salt: str = "") -> None:
        """Values for another salt are others: none that a module could have been written for."""
        self._connection = connection
        self._salt = salt
        digest = hashlib.sha256(salt.encode()).digest()
        self.shift = int.from_bytes(digest[:4], "big") % 5000 if salt else 0
        """What is added to numbers."""
        letters = [chr(97 + each % 26) for each in digest[4:8]]
        self._word = "".join(letters) if salt else "r"
        self._known: dict[int, Type] = {}
        self._accepted: dict[tuple[str, str], bool] = {}

    def get(self, oid: int) -> Type:
        """One type by oid."""
        if oid not in self._known:
            query = _TYPE.replace("{multirange}", "OR r.rngmultitypid = t.oid")
            row = self._connection.execute(query, (oid,)).fetchone()
            if row is None:
                raise CouldNotCheckError(f"there is no type with the number {oid}")
            self._known[oid] = Type(*row)
        return self._known[oid]

    def value(self, oid: int, shown: str, seed: int) -> str:
        """An expression of the type that `format_type` calls `shown`.

        Raises `CouldNotCheckError` for a type of which no value is known. A seed below 0, which
        numbers a row before others, gives what the seed above 0 gives.
        """
        seed = abs(seed)
        kind = self.get(oid)
        if kind.kind == "d":
            return self._domain(kind, seed)
        if kind.kind == "e":
            if not kind.labels:
                raise CouldNotCheckError(f"the enum {kind.shown} has no label")
            return f"{quote(kind.labels[seed % len(kind.labels)])}::{shown}"
        if kind.kind == "c":
            parts = [self.value(each, self.get(each).shown, seed) for each in kind.attributes]
            return f"ROW({', '.join(parts)})::{shown}"
        if kind.kind in {"r", "m"} and kind.subtype is not None:
            return self._range(kind, shown, seed)
        if kind.element is not None:
            element = self.get(kind.element)
            inner = shown.removesuffix("[]") if shown.endswith("[]") else element.shown
            return f"ARRAY[{self.value(kind.element, inner, seed)}]::{shown}"
        if kind.name == "uuid" and self._salt:
            return f"{quote(derived_uuid(self._salt, str(seed)))}::{shown}"
        return f"{quote(_base(kind.name, shown, seed, self.shift, self._word))}::{shown}"

    def accepts(self, expression: str, shown: str) -> bool:
        """Whether the server makes a value of a type of an expression."""
        if (expression, shown) not in self._accepted:
            query = f"SELECT num_nulls(({expression})::{shown}) >= 0"
            self._accepted[expression, shown] = holds(self._connection, query)
        return self._accepted[expression, shown]

    def _range(self, kind: Type, shown: str, seed: int) -> str:
        assert kind.subtype is not None  # noqa: S101 - for the type checker
        low, high = (
            self.value(kind.subtype, self.get(kind.subtype).shown, each)
            for each in (2 * seed, 2 * seed + 1)
        )
        if kind.kind == "r":
            return f"{shown}({low}, {high})"
        single = self._connection.execute(
            "SELECT format_type(rngtypid, NULL) FROM pg_range WHERE rngmultitypid = %s", (kind.oid,)
        ).fetchone()
        return f"{shown}({single[0] if single else shown}({low}, {high}))"

    def _domain(self, kind: Type, seed: int) -> str:
        rules: list[str] = []
        base = kind
        while base.kind == "d":
            rules += base.rules
            inner = self._connection.execute(
                "SELECT format_type(%s, %s)", (base.base, base.modifier)
            ).fetchone()
            base_shown = inner[0] if inner else ""
            base = self.get(base.base)
        from gates.database.rows.candidates import likely, ordinary
        from gates.database.rows.search import Given, accepted

        given = [self.value(base.oid, base_shown, seed)]
        tests = [f"(({rule}) IS NOT FALSE)" for rule in rules]
        for more in (likely, ordinary):
            given += more(self, base, base_shown, " AND ".join(rules), seed)
            # In a deparsed domain rule the value is called VALUE, which works as a column name.
            options = Given("value", base_shown, tuple(dict.fromkeys(given)))
            if found := accepted(self._connection, options, tests):
                return f"({found[seed // 1000 % len(found)]})::{kind.shown}"
        raise CouldNotCheckError(
            f"no value was found that the domain {kind.shown} accepts ({'; '.join(rules)})"
        )


def holds(connection: psycopg.Connection[tuple[Any, ...]], query: str) -> bool:
    """Whether a query gives true; an error (a text that is no number, say) counts as no."""
    import psycopg

    alone = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    try:
        with contextlib.nullcontext() if alone else connection.transaction():
            row = connection.execute(query).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def _base(name: str, shown: str, seed: int, shift: int = 0, word: str = "r") -> str:
    """The text form of a value of a base type."""
    day = _START + timedelta(days=seed % 20_000)
    seed += shift
    length = _LENGTH.search(shown)
    limit = int(length[1]) if length else None
    precise = _PRECISION.search(shown)
    if name in {"int2", "int4", "int8", "oid", "xid", "cid", "xid8"}:
        return str(seed % 30_000 if name == "int2" else seed)
    if name == "numeric" and precise:
        whole = int(precise[1]) - int(precise[2])
        return str(seed % 10**whole if whole > 0 else 0)
    if name in {"bit", "varbit"}:
        return format(seed % (1 << min(limit or 1, 30)), "b").zfill(limit or 1)
    if name == "vector":
        return "[" + ",".join([str(seed)] * (limit or 3)) + "]"
    simple = {
        "bool": "true", "numeric": str(seed), "float4": f"{seed}.5", "float8": f"{seed}.5",
        "money": str(seed), "uuid": f"00000000-0000-4000-8000-{seed:012x}",
        "bytea": f"\\x{seed:08x}", "json": f'{{"seed": {seed}}}', "jsonb": f'{{"seed": {seed}}}',
        "jsonpath": f"$.a{seed}", "xml": f"<a>{seed}</a>", "date": day.isoformat(),
        "timestamp": f"{day} 12:00:00", "timestamptz": f"{day} 12:00:00+00",
        "time": f"12:{seed % 60:02}:{seed // 60 % 60:02}",
        "timetz": f"12:{seed % 60:02}:{seed // 60 % 60:02}+00", "interval": f"{seed} minutes",
        "inet": f"10.{seed >> 16 & 255}.{seed >> 8 & 255}.{seed & 255}",
        "cidr": f"10.{seed >> 16 & 255}.{seed >> 8 & 255}.{seed & 255}/32",
        "macaddr": f"02:00:00:{seed >> 16 & 255:02x}:{seed >> 8 & 255:02x}:{seed & 255:02x}",
        "macaddr8": f"02:00:00:ff:fe:{seed >> 16 & 255:02x}:{seed >> 8 & 255:02x}:{seed & 255:02x}",
        "point": f"({seed},1)", "line": f"{{1,-1,{seed}}}", "lseg": f"[({seed},0),({seed},1)]",
        "box": f"({seed}.5,1),({seed},0)", "path": f"[({seed},0),({seed},1)]",
        "polygon": f"(({seed},0),({seed},1),({seed + 1},0))", "circle": f"<({seed},0),1>",
        "tsvector": f"word{seed}", "tsquery": f"word{seed}", "pg_lsn": f"0/{seed:X}",
        "hstore": f"a=>{seed}", "ltree": f"a{seed}.b", "lquery": f"a{seed}.b", "cube": f"({seed})",
        "seg": str(seed), "isbn": "978-0-306-40615-7", "tid": f"({seed},1)",
        "txid_snapshot": f"{seed}:{seed + 1}:", "pg_snapshot": f"{seed}:{seed + 1}:",
        "regclass": "pg_class", "regtype": "text", "regproc": "now", "regrole": "pg_monitor",
        "regnamespace": "pg_catalog", "regconfig": "simple", "regdictionary": "simple",
        "regprocedure": "now()", "regoperator": "+(integer,integer)", "regcollation": '"C"',
    }  # fmt: skip
    text = simple.get(name, f"{word}{seed}")
    if name in {"varchar", "bpchar", "text", "name", "citext", "char"} and limit is not None:
        return text if len(text) <= limit else str(seed)[-limit:]
    return text[:1] if name == "char" else text
