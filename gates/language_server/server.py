"""The server: one thread reads what the editor says, the other answers and runs the checks."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from gates import __version__
from gates.errors import GatesError
from gates.filesystem import is_file
from gates.language_server.diagnostics import Diagnostic, diagnostics
from gates.language_server.messages import Message, read_message, write_message
from gates.model import Stage
from gates.records import dataclass, field
from gates.report.escaping import safe
from gates.settings import Settings

FIX = "gates.fix"
"""The command of code actions; its arguments are the module's folder and the id of a check."""
CAPABILITIES = {
    "textDocumentSync": {"openClose": True, "change": 1, "save": True},
    "codeActionProvider": {"codeActionKinds": ["quickfix"]},
    "executeCommandProvider": {"commands": [FIX]},
}
_NO_METHOD, _FAILED = -32601, -32803


@dataclass
class Server:
    """One editor's server. `checks` are ids; none stands for all of lint-manifest and lint."""

    source: BinaryIO
    target: BinaryIO
    settings: Settings
    checks: frozenset[str] = frozenset()
    _heard: queue.Queue[Message | None] = field(default_factory=queue.Queue)
    _waiting: dict[Path, None] = field(default_factory=dict)
    """Modules that were saved and not looked at yet, in order."""
    _shown: dict[Path, set[str]] = field(default_factory=dict)
    """By module, the paths that have diagnostics in the editor."""
    _unsaved: set[str] = field(default_factory=set)
    """URIs of documents that the editor has changed since it saved them."""
    _stopped: bool = False
    _requests: int = 0

    def serve(self) -> int:
        """Answer until the editor ends it; the exit code that the protocol asks for."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            # Checks run once nothing is left to be heard: five saves in a row are one run.
            try:
                message = self._heard.get(block=not self._waiting)
            except queue.Empty:
                root = next(iter(self._waiting))
                del self._waiting[root]
                self._guarded(partial(self._look, root))
                continue
            if message is None or message.get("method") == "exit":
                return 0 if self._stopped else 1
            self._answer(message)

    def _listen(self) -> None:
        try:
            while (message := read_message(self.source)) is not None:
                self._heard.put(message)
                if message.get("method") == "exit":
                    return  # a thread that still reads would hold the interpreter up
        except GatesError:  # a stream that is no protocol any more: ended like one that closed
            pass
        finally:
            self._heard.put(None)

    def _answer(self, message: Message) -> None:
        handlers: dict[str, Callable[[dict[str, Any]], object]] = {
            "initialize": self._initialize,
            "shutdown": self._shutdown,
            "textDocument/didOpen": self._opened,
            "textDocument/didChange": self._changed,
            "textDocument/didSave": self._saved,
            "textDocument/didClose": self._closed,
            "textDocument/codeAction": self._actions,
            "workspace/executeCommand": self._execute,
        }
        handler, given = handlers.get(str(message.get("method"))), message.get("params")
        if "id" not in message or "method" not in message:
            if handler is not None and "method" in message:
                self._guarded(lambda: handler(given or {}))
            return
        answer: Message = {"id": message["id"]}
        try:
            if handler is None:
                answer["error"] = {"code": _NO_METHOD, "message": "not supported"}
            else:
                answer["result"] = handler(given or {})
        except (GatesError, KeyError, TypeError, ValueError) as error:
            answer["error"] = {"code": _FAILED, "message": safe(_said(error))}
        write_message(self.target, answer)

    def _guarded(self, work: Callable[[], object]) -> None:
        """Do something that nobody waits for, and say so where it fails."""
        try:
            work()
        except (GatesError, KeyError, TypeError, ValueError) as error:
            self._tell("window/showMessage", {"type": 1, "message": f"gates: {safe(_said(error))}"})

    def _tell(self, method: str, given: dict[str, Any]) -> None:
        write_message(self.target, {"method": method, "params": given})

    def _initialize(self, _given: dict[str, Any]) -> object:
        return {
            "capabilities": CAPABILITIES,
            "serverInfo": {"name": "gates", "version": __version__},
        }

    def _shutdown(self, _given: dict[str, Any]) -> None:
        self._stopped = True

    def _opened(self, given: dict[str, Any]) -> None:
        if root := module_of(given["textDocument"]["uri"]):
            self._waiting[root] = None

    def _changed(self, given: dict[str, Any]) -> None:
        self._unsaved.add(given["textDocument"]["uri"])

    def _saved(self, given: dict[str, Any]) -> None:
        self._unsaved.discard(given["textDocument"]["uri"])
        self._opened(given)

    def _closed(self, given: dict[str, Any]) -> None:
        self._unsaved.discard(given["textDocument"]["uri"])

    def _look(self, root: Path) -> None:
        """Run the checks over a module, most of them answered from kept results, and show all."""
        from gates.check import outlines
        from gates.module import load
        from gates.pipeline import run_pipeline
        from gates.toolchains.languages import language_name

        module = load(root)
        languages = (None, language_name(module))
        every = [each for stage in (Stage.LINT_MANIFEST, Stage.LINT) for each in outlines(stage)]
        only = {each.id for each in every if each.language in languages}
        only &= self.checks or only
        today = datetime.now(UTC).date()
        stages = [each for each in Stage if each in {o.stage for o in every if o.id in only}]
        report = run_pipeline(root, stages, self.settings, today=today, only=frozenset(only))
        results = [result for stage in report.stages for result in stage.checks]
        found = diagnostics(results, module.files)
        for path in sorted(found.keys() | self._shown.get(root, set())):
            self._publish(root / path, found.get(path, []))
        self._shown[root] = {*found}

    def _publish(self, path: Path, found: list[Diagnostic]) -> None:
        uri = path.as_uri()
        self._tell("textDocument/publishDiagnostics", {"uri": uri, "diagnostics": found})

    def _actions(self, given: dict[str, Any]) -> object:
        """One action for each check of the diagnostics at hand that says that it is repaired."""
        root = module_of(given["textDocument"]["uri"])
        wanted: dict[str, list[Diagnostic]] = {}
        for each in given["context"]["diagnostics"]:
            data = each.get("data") or {}
            if root and data.get("repaired"):
                wanted.setdefault(str(data["check"]), []).append(each)
        return [
            {
                "title": (title := f"gates fix --check {check}"),
                "kind": "quickfix",
                "diagnostics": found,
                "command": {"title": title, "command": FIX, "arguments": [str(root), check]},
            }
            for check, found in wanted.items()
        ]

    def _execute(self, given: dict[str, Any]) -> None:
        """Have the editor make the edits of a repair: there they can be looked at and undone.

        Raises `GatesError` for a file that the editor has not saved, and as `repair`.
        """
        from gates.fix import repair

        if given["command"] != FIX:
            raise ValueError("no such command")
        root, check = Path(given["arguments"][0]), str(given["arguments"][1])
        found = repair(root, self.settings, datetime.now(UTC).date(), frozenset({check}))
        changes = {}
        for path, data in found.changes.items():
            uri = (root / path).as_uri()
            if uri in self._unsaved:
                raise GatesError(f"{path} is not saved, and what is repaired is what is on disk")
            old = found.module.text(path) if path in found.module.files else ""
            changes[uri] = [{"range": _whole(old), "newText": (data or b"").decode()}]
        if found.left:
            self._tell("window/showMessage", {"type": 2, "message": safe("\n".join(found.left))})
        if changes:
            self._requests += 1
            edit = {"label": f"gates fix --check {check}", "edit": {"changes": changes}}
            request = {"id": f"gates-{self._requests}", "method": "workspace/applyEdit"}
            write_message(self.target, {**request, "params": edit})


def module_of(uri: str) -> Path | None:
    """The folder of the nearest module at or above a file; None for what is in none, or no file."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    path = Path(unquote(parts.path))
    return next((each for each in path.parents if is_file(each / "module.json")), None)


def _whole(text: str) -> dict[str, Any]:
    """The range of a whole text; editors cut an end beyond the last line."""
    return {
        "start": {"line": 0, "character": 0},
        "end": {"line": text.count("\n") + 1, "character": 0},
    }


def _said(error: Exception) -> str:
    if isinstance(error, GatesError):
        return f"{error.message}\n{error.hint}" if error.hint else error.message
    return f"the editor sent something that is not understood: {error!r}"
