"""Tables and queues in module.json carry the module's prefix."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Document, Module
from gates.module.document import show


@check(Stage.LINT_MANIFEST)
def names_prefixed(module: Module) -> Iterator[Finding]:
    """Tables and queues in module.json carry the module's prefix.

    Why: all modules share one database and one queue server; the prefix is what keeps two of them
        from taking each other's names.
    Bad: "database_tables": ["alerts"], a job with the queue "evaluate"
    Good: "tenant_alert_engine_alerts", "tenant:alert-engine:evaluate" for the slug alert-engine
    Fix: write the prefix of the slug, with underscores in tables and hyphens in queues.
    """
    document = module.require_manifest()
    if not module.slug:
        return
    for key in ("database_tables", "high_volume_tables"):
        yield from _begin(document, key, None, module.table_prefix)
    yield from _begin(document, "jobs", "queue", f"tenant:{module.slug}:")


def _begin(document: Document, key: str, inner: str | None, prefix: str) -> Iterator[Finding]:
    entries = document.get(key)
    if not isinstance(entries, list):
        return
    for index in range(len(entries)):
        place = (key, index) if inner is None else (key, index, inner)
        value = document.get(*place)
        if not isinstance(value, str) or (value.startswith(prefix) and len(value) > len(prefix)):
            continue
        yield names_prefixed.finding(
            f"{show(value)} does not begin with {prefix}",
            document.at(*place),
            fix=f"begin it with {prefix}",
        )
