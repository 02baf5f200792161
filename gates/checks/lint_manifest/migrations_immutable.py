"""Released migrations stay as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from gates.catalog import Previous
from gates.check import check
from gates.model import Finding, Level, Location, Stage
from gates.module import Module


@check(Stage.LINT_MANIFEST)
def migrations_immutable(module: Module, previous: Previous) -> Iterator[Finding]:
    """Released migrations stay as they are.

    Why: tenants have run the released file; a changed one would never reach them, and their schema
    would differ from a fresh install's for ever.
    Bad: a column is added to migrations/000_init.sql after 1.0.0 was released with it.
    Good: migrations/000_init.sql is as in 1.0.0, and migrations/001_add_column.sql adds the column.
    Fix: restore the released file (`git checkout <tag> -- <file>`) and write a new migration.
    """
    if not previous.known:
        return
    digests = {
        each.path: hashlib.sha256(module.data(each.path)).hexdigest() for each in module.migrations
    }
    released = {each.path: each for each in previous.migrations}
    version = previous.version
    for path, old in released.items():
        now = digests.get(path)
        if now is None:
            new = next((p for p, d in digests.items() if d == old.sha256), None)
            what = f"is called {new} now" if new else "is missing"
            yield migrations_immutable.finding(
                f"{path}, released with {version}, {what}",
                new or (module.manifest.at("migrations") if module.manifest else "module.json"),
                fix=f"restore {path}",
            )
        elif now != old.sha256:
            yield migrations_immutable.finding(
                f"this migration was released with {version} and has changed since",
                Location(path, 1, 1),
                fix="restore the released file and write a new migration",
                detail=f"released: sha256 {old.sha256}\nnow:      sha256 {now}",
            )
        elif old.rollback_path and old.rollback_sha256:
            yield from _rollback(module, old.rollback_path, old.rollback_sha256, version)
    last = max(released, default="")
    for path in digests.keys() - released.keys():
        if path < last and digests[path] not in {each.sha256 for each in released.values()}:
            yield migrations_immutable.finding(
                f"this migration is new and comes before {last}, which {version} was released with",
                Location(path, 1, 1),
                fix="number it after the released ones",
            )


def _rollback(module: Module, path: str, released: str, version: str) -> Iterator[Finding]:
    """A changed rollback is a warning: installed versions keep the one they came with."""
    if path not in module.files or hashlib.sha256(module.data(path)).hexdigest() != released:
        yield migrations_immutable.finding(
            f"this rollback script was released with {version} and has changed since",
            Location(path, 1, 1) if path in module.files else Location(path),
            level=Level.WARNING,
            fix="make sure that it still leads back from what the released migration made",
        )
