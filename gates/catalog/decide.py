"""Whether the catalog accepts a version: pure, and asked both before and inside the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gates.catalog.lifecycle import maturity_refusal
from gates.catalog.versions import Precedence, compare
from gates.records import dataclass


class Known(Protocol):
    """A released version, as far as the decision goes."""

    @property
    def version(self) -> str:
        """Its SemVer version."""

    @property
    def digest(self) -> str:
        """Of its content, in hex."""


@dataclass(frozen=True)
class Decision:
    """What to do with a version: refuse it, leave it as it is there already, or register it."""

    reasons: tuple[str, ...] = ()
    """Why it is refused, one sentence each; none where it is accepted."""
    already: bool = False
    """The same content is registered under this version."""
    first: bool = False
    """The catalog holds no version of this module."""

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


def decide(
    slug: str,
    version: str,
    digest: str,
    maturity: str,
    *,
    released: Sequence[Known],
    module_maturity: str | None,
) -> Decision:
    """Decide about `version` with content `digest`, given every released version of the module.

    `module_maturity` is the module's in the catalog, None where it is not in it.
    """
    version_reasons, already = version_refusal(slug, version, digest, released)
    if already:
        return Decision(already=True)
    reasons = [version_reasons] if version_reasons else []
    if why := maturity_refusal(module_maturity, maturity):
        reasons.append(why)
    return Decision(tuple(reasons), first=not released)


def version_refusal(
    slug: str, version: str, digest: str, released: Sequence[Known]
) -> tuple[str | None, bool]:
    """Why this version cannot follow the released ones, and whether it is one of them already."""
    for each in released:
        if each.version == version:
            if each.digest == digest:
                return None, True
            return (
                f"{slug} {version} is already registered with other content"
                f" (digest {each.digest}, this is {digest})"
            ), False
        if compare(each.version, version) == 0:
            return (
                f"{slug} {version} is the same version as the registered {each.version}:"
                " build metadata does not make another one"
            ), False
    newest = max(released, key=lambda each: Precedence(each.version), default=None)
    if newest is not None and compare(version, newest.version) < 0:
        return (
            f"{slug} {version} is not greater than {newest.version}, the newest in the catalog"
        ), False
    return None, False
