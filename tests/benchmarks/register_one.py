"""One registration in a process of its own: `python -m tests.benchmarks.register_one FILE`.

FILE is a pickle of the settings and the rows of a version.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from gates.catalog import Catalog
from gates.errors import GatesError


def main(file: str) -> int:
    settings, module, version, evidence = pickle.loads(Path(file).read_bytes())
    try:
        with Catalog.open(settings) as catalog:
            catalog.register(module, version, evidence)
    except GatesError as error:
        sys.stderr.write(f"{type(error).__name__}: {error.message}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
