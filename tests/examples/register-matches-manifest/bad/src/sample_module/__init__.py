"""Keeps the notes of a tenant, each with a short title."""

from __future__ import annotations

SLUG = "sample-module"


def answer() -> str:
    """Handle a request."""
    return "fine"


def register() -> dict[str, object]:
    """Tell the platform what this module brings."""
    routes = [
        {"method": "GET", "path": f"/api/{SLUG}/{name}", "handler": answer, "permissions": []}
        for name in ("tags", "days")
    ]
    jobs = [{"name": "purge", "queue": f"tenant:{SLUG}:purge", "handler": answer}]
    return {"slug": SLUG, "version": "0.9.0", "routes": routes, "jobs": []}
