"""Signing keys: made on first use or given, read safely, and which public keys are trusted.

Keys are Ed25519 (RFC 8032), private ones in PEM PKCS #8 without a passphrase. A key's id is the
SHA-256, in hex, of its public key as DER SubjectPublicKeyInfo.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import ConfigurationError, CouldNotCheckError
from gates.identities import Identity, TrustRoot
from gates.settings import Policy, Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

_KEY_ID = re.compile(r"(sha256:)?[0-9a-f]{64}\Z")
_LARGEST = 64 * 1024


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

    def __contains__(self, key_id: str) -> bool:
        return key_id in self.keys

    @classmethod
    def of(cls, policy: Policy, settings: Settings, today: date = date.max) -> Trust:
        """What the policy trusts; where it names nobody, the key of this installation.

        An entry is the text of a PEM public key, the path of one (relative to the policy file),
        or the id of this installation's key. An installation without a key yet trusts nobody.
        Raises `ConfigurationError` for an entry that is none of these, and for identities
        without a trust root.
        """
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


def key_id(public: Ed25519PublicKey) -> str:
    """64 hex digits: the SHA-256 of the DER SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def public_path(key: Path) -> Path:
    """The path of the public key of the private key `key`."""
    return key.with_name(key.name + ".pub")


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key at `path`, made there on first use (with the public key beside it).

    Two processes that use it first at the same time end up with the same key. Raises
    `ConfigurationError` for a key that others can read or replace or that is no Ed25519 key, and
    `CouldNotCheckError` where it can be neither read nor made.
    """
    try:
        try:
            private = _read_private(path)
        except FileNotFoundError:
            _make(path)
            private = _read_private(path)
        _publish(private.public_key(), path)
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
        return _read_private(path).public_key()
    except FileNotFoundError:
        pass
    except PermissionError:
        if not public_path(path).exists():
            raise ConfigurationError(f"the signing key {path} cannot be read") from None
    except OSError as error:
        raise CouldNotCheckError(f"{path}: {error.strerror}") from error
    try:
        return _parse_public(public_path(path).read_bytes(), str(public_path(path)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CouldNotCheckError(f"{public_path(path)}: {error.strerror}") from error


def _read_private(path: Path) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise ConfigurationError(f"the signing key {path} is not a file")
        if state.st_mode & 0o077:
            raise ConfigurationError(
                f"the signing key {path} can be read or changed by other users"
                f" (mode {stat.S_IMODE(state.st_mode):04o})",
                hint=f"chmod 600 {path}",
            )
        _private_folder(path.parent)
        text = os.read(descriptor, _LARGEST)
    try:
        private = load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            f"the signing key {path} is no private key in PEM without a passphrase",
            hint=f"openssl genpkey -algorithm ed25519 -out {path}",
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationError(
            f"the signing key {path} is not an Ed25519 key",
            hint=f"openssl genpkey -algorithm ed25519 -out {path}",
        )
    return private


def _private_folder(folder: Path) -> None:
    """Raises `ConfigurationError` where others may put a key of their own in the key's place."""
    mode = folder.stat().st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise ConfigurationError(
            f"other users may replace the keys in {folder} (mode {stat.S_IMODE(mode):04o})",
            hint=f"chmod go-w {folder}",
        )


def _make(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    text = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    missing = [each for each in (path.parent, *path.parent.parents) if not each.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o755, exist_ok=True)
        folder.chmod(0o755)
    _private_folder(path.parent)
    # A link never replaces: of two first uses at once, the second finds the first one's key.
    _place(path, text, 0o600, replace=False)


def _publish(public: Ed25519PublicKey, path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    target = public_path(path)
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        there = target.read_bytes()
    except FileNotFoundError:
        # A key that is mounted read-only needs no public key beside it.
        with contextlib.suppress(PermissionError):
            _place(target, text, 0o644, replace=True)
        return
    if key_id(_parse_public(there, str(target))) != key_id(public):
        raise ConfigurationError(f"{target} is not the public key of {path}", hint=f"rm {target}")


def _place(path: Path, content: bytes, mode: int, *, replace: bool) -> None:
    """Write a whole file or nothing: aside, synced, then renamed or linked into place."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)  # whatever the umask is
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        if replace:
            aside.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(aside)
    finally:
        aside.unlink(missing_ok=True)


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
        return _parse_public(entry.encode(), "trust.keys")
    path = base / entry
    try:
        return _parse_public(path.read_bytes()[:_LARGEST], f"trust.keys: {path}")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"trust.keys: {entry!r} is neither a key id, nor a PEM public key, nor a file"
        ) from error


def _parse_public(text: bytes, where: str) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        public = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"{where} holds no PEM public key") from error
    if not isinstance(public, Ed25519PublicKey):
        raise ConfigurationError(f"{where} holds a key that is not Ed25519")
    return public
