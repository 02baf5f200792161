"""What `gates catalog` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gates.catalog.standing import describe
from gates.records import asdict
from gates.report.words import plural

if TYPE_CHECKING:
    from gates.catalog import ModulePage, ModuleRow
    from gates.catalog.audit import Trail
    from gates.catalog.matrix import Matrix
    from gates.catalog.verify import Verified


def modules(rows: Sequence[ModuleRow]) -> str:
    """One line for each module: slug, newest version, maturity, number of versions, name."""
    if not rows:
        return "the catalog holds no module yet\n"
    head = ("module", "newest", "maturity", "versions", "name")
    cells = ((r.slug, r.newest, r.maturity_status, str(r.versions), r.name) for r in rows)
    return table([head, *cells])


def in_streams(found: Trail) -> str:
    """ "8 rows in 3 streams"."""
    return f"{plural(found.rows, 'row')} in {plural(len(found.heads), 'stream')}"


def trail(found: Trail) -> str:
    """How many rows the audit trail has, what it was held against, and every reason against it."""
    state = "not as it was written" if found.reasons else "as it was written"
    lines = [
        f"{in_streams(found)}: {state}",
        *(f"  {each}" for each in found.reasons),
    ]
    if found.anchors:
        lines.append(
            f"{plural(found.anchors, 'anchor')}; rows newer than the last of them: {found.newer}"
        )
    return "".join(f"{line}\n" for line in lines)


def trail_json(found: Trail) -> str:
    """The same as JSON."""
    return json.dumps(asdict(found), indent=2) + "\n"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines, the columns under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def matrix(found: Matrix, current: str) -> str:
    """One line for each version of a module, one column for each version of the platform."""
    heads = [f"{each}*" if each == current else each for each in found.platforms]
    rows = [
        (
            each.version,
            each.maturity,
            *("yes" if runs else "-" for runs in each.runs),
            each.standing,
        )
        for each in found.rows
    ]
    last = "standing" if any(each.standing for each in found.rows) else ""
    return table([(found.slug, "maturity", *heads, last), *rows])


def matrix_json(found: Matrix, current: str) -> str:
    """The same as JSON."""
    return json.dumps({"platform": current, **asdict(found)}, indent=2) + "\n"


def page(
    found: ModulePage,
    verified: Sequence[Verified],
    history: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """A module and its versions, newest first, each with what proves it, and whether it does."""
    module = found.module
    lines = [f"{module.slug}  {module.maturity_status}  {module.name}", f"  {module.description}"]
    reasons = {each.version: each.reasons for each in verified}
    for each in found.versions:
        lines += [
            "",
            f"{each.version}  released {each.released_at} by {each.released_by}  (row {each.id})",
            *([f"  standing   {said}"] if (said := describe(each)) else []),
            f"  content    {each.digest}",
            f"  bundle     {each.bundle}",
            f"  registry   {each.registry_reference}",
            f"  tables     {', '.join(each.tables_created) or 'none'}",
            f"  migrations {', '.join(m.path for m in each.migrations) or 'none'}",
        ]
        for row in found.evidence.get(each.version, ()):
            against = reasons[each.version].get(row.stage, ())
            said = "not verified" if against else row.verdict
            lines.append(f"  evidence   {row.stage:<14} {said}  key {row.key_id[:12]}")
            lines += [f"    {reason}" for reason in against]
        lines += [f"  {reason}" for reason in reasons[each.version].get("", ())]
        lines += [f"  decided    {line}" for line in history.get(each.version, ())]
        lines += [f"  | {line}" for line in each.changelog.splitlines()]
    return "\n".join(lines) + "\n"


def modules_json(rows: Sequence[ModuleRow]) -> str:
    """The same as JSON."""
    return json.dumps([asdict(row) for row in rows], indent=2) + "\n"


def verified(found: Sequence[Verified]) -> str:
    """One line for each version, and one for each reason not to rely on it."""
    if not found:
        return "the catalog holds no version yet\n"
    lines = []
    for each in found:
        state = "not proved" if each.all_reasons else "proved"
        lines += [f"{each.slug} {each.version}  {state}"]
        lines += [f"  {reason}" for reason in each.all_reasons]
    return "".join(f"{line}\n" for line in lines)


def verified_json(found: Sequence[Verified]) -> str:
    """The same as JSON."""
    versions = [
        {"slug": each.slug, "version": each.version, "reasons": each.all_reasons} for each in found
    ]
    return json.dumps({"versions": versions}, indent=2) + "\n"


def page_json(found: ModulePage, verified: Sequence[Verified]) -> str:
    """The same as JSON, with the manifests and without the envelopes' payloads."""
    reasons = {each.version: each.reasons for each in verified}
    versions: list[dict[str, Any]] = []
    for each in found.versions:
        rows = found.evidence.get(each.version, ())
        keys = ("stage", "verdict", "key_id", "payload_sha256")
        evidence = [
            {key: getattr(row, key) for key in keys}
            | {"reasons": reasons[each.version].get(row.stage, ())}
            for row in rows
        ]
        acts = [
            {key: getattr(row, key) for key in ("id", "verb", "lifts", "key_id", "recorded_at")}
            for row in found.acts
            if row.version == each.version
        ]
        versions.append({**asdict(each), "evidence": evidence, "acts": acts})
    return json.dumps({**asdict(found.module), "versions": versions}, indent=2, default=str) + "\n"
