"""Who may sign which act: the one place where signatures of acts meet the policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from gates.approvers import Approver
from gates.evidence import signed
from gates.evidence.act import Act, Verb
from gates.evidence.freshness import read_time
from gates.evidence.keys import Trust, key_id, read_public
from gates.records import dataclass, replace
from gates.settings import Policy, Settings


@dataclass(frozen=True)
class Signers:
    """The people whom a policy names, and whose evidence it trusts."""

    people: Mapping[str, Approver]
    """By key id."""
    approvers: Trust
    """Whose approvals count: the keys of those people, and nobody else's."""
    others: Trust
    """Who may sign any other act: those people, and whoever may sign evidence."""

    @classmethod
    def of(cls, policy: Policy, settings: Settings, today: date) -> Signers:
        """Those of a policy. Raises `ConfigurationError` for a key that cannot be read."""
        evidence = Trust.of(policy, settings, today)
        source = policy.sources.get("approvers")
        base = Path(source).parent if source else Path()
        read = [(each, read_public(each.key, base, settings.key)) for each in policy.approvers]
        people = {key_id(public): person for person, public in read}
        keys = {key_id(public): public for _, public in read}
        approvers = replace(evidence, keys=keys, identities=(), root=None)
        return cls(people, approvers, replace(evidence, keys={**evidence.keys, **keys}))

    def problems(self, envelope: signed.Signed, act: Act) -> list[str]:
        """Why the signature of an act does not count, one clause each; none where it does.

        Of a key that a trust file names, its roles count, too, and from when until when.
        """
        approves = act.verb is Verb.APPROVE
        trust = self.approvers if approves else self.others
        found = envelope.problems(trust)
        grants = [(trust.grants or {}).get(each) for each in envelope.key_ids]
        for grant in filter(None, grants if not found else []):
            found += grant.problems("approval" if approves else "status", read_time(act.made))
        return found

    def name(self, key: str) -> str:
        """Who has a key, for messages: the person's name, or the start of the key's id."""
        person = self.people.get(key)
        return person.name if person else f"key {key[:12]}"
