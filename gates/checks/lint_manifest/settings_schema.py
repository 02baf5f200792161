"""The settings schema is a JSON Schema of an object."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Level, Stage
from gates.module import Document, Module
from gates.module.document import show
from gates.module.explain import closest, explain
from gates.module.expressions import why_no_pattern
from gates.module.schemas import SETTINGS, load_schema
from gates.module.subschemas import LISTS, MAPS, SINGLE, subschemas
from gates.module.values import patterns

KEYWORDS = frozenset(
    {
        *MAPS, *LISTS, *SINGLE, "$schema", "$id", "$ref", "$anchor", "$dynamicRef",
        "$dynamicAnchor", "$comment", "$vocabulary", "type", "enum", "const", "multipleOf",
        "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength",
        "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains",
        "maxProperties", "minProperties", "required", "dependentRequired", "title", "description",
        "default", "deprecated", "readOnly", "writeOnly", "examples", "format", "contentEncoding",
        "contentMediaType", "contentSchema", "schema_version",
    }
)  # fmt: skip
"""Keywords of Draft 2020-12, and the standard's own."""


@check(Stage.LINT_MANIFEST)
def settings_schema(module: Module) -> Iterator[Finding]:
    """The settings schema is a JSON Schema (Draft 2020-12) of an object.

    Why: the platform makes the settings form from it and checks what tenants store against it.
    Bad: {"type": "array"}, {"type": "objekt"}, "required": "name", a draft-07 schema
    Good: {"type": "object", "schema_version": "1.0.0", "properties": {...}}
    Fix: as each finding says. The rules are module_settings.schema.json; name it in "$schema" and
        the editor helps while you type. Regular expressions are JavaScript's, with the flag u, as
        JSON Schema has it: \\p{L} and (?<year>...), and neither (?i) nor (?P<year>...).
    """
    document = module.require_settings()
    if not isinstance(document.value, dict):
        yield settings_schema.finding(
            f"{document.path} must be an object", document.at(), fix='write {"type": "object", ...}'
        )
        return
    schema = load_schema(SETTINGS)
    rules = {"$ref": "#/$defs/root", "$defs": schema["$defs"]}
    try:
        violations = explain(document, rules)
    except RecursionError:
        yield settings_schema.finding(
            f"{document.path} is nested too deep", document.at(), fix="flatten the settings"
        )
        return
    for violation in violations:
        if violation.owner is None:
            yield settings_schema.finding(violation.message, violation.location, fix=violation.fix)
    yield from _patterns(document)
    yield from _misspelt(document)


def _patterns(document: Document) -> Iterator[Finding]:
    for place, pattern in patterns(subschemas(document)):
        if reason := why_no_pattern(pattern):
            in_key = place[-1] != "pattern"
            yield settings_schema.finding(
                f"{show(pattern)} is no regular expression: {reason}",
                document.key(*place) if in_key else document.at(*place),
                fix="write it as JavaScript takes it, with the flag u",
            )


def _misspelt(document: Document) -> Iterator[Finding]:
    """Keywords that nobody knows and that look like one: they silently do nothing."""
    for schema in subschemas(document):
        for key in schema.value:
            if key in KEYWORDS or key.startswith("x-"):
                continue
            guess = closest(key, KEYWORDS - set(schema.value), 0.85)
            if guess:
                yield settings_schema.finding(
                    f"the keyword {show(key)} does nothing",
                    document.key(*schema.pointer, key),
                    level=Level.WARNING,
                    fix=f'did you mean "{guess}"?',
                )
