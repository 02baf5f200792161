"""Whether a plan can be carried out at all: its window, its ways back, its commands. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from gates.move.commands import command_faults, parse
from gates.move.names import ACTIONS, MEASURES
from gates.move.plan import Plan, Step, minutes, ordered
from gates.move.read import Fault

CHANGING = {name for name, each in ACTIONS.items() if each.changes}


def faults(plan: Plan) -> tuple[Fault, ...]:
    """Everything that is wrong with a plan, by line; none for one that can be carried out."""
    found = [*_order(plan), *_window(plan), *_people(plan), *_criteria(plan)]
    before: list[Step] = []
    gone = False
    for step in ordered(plan.steps)[0] or plan.steps:
        gone = gone or step.point_of_no_return
        found += _step(step, gone=gone)
        found += _commands(step, before)
        before.append(step)
    for step in plan.rollback:
        if step.action and step.action not in ACTIONS:
            found.append(_unknown(step))
        found += _commands(step, before)
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.line, each.rule)))


def summary(plan: Plan) -> tuple[str, ...]:
    """What follows from the plan's numbers, a sentence each."""
    lines = [
        f"{len(plan.steps)} steps: {minutes(plan.budgets)} by their budgets, "
        f"{minutes(plan.limits)} by their limits, in a window of {minutes(plan.window)}"
    ]
    if plan.last_rollback < 0:
        lines.append(f"a rollback takes {minutes(plan.way_back)} and fits at no time")
        return tuple(lines)
    spent, running = 0.0, "after the last step"
    for step in ordered(plan.steps)[0]:
        if spent + step.budget > plan.last_rollback:
            running = f"during {step.id}"
            break
        spent += step.budget
    lines.append(
        f"a rollback takes {minutes(plan.way_back)}: it must begin by "
        f"{plan.clock(plan.last_rollback)}, minute {plan.last_rollback / 60:.4g}, {running}"
        " by the budgets"
    )
    return tuple(lines)


def _order(plan: Plan) -> Iterator[Fault]:
    seen: set[str] = set()
    known = {each.id for each in plan.steps}
    for step in plan.steps:
        if step.id in seen:
            yield Fault("same-id", step.line, f"{step.id}: another step has this id")
        seen.add(step.id)
        for name in step.after:
            if name not in known:
                yield Fault("unknown-step", step.line, f"{step.id}: there is no step {name}")
    _, stuck = ordered(plan.steps)
    waiting = [each for each in stuck if known.issuperset(plan.step(each).after)]
    if waiting:
        yield Fault(
            "cycle", plan.step(waiting[0]).line, f"{', '.join(waiting)}: they wait for each other"
        )
    if sum(each.point_of_no_return for each in plan.steps) > 1:
        last = [each for each in plan.steps if each.point_of_no_return][-1]
        yield Fault("no-return", last.line, "there is more than one point of no return")
    order = ordered(plan.steps)[0]
    changing = next((each for each in order if each.command or each.action in CHANGING), None)
    actions = [each.action for each in order[: order.index(changing)]] if changing else []
    if changing and "backup" not in actions:
        yield Fault(
            "no-backup", changing.line,
            f"{changing.id}: it changes the database before any built-in backup",
            'put a step with action = "backup" before it',
        )  # fmt: skip
    if "backup" in actions and "close" not in actions[: actions.index("backup")]:
        backup = next(each for each in order if each.action == "backup")
        yield Fault(
            "open-platform", backup.line,
            f"{backup.id}: what is written after the backup is lost by a rollback",
            'put a step with action = "close" before it',
        )  # fmt: skip


def _window(plan: Plan) -> Iterator[Fault]:
    if plan.limits > plan.window:
        yield Fault(
            "window", plan.window_line,
            f"the steps may take {minutes(plan.limits)} before any is stopped"
            f" ({minutes(plan.budgets)} by their budgets), and the window is"
            f" {minutes(plan.window)}",
            f"cut the budgets to {minutes(plan.window - plan.way_back)} with their limits and a"
            " rollback, or lengthen the window",
        )  # fmt: skip
    spent = 0.0
    for step in ordered(plan.steps)[0]:
        if step.point_of_no_return:
            break
        spent += step.limit
        if spent + plan.way_back > plan.window:
            yield Fault(
                "no-room-for-rollback", step.line,
                f"{step.id}: stopped at its limit, minute {spent / 60:.4g}, a rollback of"
                f" {minutes(plan.way_back)} ends {minutes(spent + plan.way_back - plan.window)}"
                " after the window",
            )  # fmt: skip
            break
    if len({each.seconds for each in plan.claims}) > 1:
        listed = ", ".join(f"{minutes(e.seconds)} ({e.what}, line {e.line})" for e in plan.claims)
        yield Fault("two-rollbacks", plan.claims[0].line, f"the rollback takes {listed}")
    if not plan.rollback:
        yield Fault(
            "no-rollback", plan.claims[0].line if plan.claims else 1,
            "the rollback as a whole has no step", 'add [[rollback.steps]] with action = "restore"',
        )  # fmt: skip


def _people(plan: Plan) -> Iterator[Fault]:
    for step in (*plan.steps, *plan.rollback):
        if not step.people:
            yield Fault("nobody", step.line, f"{step.id}: nobody is named for it")
        for name in step.people:
            if name not in plan.people:
                yield Fault(
                    "unknown-person", step.line, f"{step.id}: {name} is not among the people"
                )


def _criteria(plan: Plan) -> Iterator[Fault]:
    for each in plan.criteria:
        if each.measure not in MEASURES:
            yield Fault(
                "unknown-measure", each.line, f"there is no measure {each.measure}",
                f"known are {', '.join(MEASURES)}",
            )  # fmt: skip
        if (each.at_least is None) == (each.at_most is None):
            yield Fault(
                "criterion", each.line, f"{each.measure}: at_least or at_most, and not both"
            )
    if not plan.criteria:
        yield Fault("no-criteria", 1, "nothing says when to go and when not to")


def _unknown(step: Step) -> Fault:
    return Fault(
        "unknown-action", step.line, f"{step.id}: there is no built-in action {step.action}",
        f"known are {', '.join(ACTIONS)}",
    )  # fmt: skip


def _step(step: Step, *, gone: bool) -> Iterator[Fault]:
    if step.action and step.action not in ACTIONS:
        yield _unknown(step)
    if not step.action and step.check is None:
        yield Fault("no-check", step.line, f"{step.id}: nothing shows that it did what it should")
    back = step.way_back
    if back is None and not (step.action and step.action not in CHANGING):
        yield Fault("no-way-back", step.line, f"{step.id}: nothing says how it is undone")
    if back is not None and back.kind == "none" and not gone:
        yield Fault(
            "no-way-back", step.line,
            f"{step.id}: it cannot be undone, and comes before the point of no return",
        )  # fmt: skip
    if back is not None and back.kind == "none" and not back.reason:
        yield Fault("no-reason", step.line, f"{step.id}: no way back, and no reason")
    if back is not None and back.kind == "command" and back.check is None:
        yield Fault("no-check", step.line, f"{step.id}: nothing shows that it was undone")
    if back is not None and back.kind == "nothing" and step.action in CHANGING:
        yield Fault("no-way-back", step.line, f"{step.id}: {step.action} does change the database")


def _commands(step: Step, before: list[Step]) -> Iterator[Fault]:
    made = [each.command[-1] for each in before if _program(each) == "createdb"]
    dumped = [
        path
        for each in before
        if _program(each) in ("pg_dump", "pg_dumpall")
        for path in parse(_program(each), each.command[1:]).given.get("file", ())
    ]
    given = [step.command, step.check.command if step.check else ()]
    if back := step.way_back:
        given += [back.command, back.check.command if back.check else ()]
    for command in filter(None, given):
        yield from command_faults(step, command, made, dumped)


def _program(step: Step) -> str:
    return PurePath(step.command[0]).name if step.command else ""
