"""Names that look alike and are not: two Unicode forms of one text, letters of another script.

The letters are those of the Cyrillic and Greek alphabets that most typefaces draw as a Latin one
(Unicode Technical Standard 39 lists far more; other scripts are told by being mixed in a word).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_LOOKS = dict(
    zip(
        "аеѕіјорсухһԁӏԛԝАВЕЅІЈКМНОРСТУХԌԜӀ" + "οναρΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aesijopcyxhdlqwABESIJKMHOPCTYXGWl" + "ovapABEZHIKMNOPTYX",
        strict=True,
    )
)
_TOGETHER = frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
"""Scripts that are written in one word."""


def looks(name: str) -> str:
    """What a name looks like: equal for names that nobody can tell apart."""
    plain = unicodedata.normalize("NFKC", name)
    return "".join(_LOOKS.get(letter, letter) for letter in plain)


def twins(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Each name that looks like one before it: that one, itself, and why, as a clause."""
    first: dict[str, str] = {}
    for name in dict.fromkeys(names):
        other = first.setdefault(looks(name), name)
        if other != name:
            same = unicodedata.normalize("NFC", other) == unicodedata.normalize("NFC", name)
            yield (
                other,
                name,
                "is the same text in another Unicode form"
                if same
                else (f"looks the same, and is written with {different(other, name)}"),
            )


def different(one: str, other: str) -> str:
    """The first character of the second name that the first does not have there, by its name."""
    before, after = (unicodedata.normalize("NFC", each) for each in (one, other))
    at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    letter = max(before[at : at + 1], after[at : at + 1], key=lambda each: each.encode("utf-8"))
    return unicodedata.name(letter, f"U+{ord(letter):04X}") if letter else "other characters"


def mixed(name: str) -> tuple[str, ...]:
    """The scripts of a word of the name that are not written together; empty where there is none.

    `api_ключ` has two words of one script each, and `pаssword` with a Cyrillic а one of two.
    """
    for word in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name)):
        scripts = dict.fromkeys(_script(letter) for letter in word)
        scripts.pop("", None)
        if len(scripts) > 1 and not set(scripts) <= _TOGETHER:
            return tuple(scripts)
    return ()


def _script(letter: str) -> str:
    """The script of a letter; "" for signs such as µ and ª, which stand in words of any."""
    name = unicodedata.name(letter, "")
    kind = re.match(r"(FULLWIDTH )?(\w+) .*(?:LETTER|IDEOGRAPH|SYLLABLE)", name)
    return kind[2] if kind and kind[2] not in ("MODIFIER", "SUPERSCRIPT", "HALFWIDTH") else ""
