"""The SARIF of a pipeline: one log of what its stages left, within what GitHub takes. Pure.

One run a module: GitHub closes what a module's next run no longer holds, and leaves alone the
alerts of modules that have no run in an upload. Source of the limits:
https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gates.model import Stage
from gates.report.sarif import ROOM, SCHEMA, fitted, left_over

MOST_RUNS = 20
"""Runs of a file, of which GitHub takes none where there are more."""
Kept = tuple[str, Stage, bytes]
"""Module, stage and SARIF."""


def merged_sarif(reports: Sequence[Kept]) -> str:
    """One SARIF log of several: a run for each module, in their order, and where there are more
    than GitHub takes, for those with the most errors. Raises `ValueError` for what is no SARIF."""
    by_module: dict[str, list[dict[str, Any]]] = {}
    for module, stage, data in reports:
        try:
            by_module.setdefault(module, []).extend(_runs(json.loads(data)))
        except (TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            raise ValueError(f"the SARIF of {stage} of {module} cannot be read") from error
    runs = [_one(module, found) for module, found in by_module.items() if found]
    worst = sorted(range(len(runs)), key=lambda number: -_errors(runs[number]))
    runs = [runs[number] for number in sorted(worst[:MOST_RUNS])]
    for run in runs:
        results = fitted(run["results"], ROOM // len(runs))
        run["invocations"] += left_over(len(run["results"]) - len(results))
        run["results"] = results
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}) + "\n"


def left_out(modules: int) -> str | None:
    """That not every module is in the file, in words; None where each is."""
    if modules <= MOST_RUNS:
        return None
    return (
        f"pipeline.sarif holds the {MOST_RUNS} modules with the most errors, since GitHub takes no"
        f" more runs in a file; of the other {modules - MOST_RUNS} each stage has its own"
    )


def _runs(log: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs of a log, each result with its rule in the place of a number among the rules."""
    found = []
    for run in log["runs"]:
        rules = run["tool"]["driver"]["rules"]
        results = [{**each, "ruleIndex": rules[each["ruleIndex"]]} for each in run["results"]]
        if not all(isinstance(each["ruleId"], str) for each in results):
            raise TypeError("the id of a rule is no text")
        found.append({**run, "results": results, "invocations": [*run["invocations"]]})
    return found


def _one(module: str, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for run in runs:
        for each in run["results"]:
            rules.setdefault(each["ruleId"], each["ruleIndex"])
    places = {name: number for number, name in enumerate(rules)}
    first = runs[0]
    driver = {**first["tool"]["driver"], "rules": list(rules.values())}
    return {
        **first,
        "tool": {"driver": driver},
        "automationDetails": {"id": f"axon-gates/{module}/"},
        "invocations": [each for run in runs for each in run["invocations"]],
        "results": [
            {**each, "ruleIndex": places[each["ruleId"]]} for run in runs for each in run["results"]
        ],
        "properties": {"stages": [run.get("properties") for run in runs]},
    }


def _errors(run: Mapping[str, Any]) -> int:
    return sum(each.get("level") == "error" for each in run["results"])
