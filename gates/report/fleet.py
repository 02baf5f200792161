"""What a run over many modules has found: how ready they are, as text, JSON and a page. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gates.model import Stage
from gates.report.catalog import table as table_text
from gates.report.entries import plural
from gates.report.escaping import cut, one_line
from gates.report.html.document import document
from gates.report.html.element import Child, contents, element, fact, section, table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from gates.fleet.dependents import Compared
    from gates.fleet.task import Outcome

FORMAT = 1
"""The version of the JSON form."""
LETTERS = {"pass": "ok", "fail": "FAIL", "inconclusive": "?", "": "-"}
_KINDS = {"pass": "pass", "fail": "fail", "inconclusive": "inconclusive", "error": "fail"}


@dataclass(frozen=True)
class Fleet:
    """The outcomes of a run, and those of the run before by the module's name."""

    outcomes: Sequence[Outcome]
    before: Mapping[str, Outcome]
    made: str
    """RFC 3339, UTC."""
    seconds: float = 0.0
    """From the first begun to the last ended."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many modules ended with each verdict."""
        return Counter(each.verdict for each in self.outcomes)

    @property
    def exit_code(self) -> int:
        """0 where every module passed, 1 where one failed, else 3."""
        if self.counts.get("fail"):
            return 1
        return 0 if set(self.counts) == {"pass"} else 3

    @property
    def blockers(self) -> Sequence[tuple[str, int]]:
        """Checks by the number of modules that they keep from passing, the most first."""
        found: Counter[str] = Counter()
        for each in self.outcomes:
            found.update({entry.partition(":")[0] for entry in each.blocking})
        return sorted(found.items(), key=lambda each: (-each[1], each[0]))

    def trend(self, outcome: Outcome) -> str:
        """How a module stands against the run before."""
        earlier = self.before.get(outcome.name)
        if earlier is None:
            return "new"
        if earlier.verdict != outcome.verdict:
            return f"was {earlier.verdict}"
        change = outcome.errors - earlier.errors
        return "same" if change == 0 else f"{change:+d} findings"


def text(found: Fleet) -> str:
    """A line for each module, what blocks most of them, and the sum."""
    names = [each.value for each in Stage.PUBLISH.before]
    heads = ("module", "version", *names, "verdict", "trend", "owner")
    rows = [
        (
            one_line(each.name),
            one_line(each.version),
            *(LETTERS[each.stages.get(stage, "")] for stage in names),
            each.verdict,
            found.trend(each),
            one_line(each.owner),
        )
        for each in found.outcomes
    ]
    lines = table_text([heads, *rows]).splitlines()
    for each in found.outcomes:
        if each.verdict != "pass":
            lines += ["", f"{one_line(each.name)}: {each.verdict}"]
            lines += [f"  {one_line(cut(entry, 300))}" for entry in _reasons(each)]
    if found.blockers:
        lines += ["", "what blocks most:"]
        lines += [f"  {plural(count, 'module')}  {name}" for name, count in found.blockers[:10]]
    lines += ["", sentence(found)]
    return "\n".join(lines) + "\n"


def sentence(found: Fleet) -> str:
    """The sum in one sentence."""
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(found.counts.items()))
    return f"{plural(len(found.outcomes), 'module')} in {found.seconds:.1f} s: {told or 'none'}"


def to_json(found: Fleet) -> str:
    """The same for programs."""
    modules = [{**asdict(each), "trend": found.trend(each)} for each in found.outcomes]
    data = {
        "format": FORMAT,
        "made": found.made,
        "seconds": round(found.seconds, 3),
        "counts": dict(sorted(found.counts.items())),
        "blockers": [{"check": name, "modules": count} for name, count in found.blockers],
        "modules": modules,
    }
    return json.dumps(data, indent=2) + "\n"


def page(found: Fleet) -> str:
    """The same as one HTML file."""
    kind = "pass" if found.exit_code == 0 else "fail"
    banner = element(
        "div",
        element("h1", "Readiness of the modules"),
        element("p", sentence(found), class_=f"verdict {kind}"),
        element(
            "dl",
            fact("modules", f"{len(found.outcomes):,}"),
            fact("ready", f"{found.counts.get('pass', 0):,}"),
            fact("as of", found.made),
            class_="facts",
        ),
        class_=f"banner {kind}",
    )
    parts = [
        each for each in (_table(found), _blockers(found), _details(found)) if each is not None
    ]
    return document(
        "Readiness of the modules",
        element("header", banner),
        contents(parts),
        element("main", *parts, id="readiness", tabindex="-1"),
        skip_to="readiness",
    )


def _verdict(verdict: str) -> Element:
    return element("span", verdict, class_=f"verdict {_KINDS[verdict]}")


def _table(found: Fleet) -> Element:
    names = [each.value for each in Stage.PUBLISH.before]
    rows: list[tuple[Child, ...]] = [
        (
            each.name,
            each.version,
            *(_verdict(verdict) if (verdict := each.stages.get(stage)) else "" for stage in names),
            _verdict(each.verdict),
            found.trend(each),
            each.owner,
        )
        for each in found.outcomes
    ]
    heads = ("module", "version", *names, "verdict", "trend", "owner")
    return section("modules", "Modules", table("Every module, by name", heads, rows))


def _blockers(found: Fleet) -> Element | None:
    if not found.blockers:
        return None
    rows: list[tuple[Child, ...]] = [(name, f"{count:,}") for name, count in found.blockers]
    caption = "Checks that keep modules from passing, the most first"
    return section("blockers", "What blocks", table(caption, ("check", "modules"), rows))


def _details(found: Fleet) -> Element | None:
    made = [
        element(
            "details",
            element("summary", f"{each.name}: {each.verdict}"),
            element("ul", *(element("li", cut(entry, 1000)) for entry in _reasons(each))),
        )
        for each in found.outcomes
        if each.verdict != "pass"
    ]
    return section("details", "What each needs", *made) if made else None


def _reasons(outcome: Outcome) -> Sequence[str]:
    return outcome.blocking or (outcome.reason or "no reason was given",)


def dependents_text(candidate: str, found: Sequence[Compared]) -> str:
    """A line for each module that depends on a candidate, and the verdict over it."""
    rows = [
        (one_line(each.name), each.state, _flaky(each), one_line(cut(each.reason, 300)))
        for each in found
    ]
    heads = ("module", "with the candidate", "flaky", "seen")
    lines = table_text([heads, *rows]).splitlines()
    return "\n".join([*lines, "", dependents_sentence(candidate, found)]) + "\n"


def dependents_sentence(candidate: str, found: Sequence[Compared]) -> str:
    """Whether the candidate may be released, as far as those go that depend on it."""
    if not found:
        return f"no module here depends on {candidate}"
    counts = Counter(each.state for each in found)
    ordered = sorted(counts, key=lambda state: (state != "regressed", state))
    told = ", ".join(f"{counts[state]} {state}" for state in ordered)
    return f"{plural(len(found), 'module')} that depend on {candidate}: {told}"


def dependents_json(candidate: str, found: Sequence[Compared]) -> str:
    """The same for programs."""
    data = {"format": FORMAT, "candidate": candidate, "modules": [asdict(each) for each in found]}
    return json.dumps(data, indent=2) + "\n"


def _flaky(each: Compared) -> str:
    return f"{each.flaky} of {each.repeated}" if each.repeated else "not run"
