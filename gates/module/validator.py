"""The JSON Schema validator of the checks: never fetches anything."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from gates.module.keywords import OURS


@cache
def _validator_class() -> Any:  # noqa: ANN401 - jsonschema makes the class at run time
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    make: Any = extend
    return make(Draft202012Validator, OURS)


def validator(schema: Mapping[str, Any] | bool, registry: object = None) -> Any:  # noqa: ANN401 - see _validator_class
    """A Draft 2020-12 validator.

    References resolve inside the schema and inside `registry`; without one, to the drafts
    themselves as well. Nothing is ever fetched, as jsonschema would of itself.
    """
    from jsonschema.validators import SPECIFICATIONS  # type: ignore[attr-defined]

    known = SPECIFICATIONS if registry is None else registry
    return _validator_class()(schema, registry=known)


def is_schema(schema: object) -> bool:
    """Whether a value is a valid schema of Draft 2020-12."""
    from jsonschema import Draft202012Validator

    try:
        return bool(validator(Draft202012Validator.META_SCHEMA).is_valid(schema))
    except RecursionError:
        return False
