"""Every condition that a release of a module does not meet yet, each with the command for it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from datetime import datetime

from gates.catalog import Catalog
from gates.catalog.catalog import Situation
from gates.catalog.decide import decide
from gates.errors import GatesError
from gates.evidence import EvidenceSet, StageEvidence
from gates.governance.approvals import gather
from gates.model import Stage
from gates.records import dataclass
from gates.registry import Registry


@dataclass(frozen=True)
class Condition:
    """Something that keeps a version from being released, and what resolves it."""

    reason: str
    command: str


@dataclass(frozen=True)
class Chain:
    """What a release of a module would rest on, and what is missing of it."""

    stages: tuple[StageEvidence, ...]
    approvals: tuple[str, ...]
    """Who approved the version or its waivers, one line each."""
    unmet: tuple[Condition, ...]


def read_chain(evidence: EvidenceSet, registry: Registry, catalog: Catalog, now: datetime) -> Chain:
    """All of it at once: what cannot be looked at is a condition that is not met, too."""
    stages = evidence.inspect(Stage.RELEASE.before)
    approvals: list[str] = []
    path = shlex.quote(str(evidence.module.root))
    unmet = [
        Condition(reason, f"gates run --stage {each.stage} {path}")
        for each in stages
        for reason in each.reasons
    ]
    parts: tuple[Callable[[], Iterator[Condition]], ...] = (
        lambda: _of_registry(evidence, stages, registry, path),
        lambda: _of_catalog(evidence, catalog, path),
        lambda: _of_people(evidence, stages, registry, catalog, now, path, approvals),
    )
    for part in parts:
        try:
            unmet += part()
        except GatesError as error:
            unmet.append(Condition(f"not known: {error.message}", error.hint or "gates doctor"))
    return Chain(stages, tuple(approvals), tuple(dict.fromkeys(unmet)))


def _of_registry(
    evidence: EvidenceSet, stages: tuple[StageEvidence, ...], registry: Registry, path: str
) -> Iterator[Condition]:
    module = evidence.module
    there = registry.find(module.slug, module.version)
    built = next((s.statement.bundle for s in stages if s.statement and s.statement.bundle), None)
    if there is None:
        yield Condition(
            f"{module.slug} {module.version} is not in the registry {registry.where} [no-bundle]",
            f"gates publish {path}",
        )
    elif built and there.bundle != built:
        yield Condition(
            f"the registry holds another bundle of {module.slug} {module.version} than was built"
            " [wrong-bundle]",
            f"gates run {path}  # with a higher version in module.json",
        )


def _of_catalog(evidence: EvidenceSet, catalog: Catalog, path: str) -> Iterator[Condition]:
    module = evidence.module
    found = _situation(evidence, catalog)
    decision = decide(
        module.slug,
        module.version,
        module.digest,
        str(module.require_manifest().get("maturity_status") or ""),
        released=found.released,
        module_maturity=found.maturity,
    )
    for reason in decision.reasons:
        yield Condition(reason, f"gates lint-manifest {path}  # names the line to change")


def _of_people(
    evidence: EvidenceSet,
    stages: tuple[StageEvidence, ...],
    registry: Registry,
    catalog: Catalog,
    now: datetime,
    path: str,
    approvals: list[str],
) -> Iterator[Condition]:
    statements = {each.stage: each.statement for each in stages if each.statement}
    given = gather(evidence, statements, registry, now)
    for each in given.signed:
        who = each.person.name if each.person else "nobody who counts"
        until = f" until {each.act.until}" if each.act.until else ""
        approvals.append(f"approved by {who} on {each.act.made}{until}: {each.act.reason[:200]}")
    found = _situation(evidence, catalog)
    if any(each.version == evidence.module.version for each in found.released):
        return
    for reason in given.unmet(evidence, found, now):
        yield Condition(reason, _command(reason, path))


def _command(reason: str, path: str) -> str:
    if reason.endswith("[not-soaked]"):
        return f"gates release {path}  # once the time is over"
    if "waiver " in reason:
        check = reason.partition("waiver ")[2].partition(" ")[0]
        return f'gates approve --waiver {shlex.quote(check)} --reason "..." --key KEY.pem'
    return f'gates approve {path} --reason "..." --key KEY.pem'


def _situation(evidence: EvidenceSet, catalog: Catalog) -> Situation:
    slug = evidence.module.slug
    there = catalog.module(slug)
    maturity = there.maturity_status if there and there.versions else None
    return Situation(maturity, catalog.versions(slug))
