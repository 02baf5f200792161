"""Types and functions of PostgreSQL's that are trusted by their names. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gates.database.sql.quoting import NAME, NUMBER, WORD

_NUMBERS = frozenset({"int2", "int4", "int8", "smallint", "integer", "bigint", "oid", "numeric"})
_HARMLESS_TYPES = frozenset({
    "int2", "int4", "int8", "smallint", "integer", "bigint", "numeric", "decimal", "float4",
    "float8", "bool", "boolean", "date", "timestamp", "timestamptz", "time", "timetz", "interval",
    "uuid", "oid",
})  # fmt: skip
_NAME_TYPES = frozenset({"regclass", "regproc", "regprocedure", "regtype", "regrole",
                         "regnamespace", "regcollation", "regconfig", "regdictionary", "regoper",
                         "regoperator"})  # fmt: skip
WORD_FUNCTIONS = frozenset({
    "count", "length", "char_length", "extract", "date_part", "md5", "gen_random_uuid", "now",
    "date_trunc", "abs", "floor", "ceil", "round", "nextval", "currval", "make_date", "hashtext",
    "clock_timestamp", "statement_timestamp", "transaction_timestamp", "array_length",
    "cardinality", "generate_series",
})  # fmt: skip
SAME = frozenset({"lower", "upper", "btrim", "ltrim", "rtrim", "left", "right", "substr",
                   "substring", "lpad", "rpad", "initcap", "trim"})  # fmt: skip
KNOWN_TYPES = _HARMLESS_TYPES | _NAME_TYPES | _NUMBERS | {"text", "varchar", "record"}
"""Types that are trusted by their names."""
KNOWN_FUNCTIONS = WORD_FUNCTIONS | SAME | {
    "format", "quote_ident", "quote_literal", "quote_nullable", "concat", "concat_ws",
    "string_agg", "array_to_string", "unnest", "array_agg", "array_append", "array_cat", "to_char",
}  # fmt: skip
"""Functions that are trusted by their names."""


def typed(type_: str) -> str | None:
    """What stands for any value of one of PostgreSQL's types; None where it may be any text."""
    if type_ in _NAME_TYPES:
        return NAME
    if type_ in _NUMBERS:
        return NUMBER
    return WORD if type_ in _HARMLESS_TYPES else None


def own_name(names: Sequence[str]) -> str:
    """A dotted name without PostgreSQL's own schema; "" for a name in any other schema."""
    if len(names) > 1 and (len(names) > 2 or names[0] != "pg_catalog"):
        return ""
    return names[-1] if names else ""


def is_number(text: str) -> bool:
    """Whether an alternative is a number."""
    return re.fullmatch(rf"-?[0-9.]+|{NUMBER}", text) is not None


def is_date_form(text: str) -> bool:
    """Whether what to_char gives for a form neither begins nor ends a comment."""
    if re.search(r'"[^"]{3}', re.sub(r'"([^"]{0,2})"', r"\1", text)):
        return False  # what is quoted is not a pattern, but a text
    plain = text.replace('"', "")
    signs = re.search(r"[09]", plain) and re.search(r"-(?:S|MI|PL|PR)", plain, re.IGNORECASE)
    return bool(re.fullmatch(r"\w?|\w[\w ./:-]*\w", plain)) and "--" not in plain and not signs
