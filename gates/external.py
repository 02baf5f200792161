"""Checks of other packages, by the entry point group `gates.checks`; each runs in a child process.

In our own process one assignment in such a package would turn a failing stage into a passing one.
An entry point's name is the id of its check, and its object a function with the decorator
`gates.check.check`. Those that the policy requires (`checks.required`) are run; no others.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from gates.check import Check, find
from gates.errors import CheckDefinitionError, CouldNotCheckError
from gates.model import CheckResult, Finding, Level, Location, RanRecord, Stage, Verdict
from gates.module import Module
from gates.needs import Needs
from gates.settings import Settings
from gates.toolchains import Tools
from gates.toolchains.tools import Program

GROUP = "gates.checks"
STAGES = frozenset({Stage.LINT_MANIFEST, Stage.LINT, Stage.TEST, Stage.BUILD, Stage.SCAN})
NEEDS = frozenset({"module", "policy", "tools", "database", "tests", "bundle", "today"})
"""What such a check may ask for: nothing that could write a version or its evidence."""


def external_checks(needs: Needs) -> tuple[Check, ...]:
    """The checks of other packages that the policy requires, as checks that run a child process.

    Raises `CouldNotCheckError` for one that is not installed or that does not load.
    """
    wanted = [each for each in needs.policy.required_checks if find(each) is None]
    return tuple(_proxy(needs, each, _provider(each)) for each in wanted)


def _provider(check_id: str) -> str:
    """The one package that brings a check: "name version"."""
    points = importlib.metadata.entry_points(group=GROUP, name=check_id)
    packages = sorted({f"{each.dist.name} {each.dist.version}" for each in points if each.dist})
    if not packages:
        raise CouldNotCheckError(
            f"the policy requires the check {check_id}, which no installed package brings",
            hint="install the package that has it, beside axon-gates",
        )
    if len(packages) > 1:
        raise CouldNotCheckError(
            f"several packages bring a check {check_id}: {', '.join(packages)}",
            hint="uninstall all but one of them",
        )
    return packages[0]


def _proxy(needs: Needs, check_id: str, provider: str) -> Check:
    said = _child(needs.tools(), provider, {"do": "describe", "check": check_id})
    if said.get("error"):
        raise CouldNotCheckError(
            f"the check {check_id} of {provider} cannot be used: {said['error']}",
            hint=f"update or repair the package {provider.partition(' ')[0]}",
        )

    def run(module: Module, tools: Tools, today: date) -> Iterator[Finding]:
        order = {
            "do": "run",
            "check": check_id,
            "root": str(module.root),
            "digest": module.digest,
            "today": today.isoformat(),
            "policy": str(needs.settings.policy) if needs.settings.policy else None,
            "cache": str(needs.settings.cache),
            "database_url": needs.settings.database_url,
            "offline": needs.settings.offline,
        }
        result = _child(tools, provider, order)
        if set(result) != {"verdict", "reason", "hint", "findings", "records"}:
            raise CouldNotCheckError(f"the check {check_id} of {provider} gave half an answer")
        tools.records += [RanRecord(**each) for each in result["records"]]
        for each in result["findings"]:
            where = Location(**each.pop("location"))
            yield Finding(location=where, **{**each, "level": Level(each["level"])})
        if result["verdict"] == Verdict.INCONCLUSIVE:
            raise CouldNotCheckError(str(result["reason"]), hint=result["hint"])

    return Check(
        id=check_id,
        stage=Stage(said["stage"]),
        doc=str(said["doc"]),
        needs=("module", "tools", "today"),
        run=run,
        language=said["language"],
        provider=provider,
    )


def _child(tools: Tools, provider: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Give a child process an order, and read its answer."""
    name, _, version = provider.partition(" ")
    program = Program(name, (sys.executable, "-P", "-m", "gates.external"), version)
    file = tools.folder / f"order-{len(tools.records)}.json"
    file.write_text(json.dumps(order), "utf-8")
    ran = tools.run(program, [file], cwd=tools.folder, subjects=1)
    answer = ran.json()
    if not isinstance(answer, dict):
        raise CouldNotCheckError(f"the check {order['check']} of {provider} gave no answer")
    return answer


def _load(check_id: str) -> Check:
    (point, *_) = importlib.metadata.entry_points(group=GROUP, name=check_id)
    check = point.load()
    if not isinstance(check, Check):
        raise CheckDefinitionError("it is no function with the decorator gates.check.check")
    if check.id != check_id:
        raise CheckDefinitionError(f"its function is called {check.id}")
    if check.stage not in STAGES:
        raise CheckDefinitionError(f"no package may add a check to the stage {check.stage}")
    if refused := sorted(set(check.needs) - NEEDS):
        raise CheckDefinitionError(f"it asks for {', '.join(refused)}, which it may not have")
    return check


def _describe(order: Mapping[str, Any]) -> dict[str, Any]:
    try:
        check = _load(str(order["check"]))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever another package does
        return {"error": f"{type(error).__name__}: {error}"}
    return {"stage": check.stage.value, "doc": check.doc, "language": check.language}


def _run(order: Mapping[str, Any]) -> dict[str, Any]:
    from gates.module import load
    from gates.run import run_check
    from gates.settings import load_policy

    check = _load(str(order["check"]))
    given = Path(order["policy"]) if order["policy"] else None
    cache = Path(order["cache"])
    settings = Settings.from_environment(
        {"GATES_STATE_DIR": str(cache / "none")},
        cache=cache,
        policy=given,
        database_url=order["database_url"],
        offline=order["offline"],
    )
    module = load(Path(order["root"]))
    if module.digest != order["digest"]:
        raise CouldNotCheckError("the module was changed while it was being looked at")
    policy = load_policy(module.root, given)
    needs = Needs(module, policy, settings, today=date.fromisoformat(order["today"]))
    try:
        return _plain(run_check(check, needs))
    finally:
        needs.close()


def _plain(result: CheckResult) -> dict[str, Any]:
    return {
        "verdict": result.verdict.value,
        "reason": result.reason,
        "hint": result.hint,
        "findings": [dataclasses.asdict(each) for each in result.findings],
        "records": [dataclasses.asdict(each) for each in result.records],
    }


def _answer(arguments: Iterable[str]) -> None:
    """The child: one order, one answer on what was standard output; prints go to errors."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    (path,) = arguments
    order = json.loads(Path(path).read_text("utf-8"))
    answer = _describe(order) if order["do"] == "describe" else _run(order)
    with out:
        json.dump(answer, out)


if __name__ == "__main__":
    _answer(sys.argv[1:])
