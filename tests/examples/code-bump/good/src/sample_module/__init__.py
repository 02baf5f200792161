"""Keeps the notes of a tenant, each with a short title."""

from __future__ import annotations

from typing import TypedDict

SLUG = "sample-module"
VERSION = "1.1.0"


class Route(TypedDict):
    """One HTTP endpoint that the platform mounts."""

    method: str
    path: str


class Job(TypedDict):
    """One background job that the platform runs."""

    name: str
    queue: str


class Registration(TypedDict):
    """What the platform gets from `register()`."""

    slug: str
    version: str
    routes: list[Route]
    jobs: list[Job]


def register() -> Registration:
    """Tell the platform what this module brings."""
    return {"slug": SLUG, "version": VERSION, "routes": [], "jobs": []}


def label(title: str, length: int = 80) -> str:
    """Return the title as lists show it."""
    return title.upper()[:length]
