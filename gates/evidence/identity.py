"""What a workflow's certificate claims, and how that differs from what the policy trusts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from gates.evidence.envelope import shown
from gates.identities import Identity
from gates.records import dataclass, field

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_ARC = "1.3.6.1.4.1.57264.1"


@dataclass(frozen=True)
class Claims:
    """What the certificate authority saw in the workflow's token; "" where it says nothing."""

    issuer: str
    workflow: str
    """URL of the called workflow's file, `@`, and its ref."""
    signer_digest: str
    """Commit of that file, in hex."""
    runner: str
    repository: str
    """URL of the calling repository."""
    commit: str
    """Of the calling repository, in hex."""
    issued: datetime | None = field(default=None, compare=False)
    """When the certificate was; its key signed within minutes."""

    @classmethod
    def of(cls, certificate: Certificate) -> Claims:
        """The claims in the extensions of a certificate that was verified.

        Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
        """
        return cls(
            issuer=_extension(certificate, 8),
            workflow=_extension(certificate, 9),
            signer_digest=_extension(certificate, 10),
            runner=_extension(certificate, 11),
            repository=_extension(certificate, 12),
            commit=_extension(certificate, 13),
            issued=certificate.not_valid_before_utc,
        )

    @property
    def text(self) -> str:
        """One line for people."""
        name = shown(self.repository.removeprefix("https://"), 200)
        workflow = shown(self.workflow.removeprefix("https://"), 200)
        return (
            f"{name} at {shown(self.commit[:12])}, by {workflow} ({shown(self.signer_digest[:12])})"
        )


def mismatches(claims: Claims, trusted: Sequence[Identity]) -> tuple[str, ...]:
    """Why no identity agrees: the clauses of the one that is nearest; none where one agrees."""
    found = [tuple(_mismatches(claims, each)) for each in trusted]
    if not found:
        return (
            "is signed by the identity of a workflow, and the policy trusts none"
            " [untrusted-identity]",
        )
    return min(found, key=len)


def _mismatches(claims: Claims, identity: Identity) -> Iterator[str]:
    if claims.issuer != identity.issuer:
        yield _differs("the issuer", claims.issuer, identity.issuer, "wrong-issuer")
    workflow = claims.workflow if "@" in identity.workflow else claims.workflow.partition("@")[0]
    if workflow != identity.workflow:
        yield _differs("the workflow", claims.workflow, identity.workflow, "wrong-workflow")
    if claims.signer_digest not in identity.signer_digests:
        digest = shown(claims.signer_digest) or "unknown"
        yield (
            f"is signed by the workflow as of commit {digest}, which is not on the list of"
            " trust.identities [signer-digest-not-listed]"
        )
    if not any(_covers(each, claims.repository) for each in identity.repositories):
        wanted = ", ".join(identity.repositories[:3])
        yield _differs("the repository", claims.repository, wanted, "wrong-repository")
    if claims.runner not in identity.runners:
        wanted = ", ".join(identity.runners[:3])
        yield _differs("a runner of the kind", claims.runner, wanted, "wrong-runner")
    if not claims.commit:
        yield "is signed for no commit of the repository [no-commit]"


def _covers(trusted: str, repository: str) -> bool:
    if not trusted.endswith("/*"):
        return repository == trusted
    name = repository.removeprefix(trusted[:-1])
    return name != repository and bool(name) and "/" not in name


def _differs(what: str, found: str, wanted: str, code: str) -> str:
    named = shown(found, 200) or "nobody knows which"
    return f"is signed from {what} {named}, and the policy trusts {wanted} [{code}]"


def _extension(certificate: Certificate, number: int) -> str:
    from cryptography.hazmat import asn1
    from cryptography.x509 import ExtensionNotFound, ObjectIdentifier, UnrecognizedExtension

    try:
        found = certificate.extensions.get_extension_for_oid(ObjectIdentifier(f"{_ARC}.{number}"))
        if isinstance(found.value, UnrecognizedExtension):
            return asn1.decode_der(str, found.value.value)
    except (ExtensionNotFound, ValueError):
        pass
    return ""
