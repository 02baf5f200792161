"""Defaults and examples of the settings fit their own property."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.checks.lint_manifest._bounded import bounded_violations
from gates.checks.lint_manifest._settings import resolved_references, settings_object
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.module.validator import is_schema
from gates.module.values import needs_process, value_violations


@check(Stage.LINT_MANIFEST)
def settings_values(module: Module) -> Iterator[Finding]:
    """Every default and every example of the settings schema validates against its own property.

    Why: a default that is not valid is refused the moment a tenant saves the form untouched.
    Bad: {"type": "integer", "minimum": 10, "default": 5}; {"enum": ["a"], "examples": ["b"]}
    Good: {"type": "integer", "minimum": 10, "default": 10, "examples": [10, 60]}
    Fix: correct the default or example, or the property. The formats date, date-time, time, email,
        hostname, ipv4, ipv6, uri and uuid are held to; others are hints to the form. Regular
        expressions are tried in a process of their own: one that takes longer than ten seconds
        makes this inconclusive.
    """
    document = settings_object(module)
    if not is_schema(document.value):
        raise CouldNotCheckError(
            f"{document.path} is no valid JSON Schema",
            hint="fix what `settings-schema` reports first",
        )
    found = resolved_references(document)
    slow = needs_process(found)
    violations = bounded_violations(document) if slow else value_violations(document, found)
    for violation in violations:
        yield settings_values.finding(violation.message, violation.location, fix=violation.fix)
