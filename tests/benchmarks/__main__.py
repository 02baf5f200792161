"""Benchmarks, on demand: `python -m tests.benchmarks [NAME ...] [--times N]`.

Each compares with a named floor and prints the ratio; nothing is asserted, since a machine under
load proves nothing. `measure` says what is printed: the least and the median of several runs by the
clock, and the least processor time of the process and all that it waited for.

proofs      all database proofs of ten tables, against psql with the same files once
isolation   the isolation proof per table
growth      5, 10, 20 and 40 tables
manifest    lint-manifest against check-jsonschema
engines     oxlint beside ESLint, TypeScript 7 beside 6; --write, too
programs    what a full run starts, by program: how often, and seconds; overhead with --write, too
reuse       the Python example unchanged, and with one line changed; --write, too
lsp         a save in an editor; --write puts it into docs/editors.md
size        large modules: peak memory, growth and floor; --write puts it into docs/performance.md
sandbox     `true` in the sandbox, against bare bubblewrap with the same mounts
scale       1,000 registrations by 8 processes; 100,000 versions and 10,000 tenants; --write, too
registrations   200 registrations, 40 processes at a time
fleet       100 modules (FLEET_MODULES) on two Dask workers, one killed; 1,000 simulated; --write
move        the big migration at 10, 100 and 1,000 organisations (MOVE_SIZES)
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.engines import engines
from tests.benchmarks.fleet import fleet
from tests.benchmarks.lsp import lsp
from tests.benchmarks.manifest import manifest
from tests.benchmarks.move import move
from tests.benchmarks.programs import programs
from tests.benchmarks.proofs import growth, isolation, proofs
from tests.benchmarks.registrations import registrations
from tests.benchmarks.reuse import reuse
from tests.benchmarks.sandbox import sandbox
from tests.benchmarks.scale import scale
from tests.benchmarks.size import size, write
from tests.conftest import ROOT

ALL: dict[str, Callable[[Path, int, Callable[[str], None]], str | None]] = {
    each.__name__: each
    for each in (
        proofs,
        isolation,
        growth,
        manifest,
        engines,
        programs,
        reuse,
        lsp,
        size,
        sandbox,
        scale,
        registrations,
        fleet,
        move,
    )
}
"""Each may give a table for docs/performance.md."""
PAGE = ROOT / "docs" / "performance.md"
PAGES = {"lsp": ROOT / "docs" / "editors.md"}
"""Where tables go that do not go to `PAGE`."""


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ALL)}")
    parser.add_argument("--times", type=int, default=5, help="runs of each, by default 5")
    parser.add_argument("--write", action="store_true", help="put tables into docs/performance.md")
    options = parser.parse_args()
    if unknown := set(options.names) - set(ALL):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    load = os.getloadavg()[0]
    say(f"{os.cpu_count()} processors, load {load:.1f}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(prefix="gates-benchmark-") as folder:
        Path(folder).chmod(0o755)
        for name in options.names or ALL:
            say(f"\n{name}")
            table = ALL[name](Path(folder), options.times, say)
            if table and options.write:
                write(PAGES.get(name, PAGE), name, table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
