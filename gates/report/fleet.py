"""What a run over many modules has found: how ready they are, as text, JSON and a page. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gates.model import Stage
from gates.records import asdict
from gates.report.catalog import table as table_text
from gates.report.escaping import cut, one_line
from gates.report.html.document import document
from gates.report.html.element import Child, contents, element, fact, section, table
from gates.report.words import plural

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from gates.fleet.readiness import Fleet
    from gates.fleet.task import Outcome

FORMAT = 1
"""The version of the JSON form."""
LETTERS = {"pass": "ok", "fail": "FAIL", "inconclusive": "?", "": "-"}
_KINDS = {"pass": "pass", "fail": "fail", "inconclusive": "inconclusive", "error": "fail"}


def _heads(found: Fleet) -> tuple[str, ...]:
    names = [each.value for each in Stage.PUBLISH.before]
    forecast = (f"from {found.effective}",) if found.effective else ()
    return ("module", "version", *names, "verdict", "trend", "baseline", *forecast, "owner")


def _after_verdict(found: Fleet, outcome: Outcome) -> tuple[str, ...]:
    """The columns behind the verdict, but for the owner."""
    forecast = (found.forecast(outcome),) if found.effective else ()
    return (found.trend(outcome), found.baseline(outcome), *forecast)


def text(found: Fleet) -> str:
    """A line for each module, what blocks most of them, and the sum."""
    names = [each.value for each in Stage.PUBLISH.before]
    rows = [
        (
            one_line(each.name),
            one_line(each.version),
            *(LETTERS[each.stages.get(stage, "")] for stage in names),
            each.verdict,
            *_after_verdict(found, each),
            one_line(each.owner),
        )
        for each in found.outcomes
    ]
    lines = table_text([_heads(found), *rows]).splitlines()
    for each in found.outcomes:
        if each.verdict != "pass":
            lines += ["", f"{one_line(each.name)}: {each.verdict}"]
            lines += [f"  {one_line(cut(entry, 300))}" for entry in _reasons(each)]
    if found.blockers:
        lines += ["", "what blocks most:"]
        lines += [f"  {plural(count, 'module')}  {name}" for name, count in found.blockers[:10]]
    if found.breaking:
        lines += ["", f"what passes now and not as of {found.effective}:"]
        lines += [f"  {plural(count, 'module')}  {name}" for name, count in found.breaking]
    lines += ["", sentence(found)]
    return "\n".join(lines) + "\n"


def sentence(found: Fleet) -> str:
    """The sum in one sentence."""
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(found.counts.items()))
    return f"{plural(len(found.outcomes), 'module')} in {found.seconds:.1f} s: {told or 'none'}"


def to_json(found: Fleet) -> str:
    """The same for programs."""
    modules = [
        {**asdict(each), "trend": found.trend(each), "baseline_trend": found.baseline(each),
         "forecast_trend": found.forecast(each) if found.effective else None}
        for each in found.outcomes
    ]  # fmt: skip
    data = {
        "format": FORMAT,
        "made": found.made,
        "seconds": round(found.seconds, 3),
        "counts": dict(sorted(found.counts.items())),
        "blockers": [{"check": name, "modules": count} for name, count in found.blockers],
        "effective": found.effective or None,
        "breaking": [{"check": name, "modules": count} for name, count in found.breaking],
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
            fact("in baselines", f"{sum(each.baselined for each in found.outcomes):,}"),
            fact("as of", found.made),
            class_="facts",
        ),
        class_=f"banner {kind}",
    )
    parts = [
        each
        for each in (_table(found), _blockers(found), _breaking(found), _details(found))
        if each is not None
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
            *_after_verdict(found, each),
            each.owner,
        )
        for each in found.outcomes
    ]
    return section("modules", "Modules", table("Every module, by name", _heads(found), rows))


def _blockers(found: Fleet) -> Element | None:
    if not found.blockers:
        return None
    rows: list[tuple[Child, ...]] = [(name, f"{count:,}") for name, count in found.blockers]
    caption = "Checks that keep modules from passing, the most first"
    return section("blockers", "What blocks", table(caption, ("check", "modules"), rows))


def _breaking(found: Fleet) -> Element | None:
    if not found.effective:
        return None
    title = f"What breaks on {found.effective}"
    if not found.breaking:
        return section("breaking", title, element("p", "Nothing that passes now."))
    rows: list[tuple[Child, ...]] = [(name, f"{count:,}") for name, count in found.breaking]
    caption = "Checks that pass now and not as of that day"
    return section("breaking", title, table(caption, ("check", "modules"), rows))


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
