"""What the module registers is what its manifest says, and works."""

import json
from pathlib import Path
from typing import Any

from axon_core import RequestContext, RouteRequest

from meal_plan import register

MANIFEST = json.loads((Path(__file__).parents[2] / "module.json").read_text("utf-8"))


def test_register_agrees_with_the_manifest() -> None:
    registered = register()
    assert registered.slug == MANIFEST["slug"]
    assert registered.version == MANIFEST["version"]
    routes = [(route.method, route.path) for route in registered.routes]
    assert routes == [(each["method"], each["path"]) for each in MANIFEST["api_endpoints"]]
    jobs = [(job.name, job.queue, job.schedule) for job in registered.jobs]
    assert jobs == [(each["name"], each["queue"], each["schedule"]) for each in MANIFEST["jobs"]]


def test_the_job_archives_what_the_route_lists(context: RequestContext, database: Any) -> None:
    (route,), (job,) = register().routes, register().jobs
    expected = {"notes": [{"id": 1, "title": "first", "archived_at": None}]}
    assert route.handler(RouteRequest(), context).body == expected
    job.handler(None, context)
    assert database.rows[0]["archived_at"] is not None
