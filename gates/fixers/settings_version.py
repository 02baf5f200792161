"""Writes the module's version into the settings schema."""

from __future__ import annotations

import json

from gates.fixer import Changes, fixer
from gates.fixers._text import replace_at
from gates.module import Module


@fixer()
def settings_version(module: Module) -> Changes:
    """The settings schema with the version of module.json as its schema_version."""
    document = module.require_settings()
    place = document.at("schema_version")
    text = replace_at(document.text, place, json.dumps(module.version))
    return {document.path: text.encode()}
