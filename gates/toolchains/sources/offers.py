"""What a module's sources offer the platform: routes, jobs, events; the same in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from gates.model import Location
from gates.records import dataclass

T = TypeVar("T")
Node = TypeVar("Node")
Given = TypeVar("Given", contravariant=True)


@dataclass(frozen=True)
class Text:
    """A text in the sources, and the values that it can have there."""

    values: tuple[str, ...] | None
    """Several where the source chooses between constants; None where it cannot be read."""
    location: Location
    shown: str = ""
    """How the source writes it, cut."""


@dataclass(frozen=True)
class Route:
    """One endpoint: an object or a call of `Route` with a path and a handler."""

    method: Text
    path: Text
    permissions: tuple[Text, ...]
    authenticated: bool | None
    """None where the source does not write true or false."""
    location: Location


@dataclass(frozen=True)
class Job:
    """One job: an object or a call of `Job` with a name, a queue and a handler."""

    name: Text
    queue: Text
    schedule: Text | None
    location: Location


@dataclass(frozen=True)
class Offers:
    """Everything of that kind in a module, in the order of its files."""

    routes: tuple[Route, ...]
    jobs: tuple[Job, ...]
    published: tuple[Text, ...]
    subscribed: tuple[Text, ...]
    asked: tuple[Text, ...]
    """The permissions that handlers ask for themselves."""
    texts: frozenset[str]
    """Every text that is written out somewhere, or put together from constants in a list."""

    @classmethod
    def of(
        cls,
        routes: Iterable[Route],
        jobs: Iterable[Job],
        calls: Mapping[str, Iterable[Text]],
        texts: Iterable[str],
    ) -> Offers:
        """Each of them once: what several calls of a function find at one place is one thing."""
        routes = _once(routes)
        permissions = (each for route in routes for each in route.permissions)
        listed = {value for each in permissions for value in each.values or ()}
        return cls(
            routes,
            _once(jobs),
            _once(calls[PUBLISH]),
            _once(calls[SUBSCRIBE]),
            _once(calls["ask"]),
            frozenset(texts) | listed,
        )


class Reader(Protocol[Given]):
    """Reads the expressions of one file of one language."""

    def text(self, node: Given) -> Text:
        """A text where it stands."""

    def texts(self, node: Given) -> Iterator[Text]:
        """The members of a list; one text that is not known for anything but a list."""

    def boolean(self, node: Given) -> bool | None:
        """True or false, where that is written or bound to a name."""

    def at(self, node: Given) -> Location:
        """Where an expression stands."""


def read_route(reader: Reader[Node], node: Node, members: Mapping[str, Node]) -> Iterator[Route]:
    """The route that an object or a call with these members is; none for what has no path.

    The options of some other library's request have no handler, and no path under /api/.
    """
    if "path" not in members:
        return
    path = reader.text(members["path"])
    ours = any(each.startswith("/api/") for each in path.values or ())
    if "handler" not in members and not ours:
        return
    asked = members.get("permissions")
    yield Route(
        reader.text(members["method"]) if "method" in members else Text(None, reader.at(node)),
        path,
        tuple(reader.texts(asked)) if asked is not None else (),
        reader.boolean(members["authenticated"]) if "authenticated" in members else None,
        reader.at(node),
    )


def read_job(reader: Reader[Node], node: Node, members: Mapping[str, Node]) -> Iterator[Job]:
    """The job that an object or a call with these members is; none without name and queue.

    One without handler and schedule is none either.
    """
    if not {"name", "queue"} <= members.keys() or not {"handler", "schedule"} & members.keys():
        return
    schedule = members.get("schedule")
    yield Job(
        reader.text(members["name"]),
        reader.text(members["queue"]),
        reader.text(schedule) if schedule is not None else None,
        reader.at(node),
    )


PUBLISH, SUBSCRIBE = "publish", "subscribe"
ASKS = {
    "hasPermission", "has_permission", "requirePermission", "require_permission",
    "checkPermission", "check_permission", "assertPermission", "assert_permission",
}  # fmt: skip
"""Names of functions whose text argument is a permission."""
CONTEXTS = {"context", "ctx", "requestContext", "request_context"}
"""Names that a `RequestContext` usually has; one that is typed as such counts by any name."""


def _once(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))
