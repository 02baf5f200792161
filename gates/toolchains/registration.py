"""Loads the built module in a walled process without network and asks `register()` who it is."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gates.errors import ToolFailedError
from gates.model import Location
from gates.toolchains import npm_packages, python
from gates.toolchains.bundle import Bundle, unpack
from gates.toolchains.dist import compiled
from gates.toolchains.processes import Ran, disk
from gates.toolchains.readback import read_back
from gates.toolchains.tools import Program, Tools

START = 30.0
"""Seconds that an interpreter may take to start, on top of what `register()` may take."""
ENDS = ("answered", "threw", "exited", "hung", "no-register", "unsettled")
"""The events that end a call, of which there is one."""
_HERE = Path(__file__).parent


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


def ask(tools: Tools, bundle: Bundle) -> Answer:
    """Unpack the bundle, load what was built, call `register()` without arguments.

    It has the policy's `register_timeout` from the moment that its interpreter runs.
    Raises `CouldNotCheckError` without a bundle, and `ToolFailedError` where the child could not
    even be started.
    """
    module = tools.session.module
    folder = tools.folder / "bundle" / "module"
    folder.mkdir(parents=True)
    unpack(bundle, folder)
    answers = tools.folder / "answers"
    limit = tools.session.policy.register_timeout
    if module.language == "python":
        env = python.environment(tools)
        wheel = tools.folder / "bundle" / "wheel"
        with disk(), zipfile.ZipFile(folder / bundle.entry) as archive:
            archive.extractall(wheel)
        child = _copy(tools, "register_child.py")
        name = import_name(module.entrypoint or "", python.source_root(module))
        program, sandbox = env.program, env.sandbox()
        args: list[str | Path] = ["-I", child, answers, wheel, name, str(limit)]
    else:
        packages = npm_packages.packages(tools)
        npm_packages.link_packages(packages, folder)
        child = _copy(tools, "register_child.mjs")
        node = tools.resolve("node")
        program = Program("node", (*node.command, "--enable-source-maps"), node.version)
        sandbox = npm_packages.sandbox(tools, packages)
        args = [child, answers, folder, bundle.entry, str(limit)]
    ran: Ran | None = None
    try:
        everything = range(256)
        ran = tools.run(
            program,
            args,
            cwd=folder,
            ok=everything,
            timeout=START + limit,
            subjects=1,
            sandbox=sandbox,
        )
    except ToolFailedError:
        if read_back(tools.folder, answers) is None:
            raise
    events = read_events(read_back(tools.folder, answers) or b"", tools)
    if not events or events[0].event != "started":
        end = ran.end() if ran else ""
        raise ToolFailedError(f"the process that calls register() did not start: {end}")
    return Answer(events, ran.exit_status if ran else None)


def _copy(tools: Tools, name: str) -> Path:
    with disk():
        return Path(shutil.copyfile(_HERE / name, tools.folder / name))


def import_name(entrypoint: str, root: str) -> str:
    """How Python imports the entrypoint: src/a/__init__.py is a, src/a/main.py is a.main."""
    path = PurePosixPath(entrypoint)
    parts = list(path.with_suffix("").parts)
    if root and parts[:1] == [root]:
        parts = parts[1:]
    if parts[-1:] == ["__init__"]:
        parts = parts[:-1]
    return ".".join(parts)


def read_events(answers: bytes, tools: Tools) -> tuple[Event, ...]:
    """The child's answers, with places in the module's sources; other lines are left out."""
    module = tools.session.module
    built = {compiled(path): path for path in module.files if path.startswith("src/")}
    root = python.source_root(module) if module.language == "python" else ""
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
            source = f"{root}/{path}" if root else built.get(path, path)
            exact = source == path or module.language == "python"
            line_number = number if exact and isinstance(number, int) else None
            location = Location(source, line_number) if source in module.files else None
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
