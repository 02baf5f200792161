"""The gate's own rules on injection: YAML files, one for each rule, in the folder of a language.

`sources.yaml` beside them says once what comes from outside. Source: the rule syntax of opengrep,
which is that of semgrep (`mode: taint`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gates.errors import ToolMissingError
from gates.records import dataclass

FOLDERS = Path(__file__).with_name("languages")
SOURCES = "sources.yaml"


@dataclass(frozen=True)
class Rule:
    """One rule, and a line that breaks it."""

    id: str
    severity: str
    """ERROR or WARNING."""
    message: str
    fix: str
    canary: str
    body: dict[str, Any]
    """The rest of it, as opengrep reads it."""


def read_rules(language: str) -> list[Rule]:
    """The rules of a language, by name. Raises `ToolMissingError` without the YAML library."""
    folder = FOLDERS / language / "injection"
    sources = _load(folder / SOURCES)
    return [
        _rule(_load(path), sources)
        for path in sorted(folder.glob("*.yaml"))
        if path.name != SOURCES
    ]


def write_rules(language: str, rules: Sequence[Rule]) -> str:
    """All rules in one file for opengrep, in JSON."""
    return json.dumps(
        {
            "rules": [
                {
                    "id": each.id,
                    "languages": [language],
                    "severity": each.severity,
                    "message": each.message,
                    **each.body,
                }
                for each in rules
            ]
        }
    )


def _rule(content: dict[str, Any], sources: object) -> Rule:
    told = content.pop("metadata")
    id_, severity, message = (str(content.pop(key)) for key in ("id", "severity", "message"))
    body = {"mode": "taint", "pattern-sources": sources, **content}
    return Rule(id_, severity, message, told["fix"], told["canary"], body)


def _load(path: Path) -> Any:  # noqa: ANN401 - YAML
    try:
        import yaml
    except ImportError as error:
        raise ToolMissingError(
            "the package PyYAML is not installed (it comes with axon-gates[injection])",
            hint="pip install 'axon-gates[injection]'",
        ) from error
    # The same loader, in C where PyYAML was built with libyaml.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text("utf-8"), loader)  # noqa: S506 - it is a safe one
