"""Loads the built module in a sandbox without network and asks `register()` who it is."""

from __future__ import annotations

import json
from pathlib import Path

from gates.errors import ToolFailedError
from gates.model import Location, RanRecord
from gates.records import dataclass
from gates.toolchains.bundle import Bundle, unpack
from gates.toolchains.processes import Ran
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.tools import Program, Tools
from gates.toolchains.untrusted import read_untrusted

START = 30.0
"""Seconds that an interpreter may take to start, on top of what `register()` may take."""
ENDS = ("answered", "threw", "exited", "hung", "no-register", "unsettled")
"""The events that end a call, of which there is one."""


@dataclass(frozen=True)
class Call:
    """How a process is started that calls `register()`."""

    program: Program
    arguments: tuple[str | Path, ...]
    sandbox: Sandbox


@dataclass(frozen=True)
class Event:
    """One thing that the child told: `event` is its kind, the rest what it knows about it."""

    event: str
    location: Location | None = None
    """In the module's sources, where the child knows."""
    type: str = ""
    message: str = ""
    status: str = ""
    slug: object = None
    version: object = None
    routes: tuple[tuple[object, ...], ...] | None = None
    """Of an answer: method, path, authenticated and permissions of each; None without a list."""
    jobs: tuple[tuple[object, ...], ...] | None = None
    """Of an answer: name, queue and schedule of each; None without a list."""
    call: str = ""
    address: str = ""


@dataclass(frozen=True)
class Answer:
    """What came of one call of `register()`."""

    events: tuple[Event, ...]
    """In the order in which they happened; the first is always "started"."""
    exit_status: int | None
    """None where it was stopped because it took too long."""

    def first(self, *kinds: str) -> Event | None:
        """The first event of one of these kinds."""
        return next((event for event in self.events if event.event in kinds), None)

    @property
    def ends(self) -> tuple[Event, ...]:
        """How the call ended: one event, unless the module wrote answers of its own."""
        return tuple(event for event in self.events if event.event in ENDS)


def call_register(tools: Tools, bundle: Bundle) -> Answer:
    """Unpack the bundle, load what was built, call `register()` without arguments; once in a run,
    its record for each check.

    It has the policy's `register_timeout` from the moment that its interpreter runs.
    Raises `CouldNotCheckError` without a bundle, and `ToolFailedError` where the child could not
    even be started.
    """
    made, records = tools.session.once(
        ("register", bundle.path), lambda: _call(Tools(tools.session), bundle)
    )
    tools.records += records
    return made


def _call(tools: Tools, bundle: Bundle) -> tuple[Answer, tuple[RanRecord, ...]]:
    from gates.toolchains.languages import language_of

    folder = tools.folder / "bundle" / "module"
    folder.mkdir(parents=True)
    unpack(bundle, folder)
    answers = tools.folder / "answers"
    limit = tools.session.policy.register_timeout
    language = language_of(tools.session.module)
    call = language.prepare_call(tools, bundle, folder, answers, limit)
    ran: Ran | None = None
    try:
        ran = tools.run(
            call.program,
            call.arguments,
            cwd=folder,
            ok=range(256),
            timeout=START + limit,
            subjects=1,
            sandbox=call.sandbox,
        )
    except ToolFailedError:
        if read_untrusted(tools.folder, answers) is None:
            raise
    events = read_events(read_untrusted(tools.folder, answers) or b"", tools)
    if not events or events[0].event != "started":
        end = ran.end() if ran else ""
        raise ToolFailedError(f"the process that calls register() did not start: {end}")
    return Answer(events, ran.exit_status if ran else None), tuple(tools.records)


def read_events(answers: bytes, tools: Tools) -> tuple[Event, ...]:
    """The child's answers, with places in the module's sources; other lines are left out."""
    from gates.toolchains.languages import language_of

    module = tools.session.module
    language = language_of(module)
    events = []
    for line in answers[: 1024 * 1024].splitlines():
        try:
            raw = json.loads(line)
            kind = raw.pop("event")
            path, number = raw.pop("path", None), raw.pop("line", None)
            if not isinstance(kind, str):
                continue
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            continue
        location = None
        if isinstance(path, str):
            line_number = number if isinstance(number, int) else None
            location = language.find_source(module, path, line_number)
        known = {key: raw.get(key) for key in ("type", "message", "status", "call", "address")}
        text = {key: "" if value is None else str(value) for key, value in known.items()}
        events.append(
            Event(
                kind,
                location,
                slug=raw.get("slug"),
                version=raw.get("version"),
                routes=_rows(raw.get("routes"), 4),
                jobs=_rows(raw.get("jobs"), 3),
                **text,
            )
        )
    return tuple(events)


def _rows(value: object, length: int) -> tuple[tuple[object, ...], ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(tuple(row) for row in value if isinstance(row, list) and len(row) == length)
