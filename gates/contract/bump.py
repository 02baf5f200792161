"""How far a version must move for its changes: the rules of SemVer 2.0.0.

- From 1.0.0 on (sections 6 to 8): a break asks for the next major version, something new for the
  next minor, anything else for the next patch.
- Below 1.0.0 (section 4: "anything MAY change"), a version promises as much as npm's caret and
  cargo take it to: its left-most number that is not zero counts as the major one. So a break in
  0.3.1 asks for 0.4.0, anything else for 0.3.2; in 0.0.4 everything asks for 0.0.5. 1.0.0 is
  always far enough.
- A pre-release (section 9) "might not satisfy the intended compatibility requirements": nothing
  is asked of what follows one. A version is therefore compared with the newest *stable* one before
  it, and a pre-release must reach for the version that it is going to be: after 1.2.0 a break may
  come as 2.0.0-rc.1, not as 1.3.0-rc.1.
- Build metadata (section 10) does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gates.catalog.versions import Precedence, parse
from gates.contract.model import Bump

if TYPE_CHECKING:
    from semver import Version


def smallest(old: str, bump: Bump) -> str:
    """The smallest version after `old` that a bump allows; of a pre-release, the version that it
    leads to. Raises `ValueError` where `old` is no SemVer version."""
    version = _parsed(old)
    core = version.finalize_version()
    if version.prerelease or bump is Bump.NONE:
        return str(core)
    if core.major:
        step = bump
    elif core.minor:
        step = Bump.MINOR if bump is Bump.MAJOR else Bump.PATCH
    else:
        step = Bump.PATCH
    return str(
        {
            Bump.PATCH: core.bump_patch,
            Bump.MINOR: core.bump_minor,
            Bump.MAJOR: core.bump_major,
        }[step]()
    )


def allows(old: str, new: str, bump: Bump) -> bool:
    """Whether the step from `old` to `new` is large enough for a bump. A pre-release counts as the
    version that it leads to. Raises `ValueError` for what is no SemVer version."""
    before = _parsed(old)
    if before.prerelease or bump is Bump.NONE:
        return True
    return bool(_parsed(new).finalize_version().compare(smallest(old, bump)) >= 0)


def like(lowest: str, version: str) -> str:
    """The stable version `lowest`, as a pre-release where `version` is one: 2.0.0-rc.1."""
    before = _parsed(version).prerelease
    return f"{lowest}-{before}" if before else lowest


def promises(version: str) -> bool:
    """Whether a version promises anything to the ones after it: every stable one does."""
    return not _parsed(version).prerelease


def needs_entries(old: str) -> bool:
    """Whether a break must be listed in `breaking`: from 1.0.0 on (section 4)."""
    version = _parsed(old)
    return promises(old) and version.major > 0


def baseline(new: str, released: Iterable[str]) -> str | None:
    """The newest stable version below `new` (below what it leads to, for a pre-release), or None.
    Where `new` is no version, the newest stable one of all."""
    stable = [each for each in released if parse(each) is not None and promises(each)]
    if parse(new) is not None:
        stable = [each for each in stable if Precedence(each) < Precedence(new)]
    return max(stable, key=Precedence, default=None)


def same_release(one: str, other: str) -> bool:
    """Whether two versions lead to the same one: 2.0.0-rc.1 and 2.0.0 do."""
    return _parsed(one).finalize_version() == _parsed(other).finalize_version()


def _parsed(text: str) -> Version:
    version = parse(text)
    if version is None:
        raise ValueError(f"{text!r} is no version")
    return version
