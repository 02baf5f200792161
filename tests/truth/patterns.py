"""Regular expressions of settings schemas, judged by JavaScript's own: ECMA-262 with the flag u."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

from gates.module.expressions import NoPatternError, expression
from tests.truth.node import ask
from tests.truth.tally import Tally

CORPUS = json.loads((Path(__file__).parent / "patterns.json").read_text("utf-8"))
PATTERNS: list[str] = CORPUS["patterns"]
"""Half of them are none: other languages know them, or nobody does."""
TEXTS: list[str] = CORPUS["texts"]


def differences(
    patterns: Sequence[str], texts: Sequence[str]
) -> tuple[int, list[tuple[str, str | None]]]:
    """The number of judgements, and where the gate's is another than JavaScript's: the pattern and
    the text, or None where one of them finds that the pattern is none."""
    answers = ask(
        """([patterns, texts]) => patterns.map(pattern => {
            let made;
            try { made = new RegExp(pattern, "u"); } catch (error) { return null; }
            return texts.map(text => made.test(text));
        })""",
        [patterns, texts],
    )
    judged = 0
    found: list[tuple[str, str | None]] = []
    for pattern, wanted in zip(patterns, answers, strict=True):
        judged += 1
        try:
            made = expression(pattern)
        except NoPatternError:
            if wanted is not None:
                found.append((pattern, None))
            continue
        if wanted is None:
            found.append((pattern, None))
            continue
        judged += len(texts)
        found += [
            (pattern, text)
            for text, fits in zip(texts, wanted, strict=True)
            if made.found_in(text) is not fits
        ]
    return judged, found


_ATOMS = (
    "a", "b", "A", "0", "é", "😀", ".", "\\d", "\\w", "\\W", "\\s", "\\S", "\\b", "\\B", "^", "$",
    "\\p{L}", "\\P{Lu}", "\\u{1F600}", "\\x61", "\\.", "\\-", "-", "\\1", "\\k<y>", "{", "]", "\\_",
)  # fmt: skip
_MEMBERS = (
    "a",
    "z",
    "a-z",
    "0-9",
    "\\d",
    "\\w",
    "\\S",
    "é",
    "😀",
    "\\p{Lu}",
    "-",
    "^",
    "\\]",
    "[",
    "\\b",
)
_OPENERS = ("(", "(?:", "(?<y>", "(?=", "(?!", "(?<=", "(?<!", "(?i:", "(?>", "(?P<y>")
_REPEATS = ("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?", "{1,2}?", "++", "{,2}")


def random_pattern(r: Random, depth: int = 2) -> str:
    """A pattern, more often one than not."""
    made = ""
    for _ in range(r.choice((1, 1, 2, 2, 3))):
        kind = r.random()
        if kind < 0.2 and depth:
            made += r.choice(_OPENERS[: r.choice((2, 7, 10))]) + random_pattern(r, depth - 1) + ")"
        elif kind < 0.4:
            members = "".join(r.choice(_MEMBERS) for _ in range(r.randint(0, 3)))
            made += f"[{r.choice(('', '', '^'))}{members}]"
        else:
            made += r.choice(_ATOMS[: r.choice((16, 16, 24, 28))])
        if r.random() < 0.25:
            made += r.choice(_REPEATS[: r.choice((9, 9, 11))])
    if r.random() < 0.15:
        made += "|" + random_pattern(r, 0)
    return made


def tally() -> Tally:
    """Over the corpus and 4,000 random patterns."""
    r = Random(262)
    some = TEXTS[::3]
    judged, wrong = differences(PATTERNS, TEXTS)
    more, others = differences([random_pattern(r) for _ in range(4000)], some)
    size, bad = judged + more, len(wrong) + len(others)
    return Tally(
        "patterns", size, size - bad, bad, 0,
        f"{len(PATTERNS)} picked and 4,000 random patterns, judged by JavaScript's own RegExp",
    )  # fmt: skip
