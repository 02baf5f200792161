"""What module.json says of the sources: read from them, as the checks do that compare both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gates.adoption.draft import Older, as_json
from gates.errors import CouldNotCheckError
from gates.module import with_files
from gates.module.load import MANIFEST

if TYPE_CHECKING:
    from gates.toolchains.sources.offers import Offers, Text


def declared(older: Older, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Environment variables, endpoints, jobs, events and permissions that the sources have and the
    manifest does not list yet. What they do not write out is left out; the checks say where."""
    from gates.toolchains.languages import find_language

    module = with_files(older.module, {MANIFEST: as_json(manifest)})
    language = find_language(module)
    if language is None:
        return {}
    try:
        read, offers = language.read_variables(module), language.read_offers(module)
    except CouldNotCheckError:  # what cannot be parsed, the checks say
        return {}
    variables = list(manifest.get("environment_variables") or [])
    there = {each.get("name") for each in variables if isinstance(each, dict)}
    for each in read.variables:
        if each.name not in there:
            entry: dict[str, Any] = {"name": each.name, "required": each.optional is False}
            if each.default is not None:
                entry["default_value"] = each.default
            variables.append({**entry, "secret": _is_secret(each.name)})
    return {"environment_variables": variables, **_offered(offers, manifest)}


def _offered(offers: Offers, manifest: Mapping[str, Any]) -> dict[str, Any]:
    endpoints = list(manifest.get("api_endpoints") or [])
    served = {(e.get("method"), e.get("path")) for e in endpoints if isinstance(e, dict)}
    permissions = dict.fromkeys(manifest.get("permissions") or [])
    for route in offers.routes:
        asked = [value for each in route.permissions for value in each.values or ()]
        permissions |= dict.fromkeys(asked)
        for method in _values(route.method):
            for path in _values(route.path):
                if (method.upper(), path) not in served:
                    asks = {"permissions": asked} if asked else {}
                    said = {"authenticated": route.authenticated is not False, **asks}
                    endpoints.append({"method": method.upper(), "path": path, **said})
    permissions |= dict.fromkeys(value for each in offers.asked for value in _values(each))
    jobs = list(manifest.get("jobs") or [])
    named = {each.get("name") for each in jobs if isinstance(each, dict)}
    for job in offers.jobs:
        for name, queue in zip(_values(job.name), _values(job.queue), strict=False):
            if name not in named:
                schedule = _values(job.schedule) if job.schedule else ()
                more = {"schedule": schedule[0]} if schedule else {}
                jobs.append({"name": name, "queue": queue, **more})
    events = dict(manifest.get("events") or {})
    for key, texts in (("publishes", offers.published), ("subscribes", offers.subscribed)):
        names = dict.fromkeys(events.get(key) or [])
        names |= dict.fromkeys(value for each in texts for value in _values(each))
        if names:
            events[key] = list(names)
    return {
        "api_endpoints": endpoints, "permissions": list(permissions), "jobs": jobs,
        "events": events,
    }  # fmt: skip


def _values(text: Text) -> tuple[str, ...]:
    return text.values or ()


def _is_secret(name: str) -> bool:
    return any(word in name for word in ("SECRET", "TOKEN", "PASSWORD", "API_KEY", "PRIVATE_KEY"))
