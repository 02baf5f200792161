"""A report from the request to the export, over HTTP."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import cast
from uuid import UUID

import pytest

from retention_report import register
from retention_report.lib.export import sign
from tests.e2e.host import serve
from tests.support import OTHER_TENANT, TENANT, FakeDatabase, Published, context_of

SHARED = "an example of a shared secret"
SETTINGS = {
    "overrides": [{"table": "tenant_crm_contacts", "retention_days": 730}],
    "export": {"include_empty_tables": False, "signing_secret": SHARED},
}


class Client:
    """A tenant's user."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Keep where the host listens."""
        self.address = address

    def call(
        self, method: str, path: str, body: object = None, tenant: UUID = TENANT
    ) -> tuple[int, str, HTTPResponse]:
        """Send one request."""
        connection = HTTPConnection(*self.address, timeout=10)
        try:
            content = None if body is None else json.dumps(body)
            headers = {"x-tenant": str(tenant)}
            connection.request(method, f"/api/retention-report{path}", content, headers)
            response = connection.getresponse()
            return response.status, response.read().decode(), response
        finally:
            connection.close()

    def json(
        self, method: str, path: str, body: object = None, tenant: UUID = TENANT
    ) -> tuple[int, dict[str, object]]:
        """Send one request and read the JSON of its answer."""
        status, text, _ = self.call(method, path, body, tenant)
        return status, cast("dict[str, object]", json.loads(text))


@pytest.fixture
def published() -> Published:
    """Collect the events."""
    return Published()


@pytest.fixture
def database() -> FakeDatabase:
    """Share one database between the tenants."""
    return FakeDatabase()


@pytest.fixture
def client(database: FakeDatabase) -> Iterator[Client]:
    """Start a host around the module."""
    with serve(
        register(),
        lambda tenant: context_of(database, tenant_id=UUID(tenant), settings=SETTINGS),
    ) as address:
        yield Client(address)


def test_a_report_is_queued_filled_and_exported(
    client: Client, database: FakeDatabase, published: Published
) -> None:
    status, queued = client.json("POST", "/runs", {"reference_date": "2026-11-24"})
    assert (status, queued["status"]) == (202, "queued")
    run = f"/runs/{queued['id']}"
    assert client.json("GET", f"{run}/export")[0] == 409

    register().jobs[0].handler(None, context_of(database, settings=SETTINGS, published=published))

    status, shown = client.json("GET", run)
    assert (status, shown["status"]) == (200, "completed")
    assert shown["items"] == [
        {
            "table_name": "tenant_crm_contacts",
            "retention_days": 730,
            "rows_total": 2,
            "rows_expired": 1,
            "oldest_row_at": "2020-01-01T00:00:00Z",
        },
        {
            "table_name": "tenant_crm_notes",
            "retention_days": 365,
            "rows_total": 0,
            "rows_expired": 0,
            "oldest_row_at": None,
        },
    ]
    status, text, response = client.call("GET", f"{run}/export")
    assert status == 200
    assert text.splitlines() == [
        "table_name,retention_days,rows_total,rows_expired,oldest_row_at",
        "tenant_crm_contacts,730,2,1,2020-01-01T00:00:00Z",
    ]
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["x-axon-signature"] == sign(text, SHARED)
    assert published == [
        ("retention-report.run.completed", {"run_id": queued["id"], "rows_expired": 1})
    ]


def test_a_tenant_does_not_see_the_run_of_another(client: Client) -> None:
    _, run = client.json("POST", "/runs")
    status, answer = client.json("GET", f"/runs/{run['id']}", tenant=OTHER_TENANT)
    assert (status, answer["error"]) == (404, "retention-report.run_not_found")
    assert client.json("GET", "/runs", tenant=OTHER_TENANT) == (200, {"runs": []})
    assert client.json("GET", "/runs") == (200, {"runs": [run]})


def test_one_run_waits_per_date(client: Client) -> None:
    assert client.json("POST", "/runs", {"reference_date": "2026-11-24"})[0] == 202
    status, answer = client.json("POST", "/runs", {"reference_date": "2026-11-24"})
    assert (status, answer["error"]) == (409, "retention-report.run_already_queued")
    assert client.json("POST", "/runs", {"reference_date": "2026-11-25"})[0] == 202


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/runs", {"reference_date": "tomorrow"}),
        ("POST", "/runs", {"unknown": True}),
        ("POST", "/runs", []),
        ("GET", "/runs/none", None),
    ],
)
def test_a_request_of_another_form_is_refused(
    client: Client, method: str, path: str, body: object
) -> None:
    status, answer = client.json(method, path, body)
    assert (status, answer["error"]) == (400, "retention-report.invalid_request")


def test_health_answers_an_unknown_path_does_not(client: Client) -> None:
    assert client.json("GET", "/health") == (
        200,
        {"status": "ok", "module": "retention-report", "version": "1.0.0"},
    )
    assert client.json("GET", "/nothing")[0] == 404
