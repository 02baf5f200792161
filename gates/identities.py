"""Who may sign evidence without a key: identities of workflows, and the trust root they rest on.

Both are values of the policy (`trust.identities`, `trust.root`); the readers raise `ValueError`
with what a value must be. What the words mean is defined by Fulcio, in the extensions of the
certificates that it issues (1.3.6.1.4.1.57264.1.8 to .13).
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

from gates.filesystem import resolved
from gates.lazy import pattern
from gates.records import dataclass, field, fields

SIGNING = ("key", "keyless")
"""How evidence may be signed: with a key, or by the identity of the workflow that runs."""
LARGEST_ROOT = 1 << 20
"""Bytes that a trust root may have."""
_DIGEST = pattern(r"([0-9a-f]{40}|[0-9a-f]{64})\Z")
_URL = pattern(r"https://[^\s*@]+(@\S+)?\Z")
_REPOSITORY = pattern(r"https://[^\s*@]+[^\s*@/](/\*)?\Z")


@dataclass(frozen=True)
class Identity:
    """A workflow whose signature counts; a certificate has to agree with every member."""

    issuer: str
    """The URL of whoever issued the workflow's token."""
    workflow: str
    """The URL of the called workflow's file, with `@<ref>` for one ref, without for any."""
    signer_digests: tuple[str, ...]
    """Commits of the called workflow's file, in hex: it is the file as it was there."""
    repositories: tuple[str, ...]
    """URLs of the repositories that may call it; `<owner's URL>/*` is each of one owner's."""
    runners: tuple[str, ...] = ("github-hosted",)
    """What the jobs may run on, as the issuer calls it."""


@dataclass(frozen=True)
class TrustRoot:
    """The keys of certificate authorities and logs, pinned, with the day they were fetched."""

    path: Path
    """A trusted root of Sigstore in JSON."""
    sha256: str
    """Of the file, in hex."""
    fetched: date
    """The day on which it was the current one; the file itself does not say."""


@dataclass(frozen=True)
class TrustFile:
    """A signed file of whose signatures count, pinned by its first version."""

    path: Path = field(compare=False)
    """Its versions, one a line. Not of the policy's digest: a key that is added or revoked later
    makes no other policy."""
    first: str
    """SHA-256 of what its first version says, in hex: all later ones are signed from there on."""
    least_version: int = 1
    """The oldest version that counts."""


def read_identity(value: object, _base: Path) -> Identity:
    """An entry of `trust.identities`. Raises `ValueError`."""
    table = _table(value, Identity, optional={"runners"})
    issuer, workflow = table["issuer"], table["workflow"]
    if not isinstance(issuer, str) or not _URL.match(issuer) or "@" in issuer:
        raise ValueError("issuer must be a URL that begins with https://")
    if not isinstance(workflow, str) or not _URL.match(workflow):
        raise ValueError("workflow must be the https:// URL of a workflow's file, without patterns")
    return Identity(
        issuer=issuer,
        workflow=workflow,
        signer_digests=_texts(table, "signer_digests", _DIGEST, "commits of 40 or 64 hex digits"),
        repositories=_texts(
            table,
            "repositories",
            _REPOSITORY,
            "https:// URLs of repositories (<owner>/* is each of one)",
        ),
        runners=_texts(table, "runners", re.compile(r"[\w-]+\Z"), "kinds of runners")
        if "runners" in table
        else ("github-hosted",),
    )


def read_trust_root(value: object, base: Path) -> TrustRoot:
    """The table `trust.root`. Raises `ValueError`, also where the file is not the pinned one."""
    table = _table(value, TrustRoot, optional=set())
    path, sha256, fetched = table["path"], table["sha256"], table["fetched"]
    if not isinstance(path, str) or not path:
        raise ValueError("path must be a text that is not empty")
    if type(fetched) is not date:
        raise ValueError("fetched must be a date such as 2027-01-31")
    file = resolved(base / path)
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST_ROOT + 1)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST_ROOT:
        raise ValueError(f"{file} is larger than {LARGEST_ROOT >> 20} MiB")
    if (found := hashlib.sha256(data).hexdigest()) != sha256:
        raise ValueError(f"{file} is not the pinned file: its SHA-256 is {found}")
    return TrustRoot(file, found, fetched)


def read_trust_file(value: object, base: Path) -> TrustFile:
    """The table `trust.file`. Raises `ValueError`."""
    table = _table(value, TrustFile, optional={"least_version"})
    path, first, least = table["path"], table["first"], table.get("least_version", 1)
    if not isinstance(path, str) or not path:
        raise ValueError("path must be a text that is not empty")
    if not isinstance(first, str) or not re.fullmatch(r"[0-9a-f]{64}", first):
        raise ValueError("first must be the 64 hex digits that `gates trust show` prints")
    if isinstance(least, bool) or not isinstance(least, int) or least < 1:
        raise ValueError("least_version must be a whole number from 1 on")
    return TrustFile(resolved(base / path), first, least)


def _table(value: object, of: type, optional: set[str]) -> dict[str, object]:
    known = {each.name for each in fields(of)}
    if not isinstance(value, dict):
        raise ValueError("must be a table")  # noqa: TRY004 - reported with its key
    if unknown := sorted(set(value) - known):
        raise ValueError(f"unknown member {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if missing := sorted(known - optional - set(value)):
        raise ValueError(f"{', '.join(missing)} must be given")
    return value


def _texts(
    table: dict[str, object], name: str, form: re.Pattern[str], what: str
) -> tuple[str, ...]:
    value = table[name]
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(each, str) and form.match(each) for each in value)
    ):
        raise ValueError(f"{name} must be a list, not empty, of {what}")
    return tuple(value)
