"""An editor and `gates lsp`: a real process, spoken to as editors do."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.errors import UsageError
from gates.language_server.diagnostics import diagnostics
from gates.language_server.messages import read_message, write_message
from gates.language_server.server import FIX, module_of
from gates.model import CheckResult, Finding, Location, Verdict

DIAGNOSTICS = "textDocument/publishDiagnostics"


class Editor:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.numbers = iter(range(1, 1000))

    def tell(self, method: str, params: object) -> None:
        write_message(self.process.stdin, {"method": method, "params": params})

    def ask(self, method: str, params: object) -> Any:
        number = next(self.numbers)
        write_message(self.process.stdin, {"id": number, "method": method, "params": params})
        return self.until(lambda message: message.get("id") == number and "method" not in message)

    def until(self, wanted) -> Any:
        while (message := read_message(self.process.stdout)) is not None:
            if wanted(message):
                return message
        raise AssertionError("the server ended")

    def shown(self, uri: str) -> list[dict[str, Any]]:
        message = self.until(
            lambda each: each.get("method") == DIAGNOSTICS and each["params"]["uri"] == uri
        )
        return message["params"]["diagnostics"]


@contextmanager
def editing(settings, *options: str) -> Iterator[Editor]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gates", "lsp", *options],
        env={**os.environ, "GATES_STATE_DIR": str(settings.state)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    editor = Editor(process)
    try:
        started = editor.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        assert started["result"]["capabilities"]["textDocumentSync"]["save"]
        editor.tell("initialized", {})
        yield editor
        assert editor.ask("shutdown", None)["result"] is None
        editor.tell("exit", None)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def document(path: Path) -> dict[str, str]:
    return {"uri": path.as_uri()}


def test_what_is_saved_is_checked_shown_and_repaired(make_module, settings):
    root = make_module("python")
    schema = root / "module_schema.json"
    right = schema.read_text()
    schema.write_text(right.replace('"schema_version": "1.0.0"', '"schema_version": "0.9.0"'))
    at = document(schema)
    with editing(settings, "--check", "settings-version") as editor:
        opened = {**at, "languageId": "json", "version": 1, "text": schema.read_text()}
        editor.tell("textDocument/didOpen", {"textDocument": opened})
        (found,) = editor.shown(at["uri"])
        assert found["source"] == "gates"
        assert found["code"] == "settings-version"
        assert found["severity"] == 1
        assert found["range"]["start"] == {"line": 5, "character": 20}
        assert found["range"]["end"] == {"line": 5, "character": 27}

        context = {"context": {"diagnostics": [found]}, "range": found["range"]}
        (action,) = editor.ask("textDocument/codeAction", {"textDocument": at, **context})["result"]
        assert action["title"] == "gates fix --check settings-version"
        editor.tell("textDocument/didChange", {"textDocument": at, "contentChanges": []})
        refused = editor.ask("workspace/executeCommand", action["command"])
        assert "is not saved" in refused["error"]["message"]
        editor.tell("textDocument/didSave", {"textDocument": at})
        editor.shown(at["uri"])
        write_message(
            editor.process.stdin,
            {"id": "fix", "method": "workspace/executeCommand", "params": action["command"]},
        )
        edit = editor.until(lambda each: each.get("method") == "workspace/applyEdit")
        (change,) = edit["params"]["edit"]["changes"][at["uri"]]
        assert change["newText"] == right
        schema.write_text(change["newText"])
        write_message(editor.process.stdin, {"id": edit["id"], "result": {"applied": True}})
        editor.tell("textDocument/didSave", {"textDocument": at})
        assert editor.shown(at["uri"]) == []


def test_a_module_that_breaks_is_said_and_the_server_goes_on(make_module, settings):
    root = make_module("python")
    manifest = root / "module.json"
    right = manifest.read_text()
    with editing(settings, "--check", "readable", "--check", "version-strict") as editor:
        manifest.write_text("{")
        editor.tell("textDocument/didSave", {"textDocument": document(manifest)})
        found = editor.shown(manifest.as_uri())
        assert {each["code"] for each in found} == {"readable", "version-strict"}
        assert any("could not be checked" in each["message"] for each in found)
        manifest.unlink()
        manifest.write_text(right)
        editor.tell("textDocument/didSave", {"textDocument": document(manifest)})
        assert editor.shown(manifest.as_uri()) == []
        assert editor.ask("textDocument/hover", {})["error"]["code"] == -32601
        failed = editor.ask(
            "workspace/executeCommand", {"command": FIX, "arguments": [str(root), "mypy"]}
        )
        assert "nothing repairs" in failed["error"]["message"]
        assert "error" in editor.ask("workspace/executeCommand", {"command": "rm", "arguments": []})


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_a_message_is_read_as_it_was_written(message):
    stream = io.BytesIO()
    write_message(stream, message)
    write_message(stream, {"method": "next"})
    stream.seek(0)
    assert read_message(stream) == {"jsonrpc": "2.0", **message}
    assert read_message(stream) == {"jsonrpc": "2.0", "method": "next"}
    assert read_message(stream) is None


@pytest.mark.parametrize(
    "sent",
    [
        b"X: 1\r\n\r\n", b"Content-Length: -1\r\n\r\n", b"Content-Length: 99999999999\r\n\r\n",
        b"Content-Length: 2\r\n\r\n[]", b"Content-Length: 1\r\n\r\n{", b"\r\n",
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(sent):
    with pytest.raises(UsageError):
        read_message(io.BytesIO(sent))


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "http://a/module.json", "file://server/module.json", "", "file:"]
)
def test_what_is_no_file_is_in_no_module(uri):
    assert module_of(uri) is None


def test_columns_are_counted_in_units_of_utf_16():
    where = Location("a.py", 2, 4, 6)
    finding = Finding("ruff", "no", where, excerpt="x🙂y🙂z")
    result = CheckResult("ruff", Verdict.FAIL, (finding,))
    (found,) = diagnostics([result], {"a.py": None})["a.py"]
    assert found["range"] == {
        "start": {"line": 1, "character": 4},
        "end": {"line": 1, "character": 7},
    }


def test_what_is_about_no_file_stands_at_the_manifest():
    finding = Finding("tables-declared", "table x\x1b[0m", Location("", object="table x"))
    (found,) = diagnostics([CheckResult("tables-declared", Verdict.FAIL, (finding,))], {})[
        "module.json"
    ]
    assert "\x1b" not in found["message"]
