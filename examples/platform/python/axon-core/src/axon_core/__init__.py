"""The contract between the Axon platform and its modules (stand-in)."""

from axon_core.contract import (
    Job,
    JobHandler,
    ModuleRegistration,
    RequestContext,
    Route,
    RouteHandler,
    RouteRequest,
    RouteResponse,
    Row,
    Statement,
    TableUsage,
    TableUsageSource,
    TenantDatabase,
    TenantQueue,
    tenant_queue,
)
from axon_core.errors import AxonError

__all__ = [
    "AxonError",
    "Job",
    "JobHandler",
    "ModuleRegistration",
    "RequestContext",
    "Route",
    "RouteHandler",
    "RouteRequest",
    "RouteResponse",
    "Row",
    "Statement",
    "TableUsage",
    "TableUsageSource",
    "TenantDatabase",
    "TenantQueue",
    "tenant_queue",
]
