"""What the checks of the settings schema share: the document, fit to be looked at, or not."""

from __future__ import annotations

from gates.errors import CouldNotCheckError
from gates.module import Document, Module
from gates.module.references import References, references


def settings_object(module: Module) -> Document:
    """The settings schema as a JSON object. Raises `CouldNotCheckError` where it is none."""
    document = module.require_settings()
    if not isinstance(document.value, dict):
        raise CouldNotCheckError(
            f"{document.path} is no object", hint="fix what `settings-schema` reports first"
        )
    return document


def resolved_references(document: Document) -> References:
    """The references of a settings schema, all of which lead somewhere and to an end.

    Raises `CouldNotCheckError` where one does not.
    """
    found = references(document)
    if found.broken or found.circles:
        raise CouldNotCheckError(
            f"{document.path} has references that lead nowhere",
            hint="fix what `settings-references` reports first",
        )
    return found
