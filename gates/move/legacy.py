"""Makes an old world of any size: skewed, dirty, and the same for the same seed.

A few organisations have most modules and most of the audit; a known share of rows is wrong in each
way that the move has to decide (`gates.move.mapping`).
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING

from gates.records import dataclass

if TYPE_CHECKING:
    import psycopg

MODULES = (
    "alert-engine", "billing-export", "chat-assistant", "data-retention", "form-builder",
    "insight-reports", "mail-sync", "task-board", "usage-meter",
)  # fmt: skip
OFF_DISK = ("legacy-importer", "old-widgets")
"""Modules that organisations have and that nobody released."""
STATUSES = (
    ("active", 62), ("implemented", 14), ("discovered", 8), ("missing", 4), ("orphaned", 3),
    ("archived", 5), (None, 2), ("Active ", 1), ("ENABLED?", 1),
)  # fmt: skip
"""Each with its share, in per cent; the last two are seen, too."""
_START = datetime(2023, 1, 1, tzinfo=UTC)

Row = tuple[object, ...]


@dataclass(frozen=True)
class Size:
    """How large an old world is."""

    organisations: int = 1000
    seed: int = 1
    modules: int = len(MODULES)
    audits: int = 5
    """Rows of module_file_audit for each row of organization_modules, on average."""


def make(connection: psycopg.Connection, size: Size) -> dict[str, int]:
    """Make the tables in a database and fill them by COPY, in one transaction; rows by table."""
    script = resources.files("gates.move").joinpath("sql/legacy.sql").read_text("utf-8")
    made = {}
    with connection.transaction():
        connection.execute(script.encode())
        for table, columns, rows in tables(size):
            listed = ", ".join(columns)
            with connection.cursor().copy(
                f"COPY public.{table} ({listed}) FROM STDIN".encode()
            ) as out:
                count = 0
                for row in rows:
                    out.write_row(row)
                    count += 1
            made[table] = count
    for table in made:
        connection.execute(f"ANALYZE public.{table}".encode())
    return made


def tables(size: Size) -> Iterator[tuple[str, tuple[str, ...], Iterable[Row]]]:
    """Every table with its columns and rows, in the order in which they are made."""
    chance = random.Random(size.seed)  # noqa: S311 - the same world for the same seed
    organisations = [_id(chance) for _ in range(size.organisations)]
    yield (
        "organizations",
        ("id", "name", "created_at"),
        [
            (each, f"Organisation {number}", _time(chance))
            for number, each in enumerate(organisations, 1)
        ],
    )
    modules = MODULES[: size.modules]
    yield (
        "module_definitions",
        ("id", "slug", "name", "description", "category", "latest_version", "source_path",
         "exists_on_disk", "created_at"),
        [*_definitions(chance, modules)],
    )  # fmt: skip
    installed = [*_installed(chance, organisations, modules)]
    yield (
        "organization_modules",
        ("id", "organization_id", "module_slug", "module_name", "description", "module_version",
         "category", "status", "is_enabled", "configuration", "manifest_path", "file_hash",
         "discovered_at", "activated_at", "last_seen_at", "created_by", "created_at", "updated_at"),
        installed,
    )  # fmt: skip
    yield (
        "custom_modules",
        ("id", "organization_id", "slug", "name", "definition", "created_at"),
        [
            (_id(chance), each, f"custom-{index}", f"Custom {index}", '{"pages": []}',
             _time(chance))
            for index, each in enumerate(organisations[::20])
        ],
    )  # fmt: skip
    yield (
        "tenant_module_configs",
        ("id", "organization_id", "module_slug", "key", "value", "updated_at"),
        _configs(chance, installed),
    )
    yield (
        "module_file_audit",
        ("organization_id", "module_slug", "action", "file_path", "old_hash", "new_hash", "actor",
         "happened_at"),
        _audit(chance, installed, size.audits),
    )  # fmt: skip


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _time(chance: random.Random) -> datetime:
    return _START + timedelta(seconds=chance.randrange(4 * 365 * 86400))


def _definitions(chance: random.Random, modules: Iterable[str]) -> Iterator[Row]:
    for slug in (*modules, *OFF_DISK):
        on_disk = slug not in OFF_DISK
        name = slug.replace("-", " ").title()
        yield (_id(chance), slug, name, f"The module {name}.", "standard", "1.0.0",
               f"modules/{slug}", on_disk, _time(chance))  # fmt: skip
    yield (_id(chance), "mail-sync", None, None, None, None, None, None, None)
    yield (_id(chance), None, "Nameless", None, "standard", None, None, False, _time(chance))


def _installed(
    chance: random.Random, organisations: list[str], modules: tuple[str, ...]
) -> Iterator[Row]:
    names, shares = zip(*STATUSES, strict=True)
    for index, organisation in enumerate(organisations):
        # Skewed: every tenth organisation has all modules, the others a few.
        count = len(modules) if index % 10 == 0 else chance.randint(1, len(modules))
        chosen = [*chance.sample(modules, count)]
        if chance.random() < 0.08:
            chosen.append(chance.choice(OFF_DISK))
        for slug in chosen:
            status = chance.choices(names, shares)[0]
            row = _module(chance, organisation, slug, status)
            yield row
            if chance.random() < 0.03:  # the same module twice, spelled in another way
                other = chance.choice([slug.upper(), slug.replace("-", "_"), f" {slug}"])
                yield _module(chance, organisation, other, chance.choices(names, shares)[0])
            if chance.random() < 0.01:
                yield _module(chance, _id(chance), slug, "active")  # organisation is gone
            if chance.random() < 0.005:
                yield _module(chance, None, slug, status)
            if chance.random() < 0.005:
                yield _module(chance, organisation, chance.choice([None, "", "???"]), status)


def _module(
    chance: random.Random, organisation: str | None, slug: str | None, status: str | None
) -> Row:
    made = _time(chance)
    settings: object = {"limit": chance.randrange(100), "label": f"é {chance.randrange(10)}"}
    odd = chance.random()
    if odd < 0.01:
        settings = [1, 2]
    elif odd < 0.02:
        settings = {"limit": "many"}
    elif odd < 0.05:
        settings = None
    version = chance.choices(["1.0.0", "0.9.0", None, "latest"], [80, 12, 5, 3])[0]
    active = status is not None and status.strip().lower() == "active"
    return (
        _id(chance), organisation, slug, slug, None, version, "standard", status,
        None if odd > 0.98 else active, None if settings is None else json.dumps(settings),
        f"modules/{slug}/module.json", f"{chance.getrandbits(64):016x}", made,
        made if active or chance.random() < 0.3 else None, made, None, made,
        None if chance.random() < 0.1 else made + timedelta(days=chance.randrange(300)),
    )  # fmt: skip


def _configs(chance: random.Random, installed: Iterable[Row]) -> Iterator[Row]:
    for row in installed:
        if row[1] is None or not row[2] or chance.random() > 0.4:
            continue
        value = json.dumps(chance.randrange(100))
        yield (_id(chance), row[1], row[2], "limit", value, row[16])
        if chance.random() < 0.05:  # twice the same key: the later one counts
            yield (_id(chance), row[1], row[2], "limit", json.dumps(7), None)
        if chance.random() < 0.02:
            yield (_id(chance), row[1], row[2], None, json.dumps("lost"), row[16])


def _audit(chance: random.Random, installed: Iterable[Row], each: int) -> Iterator[Row]:
    for row in installed:
        for _ in range(min(int(chance.paretovariate(1.2) * each / 3), 20 * each)):
            when = None if chance.random() < 0.002 else _time(chance)
            action = chance.choice(["created", "modified", "deleted"])
            yield (row[1], row[2], action, f"modules/{row[2]}/src/index.ts",
                   f"{chance.getrandbits(64):016x}", f"{chance.getrandbits(64):016x}", None,
                   when)  # fmt: skip
