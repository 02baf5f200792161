"""Records in the OSV format, judged by the pseudo-code of the OSV schema itself.

The versions are those that libraries have really released, with pre-releases, post-releases and
what sorts otherwise than it reads; the records over them are random.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import semver
from packaging.version import Version

from gates.toolchains.languages import ECOSYSTEMS
from gates.toolchains.osv import NotUnderstoodError, is_affected
from tests.toolchains.osv_pseudocode import is_vulnerable
from tests.truth.tally import Tally

RECORDS = 20_000
SEED = 20261128
NOW = datetime(2026, 11, 28, tzinfo=UTC)
RELEASES: Mapping[str, tuple[str, ...]] = {
    # pytz, python-dateutil, setuptools, black, Django, attrs and jinja2, as PyPI has them
    "PyPI": (
        "2004b", "2024.1", "2024.1.post1", "2.9.0", "2.9.0.post0", "1.0rc1", "1.0", "69.0.3",
        "18.3a0", "18.9b0", "21.12b0", "22.1.0", "3.2", "3.2rc1", "3.2.25", "4.0a1", "4.0b1",
        "4.2.16", "15.0.0", "24.2.0", "2.7.3", "2.11.3", "3.1.4", "1.10", "1.9", "0.9.2.dev1",
        "1!0.5",
    ),
    # semver, next, typescript, vue and lodash, as npm has them
    "npm": (
        "1.0.0", "1.0.10", "1.0.2", "2.0.0-alpha", "2.0.0-beta", "2.0.0", "5.0.0-dev.20200101",
        "5.0.0-dev.20231231", "5.0.0-beta", "5.0.1-rc", "5.0.2", "13.4.20-canary.0",
        "13.4.20-canary.10", "13.4.20-canary.9", "13.4.20", "3.0.0-alpha.0", "3.0.0-rc.10",
        "3.0.0-rc.9", "3.0.0", "3.2.0-beta.1", "4.17.20", "4.17.21", "0.1.0", "10.0.0", "9.9.9",
    ),
}  # fmt: skip
ORDERS: Mapping[str, Callable[[str], Any]] = {
    "PyPI": lambda text: Version("0.dev0" if text == "0" else text),
    "npm": lambda text: semver.Version.parse("0.0.0-0" if text == "0" else text),
}
"""Versions as the ecosystem orders them; "0" comes before all."""


def tally() -> Tally:
    """Every record asked about one version that it may be about."""
    chance = random.Random(SEED)
    counts: Counter[str] = Counter()
    for _ in range(RECORDS):
        ecosystem = chance.choice(list(RELEASES))
        record = random_record(chance, ecosystem)
        version = chance.choice(RELEASES[ecosystem])
        right = is_vulnerable((ecosystem, "x"), version, record, ORDERS[ecosystem])
        counts[_compared(record, ecosystem, version, right)] += 1
    note = "random records over real version numbers, judged by the schema's pseudo-code"
    return Tally(
        "OSV records", RECORDS, counts["right"], counts["wrong"], counts["could not show"], note
    )


def _compared(record: Mapping[str, Any], ecosystem: str, version: str, right: bool) -> str:
    known = next(each for each in ECOSYSTEMS.values() if each.name == ecosystem)
    try:
        found = is_affected(record, known, "x", version, now=NOW)
    except NotUnderstoodError:
        return "could not show"
    return "right" if found == right else "wrong"


def random_record(chance: random.Random, ecosystem: str) -> dict[str, Any]:
    """A record about package x, and sometimes about another as well."""
    return {
        "id": "TEST-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [_entry(chance, ecosystem) for _ in range(chance.choice((1, 1, 2)))],
    }


def _entry(chance: random.Random, ecosystem: str) -> dict[str, Any]:
    releases = RELEASES[ecosystem]
    ranges = [_range(chance, ecosystem) for _ in range(chance.choice((0, 1, 1, 2)))]
    entry: dict[str, Any] = {
        "package": {"ecosystem": ecosystem, "name": chance.choice(("x", "x", "y"))},
        "ranges": ranges,
    }
    if not ranges or chance.random() < 0.3:
        entry["versions"] = chance.sample(releases, chance.randint(1, 3))
    return entry


def _range(chance: random.Random, ecosystem: str) -> dict[str, Any]:
    releases = RELEASES[ecosystem]
    kind = "SEMVER" if ecosystem == "npm" and chance.random() < 0.6 else "ECOSYSTEM"
    events: list[dict[str, str]] = [{"introduced": chance.choice(("0", *releases))}]
    for _ in range(chance.randint(0, 3)):
        name = chance.choice(("introduced", "fixed", "fixed", "last_affected", "limit"))
        events.append({name: chance.choice(releases)})
    chance.shuffle(events)
    return {"type": kind, "events": events}
