"""Why a released version may be trusted: the chain behind its row, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gates.catalog.standing import describe
from gates.evidence.envelope import shown
from gates.model import Stage

if TYPE_CHECKING:
    from gates.catalog import ReleasedVersion
    from gates.catalog.verify import Verified
    from gates.evidence import Statement
    from gates.governance.conditions import Chain


def render(row: ReleasedVersion, verified: Verified, decided: Sequence[str] = ()) -> str:
    """All that is known about a version, ready to print; what was signed by nobody who counts is
    not repeated, only said to be missing, and so is what no stage says. `decided` has a line for
    each act about the version."""
    lines = [
        f"{row.slug} {row.version} is {'not proved' if verified.all_reasons else 'proved'}",
        *(f"  {reason}" for reason in verified.all_reasons),
        "",
        *([f"  standing   {said}"] if (said := describe(row)) else []),
        f"  released   {row.released_at} by {row.released_by}, as {row.status}",
        f"  content    {row.digest}",
        f"  bundle     {row.bundle}",
        f"  registry   {row.registry_reference}",
        f"  policy     {row.policy}",
    ]
    for name, values in facts(verified).items():
        lines += [f"  {name:<10} {each}" for each in values]
    lines += ["", *stages(verified.statements)]
    let_pass = list(exceptions(verified))
    lines += ["", "  exceptions:" if let_pass else "  exceptions: none"]
    lines += let_pass
    lines += ["", "  decided:", *(f"    {each}" for each in decided)] if decided else []
    return "".join(f"{line}\n" for line in lines)


def stages(statements: Mapping[Stage, Statement]) -> list[str]:
    """A line for each stage before the release: how it ended, when, by whose key."""
    return [_stage(stage, statements.get(stage)) for stage in Stage.RELEASE.before]


def explain(name: str, chain: Chain) -> str:
    """What a release would rest on, and every condition that is not met, each with its command."""
    statements = {each.stage: each.statement for each in chain.stages if each.statement}
    counted = "1 condition" if len(chain.unmet) == 1 else f"{len(chain.unmet)} conditions"
    said = f"cannot be released: {counted} not met" if chain.unmet else "can be released"
    lines = [f"{name} {said}", "", *stages(statements), ""]
    lines += [f"  {shown(each, 400)}" for each in chain.approvals] or ["  approvals: none"]
    for each in chain.unmet:
        lines += ["", f"  {each.reason}", f"    {each.command}"]
    return "".join(f"{line}\n" for line in lines)


def facts(verified: Verified) -> dict[str, list[str]]:
    """What the stages say that they stood on; one line each where all say the same."""
    found_facts: dict[str, list[str]] = {}
    names = {"commit": "commit", "tree": "tree", "previous": "compared", "catalog": "catalog",
             "sandbox": "sandbox", "postgresql": "postgresql", "gates": "gates"}  # fmt: skip
    for key, name in names.items():
        found = {each.environment.get(key) for each in verified.statements.values()} - {None}
        found_facts[name] = [shown(str(each), 200) for each in sorted(map(str, found))]
    tools = {
        f"{name} {version}"
        for each in verified.statements.values()
        for name, version in each.tools.items()
    }
    found_facts["tools"] = [shown(", ".join(sorted(tools)), 2000)] if tools else []
    return found_facts


def _stage(stage: Stage, found: Statement | None) -> str:
    if found is None:
        return f"  {stage.value:<14} nothing that counts is signed"
    reused = sum(1 for each in found.checks if each.reused)
    checks = f"{len(found.checks)} checks" + (f", {reused} reused" if reused else "")
    return (
        f"  {stage.value:<14} {found.verdict.value}  {shown(found.started)}"
        f"  {checks}  {signer(found)}"
    )


def signer(found: Statement) -> str:
    """Who signed a statement."""
    if found.claims:
        return f"signed for {found.claims.text}"
    return f"key {found.key_ids[0][:12]}"


def exceptions(verified: Verified) -> Iterator[str]:
    """Findings that did not count, by a waiver or an approval."""
    for stage, found in verified.statements.items():
        for waived in (each for check in found.checks for each in check.waived):
            what = "an approved definition" if waived.definition else "a waiver"
            yield (
                f"    {stage.value} {shown(waived.check)} in {shown(waived.path) or 'the module'},"
                f" by {what} ({shown(waived.fingerprint)})"
            )
