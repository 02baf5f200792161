"""Key files: read safely, written whole. Private keys are PEM PKCS #8 without a passphrase.

A key's id is the SHA-256, in hex, of its public key as DER SubjectPublicKeyInfo.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import ConfigurationError
from gates.lazy import pattern

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

LARGEST_KEY = 64 * 1024
"""Bytes that a key file may have."""
_PUBLIC = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of a public key in a SubjectPublicKeyInfo (RFC 8410, 4)."""
_PRIVATE = bytes.fromhex("302e020100300506032b657004220420")
"""The same of a private key in PKCS #8 (RFC 8410, 7)."""
_PEM = pattern(rb"-----BEGIN (P[A-Z]+ KEY)-----\n([A-Za-z0-9+/=]+)\n-----END \1-----\n")
"""One line of base64, as every writer has it (RFC 7468)."""


def key_id(public: Ed25519PublicKey) -> str:
    """64 hex digits: the SHA-256 of the DER SubjectPublicKeyInfo."""
    return hashlib.sha256(_PUBLIC + public.public_bytes_raw()).hexdigest()


def public_path(key: Path) -> Path:
    """The path of the public key of the private key `key`."""
    return key.with_name(key.name + ".pub")


def read_private(path: Path) -> Ed25519PrivateKey:
    """The private key at `path`. Raises `OSError` where it cannot be read, `ConfigurationError` for
    one that others can read or replace, or that is no Ed25519 key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
        text = os.read(descriptor, LARGEST_KEY)
    if (plain := _bytes_of(text, b"PRIVATE KEY", _PRIVATE)) is not None:
        return Ed25519PrivateKey.from_private_bytes(plain)
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

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


def _bytes_of(text: bytes, label: bytes, before: bytes) -> bytes | None:
    """The 32 bytes of an Ed25519 key in PEM of the usual form; None for any other text, which the
    library reads. That takes a twentieth of a run in which nothing has changed to import."""
    found = _PEM.fullmatch(text)
    if not found or found[1] != label:
        return None
    try:
        data = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return None
    key = data.removeprefix(before)
    return key if len(key) == 32 and len(data) == len(before) + 32 else None


def _private_folder(folder: Path) -> None:
    """Raises `ConfigurationError` where others may put a key of their own in the key's place."""
    mode = folder.stat().st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise ConfigurationError(
            f"other users may replace the keys in {folder} (mode {stat.S_IMODE(mode):04o})",
            hint=f"chmod go-w {folder}",
        )


def make_private(path: Path) -> None:
    """Make a private key; one that is there already stays. Raises `OSError`."""
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
    place(path, text, 0o600, replace=False)


def write_public(public: Ed25519PublicKey, path: Path) -> None:
    """Write the public key beside the private one at `path`, where it is not there yet.

    Raises `ConfigurationError` where another one is there, and `OSError`.
    """
    target = public_path(path)
    try:
        there = target.read_bytes()
    except FileNotFoundError:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        # A key that is mounted read-only needs no public key beside it.
        with contextlib.suppress(PermissionError):
            place(target, text, 0o644, replace=True)
        return
    if key_id(parse_public(there, str(target))) != key_id(public):
        raise ConfigurationError(f"{target} is not the public key of {path}", hint=f"rm {target}")


def place(path: Path, content: bytes, mode: int, *, replace: bool) -> None:
    """Write a whole file or nothing: aside, synced, then renamed or linked into place."""
    aside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
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
            # Whoever came first has made it; the caller reads what is there.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(aside)
    finally:
        aside.unlink(missing_ok=True)


def parse_public(text: bytes, where: str) -> Ed25519PublicKey:
    """The Ed25519 public key in PEM. Raises `ConfigurationError`, which names `where`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if (plain := _bytes_of(text, b"PUBLIC KEY", _PUBLIC)) is not None:
        return Ed25519PublicKey.from_public_bytes(plain)
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        public = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"{where} holds no PEM public key") from error
    if not isinstance(public, Ed25519PublicKey):
        raise ConfigurationError(f"{where} holds a key that is not Ed25519")
    return public
