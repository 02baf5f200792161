"""Checking what comes from outside."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from retention_report.lib.errors import InvalidRequestError

Model = TypeVar("Model", bound=BaseModel)


def parse_request(model: type[Model], value: object) -> Model:
    """Check a part of a request; every problem is named in one answer."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidRequestError(describe(error)) from error


def describe(error: ValidationError) -> str:
    """Say where each problem is and what it is, without the value."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'value'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False)
    )
