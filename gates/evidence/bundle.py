"""Sigstore bundles: evidence that a workflow signed by its identity, read and verified offline.

A bundle holds a DSSE envelope, the certificate that names the workflow, and the entry of the
transparency log (application/vnd.dev.sigstore.bundle.v0.3+json). Like an envelope with our keys
it is kept in one form only: JSON with sorted keys, no white space, ASCII, one line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gates.errors import ConfigurationError, ToolMissingError
from gates.evidence.envelope import (
    PAYLOAD_TYPE,
    MalformedError,
    canonical,
    decode,
    parse_json,
    shown,
)
from gates.evidence.identity import Claims, mismatches
from gates.evidence.keys import Trust
from gates.records import dataclass

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.models import TrustedRoot

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MISSING = "evidence by a workflow's identity needs the package sigstore (axon-gates[identity])"
INSTALL = "pip install 'axon-gates[identity]'"


@dataclass(frozen=True)
class Bundle:
    """One payload signed by an identity, not verified yet."""

    payload: bytes
    certificate: bytes
    """The signer's certificate as DER."""
    value: Mapping[str, Any]
    """The bundle as JSON data."""

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The SHA-256 of the certificate, in hex: its key is used once and has no other name."""
        return (hashlib.sha256(self.certificate).hexdigest(),)

    @cached_property
    def claims(self) -> Claims:
        """Who signed, as the certificate says: true only where `problems` finds none."""
        return Claims.of(self._certificate)

    def to_bytes(self) -> bytes:
        """The one form in which it is written."""
        return canonical(self.value) + b"\n"

    def problems(self, trust: Trust) -> list[str]:
        """Why the signature does not count, one clause each; none where it does.

        Reaches no network. Raises `ToolMissingError` without the package sigstore, and
        `ConfigurationError` for a trust root that cannot be read.
        """
        if not trust.identities:
            return list(mismatches(_NOBODY, ()))
        if found := list(_stale(trust)):
            return found
        return self.unverified(trust) or list(mismatches(self.claims, trust.identities))

    @cached_property
    def _certificate(self) -> Certificate:
        from cryptography.x509 import load_der_x509_certificate

        return load_der_x509_certificate(self.certificate)

    def unverified(self, trust: Trust) -> list[str]:
        """Why certificate, log entry or signature do not hold, whoever it was that signed."""
        if not self.value["verificationMaterial"].get("tlogEntries"):
            return ["names no entry of the transparency log [no-log-entry]"]
        try:
            from sigstore import models
            from sigstore.errors import VerificationError
            from sigstore.verify import Verifier
        except ImportError as error:
            raise ToolMissingError(MISSING, hint=INSTALL) from error
        root = load_root(trust)
        try:
            bundle = models.Bundle.from_json(canonical(self.value))
            written = parse_json(bundle.to_json().encode())
        except Exception as error:  # noqa: BLE001 - of untrusted bytes it raises many kinds
            return [f"is no bundle that can be read: {_text(error)} [malformed-bundle]"]
        if written != self.value:
            return ["is no bundle in its one form [malformed-bundle]"]
        if clause := uncovered(self.value, root):
            return [f"is no bundle that can be relied on: {clause} [malformed-bundle]"]
        try:
            kind, payload = Verifier(trusted_root=root).verify_dsse(bundle, _Anybody())
        except VerificationError as error:
            return [f"has a signature that does not verify: {_text(error)} [not-verified]"]
        except Exception as error:  # noqa: BLE001 - what cannot be verified is refused
            return [f"has a signature that cannot be verified: {_text(error)} [not-verified]"]
        if kind != PAYLOAD_TYPE or payload != self.payload:
            return ["has a signature over something else [not-verified]"]
        return []


_NOBODY = Claims("", "", "", "", "", "")


class _Anybody:
    """Lets the library verify what is cryptography; who may sign is decided by `mismatches`."""

    def verify(self, cert: Certificate) -> None:
        """Accept any certificate that the authority issued."""


def load_root(trust: Trust) -> TrustedRoot:
    """The pinned trust root. Raises `ConfigurationError` where it is none."""
    from sigstore.models import TrustedRoot

    if trust.root is None:
        raise ConfigurationError("trust.identities needs trust.root: the file that they rest on")
    try:
        return TrustedRoot.from_file(str(trust.root.path))
    except Exception as error:  # the file is the organisation's; the library names no one error
        raise ConfigurationError(f"trust.root: {trust.root.path} is no trusted root") from error


def parse(value: object) -> Bundle:
    """The bundle in JSON data. Raises `MalformedError`."""
    if not isinstance(value, dict) or value.get("mediaType") != MEDIA_TYPE:
        raise MalformedError(f"it is no bundle of the type {MEDIA_TYPE}")
    if set(value) != {"mediaType", "verificationMaterial", "dsseEnvelope"}:
        raise MalformedError(
            "its members are not those of a bundle with an envelope [malformed-bundle]"
        )
    material, envelope = value["verificationMaterial"], value["dsseEnvelope"]
    if not isinstance(material, dict) or not isinstance(material.get("certificate"), dict):
        raise MalformedError("it holds no certificate [malformed-bundle]")
    if not isinstance(envelope, dict) or envelope.get("payloadType") != PAYLOAD_TYPE:
        raise MalformedError(f"its payload is not of type {PAYLOAD_TYPE} [malformed-bundle]")
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise MalformedError("it does not have exactly one signature [malformed-bundle]")
    certificate = decode(material["certificate"].get("rawBytes"))
    return Bundle(decode(envelope.get("payload")), certificate, value)


def _stale(trust: Trust) -> Iterator[str]:
    """The age of the trust root, which no signature in it covers."""
    if trust.root is None:
        raise ConfigurationError("trust.identities needs trust.root: the file that they rest on")
    age = (trust.today - trust.root.fetched).days
    if age < 0:
        yield (
            f"cannot be verified: the trust root was fetched on {trust.root.fetched},"
            " which is still to come [stale-trust-root]"
        )
    elif age > trust.root_max_age_days:
        yield (
            f"cannot be verified: the trust root was fetched on {trust.root.fetched},"
            f" {age} days ago, and the policy allows {trust.root_max_age_days} [stale-trust-root]"
        )


def uncovered(value: Mapping[str, Any], root: TrustedRoot) -> str | None:
    """A member that no signature covers and that could therefore say anything; None if none."""
    material = value["verificationMaterial"]
    (entry,) = material["tlogEntries"]
    known = {tlog.log_id.key_id for tlog in root._inner.tlogs}  # noqa: SLF001 - no other way
    if decode(entry["logId"]["keyId"]) not in known:
        return "its transparency log is not in the trust root"
    promised = "inclusionPromise" in entry
    if not promised and entry["logIndex"] != entry["inclusionProof"]["logIndex"]:
        return "its place in the transparency log is not the one that was proved"
    if not promised and entry.get("integratedTime", "0") != "0":
        return "nobody signed the time of its entry in the log"
    stamps = material.get("timestampVerificationData", {}).get("rfc3161Timestamps", [])
    if len(stamps) > 1:
        return "it has more than one signed timestamp"
    if value["dsseEnvelope"]["signatures"][0].get("keyid"):
        return "its signature names a key, and it has a certificate"
    return None


def _text(error: Exception) -> str:
    return shown(" ".join(str(error).split()), 160) or type(error).__name__
