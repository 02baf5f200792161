"""Trust files for tests: keys, and versions signed by them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from gates.evidence import key_files, keys, trust_draft
from gates.evidence.trust_draft import Change, Draft
from gates.evidence.trust_file import read_bytes, read_history
from gates.identities import TrustFile
from gates.settings import Policy
from tests.passing import World

BEGAN = datetime(2026, 5, 1, tzinfo=UTC)
ENDS = datetime(2027, 5, 1, tzinfo=UTC)
"""A year in which the day of the sample evidence, 2026-06-01, lies."""
SIX = ["build", "lint", "lint-manifest", "publish", "scan", "test"]


@dataclass(frozen=True)
class TrustFiles:
    """A trust file, and a folder with every key, the roots' too."""

    folder: Path
    threshold: int = 2

    @property
    def path(self) -> Path:
        return self.folder / "trust.jsonl"

    def pem(self, name: str) -> str:
        """The public key of that name; made where there is none."""
        keys.signing_key(self.folder / f"{name}.pem")
        return keys.public_path(self.folder / f"{name}.pem").read_text()

    def id(self, name: str) -> str:
        return key_files.key_id(key_files.parse_public(self.pem(name).encode(), name))

    def begin(self, *roots: str) -> TrustFile:
        """A first version that is signed by all of its roots."""
        names = roots or ("root-a", "root-b")
        made = trust_draft.begin(self.path, [*map(self.pem, names)], self.threshold, ENDS)
        self.sign(made, *names)
        return self.pinned

    def sign(self, draft: Draft, *names: str) -> Draft:
        for each in names:
            private = key_files.read_private(self.folder / f"{each}.pem")
            draft = trust_draft.signed(draft, private)
        draft.write()
        return draft

    def change(self, change: Change, *roots: str) -> Draft:
        """A next version with a change, signed."""
        draft = trust_draft.changed(trust_draft.open_draft(self.path), change)
        return self.sign(draft, *(roots or ("root-a", "root-b")))

    def trusts(
        self, name: str, roles: list[str], since: datetime = BEGAN, until: datetime = ENDS
    ) -> None:
        key = {"name": name, "public": self.pem(name)}
        self.change(trust_draft.adds(key, roles, since, until))

    @property
    def pinned(self) -> TrustFile:
        return TrustFile(self.path, read_history(read_bytes(self.path))[0].digest)


def world_of(world: World, files: TrustFiles) -> World:
    """The world whose installation signs with the key `ours`, and whose policy names the file."""
    files.pem("ours")
    settings = replace(world.settings, key=files.folder / "ours.pem")
    return replace(world, settings=settings, policy=Policy(trust_file=files.pinned))
