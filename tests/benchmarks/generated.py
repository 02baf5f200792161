"""A generated module of any number of tables and migrations, as the standard wants it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.conftest import EXAMPLES
from tests.database.conftest import HEAD
from tests.database.corpus import drop, table

PREFIX = "tenant_sample_module_"


def write(root: Path, tables: int, migrations: int) -> Path:
    """Write the Python base to `root` with `tables` tables in all, in `migrations` files.

    The first file is the base's, with one table; each of the others adds its share. Every table
    but the first has a text column under a unique key, a checked number and a foreign key to the
    base's table, so that rows depend on each other as they do in real modules.
    """
    shutil.copytree(EXAMPLES / "_base" / "python", root)
    names = [f"t{number:02}" for number in range(1, tables)]
    share = -(-len(names) // max(1, migrations - 1))
    files = ["migrations/000_init.sql"]
    for number in range(1, migrations):
        mine = names[(number - 1) * share : number * share]
        path = f"migrations/{number:03}_more.sql"
        files.append(path)
        (root / path).write_text(HEAD + "".join(_table(name) for name in mine), "utf-8")
        back = root / "migrations/rollback" / f"{number:03}_more.sql"
        back.write_text(HEAD + drop(*reversed(mine)) + "\n", "utf-8")
    manifest = root / "module.json"
    value = json.loads(manifest.read_text("utf-8"))
    value["migrations"] = files
    value["database_tables"] = [f"{PREFIX}{name}" for name in ("notes", *names)]
    manifest.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
    return root


def _table(name: str) -> str:
    return table(
        name,
        "note_id bigint NOT NULL,\n    code text NOT NULL,\n"
        f"    amount integer NOT NULL CONSTRAINT {name}_amount_check CHECK (amount > 0),\n"
        f"    CONSTRAINT {name}_code_key UNIQUE (tenant_id, code),\n"
        f"    CONSTRAINT {name}_note_fkey FOREIGN KEY (tenant_id, note_id)"
        f" REFERENCES {PREFIX}notes (tenant_id, id),",
    )
