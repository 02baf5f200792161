"""The migrations that module.json lists are those on disk, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module, inside
from gates.module.document import show
from gates.module.explain import closest
from gates.module.migrations import layout


@check(Stage.LINT_MANIFEST)
def migrations_match_manifest(module: Module) -> Iterator[Finding]:
    """The migrations that module.json lists are those on disk, in their order.

    Why: the list is what the installer runs. A file that is not listed never runs; a listed file
        that is not there stops an installation half-way.
    Bad: "migrations": ["migrations/001_b.sql", "migrations/000_a.sql"]
    Good: every NNN_name.sql of migrations/, by number; no rollbacks and no hooks
    Fix: list exactly the files of migrations/, in the order of their numbers.
    """
    document = module.require_manifest()
    listed = document.get("migrations")
    if not isinstance(listed, list):
        return
    on_disk = [path for _, _, path in layout(module.files).steps]
    rank = {path: place for place, path in enumerate(on_disk)}
    normal = {inside(each) for each in listed}
    unlisted = [path for path in on_disk if path not in normal]
    # Files with a gap between their numbers, or fewer than are listed, are for the author to find.
    lost = len(normal - module.files.keys()) > len(unlisted)
    numbers = [number for number, _, _ in layout(module.files).steps]
    orderly = numbers == [*range(len(numbers))] and not lost
    known: list[tuple[int, str]] = []
    for index, named in enumerate(listed):
        path = inside(named)
        if path is None:
            continue  # manifest-schema or paths-inside says what is wrong with it
        at = document.at("migrations", index)
        if path in rank:
            known.append((index, path))
        elif path in module.files:
            yield migrations_match_manifest.finding(
                f"{path} is listed, but it is no migration",
                at,
                fix="list the files migrations/NNN_name.sql; rollbacks and hooks are found by name",
                repaired=orderly,
            )
        else:
            guess = closest(path, unlisted[:50] or on_disk[:50], 0.8)
            fix = f"did you mean {show(guess)}?" if guess else f"add {path}, or remove it here"
            yield migrations_match_manifest.finding(
                f"there is no {path}", at, fix=fix, repaired=orderly
            )
    for path in unlisted:
        yield migrations_match_manifest.finding(
            f"{path} is not listed, so it would never run",
            document.key("migrations"),
            fix=f'add "{path}" to migrations',
            repaired=orderly,
        )
    for (_, before), (index, path) in pairwise(known):
        if rank[path] < rank[before]:
            yield migrations_match_manifest.finding(
                f"{path} is listed after {before}, but has the smaller number",
                document.at("migrations", index),
                fix="list migrations in the order of their numbers",
                repaired=orderly,
            )
