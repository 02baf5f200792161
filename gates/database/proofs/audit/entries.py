"""What one change of a row says of itself in audit_logs, and what is wrong with that. Pure.

Rows are as `to_jsonb` gives them. Which columns audit_logs has is the platform's affair: what it
has not is not asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gates.database.rows.row import Row
from gates.records import dataclass, field

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One INSERT or UPDATE of a row, and what it added to audit_logs."""

    command: str
    """"INSERT" or "UPDATE"."""
    columns: tuple[str, ...]
    """The columns that the statement sets; for an INSERT none are named."""
    before: Json | None
    """The row before; None for an INSERT."""
    after: Json | None
    """The row after, as the session sees it; None where it does not."""
    entries: tuple[Json, ...]

    @property
    def changed(self) -> list[str]:
        """The columns that the statement gave another value."""
        after = self.after or {}
        if self.before is None:
            return [*after]
        return [each for each in self.columns if self.before.get(each) != after.get(each)]

    def about(self, names: Iterable[str]) -> list[Json]:
        """The entries about this command on a table that goes by these names."""
        known = {*names}
        return [
            entry
            for entry in self.entries
            if ("table_name" not in entry or entry["table_name"] in known)
            and (
                "operation" not in entry
                or str(entry["operation"]).upper().startswith(self.command[:1])
            )
        ]


@dataclass
class Seen:
    """What came of one table's trial."""

    row: Row
    plainest: list[str]
    """An INSERT and an UPDATE that changes nothing."""
    shown: list[str]
    """Statements for a reader."""
    missing: dict[str, str] = field(default_factory=dict)
    """Commands of which no row tells, and of what, where other such commands are told of."""
    instead: str = ""
    """What the row says that is about something else."""
    failed: str = ""
    """The error of the last of `missing`; or that it has no effect."""
    lost: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Commands that succeed where audit_logs refuses a row, with the errors by which it does."""
    doubled: list[tuple[str, str]] = field(default_factory=list)
    """A command with several rows, and the UPDATE after the INSERT ("" for the INSERT itself)."""
    audited: list[tuple[Change, Json]] = field(default_factory=list)
    """Changes, each with its first row in audit_logs."""


@dataclass(frozen=True)
class Wrong:
    """What an entry says that is not so."""

    kind: str
    """"tenant_id", "row_id", "new_data" or "old_data"."""
    said: str
    """What is wrong, after "writes a row to audit_logs "."""
    fix: str
    error: bool = True


def wrong(changes: Sequence[tuple[Change, Json]], tenant: str, key: Sequence[str]) -> list[Wrong]:
    """What is wrong with the entries of some changes of one table's row; one for each kind.

    `key` are the primary key's columns; `id` alone is enough.
    """
    found: dict[str, Wrong] = {}
    for change, entry in changes:
        for each in (*_tenant(entry, tenant), *_row_id(change, entry, key)):
            found.setdefault(each.kind, each)
    for column, is_new in (("new_data", True), ("old_data", False)):
        for each in _data(changes, column, is_new=is_new):
            found.setdefault(each.kind, each)
    return list(found.values())


def _tenant(entry: Json, tenant: str) -> Iterator[Wrong]:
    if "tenant_id" in entry and str(entry["tenant_id"]).lower() != tenant.lower():
        given = _shown(entry["tenant_id"])
        said = f"whose tenant_id is {given} and not that of the row"
        yield Wrong("tenant_id", said, "write NEW.tenant_id to tenant_id")


def _row_id(change: Change, entry: Json, key: Sequence[str]) -> Iterator[Wrong]:
    if "row_id" not in entry or change.after is None:
        return
    names = ["id"] if "id" in change.after else [each for each in key if each in change.after]
    wanted = [str(change.after[each]) for each in names]
    given = entry["row_id"]
    if wanted and not (given is not None and any(each in _text(given) for each in wanted)):
        said = f"whose row_id is {_shown(given)} and does not name the row ({names[0]} {wanted[0]})"
        yield Wrong("row_id", said, f"write NEW.{names[0]}::text to row_id")


def _data(changes: Sequence[tuple[Change, Json]], column: str, *, is_new: bool) -> Iterator[Wrong]:
    """What is wrong with new_data or old_data. Leaving out columns, such as secrets, is no fault;
    nor is a value that is masked. The row before in the place of the row after is."""
    record = "NEW" if is_new else "OLD"
    fix = f"write to_jsonb({record}) to {column}"
    asked, shown, empty = 0, 0, 0
    for change, entry in changes:
        right, other = (change.after, change.before) if is_new else (change.before, change.after)
        if column not in entry or right is None:
            continue
        document = _document(entry[column])
        if document is None:
            empty += 1
            continue
        asked += 1
        for name in change.changed:
            values = [_plain(each) for each in _under(document, name)]
            if _plain(right.get(name)) in values:
                shown += 1
            elif other is not None and _plain(other.get(name)) in values:
                which = "before" if is_new else "after"
                said = f"whose {column} holds {name} as it was {which} the change"
                yield Wrong(column, said, fix)
                return
    if asked and not shown:
        which = "after" if is_new else "before"
        yield Wrong(column, f"whose {column} holds nothing of the row {which} the change", fix)
    elif empty and not asked and is_new:
        yield Wrong(column, "without new_data: nobody can tell what was changed", fix, error=False)


def _document(value: object) -> object:
    """A JSON value, also one that is written as a text; None for nothing."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _under(document: object, name: str) -> Iterator[object]:
    """Every value under a key, at any depth."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            if key == name:
                yield value
            yield from _under(value, name)
    elif isinstance(document, list):
        for each in document:
            yield from _under(each, name)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: object) -> str:
    if value is None:
        return "NULL"
    text = _text(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")
