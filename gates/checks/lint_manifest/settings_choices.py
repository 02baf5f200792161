"""Closed choices among the settings are written as such."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gates.check import check
from gates.checks.lint_manifest._settings import settings_object
from gates.model import Finding, Stage
from gates.module import Module
from gates.module.document import show
from gates.module.subschemas import subschemas

_CHOICE = re.compile(r"\^\((?:\?:)?([\w .:/-]*(?:\|[\w .:/-]*)+)\)\$", re.ASCII)
"""An expression that is nothing but a list of texts: ^(a|b|c)$."""


@check(Stage.LINT_MANIFEST)
def settings_choices(module: Module) -> Iterator[Finding]:
    """Closed choices among the settings are written with enum or const.

    Why: the form shows a list for an enum, and a riddle for a pattern; and what was removed from
        an enum is seen when two versions are compared.
    Bad: {"type": "string", "pattern": "^(email|chat)$"}
    Good: {"enum": ["email", "chat"]}, {"oneOf": [{"const": "email", "title": "By mail"}, ...]}
    Fix: write the choices as enum, or as const with a title each.
    """
    document = settings_object(module)
    for schema in subschemas(document):
        pattern = schema.value.get("pattern")
        if isinstance(pattern, str) and len(pattern) < 2000 and (m := _CHOICE.fullmatch(pattern)):
            yield settings_choices.finding(
                f"the pattern {show(pattern)} is a closed choice",
                document.at(*schema.pointer, "pattern"),
                fix=f'write "enum": {show(m[1].split("|"), 200)} instead',
            )
