"""What `gates catalog` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gates.catalog import ModulePage, ModuleRow
    from gates.catalog.matrix import Matrix


def modules(rows: Sequence[ModuleRow]) -> str:
    """One line for each module: slug, newest version, maturity, number of versions, name."""
    if not rows:
        return "the catalog holds no module yet\n"
    head = ("module", "newest", "maturity", "versions", "name")
    cells = ((r.slug, r.newest, r.maturity_status, str(r.versions), r.name) for r in rows)
    return _table([head, *cells])


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def matrix(found: Matrix, current: str) -> str:
    """One line for each version of a module, one column for each version of the platform."""
    heads = [f"{each}*" if each == current else each for each in found.platforms]
    rows = [
        (each.version, each.maturity, *("yes" if runs else "-" for runs in each.runs))
        for each in found.rows
    ]
    return _table([(found.slug, "maturity", *heads), *rows])


def matrix_json(found: Matrix, current: str) -> str:
    """The same as JSON."""
    return json.dumps({"platform": current, **asdict(found)}, indent=2) + "\n"


def page(found: ModulePage) -> str:
    """A module and its versions, newest first, each with what proves it."""
    module = found.module
    lines = [f"{module.slug}  {module.maturity_status}  {module.name}", f"  {module.description}"]
    for each in found.versions:
        lines += [
            "",
            f"{each.version}  released {each.released_at} by {each.released_by}  (row {each.id})",
            f"  content    {each.digest}",
            f"  bundle     {each.bundle}",
            f"  registry   {each.registry_reference}",
            f"  tables     {', '.join(each.tables_created) or 'none'}",
            f"  migrations {', '.join(m.path for m in each.migrations) or 'none'}",
        ]
        lines += [
            f"  evidence   {row.stage:<14} {row.verdict}  key {row.key_id[:12]}"
            for row in found.evidence.get(each.version, ())
        ]
        lines += [f"  | {line}" for line in each.changelog.splitlines()]
    return "\n".join(lines) + "\n"


def modules_json(rows: Sequence[ModuleRow]) -> str:
    """The same as JSON."""
    return json.dumps([asdict(row) for row in rows], indent=2) + "\n"


def page_json(found: ModulePage) -> str:
    """The same as JSON, with the manifests and without the envelopes' payloads."""
    versions: list[dict[str, Any]] = []
    for each in found.versions:
        rows = found.evidence.get(each.version, ())
        keys = ("stage", "verdict", "key_id", "payload_sha256")
        evidence = [{key: getattr(row, key) for key in keys} for row in rows]
        versions.append({**asdict(each), "evidence": evidence})
    return json.dumps({**asdict(found.module), "versions": versions}, indent=2, default=str) + "\n"
