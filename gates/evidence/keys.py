"""Signing keys (Ed25519, RFC 8032): this installation's own, and whose signatures count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import ConfigurationError, CouldNotCheckError
from gates.evidence.key_files import (
    LARGEST_KEY,
    key_id,
    make_private,
    parse_public,
    public_path,
    read_private,
    write_public,
)
from gates.identities import Identity, TrustRoot
from gates.lazy import pattern
from gates.records import dataclass
from gates.settings import Policy, Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    from gates.evidence.grants import Grant

__all__ = ["Trust", "key_id", "own_public_key", "public_path", "read_public", "signing_key"]

_KEY_ID = pattern(r"(sha256:)?[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Trust:
    """Whose signatures count: public keys by key id, and identities of workflows."""

    keys: Mapping[str, Ed25519PublicKey]
    identities: tuple[Identity, ...] = ()
    root: TrustRoot | None = None
    """What identities rest on; needed where there are any."""
    root_max_age_days: int = 0
    today: date = date.max
    """The day that the age of the trust root is counted to."""
    grants: Mapping[str | Identity, Grant] | None = None
    """For what and when each of them counts; None is for everything and always."""

    def __contains__(self, key_id: str) -> bool:
        return key_id in self.keys

    @classmethod
    def of(cls, policy: Policy, settings: Settings, today: date = date.max) -> Trust:
        """What the policy trusts; where it names nobody, the key of this installation.

        Of a trust file, the newest version counts, and nobody else: see `trust_file.load`.

        An entry is the text of a PEM public key, the path of one (relative to the policy file),
        or the id of this installation's key. An installation without a key yet trusts nobody.
        Raises `ConfigurationError` for an entry that is none of these, and for identities
        without a trust root; `RefusedError` for a trust file that does not hold.
        """
        if policy.trust_file is not None:
            return cls._of_file(policy, settings, today)
        if policy.trusted_identities and policy.trust_root is None:
            raise ConfigurationError(
                "trust.identities needs trust.root: the keys of the authorities that they rest on",
                hint="docs/policy.md, Identities, says where to take it from",
            )
        return cls(
            cls._keys(policy, settings),
            policy.trusted_identities,
            policy.trust_root,
            policy.trust_root_max_age_days,
            today,
        )

    @classmethod
    def _of_file(cls, policy: Policy, settings: Settings, today: date) -> Trust:
        from gates.evidence.trust_file import load

        if policy.trust_file is None or policy.trusted_keys or policy.trusted_identities:
            raise ConfigurationError(
                "trust.file takes the place of trust.keys and trust.identities",
                hint="gates trust add, for each of them; then remove them from the policy",
            )
        newest = load(policy.trust_file, settings.state, today)
        if newest.identities and policy.trust_root is None:
            raise ConfigurationError("the trust file names identities, which need trust.root")
        return cls(
            {each.id: each.public for each in newest.keys},
            tuple(each.identity for each in newest.identities),
            policy.trust_root,
            policy.trust_root_max_age_days,
            today,
            {each.id: each.grant for each in newest.keys}
            | {each.identity: each.grant for each in newest.identities},
        )

    @staticmethod
    def _keys(policy: Policy, settings: Settings) -> Mapping[str, Ed25519PublicKey]:
        own = own_public_key(settings.key)
        known = {} if own is None else {key_id(own): own}
        if not policy.trusted_keys:
            return {} if policy.trusted_identities else known
        source = policy.sources.get("trusted_keys")
        base = Path(source).parent if source else Path()
        ids = {e.removeprefix("sha256:") for e in policy.trusted_keys if _KEY_ID.match(e)}
        given = [_read_trusted(e, base) for e in policy.trusted_keys if not _KEY_ID.match(e)]
        found = {key_id(public): public for public in given}
        found |= {each: known[each] for each in ids & known.keys()}
        if without := sorted(ids - found.keys()):
            # An id alone verifies nothing.
            raise ConfigurationError(
                f"trust.keys: the public key of {without[0]} is not known here",
                hint="name the path of its .pub file in trust.keys instead of its id",
            )
        return found


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key at `path`, made there on first use (with the public key beside it).

    Two processes that use it first at the same time end up with the same key. Raises
    `ConfigurationError` for a key that others can read or replace or that is no Ed25519 key, and
    `CouldNotCheckError` where it can be neither read nor made.
    """
    try:
        try:
            private = read_private(path)
        except FileNotFoundError:
            make_private(path)
            private = read_private(path)
        write_public(private.public_key(), path)
    except OSError as error:
        raise CouldNotCheckError(
            f"the signing key {path} cannot be used: {error.strerror}",
            hint="set GATES_SIGNING_KEY to a file that you may read and write",
        ) from error
    return private


def own_public_key(path: Path) -> Ed25519PublicKey | None:
    """The public key of this installation, or None before its first use; makes nothing.

    A machine that only verifies may hold the `.pub` file alone.
    """
    try:
        return read_private(path).public_key()
    except FileNotFoundError:
        pass
    except PermissionError:
        if not public_path(path).exists():
            raise ConfigurationError(f"the signing key {path} cannot be read") from None
    except OSError as error:
        raise CouldNotCheckError(f"{path}: {error.strerror}") from error
    try:
        return parse_public(public_path(path).read_bytes(), str(public_path(path)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CouldNotCheckError(f"{public_path(path)}: {error.strerror}") from error


def read_public(entry: str, base: Path, own: Path) -> Ed25519PublicKey:
    """The public key that a policy names: by its PEM text, the path of a file below `base`, or the
    id of this installation's key, which is at `own`. Raises `ConfigurationError`."""
    if _KEY_ID.match(entry):
        public = own_public_key(own)
        if public is None or key_id(public) != entry.removeprefix("sha256:"):
            raise ConfigurationError(
                f"the public key of {entry} is not known here",
                hint="name the path of its .pub file instead of its id",
            )
        return public
    return _read_trusted(entry, base)


def _read_trusted(entry: str, base: Path) -> Ed25519PublicKey:
    if "-----BEGIN" in entry:
        return parse_public(entry.encode(), "trust.keys")
    path = base / entry
    try:
        return parse_public(path.read_bytes()[:LARGEST_KEY], f"trust.keys: {path}")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"trust.keys: {entry!r} is neither a key id, nor a PEM public key, nor a file"
        ) from error
