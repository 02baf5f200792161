"""The move of a platform as text and as pages: status of a run, grounds of a decision. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gates.move.judge_plan import summary
from gates.move.names import ACTIONS
from gates.move.plan import Plan, Step, minutes, ordered
from gates.move.progress import DONE, FAILED, RUNNING, Progress, StepProgress
from gates.move.record import percentile, times
from gates.report.escaping import safe
from gates.report.html.document import document
from gates.report.html.element import Child, element, fact, section, table

if TYPE_CHECKING:
    from gates.move.decide import Judged
    from gates.move.read import Fault
    from gates.move.record import Rehearsal

STILL, LIVE = "status.html", "status-live.html"
"""The pages of a run's status, in its folder."""
_MARKS = {DONE: "done", FAILED: "FAILED", RUNNING: "running"}
_KINDS = {
    "done": "pass", "rolled back": "pass", "running": "inconclusive", "new": "inconclusive",
    "rolling back": "inconclusive", "stopped": "fail",
}  # fmt: skip


def plan_text(plan: Plan, faults: Sequence[Fault], name: str) -> str:
    """What `gates migration check` says: faults by line, and what follows from the numbers."""
    lines = []
    for each in faults:
        lines.append(f"{name}:{each.line}: {each.rule}: {each.message}")
        lines += [f"  fix: {each.fix}"] if each.fix else []
    lines += summary(plan)
    lines.append(f"{len(faults)} faults" if faults else "the plan can be carried out")
    return "".join(f"{safe(line)}\n" for line in lines)


def status_text(found: Progress, now: float) -> str:
    """Where a run stands, a line for each step. `now` is in seconds since 1970."""
    lines = [f"{found.plan.name}: {_headline(found)}"]
    if found.started:
        spent = (found.last if found.state in ("done", "rolled back") else now) - found.started
        lines.append(
            f"{minutes(max(spent, 0))} of {minutes(found.plan.window)}; a rollback must begin by"
            f" minute {found.plan.last_rollback / 60:.4g}"
        )
    for each in (*found.steps, *(each for each in found.back if each.tries)):
        took = _took(each, found, now) if each.tries else ""
        note = f"  {each.note}" if each.note else ""
        mark = _MARKS.get(each.state, "")
        lines.append(
            f"  {mark:8}{each.step.id:24}{took:>10} of {minutes(each.step.limit)}{note}".rstrip()
        )
    return "".join(f"{safe(line)}\n" for line in lines)


def status_page(found: Progress, now: float, *, live: bool = False) -> str:
    """The same as a page, `STILL`; or, while the run goes on, as `LIVE`, which loads itself again
    every five seconds. Each leads to the other: not everybody can read what moves by itself."""
    plan = found.plan
    spent = max(now - found.started, 0) if found.started else 0.0
    facts = element(
        "dl",
        fact("Since the start", f"{minutes(spent)} of {minutes(plan.window)}"),
        fact("A rollback must begin by", f"minute {plan.last_rollback / 60:.4g} of the run"),
        fact("A rollback takes", minutes(plan.way_back)),
        fact("Page made", _time(now)),
        class_="facts",
    )
    going = found.state in ("running", "rolling back")
    shown = _steps("Each step, with its limit", found.steps, found, now)
    parts: list[Child] = [section("steps", "Steps", shown)]
    if going:
        told = "Stop loading it again" if live else "Load it again every five seconds"
        link = element("a", told, href=STILL if live else LIVE)
        parts.insert(0, element("p", link))
    if any(each.tries for each in found.back):
        back = [each for each in found.back if each.tries or not each.step.id.startswith("undo-")]
        shown = _steps("The way back", back, found, now)
        parts.append(section("rollback", "Rollback", shown))
    return _page(
        plan.name, _headline(found), _KINDS[found.state], facts, *parts,
        refresh=5 if going and live else 0,
    )  # fmt: skip


def decision_page(
    plan: Plan, judged: Sequence[Judged], series: tuple[Rehearsal, ...], faults: Sequence[Fault]
) -> str:
    """The page for the people who decide: criteria, times against budgets, faults."""
    go = bool(judged) and all(each.met for each in judged) and not faults
    parts = [
        section("criteria", "Go or no-go", _criteria(judged)),
        section("times", "Rehearsed times", *_times(plan, series)),
        section("faults", "Injected faults", *_injected(series)),
        section("plan", "The plan", *(element("p", each) for each in summary(plan))),
    ]
    if faults:
        rows: list[tuple[Child, ...]] = [(f"line {e.line}", e.rule, e.message) for e in faults]
        shown = table("What is wrong with the plan", ("Line", "Rule", "Fault"), rows)
        parts.insert(0, section("plan-faults", "Faults of the plan", shown))
    count = sum(not each.met for each in judged)
    text = "Go: every criterion is met." if go else f"No-go: {count} criteria are not met."
    if faults:
        text = f"No-go: the plan has {len(faults)} faults."
    facts = element(
        "dl",
        fact("Plan", element("code", plan.sha256[:16])),
        fact("Window", f"{plan.clock(0)}, {minutes(plan.window)}"),
        fact("Rehearsals", str(sum(len(each.rehearsals) for each in series))),
        fact("Signed by", ", ".join(sorted({each.key[:16] for each in series})) or "nobody"),
        class_="facts",
    )
    return _page(plan.name, text, "pass" if go else "fail", facts, *parts)


def times_text(plan: Plan, series: tuple[Rehearsal, ...]) -> str:
    """A table of rehearsed times in Markdown: median, p95 and worst by step against its budget."""
    lines = ["| step | median | p95 | worst | budget |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in _rows(plan, series)]
    return "\n".join(lines) + "\n"


def _headline(found: Progress) -> str:
    if found.state == "stopped" and found.returns:
        return f"stopped: {found.note}. `gates migration rollback` undoes it, `run` goes on"
    step = next((each for each in found.steps if each.state == RUNNING), None)
    running = f" ({step.step.id})" if step and found.state == "running" else ""
    return f"{found.state}{running}{f': {found.note}' if found.note else ''}"


def _page(
    title: str, verdict: str, kind: str, facts: Child, *parts: Child, refresh: int = 0
) -> str:
    banner = element(
        "div",
        element("h1", title),
        element("p", verdict, class_="verdict"),
        class_=f"banner {kind}",
    )
    return document(
        title, element("header", banner, facts), element("main", *parts, id="steps-main"),
        skip_to="steps-main", refresh=refresh,
    )  # fmt: skip


def _took(each: StepProgress, found: Progress, now: float) -> str:
    """What a step took in all its tries; of one that runs, until now."""
    return minutes(each.seconds + (max(now - found.last, 0) if each.state == RUNNING else 0))


def _what(step: Step) -> str:
    if step.title != step.id:
        return step.title
    return ACTIONS[step.action].what if step.action in ACTIONS else " ".join(step.command)


def _steps(caption: str, steps: Sequence[StepProgress], found: Progress, now: float) -> Child:
    waiting = "not run" if found.state in ("done", "rolled back") else "waiting"
    rows: list[tuple[Child, ...]] = [
        (
            each.step.id, _what(each.step), _MARKS.get(each.state, waiting),
            _took(each, found, now) if each.tries else "-", minutes(each.step.limit),
            each.note or ", ".join(f"{key}: {value}" for key, value in each.figures.items())[:400],
        )
        for each in steps
    ]  # fmt: skip
    return table(caption, ("Step", "What", "State", "Took", "Limit", "Note"), rows)


def _criteria(judged: Sequence[Judged]) -> Child:
    rows: list[tuple[Child, ...]] = [
        (each.criterion.measure, str(each), "go" if each.met else "NO-GO") for each in judged
    ]
    return table("The plan's criteria", ("Measure", "Measured", "Says"), rows)


def _times(plan: Plan, series: tuple[Rehearsal, ...]) -> list[Child]:
    if not series:
        return [element("p", "No rehearsal of this plan has a signature that counts.")]
    rows: list[tuple[Child, ...]] = [tuple(row) for row in _rows(plan, series)]
    shown: list[Child] = [element("p", f"{each.source}; {each.server}") for each in series]
    heads = ("Step", "Median", "p95", "Worst", "Budget")
    return [table("Seconds of each step, over all rehearsals", heads, rows), *shown]


def _rows(plan: Plan, series: tuple[Rehearsal, ...]) -> list[tuple[str, ...]]:
    budgets = {each.id: each.budget for each in ordered(plan.steps)[0]}
    budgets["rollback"] = plan.way_back
    return [
        (
            name, f"{percentile(values, 0.5):.2f} s", f"{percentile(values, 0.95):.2f} s",
            f"{max(values):.2f} s", minutes(budgets.get(name, 0)),
        )
        for name, values in times(series)
    ]  # fmt: skip


def _injected(series: tuple[Rehearsal, ...]) -> list[Child]:
    rows: list[tuple[Child, ...]] = [
        (f"{one.fault} at {one.step}", "survived" if one.survived else "NOT survived", one.outcome)
        for each in series
        for one in each.faults
    ]
    if not rows:
        return [element("p", "No fault was injected.")]
    return [table("Each fault, and what came of it", ("Fault", "End", "What came of it"), rows)]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
