"""The trust file: whose signatures count for what, signed by a threshold of root keys.

One version a line, each a DSSE envelope, the newest last. As in TUF, a version is signed by enough
of its own root keys and by enough of those of the version before, names the digest of that one, and
ends at a time; a file that has become shorter, or says something else than it had, is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.errors import ConfigurationError, CouldNotCheckError, GatesError, RefusedError
from gates.evidence.envelope import Envelope, MalformedError, parse, parse_json, shown
from gates.evidence.freshness import read_time
from gates.evidence.grants import REASONS, ROLES, Grant, Revocation
from gates.evidence.key_files import key_id, parse_public
from gates.evidence.reader import Reader
from gates.evidence.trust_memory import recall, remember
from gates.identities import Identity, TrustFile, read_identity
from gates.records import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TRUST_TYPE = "https://schemas.axon.dev/gates/trust/v1"
PAYLOAD_TYPE = "application/vnd.axon.gates.trust.v1+json"
LARGEST = 4 << 20
"""Bytes that a trust file may have."""
MEMBERS = frozenset(
    {"type", "version", "previous", "expires", "threshold", "roots", "keys", "identities"}
)
GRANT = frozenset({"roles", "from", "until", "revoked"})
IDENTITY = frozenset({"issuer", "workflow", "signer_digests", "repositories", "runners"})


@dataclass(frozen=True)
class TrustedKey:
    """A key with what it may sign."""

    name: str
    """For people."""
    id: str
    public: Ed25519PublicKey
    grant: Grant


@dataclass(frozen=True)
class TrustedIdentity:
    """A workflow with what it may sign."""

    identity: Identity
    grant: Grant


@dataclass(frozen=True)
class TrustVersion:
    """What one version says."""

    number: int
    """From 1 on, without a gap."""
    previous: str
    """SHA-256 of the payload of the version before, in hex; "" for the first."""
    digest: str
    """SHA-256 of its own payload, in hex."""
    expires: datetime
    threshold: int
    """How many root keys have to sign."""
    roots: Mapping[str, Ed25519PublicKey]
    """By key id."""
    keys: tuple[TrustedKey, ...]
    identities: tuple[TrustedIdentity, ...]
    payload: bytes


def load(pinned: TrustFile, state: Path, today: date) -> TrustVersion:
    """The newest version of the file that the policy pins, which is remembered in `state`.

    Raises `RefusedError` with a code for a file that does not hold, has expired, or is older than
    the policy or this installation knows; `CouldNotCheckError` where it cannot be read.
    """
    history = read_history(read_bytes(pinned.path))
    newest = history[-1]
    if history[0].digest != pinned.first:
        raise _refused(
            f"begins with the version {history[0].digest}, and trust.file names {pinned.first}"
            " [wrong-trust]"
        )
    if newest.number < pinned.least_version:
        raise _refused(
            f"ends with version {newest.number}, and the policy asks for {pinned.least_version}"
            " [old-trust]"
        )
    if newest.expires.date() < today:
        raise _refused(f"expired on {newest.expires.isoformat()} [expired-trust]")
    known = recall(state, pinned.first)
    if known and known.number > newest.number:
        raise _refused(
            f"ends with version {newest.number}, and version {known.number} was seen here before"
            " [old-trust]"
        )
    if known and history[known.number - 1].digest != known.digest:
        raise _refused(
            f"has another version {known.number} than was seen here before [changed-trust]"
        )
    remember(state, pinned.first, newest.number, newest.digest)
    return newest


def read_bytes(path: Path) -> bytes:
    """The file. Raises `CouldNotCheckError`, `RefusedError` where it is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise CouldNotCheckError(
            f"the trust file {path} cannot be read: {error.strerror}", hint="gates trust init"
        ) from error
    if len(data) > LARGEST:
        raise _refused(f"is larger than {LARGEST >> 20} MiB [unreadable-trust]")
    return data


def read_history(data: bytes) -> tuple[TrustVersion, ...]:
    """Every version, each signed from the one before; at least one. Raises `RefusedError`."""
    lines = data.split(b"\n")
    if len(lines) < 2 or lines.pop():
        raise _refused("does not end with a whole line [unreadable-trust]")
    found: list[TrustVersion] = []
    for line in lines:
        envelope = read_envelope(line + b"\n")
        version = read_version(envelope.payload)
        before = found[-1] if found else None
        wanted = (len(found) + 1, before.digest if before else "")
        if (version.number, version.previous) != wanted:
            raise _refused(
                f"has, as its line {wanted[0]}, a version {version.number} that does not follow the"
                " one before [unreadable-trust]"
            )
        if why := unsigned(envelope, version, before):
            raise _refused(f"has a version {version.number} that {why}")
        found.append(version)
    return tuple(found)


def unsigned(envelope: Envelope, version: TrustVersion, before: TrustVersion | None) -> str | None:
    """Why the signatures of a version are not enough, as a clause with its code; else None."""
    for one in (version, *([before] if before else [])):
        signed = envelope.accepted(one.roots)
        if len(signed) < one.threshold:
            return (
                f"is signed by {len(signed)} of the root keys of version {one.number}, and needs"
                f" {one.threshold} [unsigned-trust]"
            )
    known = dict(version.roots) | dict(before.roots if before else {})
    if set(envelope.key_ids) != envelope.accepted(known):
        return "has a signature that does not count [unsigned-trust]"
    return None


def read_envelope(line: bytes) -> Envelope:
    """One line. Raises `RefusedError` where it is not in the one form that is written."""
    try:
        envelope = parse(parse_json(line), PAYLOAD_TYPE)
    except MalformedError as error:
        raise _refused(f"cannot be read: {shown(str(error), 200)} [unreadable-trust]") from error
    if envelope.to_bytes() != line:
        raise _refused("is not in the form in which it is written [unreadable-trust]")
    return envelope


def read_version(payload: bytes) -> TrustVersion:
    """What is signed in one line. Raises `RefusedError`."""
    try:
        return _version(Reader(parse_json(payload), "the version"), payload)
    except (MalformedError, ValueError, GatesError) as error:
        raise _refused(f"cannot be read: {shown(str(error), 200)} [unreadable-trust]") from error


def _version(value: Reader, payload: bytes) -> TrustVersion:
    _only(value, MEMBERS)
    if value.text("type") != TRUST_TYPE:
        raise MalformedError("it is no trust file")
    roots = {key_id(each): each for each in map(_public, _texts(value, "roots"))}
    threshold, number = value.whole("threshold"), value.whole("version")
    if not 1 <= threshold <= len(roots) or len(roots) != len(_texts(value, "roots")):
        raise MalformedError("the threshold is not from 1 to the number of root keys")
    keys = tuple(_key(each) for each in value.items("keys"))
    identities = tuple(_identity(each) for each in value.items("identities"))
    if len({each.id for each in keys} | roots.keys()) != len(keys) + len(roots):
        raise MalformedError("a key is there twice, or is a root key as well")
    if len({each.identity for each in identities}) != len(identities):
        raise MalformedError("an identity is there twice")
    return TrustVersion(
        number=number,
        previous=value.text("previous"),
        digest=hashlib.sha256(payload).hexdigest(),
        expires=_time(value, "expires"),
        threshold=threshold,
        roots=roots,
        keys=keys,
        identities=identities,
        payload=payload,
    )


def _key(value: Reader) -> TrustedKey:
    _only(value, GRANT | {"name", "public"})
    public = _public(value.text("public"))
    return TrustedKey(value.text("name"), key_id(public), public, _grant(value))


def _identity(value: Reader) -> TrustedIdentity:
    _only(value, GRANT | IDENTITY)
    members: dict[str, Any] = {each: value.value[each] for each in IDENTITY}
    return TrustedIdentity(read_identity(members, Path()), _grant(value))


def _grant(value: Reader) -> Grant:
    roles, revoked = _texts(value, "roles"), value.optional("revoked")
    if not roles or not set(roles) <= set(ROLES) or list(roles) != sorted(set(roles)):
        raise MalformedError(f"roles are not some of {', '.join(ROLES)}, in order")
    since, until = _time(value, "from"), _time(value, "until")
    if since >= until:
        raise MalformedError("a key ends before it begins")
    return Grant(frozenset(roles), since, until, _revocation(revoked) if revoked else None)


def _revocation(value: Reader) -> Revocation:
    _only(value, frozenset({"at", "reason"}))
    if (reason := value.text("reason")) not in REASONS:
        raise MalformedError(f"the reason of a revocation is none of {', '.join(REASONS)}")
    return Revocation(_time(value, "at"), reason)


def _only(value: Reader, members: frozenset[str]) -> None:
    if set(value.value) != members:
        raise MalformedError(f"there are not the members {', '.join(sorted(members))}")


def _texts(value: Reader, key: str) -> Sequence[str]:
    found = value.value[key]
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise MalformedError(f"{key} is no list of texts")
    return found


def _time(value: Reader, key: str) -> datetime:
    if (found := read_time(value.text(key))) is None:
        raise MalformedError(f"{key} is no time with its offset (RFC 3339)")
    return found


def _public(text: str) -> Ed25519PublicKey:
    try:
        return parse_public(text.encode(), "the trust file")
    except ConfigurationError as error:
        raise MalformedError(error.message) from error


def _refused(why: str) -> RefusedError:
    return RefusedError([f"the trust file {why}"], hint="gates trust show")
