"""What the module registers is what its manifest says."""

import json
from pathlib import Path

from retention_report import register

MANIFEST = json.loads((Path(__file__).parents[2] / "module.json").read_text())


def test_register_agrees_with_the_manifest() -> None:
    registered = register()
    assert registered.slug == MANIFEST["slug"]
    assert registered.version == MANIFEST["version"]
    assert registered.health == MANIFEST["health_check"]["endpoint"]
    assert [
        {
            "method": route.method,
            "path": route.path,
            "description": route.description,
            "authenticated": route.authenticated,
            "permissions": list(route.permissions),
        }
        for route in registered.routes
    ] == MANIFEST["api_endpoints"]
    assert [
        {"name": job.name, "queue": job.queue, "schedule": job.schedule} for job in registered.jobs
    ] == MANIFEST["jobs"]
    used = {permission for route in registered.routes for permission in route.permissions}
    assert used == set(MANIFEST["permissions"])
