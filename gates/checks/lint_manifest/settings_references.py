"""References of the settings schema stay inside the file."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.checks.lint_manifest._settings import settings_object
from gates.model import Finding, Stage
from gates.module import Module
from gates.module.document import show
from gates.module.explain import closest
from gates.module.references import references


@check(Stage.LINT_MANIFEST)
def settings_references(module: Module) -> Iterator[Finding]:
    """Every $ref of the settings schema leads to a schema in the same file.

    Why: the platform reads this file alone. A reference to the network is another schema tomorrow,
        or none; one that leads back to itself hangs every program that follows it.
    Bad: "$ref": "https://example.com/address.json", "$ref": "#/$defs/adress"
    Good: "$ref": "#/$defs/address" with that definition in the file
    Fix: copy the definition into "$defs" and refer to it there.
    """
    document = settings_object(module)
    found = references(document)
    definitions = [
        "#/" + "/".join(str(part) for part in each.pointer)
        for each in found.schemas
        if len(each.pointer) == 2 and each.pointer[0] in ("$defs", "definitions")
    ]
    for place, reason in found.broken.items():
        reference = document.get(*place)
        guess = closest(reference, definitions, 0.8)
        yield settings_references.finding(
            f"the reference {show(reference)} {reason}",
            document.at(*place),
            fix=f'did you mean "{guess}"?' if guess else "define it in $defs of this file",
        )
    for pointer in found.circles:
        key = "$ref" if "$ref" in document.get(*pointer) else "$dynamicRef"
        yield settings_references.finding(
            f"the reference {show(document.get(*pointer, key))} comes back to itself",
            document.at(*pointer, key),
            fix="refer to it from a property or from items, where it can end",
        )
