"""DSSE envelopes (Dead Simple Signing Envelope 1.0): signing, reading and verifying one.

An envelope is written in one form only: JSON with sorted keys, no white space, ASCII, one line.
Reading accepts that form alone, so that no byte of a stored envelope can change unnoticed, not
even one that means nothing to JSON or base64.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from gates.evidence.keys import Trust, key_id
from gates.records import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

PAYLOAD_TYPE = "application/vnd.in-toto+json"
LARGEST = 32 * 1024 * 1024
"""Bytes that an envelope may have; a larger one is not read."""
_DEEPEST = 64


class MalformedError(ValueError):
    """The bytes are no envelope, or no statement, of the form that is written here."""


@dataclass(frozen=True)
class Envelope:
    """One signed payload, not verified yet."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]
    """Key id and signature of each."""
    payload_type: str = PAYLOAD_TYPE

    claims = None
    """Nobody's but the key's."""

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys that signed."""
        return tuple(each for each, _ in self.signatures)

    @property
    def value(self) -> dict[str, Any]:
        """The envelope as JSON data: payload, payloadType, signatures."""
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": self._signatures,
        }

    @property
    def _signatures(self) -> list[dict[str, str]]:
        return [
            {"keyid": each, "sig": base64.b64encode(signature).decode()}
            for each, signature in self.signatures
        ]

    def to_bytes(self) -> bytes:
        """The one form in which it is written."""
        # As `canonical` has it, without a look at each character of what base64 made.
        kind = json.dumps(self.payload_type).encode()
        signatures = b",".join(map(canonical, self._signatures))
        payload = base64.b64encode(self.payload)
        return b'{"payload":"%s","payloadType":%s,"signatures":[%s]}\n' % (
            payload,
            kind,
            signatures,
        )

    def problems(self, trust: Trust) -> list[str]:
        """Why the signatures do not count, one clause each; none where all of them do.

        Every signature must be by a trusted key and must verify over the payload.
        """
        if not self.signatures:
            return ["is not signed [unsigned]"]
        if len(set(self.key_ids)) < len(self.signatures):
            return ["is signed by the same key more than once [duplicated-signature]"]
        known = {each: trust.keys[each] for each, _ in self.signatures if each in trust}
        accepted = self.accepted(known)
        found = []
        for each, _ in self.signatures:
            if each not in known:
                found.append(f"is signed by the unknown key {shown(each)} [unknown-key]")
            elif each not in accepted:
                found.append(
                    "has a signature that does not verify: it was edited after signing"
                    " [wrong-signature]"
                )
        return found

    def accepted(self, keys: Mapping[str, Ed25519PublicKey]) -> frozenset[str]:
        """The ids of those keys that signed the payload; of an id that is there twice with two
        signatures, none."""
        from cryptography.exceptions import InvalidSignature

        found: set[str] = set()
        signed = encoded(self.payload, self.payload_type)
        for each, signature in self.signatures:
            if each in keys and self.key_ids.count(each) == 1:
                with contextlib.suppress(InvalidSignature):  # then this key is not in the answer
                    keys[each].verify(signature, signed)
                    found.add(each)
        return frozenset(found)


def encoded(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """What is signed: DSSE's pre-authentication encoding (`protocol.md` of DSSE 1.0). Written here,
    since the library that has it takes a tenth of a run in which nothing has changed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, private: Ed25519PrivateKey, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """An envelope around `payload` with one signature."""
    signature = private.sign(encoded(payload, payload_type))
    return Envelope(payload, ((key_id(private.public_key()), signature),), payload_type)


def parse(value: object, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """The envelope in JSON data, of a payload of this type. Raises `MalformedError`."""
    if not isinstance(value, dict) or set(value) != {"payload", "payloadType", "signatures"}:
        raise MalformedError("it is no DSSE envelope")
    if value["payloadType"] != payload_type:
        raise MalformedError(f"its payload is not of type {payload_type}")
    listed = value["signatures"]
    if not isinstance(listed, list) or len(listed) > 16:
        raise MalformedError("its signatures are no list of at most 16")
    signatures = []
    for each in listed:
        if not isinstance(each, dict) or set(each) != {"keyid", "sig"}:
            raise MalformedError("a signature has other members than keyid and sig")
        if not isinstance(each["keyid"], str):
            raise MalformedError("a key id is no text")
        signatures.append((each["keyid"], decode(each["sig"])))
    return Envelope(decode(value["payload"]), tuple(signatures), payload_type)


def shown(text: str, longest: int = 80) -> str:
    """Text from an untrusted file, fit for a message: printable, and not long."""
    clean = "".join(each if each.isprintable() else "?" for each in text[: longest + 1])
    return clean if len(clean) <= longest else clean[:longest] + "..."


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON in one form: sorted keys, no white space, ASCII, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def parse_json(data: bytes) -> object:
    """JSON of bounded size and depth, without duplicate keys or NaN.

    Raises `MalformedError`.
    """
    if len(data) > LARGEST:
        raise MalformedError(f"it is larger than {LARGEST // 1024 // 1024} MiB")
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_members, parse_constant=_constant
        )
    except MalformedError:
        raise
    except RecursionError:
        raise MalformedError("it is nested too deeply") from None
    except ValueError as error:  # also UnicodeDecodeError, and integers of too many digits
        raise MalformedError(f"it is not JSON: {error}") from error
    if _depth(value) > _DEEPEST:
        raise MalformedError("it is nested too deeply")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedError("a key occurs twice in it")
    return members


def _constant(name: str) -> NoReturn:
    raise MalformedError(f"it holds {name}, which is not JSON")


def _depth(value: object) -> int:
    deepest = 0
    level: list[object] = [value]
    while level:
        deepest += 1
        below: list[object] = []
        for each in level:
            kind = type(each)
            if kind is dict:
                below += each.values()  # type: ignore[attr-defined]
            elif kind is list:
                below += each  # type: ignore[arg-type]
        level = below
    return deepest


def decode(text: object) -> bytes:
    """Base64 from untrusted JSON. Raises `MalformedError`."""
    if not isinstance(text, str):
        raise MalformedError("a part that should be base64 is no text")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("a part of it is not base64") from error
