"""Signed evidence of either kind: an envelope by our keys, or a bundle by a workflow's identity."""

from __future__ import annotations

from gates.evidence import bundle, envelope
from gates.evidence.bundle import Bundle
from gates.evidence.envelope import Envelope, MalformedError, parse_json

Signed = Envelope | Bundle


def parse(data: bytes) -> Signed:
    """What is signed in `data`. Raises `MalformedError`, whatever the bytes are."""
    value = parse_json(data)
    kind = bundle if isinstance(value, dict) and "mediaType" in value else envelope
    found: Signed = kind.parse(value)
    if found.to_bytes() != data:
        raise MalformedError("its bytes are not in the form in which evidence is written")
    return found
