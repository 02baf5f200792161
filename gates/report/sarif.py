"""SARIF 2.1.0 (OASIS): for code scanning, and for whatever else reads static results. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gates.check import Check, stage_checks
from gates.model import Level, Stage
from gates.report.doubles import Places
from gates.report.entries import Entry, entries, lacking, place, waiver_of
from gates.report.escaping import safe

if TYPE_CHECKING:
    from gates.report import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
REPOSITORY = "https://github.com/axon-platform/axon-gates"
ROOT = "%SRCROOT%"
"""Stands for the root of the repository, as GitHub reads it."""
MOST = 25_000
"""Results of a run, of which GitHub takes none where there are more; it shows the worst 5,000."""
ROOM = 6_000_000
"""Bytes of all results of a file, which may come to 10 MB, compressed, with all else."""
LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}


def render(report: Report) -> str:
    """The report as one SARIF run. Findings are results; waived ones carry a suppression that names
    who approved it; what could not be checked is a notification, and the execution no success."""
    found = list(entries(report))
    rules = _rules(report, found)
    unknown = lacking(report)
    started = min((each.started for each in report.stages if each.started), default="")
    invocation: dict[str, Any] = {
        "executionSuccessful": not unknown and all(s.checks for s in report.stages),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": [
            {
                "descriptor": {"id": safe(check)},
                "level": "error",
                "message": {"text": safe(_joined(each.reason or "inconclusive", each.hint))},
                "properties": {"stage": each.stage.stage.value},
            }
            for each in unknown
            for check in each.checks
        ],
    }
    if started:
        invocation["startTimeUtc"] = started
    results = _results(report, found, list(rules))
    kept = fitted(results, ROOM)
    run = {
        "tool": {
            "driver": {
                "name": "axon-gates",
                "version": report.gates_version,
                "informationUri": REPOSITORY,
                "rules": list(rules.values()),
            }
        },
        "automationDetails": {"id": f"axon-gates/{safe(report.slug)}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The root of the repository that holds the module."}}
        },
        "invocations": [invocation, *left_over(len(results) - len(kept))],
        "results": kept,
        "properties": {
            "verdict": report.verdict.value,
            "module": safe(f"{report.slug} {report.version}".strip()),
            "contentDigest": report.digest,
            "policyDigest": report.policy_digest,
        },
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def fitted(results: Sequence[dict[str, Any]], room: int) -> list[dict[str, Any]]:
    """The results that a file with `room` bytes takes: the worst, in their order."""
    weights = {level: number for number, level in enumerate(LEVELS.values())}
    kept = []
    for number in sorted(
        range(len(results)),
        key=lambda n: (bool(results[n].get("suppressions")), weights.get(results[n]["level"], 0)),
    )[:MOST]:
        room -= len(json.dumps(results[number]))
        if room < 0:
            break
        kept.append(number)
    return [results[number] for number in sorted(kept)]


def left_over(number: int) -> list[dict[str, Any]]:
    """What tells of results that are not in the file; nothing where all are."""
    if not number:
        return []
    text = f"{number:,} more results did not fit; the JSON report of the run has all of them."
    note = {"descriptor": {"id": "axon-gates"}, "level": "warning", "message": {"text": text}}
    return [{"executionSuccessful": True, "toolExecutionNotifications": [note]}]


def _rules(report: Report, found: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """A rule for each check that found something, with the page of `gates explain` as its help."""
    pages: dict[str, Check] = {}
    for stage in {each.stage for each in report.stages}:
        pages |= {each.id: each for each in stage_checks(Stage(stage))}
    rules: dict[str, dict[str, Any]] = {}
    for each in found:
        name = safe(each.finding.check)
        rules.setdefault(name, _rule(name, pages.get(name), each.stage.stage, report.gates_version))
    return rules


def _rule(name: str, check: Check | None, stage: Stage, version: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": name, "properties": {"tags": [stage.value]}}
    if check is not None:
        rule |= {
            "shortDescription": {"text": check.summary},
            "fullDescription": {"text": check.summary},
            "help": {"text": check.doc, "markdown": f"```text\n{check.doc}\n```"},
            "helpUri": f"{REPOSITORY}/blob/v{version}/docs/checks.md#{name}",
        }
    return rule


def _results(report: Report, found: Iterable[Entry], rules: list[str]) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    places = Places()
    results = []
    for each in found:
        finding, name = each.finding, safe(each.finding.check)
        first = None if each.waived else places.add(finding)
        seen[finding.fingerprint] += 1
        key = f"{finding.fingerprint}:{seen[finding.fingerprint]}"
        result: dict[str, Any] = {
            "ruleId": name,
            "ruleIndex": rules.index(name),
            "level": LEVELS[finding.level],
            "kind": "fail",
            "message": {"text": safe(_joined(finding.message, finding.fix)) or "(no message)"},
            "locations": [_location(report, each)],
            "partialFingerprints": {
                "axonGatesFingerprint/v1": finding.fingerprint,
                "primaryLocationLineHash": key,
            },
            **({"baselineState": "unchanged"} if each.baselined else {}),
            "suppressions": [_suppression(report, each)] if each.waived else [],
            "properties": {
                "stage": each.stage.stage.value,
                **({"fix": safe(finding.fix)} if finding.fix else {}),
                **({"detail": safe(finding.detail)} if finding.detail else {}),
                **({"toolRule": safe(finding.rule)} if finding.rule else {}),
                **({"duplicateOf": first.fingerprint} if first else {}),
            },
        }
        results.append(result)
    return results


def _joined(message: str, fix: str | None) -> str:
    return f"{message}\nFix: {fix}" if fix else message


def _location(report: Report, each: Entry) -> dict[str, Any]:
    """Where it is; what has no file of its own is at the manifest, since a result without a file is
    shown nowhere, and what is about a whole file is at its first line, since GitHub asks for one.
    """
    finding = each.finding
    where = finding.location
    path = place(report, finding) or "/".join(filter(None, (report.folder, "module.json")))
    uri = quote(path.encode("utf-8", "replace"), safe="/-._~")
    region: dict[str, Any] = {"startLine": 1}
    if where.path and where.line and where.line > 0:
        region["startLine"] = where.line
        if where.column and where.column > 0:
            region["startColumn"] = where.column
            if where.end_column and where.end_column > where.column:
                region["endColumn"] = where.end_column
        if finding.excerpt is not None:
            region["snippet"] = {"text": safe(finding.excerpt)}
    place_of_file = {"uri": uri, "uriBaseId": ROOT}
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": place_of_file, "region": region}
    }
    if where.object:
        location["logicalLocations"] = [{"fullyQualifiedName": safe(where.object)}]
    return location


def _suppression(report: Report, each: Entry) -> dict[str, Any]:
    if each.baselined:
        why = "the module's baseline holds it"
        return {"kind": "external", "status": "accepted", "justification": why}
    waiver = waiver_of(each.finding, report.waivers)
    if waiver is None:
        return {"kind": "external", "status": "accepted"}
    return {
        "kind": "external",
        "status": "accepted",
        "justification": safe(waiver.reason),
        "properties": {
            "owner": safe(waiver.owner),
            "approver": safe(waiver.approver),
            "expires": waiver.expires.isoformat(),
        },
    }
