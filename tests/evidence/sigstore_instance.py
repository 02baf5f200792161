"""A Sigstore of the tests' own: certificate authority, certificate log, transparency log.

What it makes is verified by the very code that verifies the public instance's: certificates of
Fulcio's profile with an embedded timestamp of the certificate log, entries as Rekor 1 writes them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gates.evidence import signed
from gates.evidence.bundle import MEDIA_TYPE, Bundle
from gates.evidence.envelope import PAYLOAD_TYPE, canonical, parse_json
from gates.evidence.identity import Claims
from gates.identities import Identity, TrustRoot

NOW = datetime.now(UTC).replace(microsecond=0)
CALLED = "https://github.com/axon-platform/axon-gates/.github/workflows/module-pipeline.yml"
CLAIMS = Claims(
    issuer="https://token.actions.githubusercontent.com",
    workflow=f"{CALLED}@refs/tags/v1.0.0",
    signer_digest="a1" * 20,
    runner="github-hosted",
    repository="https://github.com/axon-platform/sample-module",
    commit="c0" * 20,
)
IDENTITY = Identity(CLAIMS.issuer, CALLED, (CLAIMS.signer_digest,), (CLAIMS.repository,))
Key = ec.EllipticCurvePrivateKey
ARC = "1.3.6.1.4.1.57264.1"
START = NOW - timedelta(days=2)
YEAR = timedelta(days=365)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def public(private: Key) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def log_id(private: Key) -> bytes:
    return hashlib.sha256(public(private)).digest()


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Instance:
    """Its keys; every method is a pure function of them and the clock."""

    root_key: Key = field(default_factory=key)
    authority_key: Key = field(default_factory=key)
    certificate_log_key: Key = field(default_factory=key)
    log_key: Key = field(default_factory=key)

    @cached_property
    def root(self) -> x509.Certificate:
        return self._authority("root", self.root_key, "root", self.root_key)

    @cached_property
    def authority(self) -> x509.Certificate:
        return self._authority("authority", self.authority_key, "root", self.root_key)

    @staticmethod
    def _authority(subject: str, own: Key, issuer: str, by: Key) -> x509.Certificate:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(START)
            .not_valid_after(START + YEAR)
            .add_extension(x509.BasicConstraints(True, None), True)
            .add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False)
        )
        if by is not own:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
            made = made.add_extension(identifier, False)
            made = made.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False
            )
        return made.sign(by, hashes.SHA256())

    def certificate(
        self, claims: Claims, own: ec.EllipticCurvePublicKey, start: datetime = NOW
    ) -> x509.Certificate:
        """As Fulcio issues it for a workflow: ten minutes, the claims as extensions."""
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        issuer = self.authority_key.public_key()
        subject = x509.UniformResourceIdentifier(claims.workflow or "https://nobody.invalid/x")
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(name("authority"))
            .public_key(own)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(minutes=10))
            .add_extension(usage, True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), False)
            .add_extension(x509.SubjectAlternativeName([subject]), True)
        )
        numbers = {
            8: claims.issuer, 9: claims.workflow, 10: claims.signer_digest, 11: claims.runner,
            12: claims.repository, 13: claims.commit,
        }  # fmt: skip
        for number, text in numbers.items():
            if text:
                made = made.add_extension(_text(number, text), False)
        before = made.sign(self.authority_key, hashes.SHA256()).tbs_certificate_bytes
        return made.add_extension(self._stamp(before, start), False).sign(
            self.authority_key, hashes.SHA256()
        )

    def _stamp(self, certificate: bytes, at: datetime) -> x509.UnrecognizedExtension:
        """The certificate log's promise for a certificate without it (RFC 6962, section 3.2)."""
        when = int(at.timestamp() * 1000)
        issuer = hashlib.sha256(public(self.authority_key)).digest()
        entry = issuer + len(certificate).to_bytes(3, "big") + certificate
        covered = struct.pack("!BBQH", 0, 0, when, 1) + entry + b"\0\0"
        signature = self.certificate_log_key.sign(covered, ec.ECDSA(hashes.SHA256()))
        one = struct.pack("!B32sQH", 0, log_id(self.certificate_log_key), when, 0)
        one += b"\x04\x03" + struct.pack("!H", len(signature)) + signature
        listed = struct.pack("!H", len(one)) + one
        listed = struct.pack("!H", len(listed)) + listed
        return x509.UnrecognizedExtension(
            x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), b"\x04" + sized(listed)
        )

    def entry(self, payload: bytes, signature: bytes, pem: bytes, at: datetime) -> dict[str, Any]:
        """The entry of an envelope in the transparency log, as Rekor 1 answers a request."""
        body = canonical(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {
                    "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
                    "payloadHash": {
                        "algorithm": "sha256",
                        "value": hashlib.sha256(payload).hexdigest(),
                    },
                    "signatures": [{"signature": encoded(signature), "verifier": encoded(pem)}],
                },
            }
        )
        promised = {
            "body": encoded(body),
            "integratedTime": int(at.timestamp()),
            "logID": log_id(self.log_key).hex(),
            "logIndex": 1,
        }
        other = hashlib.sha256(b"\0another entry").digest()
        leaf = hashlib.sha256(b"\0" + body).digest()
        root = hashlib.sha256(b"\x01" + other + leaf).digest()
        note = f"log.test - 1\n2\n{encoded(root)}\n"
        return promised | {
            "verification": {
                "signedEntryTimestamp": encoded(self._sign(canonical(promised))),
                "inclusionProof": {
                    "logIndex": 1,
                    "rootHash": root.hex(),
                    "treeSize": 2,
                    "hashes": [other.hex()],
                    "checkpoint": f"{note}\n\N{EM DASH} log.test "
                    f"{encoded(log_id(self.log_key)[:4] + self._sign(note.encode()))}\n",
                },
            }
        }

    def _sign(self, data: bytes) -> bytes:
        return self.log_key.sign(data, ec.ECDSA(hashes.SHA256()))

    def bundle(
        self, payload: bytes, claims: Claims = CLAIMS, at: datetime = NOW, start: datetime = NOW
    ) -> Bundle:
        """A bundle around a payload, signed by whoever the claims say."""
        own = key()
        certificate = self.certificate(claims, own.public_key(), start)
        covered = b"DSSEv1 %d %s %d %s" % (
            len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload,
        )  # fmt: skip
        signature = own.sign(covered, ec.ECDSA(hashes.SHA256()))
        entry = self.entry(payload, signature, certificate.public_bytes(Encoding.PEM), at)
        proof = entry["verification"]["inclusionProof"]
        value = {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "certificate": {"rawBytes": encoded(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [
                    {
                        "logIndex": "1",
                        "logId": {"keyId": encoded(log_id(self.log_key))},
                        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
                        "integratedTime": str(entry["integratedTime"]),
                        "inclusionPromise": {
                            "signedEntryTimestamp": entry["verification"]["signedEntryTimestamp"]
                        },
                        "inclusionProof": {
                            "logIndex": "1",
                            "rootHash": encoded(bytes.fromhex(proof["rootHash"])),
                            "treeSize": "2",
                            "hashes": [encoded(bytes.fromhex(e)) for e in proof["hashes"]],
                            "checkpoint": {"envelope": proof["checkpoint"]},
                        },
                        "canonicalizedBody": entry["body"],
                    }
                ],
            },
            "dsseEnvelope": {
                "payload": encoded(payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": encoded(signature)}],
            },
        }
        return reparsed(value)

    def trusted_root(self, path: Path, fetched: date) -> TrustRoot:
        """Write the file that verifiers need, and pin it."""
        valid = {"start": START.strftime("%Y-%m-%dT%H:%M:%SZ")}

        def log(private: Key) -> dict[str, Any]:
            return {
                "baseUrl": "https://log.invalid",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": encoded(public(private)),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": valid,
                },
                "logId": {"keyId": encoded(log_id(private))},
            }

        chain = [self.authority, self.root]
        authority = {
            "subject": {"organization": "tests", "commonName": "authority"},
            "uri": "https://authority.invalid",
            "certChain": {
                "certificates": [{"rawBytes": encoded(e.public_bytes(Encoding.DER))} for e in chain]
            },
            "validFor": valid,
        }
        value = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log_key)],
            "certificateAuthorities": [authority],
            "ctlogs": [log(self.certificate_log_key)],
            "timestampAuthorities": [authority],
        }
        path.write_text(json.dumps(value), "utf-8")
        return TrustRoot(path, hashlib.sha256(path.read_bytes()).hexdigest(), fetched)


def reparsed(value: object) -> Bundle:
    """A bundle from JSON data, through the one form in which it is written."""
    found = signed.parse(canonical(json.loads(json.dumps(value))) + b"\n")
    assert isinstance(found, Bundle)
    return replace(found, value=parse_json(canonical(found.value)))


def sized(data: bytes) -> bytes:
    """The length and the content of a DER value of less than 256 bytes."""
    return (b"" if len(data) < 128 else b"\x81") + bytes([len(data)]) + data


def _text(number: int, text: str) -> x509.UnrecognizedExtension:
    oid = x509.ObjectIdentifier(f"{ARC}.{number}")
    return x509.UnrecognizedExtension(oid, b"\x0c" + sized(text.encode()))


def trusting(root: TrustRoot, services: Path) -> str:
    """What a policy file says to trust `IDENTITY`, and to sign at these services (TOML)."""
    return f"""
[trust]
services = {json.dumps(str(services))}

[trust.root]
path = {json.dumps(str(root.path))}
sha256 = "{root.sha256}"
fetched = {root.fetched}

[[trust.identities]]
issuer = "{IDENTITY.issuer}"
workflow = "{IDENTITY.workflow}"
signer_digests = {json.dumps(IDENTITY.signer_digests)}
repositories = {json.dumps(IDENTITY.repositories)}
"""
