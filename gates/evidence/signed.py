"""Signed evidence of either kind: an envelope by our keys, or a bundle by a workflow's identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.evidence import envelope
from gates.evidence.envelope import Envelope, MalformedError, parse_json

if TYPE_CHECKING:
    from gates.evidence.bundle import Bundle

    Signed = Envelope | Bundle


def parse(data: bytes) -> Signed:
    """What is signed in `data`. Raises `MalformedError`, whatever the bytes are."""
    value = parse_json(data)
    found: Signed
    if isinstance(value, dict) and "mediaType" in value:
        from gates.evidence import bundle

        found = bundle.parse(value)
    else:
        found = envelope.parse(value)
    if found.to_bytes() != data:
        raise MalformedError("its bytes are not in the form in which evidence is written")
    return found
