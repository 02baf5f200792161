"""Which approvals a release needs, and whether it has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from gates.approvers import ApprovalRule, Approver
from gates.catalog.lifecycle import NEEDS_APPROVAL
from gates.catalog.versions import parse
from gates.evidence.act import Act, Subject
from gates.evidence.envelope import shown
from gates.evidence.freshness import CLOCKS_DIFFER, read_time
from gates.records import dataclass


@dataclass(frozen=True)
class Needed:
    """One rule, and what it asks approvals of."""

    rule: ApprovalRule
    subjects: tuple[Subject, ...]
    """Of which one has to be approved."""


@dataclass(frozen=True)
class Signed:
    """An approval, with whoever signed it."""

    act: Act
    person: Approver | None
    """None where the signature does not count."""
    problem: str = ""
    """Why it does not."""


@dataclass(frozen=True)
class Authors:
    """Whose own the version is: they do not approve it."""

    keys: frozenset[str]
    """Ids of the keys that signed the stages."""
    emails: frozenset[str] = frozenset()
    """Of the commit's author, in lower case."""


def purposes_of(version: str, maturity: str, released: Iterable[str]) -> tuple[str, ...]:
    """What a version is, of the purposes that can need approvals."""
    found = ["offer"] if maturity in NEEDS_APPROVAL else []
    found += ["ga"] if maturity == "GA" else []
    majors = [each.major for each in map(parse, released) if each]
    this = parse(version)
    found += ["major"] if this and majors and this.major > max(majors) else []
    return tuple(found)


def needed(
    rules: Sequence[ApprovalRule],
    purposes: Iterable[str],
    version: Subject,
    waivers: Iterable[Sequence[Subject]],
) -> list[Needed]:
    """What has to be approved: the version for each of its purposes, and a waiver for each finding
    that did not count. Of several waivers for one finding, any will do."""
    asked: list[tuple[str, tuple[Subject, ...]]] = [(each, (version,)) for each in purposes]
    asked += [("waiver", tuple(choices)) for choices in waivers]
    pairs = (
        Needed(rule, subjects)
        for purpose, subjects in asked
        for rule in rules
        if rule.purpose == purpose
    )
    return list(dict.fromkeys(pairs))


def refusals(
    wanted: Needed, given: Sequence[Signed], authors: Authors, now: datetime
) -> tuple[str, ...]:
    """Why something is not approved; none where it is. Each approval of it that does not count says
    why."""
    found = [_refusals(wanted.rule, each, given, authors, now) for each in wanted.subjects]
    return min(found, key=len, default=())


def _refusals(
    rule: ApprovalRule, subject: Subject, given: Sequence[Signed], authors: Authors, now: datetime
) -> tuple[str, ...]:
    people: set[str] = set()
    against: list[str] = []
    for each in given:
        if not each.act.is_about(subject):
            continue
        why = each.problem or next(_faults(rule, each, authors, now), "")
        if why:
            against.append(f"the approval of {shown(subject.name)} {why}")
        elif each.person:
            people.add(each.person.name)
    if len(people) >= rule.count:
        return ()
    whom = f" of {' or '.join(rule.of)}" if rule.of else ""
    have = f"has {len(people)} ({', '.join(sorted(people))})" if people else "has none"
    plural = "" if rule.count == 1 else "s"
    return (
        f"{shown(subject.name)} needs {rule.count} approval{plural}{whom}"
        f" ({rule.purpose}), and {have} [not-approved]",
        *dict.fromkeys(against),
    )


def _faults(rule: ApprovalRule, each: Signed, authors: Authors, now: datetime) -> Iterator[str]:
    act, person = each.act, each.person
    if person is None:
        yield "is signed by nobody whom the policy names as an approver [unknown-key]"
        return
    if act.until is not None and act.until < now.date():
        yield f"by {person.name} ended on {act.until} [expired-approval]"
    made = read_time(act.made)
    if made is None or made - now > CLOCKS_DIFFER:
        yield f"by {person.name} is from the future: {shown(act.made)} [from-the-future]"
    elif rule.max_age_days and now - made > timedelta(days=rule.max_age_days):
        yield (
            f"by {person.name} is of {shown(act.made)}, more than {rule.max_age_days} days ago"
            " [expired-approval]"
        )
    if authors.keys.intersection(act.key_ids):
        yield f"by {person.name} is signed by the key that signed the stages [own-approval]"
    if person.email and person.email.lower() in authors.emails:
        yield f"is by {person.name}, who is the author of the commit [own-approval]"
    if rule.of and not {person.name, *person.groups} & set(rule.of):
        yield f"by {person.name} does not count for {rule.purpose} [wrong-signer]"
