"""The next version of a trust file, until enough root keys have signed it.

It lies beside the file as `<file>.draft`, one envelope, so that it can be carried to the machines
on which the root keys are kept. Each change takes its signatures away.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.errors import CouldNotCheckError, RefusedError, UsageError
from gates.evidence.envelope import Envelope, canonical, sign
from gates.evidence.key_files import key_id, parse_public, place
from gates.evidence.trust_file import (
    PAYLOAD_TYPE,
    TRUST_TYPE,
    TrustVersion,
    read_bytes,
    read_envelope,
    read_history,
    read_version,
    unsigned,
)
from gates.records import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Change = Callable[[dict[str, Any]], object]
"""Changes what the next version says: JSON data of the form that `trust_file` reads."""


@dataclass(frozen=True)
class Draft:
    """The next version, and what it follows."""

    path: Path
    """Of the trust file."""
    history: tuple[TrustVersion, ...]
    envelope: Envelope

    @property
    def version(self) -> TrustVersion:
        """What it says. Raises `RefusedError` where that is nothing a trust file can say."""
        return read_version(self.envelope.payload)

    @property
    def lacks(self) -> str | None:
        """What is missing of its signatures, as a clause; None where they are enough."""
        return unsigned(self.envelope, self.version, self.history[-1] if self.history else None)

    def write(self) -> None:
        """Keep it beside the trust file; where it is signed, add it there instead.

        Raises `CouldNotCheckError` where it cannot be written.
        """
        self.version  # noqa: B018 - raises for what nobody should sign
        line = self.envelope.to_bytes()
        try:
            if self.lacks:
                place(draft_path(self.path), line, 0o644, replace=True)
                return
            before = read_bytes(self.path) if self.history else b""
            read_history(before + line)
            place(self.path, before + line, 0o644, replace=True)
            draft_path(self.path).unlink(missing_ok=True)
        except OSError as error:
            raise CouldNotCheckError(
                f"the trust file {self.path} cannot be written: {error.strerror}"
            ) from error


def draft_path(path: Path) -> Path:
    """Where the draft of a trust file lies."""
    return path.with_name(path.name + ".draft")


def begin(path: Path, roots: list[str], threshold: int, expires: datetime) -> Draft:
    """The first version of a new file; `roots` are public keys in PEM.

    Raises `UsageError` where there is a file or a draft already.
    """
    for each in (path, draft_path(path)):
        if each.exists():
            raise UsageError(f"there is {each} already", hint=f"gates trust show {path}")
    payload = {
        "type": TRUST_TYPE,
        "version": 1,
        "previous": "",
        "expires": expires.isoformat(),
        "threshold": threshold,
        "roots": roots,
        "keys": [],
        "identities": [],
    }
    return Draft(path, (), Envelope(canonical(payload), (), PAYLOAD_TYPE))


def open_draft(path: Path) -> Draft:
    """The draft that there is, else one that says what the newest version says.

    Raises `RefusedError` for a file or a draft that does not hold, `CouldNotCheckError`.
    """
    aside = draft_path(path)
    history = read_history(read_bytes(path)) if path.exists() or not aside.exists() else ()
    if aside.exists():
        draft = Draft(path, history, read_envelope(read_bytes(aside)))
        version, last = draft.version, history[-1] if history else None
        wanted = (last.number + 1, last.digest) if last else (1, "")
        if (version.number, version.previous) != wanted:
            raise RefusedError(
                [f"the draft {aside} does not follow the newest version [unreadable-trust]"],
                hint=f"rm {aside}",
            )
        return draft
    newest = history[-1]
    payload = json.loads(newest.payload)
    payload |= {"version": newest.number + 1, "previous": newest.digest}
    return Draft(path, history, Envelope(canonical(payload), (), PAYLOAD_TYPE))


def changed(draft: Draft, change: Change) -> Draft:
    """The draft with a change and without signatures. Raises what `change` raises."""
    payload = json.loads(draft.envelope.payload)
    change(payload)
    return Draft(draft.path, draft.history, Envelope(canonical(payload), (), PAYLOAD_TYPE))


def signed(draft: Draft, private: Ed25519PrivateKey) -> Draft:
    """The draft with one more signature. Raises `UsageError` for a key that is no root key."""
    before = draft.history[-1].roots if draft.history else {}
    identity = key_id(private.public_key())
    if identity not in {**before, **draft.version.roots}:
        raise UsageError(f"the key {identity} is no root key of this version or the one before")
    added = sign(draft.envelope.payload, private, PAYLOAD_TYPE)
    kept = tuple(each for each in draft.envelope.signatures if each[0] != identity)
    signatures = tuple(sorted((*kept, *added.signatures)))
    return Draft(
        draft.path, draft.history, Envelope(draft.envelope.payload, signatures, PAYLOAD_TYPE)
    )


def adds(signer: dict[str, Any], roles: list[str], since: datetime, until: datetime) -> Change:
    """Adds a key (`name`, `public`) or an identity with what it may sign; one that is there gets
    these roles and times instead, unless it is revoked. Raises `UsageError` for that."""
    grant = {
        "roles": sorted(set(roles)),
        "from": since.isoformat(),
        "until": until.isoformat(),
        "revoked": None,
    }

    def change(payload: dict[str, Any]) -> None:
        entries = payload["keys" if "public" in signer else "identities"]
        there = next((each for each in entries if _same(each, signer)), None)
        if there and there["revoked"]:
            raise UsageError("it was revoked, and a key that was revoked stays so")
        if there:
            entries.remove(there)
        entries.append({**signer, **grant})

    return change


def revokes(named: str, reason: str, at: datetime) -> Change:
    """Revokes the key or identity of that name, id, beginning of an id, or workflow."""

    def change(payload: dict[str, Any]) -> None:
        entry = _find(payload, named)
        if entry["revoked"] and entry["revoked"]["reason"] == "compromised":
            raise UsageError(f"{named} is revoked as compromised, which nothing undoes")
        entry["revoked"] = {"at": at.isoformat(), "reason": reason}

    return change


def replaces_root(old: str, new: str) -> Change:
    """Puts a root key (PEM) in the place of the one with this id, or beginning of it."""

    def change(payload: dict[str, Any]) -> None:
        found = [each for each in payload["roots"] if _id(each).startswith(old)]
        if len(found) != 1:
            raise UsageError(f"{len(found)} root keys begin with {old}")
        payload["roots"] = [new if each == found[0] else each for each in payload["roots"]]

    return change


def supersedes(old: str, new: dict[str, Any], at: datetime, until: datetime) -> Change:
    """Gives a new key or identity the roles of an old one, which is revoked as superseded."""

    def change(payload: dict[str, Any]) -> None:
        roles = _find(payload, old)["roles"]
        revokes(old, "superseded", at)(payload)
        adds(new, roles, at, until)(payload)

    return change


def is_root(draft: Draft, named: str) -> bool:
    """Whether one root key's id begins so."""
    return len(named) >= 8 and any(each.startswith(named) for each in draft.version.roots)


def _find(payload: dict[str, Any], named: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        each
        for each in payload["keys"]
        if named == each["name"] or (len(named) >= 8 and _id(each["public"]).startswith(named))
    ]
    found += [each for each in payload["identities"] if each["workflow"] == named]
    if len(found) != 1:
        raise UsageError(
            f"the trust file has {len(found)} keys or identities {named!r}",
            hint="name it by its id, or at least the first 8 digits of that",
        )
    return found[0]


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if "public" in one and "public" in other:
        return _id(one["public"]) == _id(other["public"])
    return all(one.get(each) == other.get(each) for each in ("issuer", "workflow"))


def _id(public: str) -> str:
    return key_id(parse_public(public.encode(), "the trust file"))
