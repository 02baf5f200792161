"""Values that a module offers for its columns, for rows that its own rules and triggers refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gates.errors import CouldNotCheckError
from gates.module.model import Module

KEY = "x-sample-values"
"""The key of module.json that names the file."""
_OURS = frozenset({"tenant_id", "id"})
_MOST = 50
_LONGEST = 10_000

SampleValues = Mapping[tuple[str, str], tuple[str, ...]]
"""By name of table and column: values as PostgreSQL would read them, without quotes."""


def sample_values(module: Module) -> SampleValues:
    """Read the file that the manifest names; nothing where it names none.

    Raises `CouldNotCheckError` for a file that is missing or not of the form that docs/policy.md
    describes: what a module offers is never left out in silence.
    """
    named = module.manifest.get(KEY) if module.manifest else None
    if named is None:
        return {}
    if not isinstance(named, str):
        raise CouldNotCheckError(f"module.json: {KEY} is not a path")
    import tomllib

    try:
        tables = tomllib.loads(module.text(named))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CouldNotCheckError(f"{named} is not TOML: {error}") from error
    return dict(_columns(named, tables))


def _columns(
    path: str, tables: Mapping[str, object]
) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    for table, columns in tables.items():
        if not isinstance(columns, dict):
            raise CouldNotCheckError(f"{path}: {table} is not a table of columns")
        for column, values in columns.items():
            where = f"{path}: {table}.{column}"
            if column in _OURS:
                raise CouldNotCheckError(f"{where}: tenants and ids are made up by the proofs")
            if not isinstance(values, list) or not all(_usable(each) for each in values):
                raise CouldNotCheckError(
                    f"{where} is not a list of at most {_MOST} texts of {_LONGEST:,} characters"
                )
            if len(values) > _MOST:
                raise CouldNotCheckError(f"{where} has more than {_MOST} values")
            yield (table, column), tuple(values)


def _usable(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and "\0" not in value
