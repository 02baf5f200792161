"""A version of a trust file as text."""

from __future__ import annotations

from collections.abc import Iterator

from gates.evidence.envelope import shown
from gates.evidence.grants import Grant
from gates.evidence.trust_file import TrustVersion


def render(version: TrustVersion, first: str | None = None) -> str:
    """What it says, a line for each root key, key and identity; `first` is what a policy pins."""
    lines = [
        f"version {version.number}, until {version.expires.isoformat()}",
        f"  {version.threshold} of {len(version.roots)} root keys sign:",
        *(f"    {each}" for each in version.roots),
    ]
    for key in version.keys:
        lines += [f"  key {key.id}  {shown(key.name)}", *_grant(key.grant)]
    for each in version.identities:
        lines += [f"  identity {shown(each.identity.workflow, 200)}", *_grant(each.grant)]
    lines += [f"  first {first}"] if first else []
    return "".join(f"{line}\n" for line in lines)


def _grant(grant: Grant) -> Iterator[str]:
    yield f"    signs {', '.join(sorted(grant.roles))}"
    yield f"    from {grant.since.isoformat()} until {grant.until.isoformat()}"
    if grant.revoked:
        yield f"    revoked on {grant.revoked.at.isoformat()}: {grant.revoked.reason}"
