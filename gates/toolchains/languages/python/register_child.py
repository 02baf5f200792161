"""Loads a built Python module and calls its `register()`, in a sandbox.

Run as `python -I register_child.py ANSWERS FOLDER NAME SECONDS`, on its own: it imports nothing of
this package. FOLDER holds the unpacked wheel, NAME is the module's import name. Each line that it
appends to the file ANSWERS is a JSON object with an `event`; what the module prints goes elsewhere.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import threading
from collections.abc import Awaitable, Mapping
from importlib import import_module
from types import FrameType
from typing import Any

_LIMIT = 500
_SOCKET_EVENTS = {
    "socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname",
    "socket.gethostbyaddr", "socket.sendmsg", "socket.sendto",
}  # fmt: skip


class Child:
    """Where the answers go, and where the module's files lie."""

    def __init__(self, answers: str, folder: str) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self.descriptor = os.open(answers, flags, 0o600)
        self.folder = os.path.realpath(folder)
        self.lock = threading.Lock()
        self.sockets = 0

    def say(self, event: str, **more: object) -> None:
        """Append one answer."""
        text = {
            key: value[:_LIMIT] if isinstance(value, str) else value for key, value in more.items()
        }
        with self.lock:
            os.write(self.descriptor, json.dumps({"event": event, **text}).encode() + b"\n")

    def place(self, frame: FrameType | None) -> dict[str, object]:
        """The innermost line of the module's own files in a stack."""
        while frame is not None:
            if found := self.own(frame.f_code.co_filename):
                return {"path": found, "line": frame.f_lineno}
            frame = frame.f_back
        return {}

    def own(self, filename: str) -> str | None:
        """A file of the module, relative to its folder; None for another's."""
        path = os.path.realpath(filename)
        start = self.folder + os.sep
        return path[len(start) :] if path.startswith(start) else None

    def place_of(self, error: BaseException) -> dict[str, object]:
        """The innermost line of the module's own files that an error passed."""
        if isinstance(error, SyntaxError) and error.filename and (path := self.own(error.filename)):
            return {"path": path, "line": error.lineno}
        found: dict[str, object] = {}
        trace = error.__traceback__
        while trace is not None:
            if path := self.own(trace.tb_frame.f_code.co_filename):
                found = {"path": path, "line": trace.tb_lineno}
            trace = trace.tb_next
        return found

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook: tells of every socket that reaches beyond this process, and refuses it."""
        if event in _SOCKET_EVENTS:
            address = arguments[1] if event in ("socket.bind", "socket.connect") else arguments[:2]
            if event == "socket.sendto":
                address = arguments[1]
        elif event == "socket.__new__" and arguments[1] not in (-1, 1):
            address = ""
        else:
            return
        self.sockets += 1
        if self.sockets <= 20:
            where = self.place(sys._getframe(1))  # noqa: SLF001 - the one way to a stack
            self.say("socket", call=event.removeprefix("socket."), address=_shown(address), **where)
        if event != "socket.__new__":
            raise PermissionError("register() may not open a socket")


def _shown(address: object) -> str:
    if isinstance(address, tuple):
        return ":".join(str(part) for part in address[:2] if part is not None)
    return str(address)


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _plain(value: object) -> object:
    """A value that is JSON and short: the module chose it."""
    if isinstance(value, str):
        return str(value)[:_LIMIT]
    return value if isinstance(value, bool | int | float) else None


def _listed(value: object, key: str, names: tuple[str, ...]) -> object:
    """The named members of each object in a list; None for what is no list."""
    found = _member(value, key)
    if not isinstance(found, list | tuple):
        return None
    rows = []
    for each in found[:_LIMIT]:
        members = [_member(each, name) for name in names]
        rows.append(
            [
                [_plain(one) for one in list(member)[:100]]
                if isinstance(member, list | tuple | set | frozenset)
                else _plain(member)
                for member in members
            ]
        )
    return rows


def _slug(value: object) -> object:
    slug = _member(value, "slug")
    return slug if slug is None or isinstance(slug, str | int | float | bool) else repr(slug)


async def _settle(awaitable: Awaitable[object]) -> object:
    return await awaitable


def answer(child: Child, name: str) -> None:
    """Import the module, call `register()`, tell what came of it."""
    try:
        register = getattr(import_module(name), "register", None)
        if not callable(register):
            child.say("no-register")
            return
        child.say("loaded")
        value = register()
        if inspect.isawaitable(value):
            value = asyncio.run(_settle(value))
        child.say(
            "answered",
            type=type(value).__name__,
            slug=_slug(value),
            version=_plain(_member(value, "version")),
            routes=_listed(value, "routes", ("method", "path", "authenticated", "permissions")),
            jobs=_listed(value, "jobs", ("name", "queue", "schedule")),
        )
    except SystemExit as error:
        child.say("exited", status=repr(error.code), **child.place_of(error))
    except BaseException as error:  # noqa: BLE001 - whatever it throws is the answer
        kind = type(error).__name__
        child.say("threw", type=kind, message=str(error), **child.place_of(error))


def main(arguments: list[str]) -> None:
    """Answer, and end at once, whatever threads the module has started."""
    answers, folder, name, seconds = arguments
    child = Child(answers, folder)
    main_thread = threading.get_ident()

    def too_late() -> None:
        frame = sys._current_frames().get(main_thread)  # noqa: SLF001
        child.say("hung", **child.place(frame))
        os._exit(3)

    sys.path.append(folder)
    sys.path.insert(0, sys.path.pop())
    sys.addaudithook(child.watch)
    timer = threading.Timer(float(seconds), too_late)
    timer.daemon = True
    child.say("started")
    timer.start()
    answer(child, name)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
