"""What a module registers, and what the host hands to its handlers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from axon_core.errors import AxonError

Row: TypeAlias = Mapping[str, object]


@dataclass(frozen=True)
class Statement:
    """A named SQL statement with `%(name)s` parameters."""

    name: str
    text: str
    values: Mapping[str, object]


class TenantDatabase(Protocol):
    """A connection whose claims are those of one tenant; row level security applies."""

    def query(self, statement: Statement, /) -> Sequence[Row]:
        """Run one statement and return its rows."""
        ...


@dataclass(frozen=True)
class TableUsage:
    """How many rows a tenant has in a table, and how many of them are older than a date."""

    rows_total: int
    rows_expired: int
    oldest_row_at: datetime | None


class TableUsageSource(Protocol):
    """The platform's figures about a tenant's tables; a module may not read them itself."""

    def tables(self) -> Sequence[str]:
        """Name the tables that hold data of the tenant."""
        ...

    def measure(self, table: str, expired_before: datetime, /) -> TableUsage:
        """Count the tenant's rows in a table."""
        ...


@dataclass(frozen=True)
class RequestContext:
    """What the host knows about one request or one run of a job."""

    tenant_id: UUID
    correlation_id: str
    database: TenantDatabase
    table_usage: TableUsageSource
    publish: Callable[[str, Mapping[str, object]], None]
    """Publish an event that the manifest lists under `events.publishes`."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """The tenant's settings, already validated by the module's module_schema.json."""
    user_id: UUID | None = None


@dataclass(frozen=True)
class RouteRequest:
    """One HTTP request."""

    params: Mapping[str, str] = field(default_factory=dict)
    """Values of the `{name}` segments of the route's path."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: object = None
    """Parsed JSON, or None where the request had no body."""


@dataclass(frozen=True)
class RouteResponse:
    """The answer to a request; a body of type str is sent as it is, any other as JSON."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


RouteHandler: TypeAlias = Callable[[RouteRequest, RequestContext], RouteResponse]
JobHandler: TypeAlias = Callable[[object, RequestContext], None]


@dataclass(frozen=True)
class Route:
    """One endpoint under `/api/<module>/`."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    description: str
    authenticated: bool
    permissions: tuple[str, ...]
    handler: RouteHandler


@dataclass(frozen=True)
class Job:
    """Background work of a module."""

    name: str
    queue: str
    """Platform queue name, `tenant:<module>:<job>`."""
    schedule: str
    """Five-field cron expression, UTC."""
    handler: JobHandler


@dataclass(frozen=True)
class ModuleRegistration:
    """What a module's `register()` returns."""

    slug: str
    version: str
    routes: tuple[Route, ...]
    jobs: tuple[Job, ...]
    health: str | None = None
    """Path of the route that answers the platform's health check."""


class TenantQueue(NamedTuple):
    """A queue's name and prefix, as BullMQ wants them: it refuses a name with ":" in it."""

    name: str
    prefix: str


def tenant_queue(queue: str) -> TenantQueue:
    """Take a queue's whole name apart; raise `AxonError` unless it is `tenant:<module>:<name>`."""
    tenant, _, rest = queue.partition(":")
    module, _, name = rest.partition(":")
    if tenant != "tenant" or not module or not name or ":" in name:
        raise AxonError(f"{queue} is no name of a queue", code="axon.invalid_queue_name")
    return TenantQueue(name, f"{tenant}:{module}")
