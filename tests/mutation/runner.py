"""Runs many mutants on one embedded server, in a few processes."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from gates.database.server.embedded import throwaway_server
from gates.model import Verdict
from gates.settings import Settings
from tests.mutation.gate import Gate, Outcome, checks
from tests.mutation.mutant import Mutant
from tests.mutation.shapes import Shape, shapes

Told = Callable[[Mutant, Outcome], None]
_gate: Gate
_shapes: dict[str, Shape]
_used: dict[str, frozenset[str]]


def _begin(url: str, work: str) -> None:
    global _gate, _shapes, _used
    _gate = Gate(url, Path(work))
    _shapes = {each.name: each for each in shapes()}
    _used = {}


def _clean(name: str) -> frozenset[str]:
    """The ids of the checks that pass the clean module of a shape."""
    if name not in _used:
        results = _gate.results(_shapes[name], {}, checks())
        _used[name] = frozenset(each.check for each in results if each.verdict is Verdict.PASS)
    return _used[name]


def _try(mutant: Mutant) -> Outcome:
    used = [each for each in checks() if each.id in _clean(mutant.shape)]
    return _gate.try_(_shapes[mutant.shape], dict(mutant.files), used)


def run(
    mutants: Sequence[Mutant], jobs: int, told: Told
) -> tuple[list[tuple[Mutant, Outcome]], dict[str, list[str]]]:
    """Try every mutant, telling each outcome as it comes, in order.

    Returns the outcomes, and for each shape the checks that its clean module does not pass, which
    took no part in its mutants.
    """
    work = tempfile.mkdtemp(prefix="gates-mutation-")
    Path(work).chmod(0o755)
    names = list(dict.fromkeys(mutant.shape for mutant in mutants))
    context = multiprocessing.get_context("spawn")
    outcomes: list[tuple[Mutant, Outcome]] = []
    try:
        with (
            throwaway_server(Settings.from_environment()) as url,
            ProcessPoolExecutor(jobs, context, _begin, (url, work)) as pool,
        ):
            clean = dict(zip(names, pool.map(_clean, names), strict=True))
            everything = [each.id for each in checks()]
            absent = {
                name: [each for each in everything if each not in clean[name]] for name in names
            }
            for mutant, outcome in zip(mutants, pool.map(_try, mutants), strict=True):
                outcomes.append((mutant, outcome))
                told(mutant, outcome)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return outcomes, {name: left for name, left in absent.items() if left}
