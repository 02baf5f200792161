"""Every setting has a title, a description and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gates.check import check
from gates.checks.lint_manifest._settings import settings_object
from gates.model import Finding, Stage
from gates.module import Module, label
from gates.module.references import references
from gates.module.subschemas import Place, Subschema

DOCUMENTATION = ("title", "description", "examples")


@check(Stage.LINT_MANIFEST)
def settings_documented(module: Module) -> Iterator[Finding]:
    """Every property of the settings schema, at every depth, has title, description and examples.

    Why: the settings form is made from them; a field without is a riddle to the tenant.
    Bad: "smtp": {"type": "object", "properties": {"host": {"type": "string"}}}
    Good: "host": {"title": "Host", "description": "Name of the mail server.", "type": "string",
        "examples": ["smtp.example.com"]}
    Fix: add what the finding names. What stands at the target of a $ref, in allOf, or at the same
        property in another branch (then, else, oneOf) counts; inside if and not nothing is asked.
    """
    document = settings_object(module)
    found = references(document)
    at_place: dict[Place, list[Subschema]] = {}
    first: dict[Place, Place] = {}
    for schema in found.schemas:
        if schema.is_property and schema.declares:
            at_place.setdefault(schema.place, []).append(schema)
            first.setdefault(schema.place, schema.pointer)
        properties = schema.value.get("properties") if schema.declares else None
        for name, value in properties.items() if isinstance(properties, dict) else ():
            if value is True:
                at_place.setdefault((*schema.place, name), [])
                first.setdefault((*schema.place, name), (*schema.pointer, "properties", name))
    for place, schemas in at_place.items():
        if any((*each.pointer, "$ref") in found.broken for each in schemas):
            continue  # settings-references says so; the documentation may stand at its target
        present = {
            key
            for schema in schemas
            for each in found.chain(schema)
            for key in DOCUMENTATION
            if _is_filled(each.value.get(key))
        }
        missing = [key for key in DOCUMENTATION if key not in present]
        if missing:
            names = (
                missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
            )
            yield settings_documented.finding(
                f"the setting {label(place)} has no {names}",
                document.key(*first[place]),
                fix="add " + ", ".join(f'"{key}": {_form(key)}' for key in missing),
            )


def _is_filled(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def _form(key: str) -> str:
    return "[...]" if key == "examples" else '"..."'
