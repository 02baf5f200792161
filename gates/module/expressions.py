"""The regular expressions of settings schemas: JavaScript's (ECMA-262 with the flag u).

JSON Schema takes them from there, and so do the form and the platform; Python's differ in syntax
and in what they match. `regress` is an engine for them; held against JavaScript itself by a test.
It goes back and forth, so a repeat inside a repeat can take for ever: see `needs_process`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gates.records import dataclass

if TYPE_CHECKING:
    from regress import Regex

LONGEST = 2_000
"""Characters of the longest expression: a hundred thousand alternatives end the engine itself."""
_REPEATED_EDGE = re.compile(r"(?:[^\\\[]|\\.|\[(?:[^\\\]]|\\.)*\])*?\\[bB][*+?{]", re.DOTALL)
_FOREIGN = (
    (re.compile(r"\(\?[aimsuxLU]+\)"), "flags cannot be set in it"),
    (re.compile(r"\(\?P[<=>]"), "a named group is (?<name>...), and \\k<name> refers to it"),
    (re.compile(r"\\[AZz]"), "^ and $ stand for the beginning and the end"),
    (re.compile(r"[*+?}]\+"), "there are no possessive repeats"),
    (re.compile(r"\(\?>"), "there are no atomic groups"),
    (re.compile(r"\(\?#"), "there are no comments in it"),
)
"""What other languages know and JavaScript does not, for the message alone."""


class NoPatternError(ValueError):
    """A text is no regular expression; the message is a clause that says why."""


@dataclass(frozen=True)
class Expression:
    """A regular expression, ready to be asked."""

    made: Regex

    def found_in(self, text: str) -> bool:
        """Whether it is found in a text; not in one with half a character (a lone surrogate)."""
        try:
            return self.made.find(text) is not None
        except UnicodeEncodeError:
            return False


@lru_cache(maxsize=4096)
def expression(pattern: str) -> Expression:
    """The expression in a text. Raises `NoPatternError` where JavaScript would refuse it, or where
    it is longer than `LONGEST`."""
    from regress import Regex, RegressError

    if len(pattern) > LONGEST:
        raise NoPatternError(f"it is longer than {LONGEST:,} characters")
    try:
        made = Expression(Regex(pattern, "u"))
    except UnicodeEncodeError as error:
        raise NoPatternError("it holds half a character (a lone surrogate)") from error
    except RegressError as error:
        raise NoPatternError(_reason(pattern, str(error))) from error
    if _REPEATED_EDGE.match(pattern):  # the engine takes it, JavaScript does not
        raise NoPatternError("\\b and \\B cannot be repeated")
    return made


def why_no_pattern(pattern: str) -> str | None:
    """Why a text is no regular expression, or None where it is one."""
    try:
        expression(pattern)
    except NoPatternError as error:
        return str(error)
    return None


def _reason(pattern: str, said: str) -> str:
    for foreign, reason in _FOREIGN:
        if foreign.search(pattern):
            return reason
    return said[:1].lower() + said[1:].rstrip(".")
