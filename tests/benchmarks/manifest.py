"""How long `gates lint-manifest` takes as a whole, cold process, against check-jsonschema."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import generated
from tests.benchmarks.measure import run
from tests.benchmarks.tools import installed
from tests.conftest import ROOT

Say = Callable[[str], None]
SCHEMA = ROOT / "schemas" / "core_module_manifest.schema.json"


def manifest(work: Path, times: int, say: Say) -> None:
    """A usual manifest and one of a thousand lines, with a catalog that is empty and one that is
    not; floor: check-jsonschema on the same file."""
    floor_program = installed("check-jsonschema==0.39.0") / "check-jsonschema"
    usual = generated.write(work / "usual" / "sample-module", tables=1, migrations=1)
    long = _long(generated.write(work / "long" / "sample-module", tables=1, migrations=1))
    for name, root in (("usual", usual), ("1,000 lines", long)):
        state = {"GATES_STATE_DIR": str(work / "state")}
        ours = run(_gates(root), times, environment=state)
        floor = run([floor_program, "--schemafile", SCHEMA, root / "module.json"], times)
        say(f"lint-manifest, {name:22} {ours}   (target 0.3 s)")
        say(f"floor: check-jsonschema               {floor}")
        say(f"ratio                                 {ours.best / floor.best:.1f}")
    _make_catalog(work / "used")
    used = run(_gates(usual), times, environment={"GATES_STATE_DIR": str(work / "used")})
    say(f"lint-manifest, embedded catalog       {used}   a server is started and stopped")


def _gates(root: Path) -> list[str | Path]:
    return [sys.executable, "-m", "gates", "lint-manifest", root]


def _make_catalog(state: Path) -> None:
    from gates.catalog import Catalog
    from gates.settings import Settings

    settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(state)})
    with Catalog.open(settings) as catalog:
        catalog.psql(["-q", "-c", ""])


def _long(root: Path) -> Path:
    """The module with a manifest of about a thousand lines."""
    path = root / "module.json"
    value = json.loads(path.read_text("utf-8"))
    value["api_endpoints"] = [
        {
            "path": f"/api/notes/{number}",
            "method": "GET",
            "description": f"Reads note number {number}.",
            "authenticated": True,
            "permissions": ["notes.read"],
        }
        for number in range(105)
    ]
    path.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
    return root
