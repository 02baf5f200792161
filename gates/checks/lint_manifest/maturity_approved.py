"""A module that is ALPHA or BETA has the approval that it needs to be offered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gates.catalog.lifecycle import NEEDS_APPROVAL
from gates.check import check
from gates.model import Finding, Level, Stage
from gates.module import Module
from gates.settings import Policy


@check(Stage.LINT_MANIFEST)
def maturity_approved(module: Module, policy: Policy, today: date) -> Iterator[Finding]:
    """A module that is ALPHA or BETA has the approval that it needs to be offered.

    Approvals stand in the organisation's policy, under `approvals`: a module, a maturity, who
    approved, and `until` if it ends. From RC on, and before ALPHA, none is needed. Where the policy
    has `approval_rules` for offers, signed approvals of the version take their place, and the
    release asks for them.

    Why: what may still lose data is offered only where somebody answers for it.
    Bad: "maturity_status": "BETA", and no approval for it in gates-policy.toml
    Good: [[approvals]] with module = "alert-engine", maturity = "BETA", approver = "platform group"
    Fix: ask who keeps the policy for an approval.
    """
    manifest = module.require_manifest()
    maturity = manifest.get("maturity_status")
    if maturity not in NEEDS_APPROVAL:
        return
    if rules := [each for each in policy.approval_rules if each.purpose == "offer"]:
        count = max(each.count for each in rules)
        yield maturity_approved.finding(
            f"{maturity}: the release will ask for {count} signed approvals (gates approve)",
            manifest.at("maturity_status"),
            level=Level.NOTE,
        )
        return
    mine = [
        each
        for each in policy.approvals
        if each.module == module.slug and each.maturity == maturity
    ]
    if any(each.until is None or each.until >= today for each in mine):
        return
    ended = max((each.until for each in mine if each.until), default=None)
    yield maturity_approved.finding(
        f"{maturity} needs an approval, and the one of {module.slug} ended on {ended}"
        if ended
        else f"{maturity} needs an approval, and the policy has none for {module.slug}",
        manifest.at("maturity_status"),
        fix=f'in gates-policy.toml: [[approvals]] module = "{module.slug}",'
        f' maturity = "{maturity}", approver = "..."',
    )
