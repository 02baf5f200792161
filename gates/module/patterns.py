"""The patterns of `.gitignore`, as git's own matcher (wildmatch) reads them.

Written here rather than taken from a library for two reasons: a module under test chooses both
the patterns and the names, so matching must take linear time; and a folder must be matched as
itself, not by the text of what it holds. Held against git by a property test.
"""

from __future__ import annotations

import re

from gates.lazy import pattern
from gates.records import dataclass


class Name:
    """A name without anything special in it, which matches itself alone."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def match(self, name: str) -> bool:
        """Whether a name is this one."""
        return name == self._name


Segment = Name | re.Pattern[str] | None
"""What one name of a path must match; None is `**`, any number of names."""

_POSIX = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z",
    "space": r"\s", "blank": r" \t", "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9A-Fa-f",
    "cntrl": r"\x00-\x1f\x7f", "graph": r"!-~", "print": r" -~",
}  # fmt: skip


class NeverMatchesError(ValueError):
    """The pattern is not finished: no closing bracket, or a backslash at the end."""


@dataclass(frozen=True)
class Pattern:
    """One line of a `.gitignore`."""

    ignores: bool
    """False for a line that begins with !, which takes back what an earlier one ignored."""
    folders_only: bool
    by_name: bool
    """Whether it is about the last name of a path, at any depth."""
    segments: tuple[Segment, ...]

    def matches(self, path: str, *, folder: bool) -> bool:
        """Whether it matches a path, relative to the folder of its `.gitignore`."""
        if self.folders_only and not folder:
            return False
        names = path.split("/")
        return _match(self.segments, names[-1:] if self.by_name else names)


def compile_pattern(line: str) -> Pattern | None:
    """The pattern of a line; None for a comment or an empty one.

    Raises `NeverMatchesError` where git would take the line and never match it.
    """
    text = re.sub(r"^((?:[^\\ ]|\\.| +(?=[^ ]))*) *$", r"\1", line.removesuffix("\r"))
    if not text or text.startswith("#"):
        return None
    ignores = not text.startswith("!")
    text = text.removeprefix("!")
    folders_only = text.endswith("/")
    text = text.removesuffix("/")
    by_name = "/" not in text
    tokens = _tokens(text.removeprefix("/"))
    segments: list[Segment] = []
    for tokens_of_one in _split(tokens):
        stars = [each for each in tokens_of_one if each == "*"]
        if not by_name and len(stars) > 1 and len(stars) == len(tokens_of_one):
            if not segments or segments[-1] is not None:
                segments.append(None)
        else:
            segments.append(_segment(tokens_of_one))
    return Pattern(ignores, folders_only, by_name, tuple(segments)) if segments else None


def _tokens(text: str) -> list[str]:
    """Expressions of one character each; "*" and "/" stand for themselves."""
    tokens: list[str] = []
    at = 0
    while at < len(text):
        character = text[at]
        at += 1
        if character in "*/":
            tokens.append(character)
        elif character == "?":
            tokens.append(".")
        elif character == "[":
            expression, at = _bracket(text, at)
            tokens.append(expression)
        elif character == "\\":
            if at == len(text):
                raise NeverMatchesError("it ends with a backslash")
            tokens.append("/" if text[at] == "/" else re.escape(text[at]))
            at += 1
        else:
            tokens.append(re.escape(character))
    return tokens


def _bracket(text: str, at: int) -> tuple[str, int]:
    """The class that begins at an offset, and the offset after its closing bracket."""
    negated = text[at : at + 1] in ("!", "^") and at < len(text)
    at += negated
    members: list[str] = []
    first = True
    while True:
        if at >= len(text):
            raise NeverMatchesError("a bracket is not closed")
        if text[at] == "]" and not first:
            break
        first = False
        if named := re.match(r"\[:(\w+):\]", text[at:]):
            if named[1] not in _POSIX:
                raise NeverMatchesError(f"there is no class [:{named[1]}:]")
            members.append(_POSIX[named[1]])
            at += named.end()
            continue
        low, at = _member(text, at)
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
            high, at = _member(text, at + 1)
            if low <= high:
                members.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            members.append(re.escape(low))
    if not members:
        return ("." if negated else r"(?!)"), at + 1
    return f"[{'^' if negated else ''}{''.join(members)}]", at + 1


def _member(text: str, at: int) -> tuple[str, int]:
    if text[at] == "\\":
        at += 1
        if at == len(text):
            raise NeverMatchesError("a bracket is not closed")
    return text[at], at + 1


def _split(tokens: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for each in tokens:
        if each == "/":
            parts.append([])
        else:
            parts[-1].append(each)
    return parts


def _segment(tokens: list[str]) -> Name | re.Pattern[str]:
    """One name. Between two stars the leftmost place is always right, so none is tried twice."""
    plain = [each[-1] for each in tokens if re.escape(each[-1]) == each]
    if len(plain) == len(tokens):
        return Name("".join(plain))
    pieces = [""]
    for each in tokens:
        if each == "*":
            pieces.append("")
        else:
            pieces[-1] += each
    first, *middle = pieces
    if not middle:
        return pattern(rf"{first}\Z", re.DOTALL)
    *middle, last = middle
    between = "".join(f"(?>.*?{piece})" for piece in middle if piece)
    return re.compile(rf"{first}{between}.*{last}\Z", re.DOTALL)


_ANY = pattern(".*", re.DOTALL)


def _match(segments: tuple[Segment, ...], names: list[str]) -> bool:
    """Whether the names of a path match, each `**` taking as few of them as it can."""
    if segments[-1] is None:
        segments = (*segments, _ANY)  # `a/**` is what a holds, and not a itself
    here = there = 0
    star: tuple[int, int] | None = None
    while here < len(names):
        if there < len(segments):
            segment = segments[there]
            if segment is None:
                there += 1
                star = (there, here)
                continue
            if segment.match(names[here]):
                here, there = here + 1, there + 1
                continue
        if star is None:
            return False
        there, here = star[0], star[1] + 1
        star = (there, here)
    return there == len(segments)
