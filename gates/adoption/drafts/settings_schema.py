"""Writes the settings schema from the older manifest's defaults and from a table of settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gates.adoption.draft import Changes, Older, as_json, draft, older_manifest
from gates.module.load import SETTINGS

_KEYS = ("settings", "config", "default_settings")
"""Under which older manifests have the defaults of their settings."""
_SECRETS = ("password", "secret", "token", "api_key")


@draft(40)
def settings_schema(older: Older) -> Changes:
    """An object with one property for each setting: its type and default are the older manifest's,
    or those of a column of the module's table of settings. A secret has neither default nor
    example; a module without settings has an object without properties."""
    said = older.manifest
    path = said.get("schema_file") or SETTINGS
    if path in older.module.files:
        return _again(older, path)
    title = f"Settings of {said.get('name', said.get('slug', 'the module'))}"
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "schema_version": said.get("version", "0.1.0"),
        "title": title,
        "description": "What a tenant can set.",
        "type": "object",
        "additionalProperties": False,
        "properties": dict(_properties(older)),
    }
    return {str(path): as_json(schema)}


def _again(older: Older, path: object) -> Changes:
    """The schema that is there, with this version and what each property lacks."""
    try:
        schema = json.loads(older.module.text(str(path)))
    except ValueError:  # what is wrong with it, readable says
        return {}
    if not isinstance(schema, dict) or not isinstance(schema.get("properties", {}), dict):
        return {}
    new = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    new |= {"type": "object", "schema_version": older.manifest.get("version", "0.1.0")}
    new["properties"] = {
        name: _property(name, each) if isinstance(each, dict) else each
        for name, each in schema.get("properties", {}).items()
    }
    return {} if new == schema else {str(path): as_json(new)}


def _properties(older: Older) -> Iterator[tuple[str, dict[str, Any]]]:
    yielded = set()
    said = older_manifest(older.original)
    for key in _KEYS:
        values = said.get(key)
        for name, value in values.items() if isinstance(values, dict) else ():
            yielded.add(name)
            given = value if isinstance(value, dict) and "type" in value else {"default": value}
            yield name, _property(name, given)
    for name, found in older.database.settings.items():
        if name not in yielded:
            yield name, _property(name, found)


def _property(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A property with all that the standard asks for, taken from what is known of it."""
    words = name.replace("_", " ").replace("-", " ")
    secret = any(each in name.lower() for each in _SECRETS)
    found = {"title": words[:1].upper() + words[1:], "description": f"The {words}.", **given}
    if "type" not in found and "enum" not in found:
        found["type"] = _type(found.get("default"))
    if secret:
        found |= {"type": "string", "format": "password"}
        found.pop("default", None)
        found["examples"] = [f"<your {words}>"]
    elif not found.get("examples"):
        default = found.get("default")
        values = found.get("enum") or ([default] if default is not None else [])
        found["examples"] = values[:1] or [_EXAMPLES.get(str(found.get("type")), "value")]
    return found


_EXAMPLES: Mapping[str, object] = {
    "integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {},
}  # fmt: skip


def _type(value: object) -> str:
    for kind, name in (
        (bool, "boolean"), (int, "integer"), (float, "number"), (list, "array"), (dict, "object"),
    ):  # fmt: skip
        if isinstance(value, kind):
            return name
    return "string"
