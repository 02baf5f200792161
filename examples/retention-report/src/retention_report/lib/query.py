"""Running statements with checked results."""

from typing import TypeVar

from axon_core import RequestContext, Statement
from pydantic import BaseModel, ValidationError

from retention_report.lib.errors import UnexpectedRowError

Model = TypeVar("Model", bound=BaseModel)


def query(context: RequestContext, model: type[Model], statement: Statement) -> list[Model]:
    """Run a statement on the tenant's connection and check every row it returns."""
    rows = context.database.query(statement)
    try:
        return [model.model_validate(row) for row in rows]
    except ValidationError as error:
        raise UnexpectedRowError(statement.name) from error
