"""Texts that a rule may accept: constants, samples of patterns, words of a length. Pure."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

from gates.database.rows.literals import Literals
from gates.database.rows.patterns import like_sample, sample_of

_MOST_SIZES = 24
_LONGEST = 4096


def texts(given: Literals, seed: int) -> Iterator[str]:
    """Texts for one seed, the likeliest first."""
    sizes = given.sizes[:_MOST_SIZES]
    for pattern in given.patterns:
        for size in (None, *sizes):
            for variant in (0, 1):
                if (sample := sample_of(pattern, seed + variant, size)) is not None:
                    yield sample
    for pattern in given.likes:
        for size in (None, *sizes):
            yield like_sample(pattern, f"a{seed}", size)
    yield from given.texts
    for text in given.texts:
        yield from (text.upper(), text.lower(), f"{text}{seed}")
    for size in sizes:
        yield from _words(size, seed)
    short = [each for each in given.texts if 0 < len(each) <= 100][:12]
    marks = [each for each in short if len(each) == 1 and not each.isalnum()]
    for text, size in itertools.product(short, sizes):
        if len(text) < size:
            yield from (text + word for word in _words(size - len(text), seed))
            yield _filled(size - len(text), f"{seed}") + text
    for mark in marks:
        yield from (f"{each}{mark}a{seed}" for each in short)
        yield from (f"a{seed}{mark}b", f"a{mark}b{mark}c{seed}", f"a{seed}{mark}b.example")


def _words(size: int, seed: int) -> Iterator[str]:
    """Texts of a length: of letters alone, of capitals, and with the seed's own number."""
    if 0 < size <= _LONGEST:
        word = "".join(chr(97 + int(each)) for each in f"{seed:04d}")
        yield _filled(size, word)
        yield _filled(size, word.upper()).upper()
        yield _filled(size, f"{seed}")


def _filled(size: int, start: str) -> str:
    return (start + "abcdefghij" * (size // 10 + 1))[:size]


def ordinary(seed: int) -> list[str]:
    """Texts in the forms that applications ask for: time zones, addresses, digests, codes, ids."""
    letters = "".join(chr(97 + int(each)) for each in f"{seed:04d}")
    digest = hashlib.sha512(str(seed).encode()).hexdigest()
    sized = [digest[:size] for size in (8, 16, 24, 32, 40, 64, 128)]
    return [
        "UTC", "Europe/Berlin", f"{letters}@example.com", f"https://{letters}.example/a",
        f"{letters}.example", letters, letters.upper(), f"a-{letters}", f"{letters} {letters}",
        *sized, f"00000000-0000-4000-8000-{seed:012x}", "{}", f'{{"a": {seed}}}', f"[{seed}]",
        f"10.0.{seed >> 8 & 255}.{seed & 255}", "10.0.0.0/8", str(seed), str(seed % 10), "1.0.0",
        "EUR", "DE", "en", "en-US", "+4930123456", f"#{seed % 0xFFFFFF:06x}", "2026-01-01",
        "2026-01-01T00:00:00Z", "12:30", "1 day", "0 5 * * *", "true", f"/{letters}",
        f"/{letters}/b", f"{letters}.txt", "text/plain", f"{letters}_id", f"{letters.title()} Doe",
        f"SELECT {seed}", f"<p>{seed}</p>", "a", "A", "Aa1!" + letters,
    ]  # fmt: skip
