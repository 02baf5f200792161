"""Ranges of versions as npm reads them: what they accept, its own corners included.

Written here as the libraries for it answer differently from npm: about bounds without `-0`, about
alternatives that are `*`, about numbers beyond 2^53. Held against npm's own package by a property
test. Strict mode, pre-releases only where a comparator names one of the same number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from gates.records import dataclass

LARGEST = 2**53 - 1
"""The largest number in a version: what JavaScript counts exactly."""
LONGEST = 256
"""Characters of the longest version."""

_NUMBER = r"(?:0|[1-9]\d*)"
_WORD = rf"(?:\d*[A-Za-z-][A-Za-z0-9-]{{0,250}}|{_NUMBER})"
_TAIL = rf"-(?P<tail>{_WORD}(?:\.{_WORD})*)"
_FULL = rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})(?:{_TAIL})?"
_ANY_NUMBER = rf"(?:{_NUMBER}|[xX*])"
_PART = (
    rf"(?P<prefix>[v= ]*)(?P<major>{_ANY_NUMBER})"
    rf"(?:\.(?P<minor>{_ANY_NUMBER})(?:\.(?P<patch>{_ANY_NUMBER})(?:{_TAIL})?)?)?"
)
_VERSION = re.compile(rf"{_FULL}(?:\+[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)?", re.ASCII)
_PARTIAL = re.compile(_PART, re.ASCII)
_WITH_OPERATOR = re.compile(rf"(?P<operator>[<>]?=?){_PART}", re.ASCII)
_COMPARATOR = re.compile(rf"(?P<operator>[<>]?=?)v?{_FULL}", re.ASCII)
_NAMES = ("major", "minor", "patch")
_BUILD = re.compile(r"\+[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_SPACES = re.compile(r"[ \t\n\v\f\r\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")


class NoRangeError(ValueError):
    """A text is no range."""


@dataclass(frozen=True, order=True)
class Version:
    """A version without its build metadata, in the order of SemVer."""

    major: int
    minor: int
    patch: int
    rank: tuple[tuple[int, float, str], ...]
    """The identifiers of the pre-release as they compare; a release ranks above them all."""
    tail: str = ""
    """The pre-release as it is written."""

    def __str__(self) -> str:
        core = f"{self.major}.{self.minor}.{self.patch}"
        return f"{core}-{self.tail}" if self.tail else core

    @property
    def core(self) -> tuple[int, int, int]:
        """Its three numbers."""
        return self.major, self.minor, self.patch


_RELEASE = ((2, 0.0, ""),)


def _version(major: int, minor: int, patch: int, tail: str = "") -> Version:
    """Raises `NoRangeError` where a number or the whole is too large for npm."""
    if max(major, minor, patch) > LARGEST:
        raise NoRangeError(f"a number is larger than {LARGEST}")
    rank = tuple(
        (0, float(each), "") if each.isdigit() else (1, 0.0, each) for each in tail.split(".")
    )
    made = Version(major, minor, patch, rank if tail else _RELEASE, tail)
    if len(str(made)) > LONGEST:
        raise NoRangeError(f"a version is longer than {LONGEST} characters")
    return made


def _read(found: re.Match[str]) -> Version:
    major, minor, patch = (int(found[name]) for name in _NAMES)
    return _version(major, minor, patch, found["tail"] or "")


@lru_cache(maxsize=4096)
def read_version(text: str) -> Version | None:
    """A version of strict SemVer; None for anything else, and for what npm finds too large."""
    found = _VERSION.fullmatch(text) if len(text) <= LONGEST else None
    try:
        return _read(found) if found else None
    except NoRangeError:
        return None


@dataclass(frozen=True)
class Comparator:
    """One bound: an operator of "<", "<=", ">", ">=", "=" and a version."""

    operator: str
    version: Version

    def accepts(self, version: Version) -> bool:
        """Whether a version is on the right side of it."""
        if version == self.version:
            return "=" in self.operator
        return (version < self.version) if "<" in self.operator else (
            ">" in self.operator and version > self.version
        )  # fmt: skip


Alternative = tuple[Comparator, ...]
"""Comparators that must all hold; without any it takes every release."""
_LOWEST = Version(0, 0, 0, ((0, 0.0, ""),), "0")
_NOTHING = Comparator("<", _LOWEST)
"""A bound below every version."""


@dataclass(frozen=True)
class Range:
    """Alternatives, of which one must hold."""

    alternatives: tuple[Alternative, ...]

    @property
    def named(self) -> Iterator[Version]:
        """Each version that a bound names."""
        return (each.version for alternative in self.alternatives for each in alternative)

    def accepts(self, version: str) -> bool:
        """Whether it takes a version; never what is no strict SemVer."""
        read = read_version(version)
        return read is not None and any(_holds(each, read) for each in self.alternatives)


def _holds(alternative: Alternative, version: Version) -> bool:
    if not all(each.accepts(version) for each in alternative):
        return False
    return not version.tail or any(
        each.version.tail and each.version.core == version.core for each in alternative
    )


@lru_cache(maxsize=1024)
def read_range(text: str) -> Range:
    """The range in a text. Raises `NoRangeError` where npm would refuse it."""
    whole = _SPACES.sub(" ", text).strip(" ")
    found = [_alternative(each.strip(" ")) for each in whole.split("||")]
    possible = [each for each in found if _NOTHING not in each] or [(_NOTHING,)]
    return Range(((),) if () in possible else tuple(possible))


def _alternative(text: str) -> Alternative:
    plain = _BUILD.sub("", text)
    if " - " in plain:
        low, _, high = plain.strip(" ").partition(" - ")
        first, last = _PARTIAL.fullmatch(low), _PARTIAL.fullmatch(high)
        if first and last:
            return tuple(_between(first, last))
    joined = re.sub(r"( ?)([<>]?=?) ?([v= ]*[0-9xX*])", r"\1\2\3", plain)
    joined = re.sub(r"~>? +", "~", joined)
    joined = re.sub(r"\^ +", "^", joined)
    return tuple(dict.fromkeys(each for word in joined.split(" ") for each in _bounds(word)))


def _between(low: re.Match[str], high: re.Match[str]) -> Iterator[Comparator]:
    """`1.2 - 3.4`: from the lowest that the first may be to the highest that the second may be."""
    if not _open(low["major"]):
        if not _is_wild(low):
            _refuse_prefix(low)
        yield from _from(_lowest(low))
    if _open(high["major"]):
        return
    if _is_wild(high):
        yield _below(_next(high))
        return
    if not high["tail"]:
        _refuse_prefix(high)
    yield Comparator("<=", _lowest(high))


def _refuse_prefix(part: re.Match[str]) -> None:
    if part["prefix"] not in ("", "v"):
        raise NoRangeError(f"{part[0]!r} cannot stand beside a hyphen")


def _bounds(word: str) -> Iterable[Comparator]:
    """The comparators that one word of a range stands for."""
    if word.startswith(("~", "^")):
        part = _PARTIAL.fullmatch(word[1:].removeprefix(">") if word[0] == "~" else word[1:])
        if part is None:
            raise NoRangeError(f"{word!r} is no range")
        return _compatible(part, caret=word[0] == "^")
    found = _WITH_OPERATOR.fullmatch(word)
    if found is not None and _is_wild(found):
        return _wild(found, word)
    bare = re.sub(r"[<>]?=?\*", "", word, count=1)  # npm takes one star out of any word
    exact = _COMPARATOR.fullmatch(bare)
    if not bare:
        return ()
    if exact is None:
        raise NoRangeError(f"{word!r} is no range")
    if bare == ">=0.0.0":
        return ()
    return (Comparator(exact["operator"] or "=", _read(exact)),)


def _compatible(part: re.Match[str], *, caret: bool) -> Iterator[Comparator]:
    """`~1.2.3` keeps the minor number, `^1.2.3` the left-most one that is not zero."""
    if _open(part["major"]):
        return
    yield from _from(_lowest(part))
    major, minor, patch = (0 if _open(part[name]) else int(part[name]) for name in _NAMES)
    if _open(part["minor"]) or (caret and major):
        yield _below((major + 1, 0, 0))
    elif _open(part["patch"]) or minor or not caret:
        yield _below((major, minor + 1, 0))
    else:
        yield _below((major, minor, patch + 1))


def _wild(found: re.Match[str], word: str) -> Iterator[Comparator]:
    """`1.x`, `>1`, `<=1.2`: a number that is left out stands for all of them."""
    if any(
        _open(found[one]) and not _open(found[next_])
        for one, next_ in (("major", "minor"), ("minor", "patch"))
    ):
        raise NoRangeError(f"{word!r} has a number after a wildcard")
    operator = found["operator"]
    if _open(found["major"]):
        if operator in (">", "<"):
            yield _NOTHING
        return
    first = _lowest(found)
    if operator in ("", "="):
        yield from _from(first)
        yield _below(_next(found))
    elif operator == ">":
        yield from _from(_version(*_next(found)))
    elif operator == ">=":
        yield from _from(first)
    else:
        yield _below(_next(found) if operator == "<=" else first.core)


def _from(version: Version) -> Iterator[Comparator]:
    """From a version on; from 0.0.0 on is from anywhere."""
    if version.core != (0, 0, 0) or version.tail:
        yield Comparator(">=", version)


def _below(core: tuple[int, int, int]) -> Comparator:
    """Below a version and its pre-releases."""
    return Comparator("<", _version(*core, "0"))


def _open(number: str | None) -> bool:
    return number is None or number in "xX*"


def _is_wild(part: re.Match[str]) -> bool:
    return any(_open(part[name]) for name in _NAMES)


def _lowest(part: re.Match[str]) -> Version:
    """The lowest version that a part stands for; its numbers end at a wildcard."""
    numbers: list[int] = []
    for name in _NAMES:
        if _open(part[name]):
            break
        numbers.append(int(part[name]))
    tail = part["tail"] if len(numbers) == 3 else None
    padded = [*numbers, 0, 0, 0]
    return _version(padded[0], padded[1], padded[2], tail or "")


def _next(part: re.Match[str]) -> tuple[int, int, int]:
    """The first version beyond all that a part with a wildcard stands for."""
    if _open(part["minor"]):
        return int(part["major"]) + 1, 0, 0
    return int(part["major"]), int(part["minor"]) + 1, 0
