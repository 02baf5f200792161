"""Whether the registry gives back what the evidence here and the catalog say was published."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gates.catalog.model import EvidenceRow, ReleasedVersion
from gates.errors import RefusedError
from gates.evidence import EvidenceSet
from gates.evidence.envelope import canonical
from gates.model import Stage
from gates.records import dataclass
from gates.registry import Published, Registry


@dataclass(frozen=True)
class ReadBack:
    """What was found in the registry."""

    published: Published | None
    """None where nothing is, or what is was changed."""
    attached: frozenset[bytes]
    """Envelopes, in one form."""
    reasons: tuple[str, ...] = ()
    """Why not to rely on it."""


def read_back(evidence: EvidenceSet, registry: Registry) -> ReadBack:
    """Read bundle and evidence of the module's version, and hold them against the evidence here.

    Raises `CouldNotCheckError` where the registry cannot be read.
    """
    module, statements = evidence.module, dict[Stage, str | None]()
    for each in evidence.inspect(Stage.RELEASE.before):
        if each.statement is not None:
            statements[each.stage] = each.statement.bundle
    try:
        there = registry.find(module.slug, module.version)
        if there is None:
            said = Stage.PUBLISH in statements
            why = f"{module.slug} {module.version} is not in the registry {registry.where}"
            return ReadBack(None, frozenset(), (f"{why} [no-bundle]",) if said else ())
        registry.fetch(module.slug, module.version)
        attached = frozenset(_one_form(envelope) for _, envelope in registry.referrers(there))
    except RefusedError as error:
        return ReadBack(None, frozenset(), tuple(f"{each} [no-bundle]" for each in error.reasons))
    built = statements.get(Stage.BUILD)
    if built in (None, there.bundle):
        return ReadBack(there, attached)
    why = (
        f"the registry has the bundle {there.bundle}, and the evidence of the build is for {built}"
    )
    return ReadBack(there, attached, (f"{why} [wrong-bundle]",))


def not_attached(evidence: EvidenceSet, found: ReadBack) -> tuple[Stage, ...]:
    """The stages whose evidence here the registry does not have: release adds it."""
    return tuple(
        stage
        for stage in Stage.RELEASE.before
        if (envelope := evidence.envelope(stage)) is not None
        and _one_form(envelope) not in found.attached
    )


def against_catalog(
    found: ReadBack, version: ReleasedVersion, rows: Sequence[EvidenceRow]
) -> list[str]:
    """Where the registry has something else than the catalog says, a sentence with its code."""
    there = found.published
    if there is None:
        return []
    reasons = [
        f"the registry has the {name} {has}, and the catalog's is {wanted} [wrong-bundle]"
        for name, has, wanted in (
            ("bundle", there.bundle, version.bundle),
            ("manifest", there.manifest, version.registry_manifest),
        )
        if has != wanted
    ]
    return reasons + [
        f"the catalog's evidence of {row.stage} is not in the registry [no-evidence]"
        for row in rows
        if canonical(row.envelope) not in found.attached
    ]


def _one_form(envelope: bytes) -> bytes:
    try:
        return canonical(json.loads(envelope))
    except (ValueError, RecursionError):
        return envelope
