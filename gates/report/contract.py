"""What `gates diff` prints, and the draft of `gates changelog`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gates.contract.bump import like
from gates.records import asdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from gates.contract.breaking import Accepted
    from gates.contract.demand import Demand
    from gates.contract.difference import Difference, Side
    from gates.contract.model import Change
    from gates.model import Location

FORMAT = 1
"""The version of the JSON form."""
_COLOURS = {"major": "red", "minor": "yellow", "patch": "cyan", "none": "green"}
_PARTS = (
    "settings", "endpoints", "events", "permissions", "jobs", "environment", "compatibility",
    "dependencies", "database", "code", "retention", "operation", "metadata",
)  # fmt: skip


def text(found: Difference, *, colour: bool = False) -> str:
    """The changes by part with the bump, both places and the counter-example of each, and what
    they ask for together."""

    def paint(words: str, bump: str) -> str:
        return click.style(words, fg=_COLOURS[bump]) if colour else words

    lines = [f"{found.new.slug or 'module'}: {_side(found.old)} -> {_side(found.new)}"]
    for part, demands in _by_part(found.demands):
        lines += ["", click.style(part, bold=True) if colour else part]
        for each in demands:
            lines.append(f"  {paint(f'{each.bump:<6}', each.bump)} {each.change.message}")
            lines += [f"         {line}" for line in _details(each, found)]
    if not found.demands and not found.missing:
        where = " in what was compared" if found.without else ""
        lines += ["", f"no change of the contract{where}"]
    for symbol in found.stale:
        lines += ["", f"{symbol} is listed in `breaking`, and did not change"]
    if found.without:
        lines += ["", f"left out: {', '.join(found.without)}"]
    for missing in found.missing:
        lines += ["", f"{missing.part}: not compared: {missing.reason}"]
        if missing.hint:
            lines.append(f"  help: {missing.hint}")
    lines += ["", paint(_verdict(found), found.bump)]
    return "\n".join(lines) + "\n"


def _side(side: Side) -> str:
    known = side.version and side.version != side.label
    return f"{side.version} ({side.label})" if known else side.label


def _by_part(demands: Sequence[Demand]) -> Iterable[tuple[str, list[Demand]]]:
    for part in _PARTS:
        mine = [each for each in demands if each.change.part == part]
        if mine:
            yield part, sorted(mine, key=lambda each: (-each.bump.rank, each.change.symbol))


def _details(each: Demand, found: Difference) -> Iterable[str]:
    change = each.change
    yield change.symbol + (", not listed in `breaking`" if each.unlisted else "")
    places = [
        f"{side.version or side.label} {place}"
        for side, place in ((found.old, change.old), (found.new, change.new))
        if place is not None
    ]
    if places:
        yield " -> ".join(places)
    if change.example is not None:
        first, *more = change.example.split("\n")
        yield f"counter-example: {first}"
        yield from (f"  {line}" for line in more)
    if not change.proved:
        yield "no counter-example was found, and none was ruled out"


def _verdict(found: Difference) -> str:
    counted = f"{found.bump}: {len(found.demands)} change{'s' * (len(found.demands) != 1)}"
    if found.demands and (found.missing or found.without):
        counted += " in what was compared"
    if not found.old.version or not found.new.version:
        return f"{counted}; nothing is asked of the version: one of the two has none"
    if found.smallest is None:
        return (
            f"{counted}; nothing is asked of the version: {found.old.version} is a pre-release and"
            " promises nothing"
        )
    if not found.demands:
        return f"{counted}; nothing is asked of the version"
    verdict = f"{counted}; after {found.old.version} the smallest version is {found.smallest}"
    if not found.large_enough:
        verdict += f", and this is {found.new.version}"
    if found.unlisted:
        verdict += f"; {len(found.unlisted)} not listed in `breaking`"
    return verdict


def as_json(found: Difference) -> str:
    """The same for programs: one object; `format` counts its versions."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "old": asdict(found.old),
        "new": asdict(found.new),
        "bump": found.bump,
        "smallest_version": found.smallest,
        "large_enough": found.large_enough,
        "changes": [
            {
                "part": each.change.part,
                "symbol": each.change.symbol,
                "bump": each.bump,
                "kind": each.change.kind,
                "message": each.change.message,
                "old": _place(each.change.old),
                "new": _place(each.change.new),
                "example": each.change.example,
                "proved": each.change.proved,
                "listed": not each.unlisted if each.bump == "major" else None,
            }
            for _, demands in _by_part(found.demands)
            for each in demands
        ],
        "stale": list(found.stale),
        "not_compared": [asdict(each) for each in found.missing],
        "left_out": list(found.without),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _place(place: Location | None) -> dict[str, Any] | None:
    return None if place is None else asdict(place)


def changelog(found: Difference, accepted: Sequence[Accepted], day: date) -> str:
    """The draft of a section of CHANGELOG.md in the form of keepachangelog.com, breaks first, each
    with what `breaking` says of it."""
    version = found.new.version
    if not found.large_enough and found.smallest:
        version = like(found.smallest, version)
    lines = [f"## [{version or 'Unreleased'}] - {day.isoformat()}"]
    breaks = [each for each in found.demands if each.bump == "major"]
    if breaks:
        lines += ["", "### Breaking", ""]
        for each in breaks:
            lines.append(f"- {_told(each.change)}")
            entry = next((one for one in accepted if one.covers(each.change)), None)
            if entry is not None:
                lines.append(f"  {_sentence(entry.reason)} {_sentence(_guide(entry.guide))}")
            else:
                lines.append(f"  TO WRITE: why, and what users do now (`{each.change.symbol}`).")
    rest = [each.change for each in found.demands if each.bump != "major"]
    for kind, title in (("added", "Added"), ("changed", "Changed"), ("removed", "Removed")):
        mine = [each for each in rest if each.kind == kind]
        if mine:
            lines += ["", f"### {title}", "", *(f"- {_told(each)}" for each in mine)]
    if not found.demands and not found.missing and not found.without:
        lines += ["", "### Changed", "", "- Nothing that users of the module notice."]
    return "\n".join(lines) + "\n"


def _guide(guide: str) -> str:
    """A guide as words: a path or an address alone is where to look."""
    return guide if " " in guide.strip() else f"See {guide.strip()}"


def _told(change: Change) -> str:
    """The message as a sentence; one on code begins with a name."""
    if change.part == "code":
        return f"{' '.join(change.message.split()).rstrip('.')}."
    return _sentence(change.message)


def _sentence(words: str) -> str:
    """With a full stop; and with a capital letter, unless a name comes first."""
    words = " ".join(words.split()).rstrip(".")
    first = words.partition(" ")[0]
    plain = first.isalpha() and first.islower()
    return f"{words[:1].upper() + words[1:] if plain else words}."
