"""What the commands of governance print: who is affected, what was found today, what was decided.

Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gates.catalog.standing import describe
from gates.evidence.envelope import shown
from gates.records import asdict
from gates.report.catalog import table
from gates.report.words import plural

if TYPE_CHECKING:
    from gates.catalog import ReleasedVersion
    from gates.governance.acts import Recorded
    from gates.governance.affected import Affected
    from gates.governance.reverify import Reverified
    from gates.governance.signers import Signers
    from gates.settings import Policy

_NONE = "none"
_LONGEST = 8_000
"""Characters of reasons that an act keeps."""


def holders(count: int) -> str:
    """ "1 tenant holds it", "2 tenants hold it"."""
    return f"{plural(count, 'tenant')} {'holds' if count == 1 else 'hold'} it"


def affected(row: ReleasedVersion, found: Affected) -> str:
    """A table of tenants and one of dependants, each with the nearest good version."""
    said = describe(row) or "good"
    text = f"{row.slug} {row.version} is {said}\n"
    tenants = [
        (each.tenant, each.state, _notice(each.told, each.seen), each.nearest or _NONE)
        for each in found.tenants
    ]
    others = [
        (f"{each.slug} {each.version}", each.range or "any", "optional" if each.optional else "",
         each.nearest or _NONE)
        for each in found.dependants
    ]  # fmt: skip
    text += f"\n{holders(len(tenants))}\n"
    text += table([("tenant", "state", "notice", "nearest good"), *tenants]) if tenants else ""
    text += f"\n{plural(len(others), 'released version')} can get it\n"
    text += table([("version", "range", "", "nearest good"), *others]) if others else ""
    return text


def _notice(told: bool, seen: bool) -> str:
    return "seen" if told and seen else "to be told" if told else "-"


def affected_json(row: ReleasedVersion, found: Affected) -> str:
    """The same as JSON."""
    return _json({"standing": row.standing, "sunset": row.sunset, **asdict(found)})


def reverified(found: Sequence[Reverified]) -> str:
    """A line for each version, one for each thing against it, and the command that is proposed."""
    lines = []
    for each in found:
        lines.append(f"{each.slug} {each.version}  {each.verdict.value}")
        lines += [f"  {problem.sentence}" for problem in each.problems]
        lines += [f"  not known: {why}" for why in each.unknown]
        if each.proposal:
            lines.append(
                f"  proposed: gates catalog {each.proposal} {each.slug} {each.version}"
                ' --reason "..."'
            )
    return "".join(f"{line}\n" for line in lines)


def reverified_json(found: Sequence[Reverified]) -> str:
    """The same as JSON."""
    return _json({"versions": [_reverified(each) for each in found]})


def _reverified(each: Reverified) -> dict[str, Any]:
    return {
        "slug": each.slug,
        "version": each.version,
        "verdict": each.verdict.value,
        "problems": [
            {"sentence": problem.sentence, "proposal": problem.proposal.value}
            for problem in each.problems
        ],
        "unknown": each.unknown,
        "proposal": each.proposal.value if each.proposal else None,
    }


def reverified_details(each: Reverified, policy: Policy) -> tuple[str, dict[str, str]]:
    """What the catalog keeps of it: the reason of the act, and its details."""
    reasons = [problem.sentence for problem in each.problems] + [*each.unknown]
    reason = f"{each.verdict.value}: {len(each.problems)} problems, {len(each.unknown)} unknown"
    return reason, {
        "verdict": each.verdict.value,
        "policy": policy.digest,
        "proposal": each.proposal.value if each.proposal else "",
        "reasons": "\n".join(reasons)[:_LONGEST],
    }


def history(acts: Iterable[Recorded], version: str, signers: Signers | None) -> Iterator[str]:
    """A line for each act about a version: when, what, by whom, why, and whether that is proved."""
    for each in acts:
        if each.row.version != version:
            continue
        act, row = each.act, each.row
        who = signers.name(row.key_id) if signers else f"key {row.key_id[:12]}"
        why = shown(act.reason, 300) if act else ""
        until = f", until {act.until}" if act and act.until else ""
        to = f", use {shown(act.replacement)}" if act and act.replacement else ""
        undone = f" of act {row.lifts}" if row.lifts else ""
        yield f"{row.recorded_at}  {row.verb}{undone} by {shown(who)}{until}{to}: {why}"
        yield from (f"  {reason}" for reason in each.reasons)


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
