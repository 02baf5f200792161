"""GitHub's API for comments of one pull request, over HTTP on this machine."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "the-token-of-this-job"
REPOSITORY = "axon/notes"
BOT = "github-actions[bot]"


@dataclass
class GitHub:
    """Comments as GitHub keeps and lists them, oldest first, and what it was asked for."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    status: dict[str, int] = field(default_factory=dict)
    """By method: the status that is answered instead."""
    headers: dict[str, str] = field(default_factory=dict)
    """What goes with such a status."""
    answer: bytes | None = None
    """What is answered to GET instead."""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def add(self, body: str | None, login: str | None = BOT) -> dict[str, Any]:
        """A comment, as if it had been written before."""
        user = None if login is None else {"login": login}
        made = {"id": 100 + len(self.comments), "user": user, "body": body}
        self.comments.append(made)
        return made

    def environment(self) -> dict[str, str]:
        """What a job has that may write comments."""
        return {
            "GITHUB_API_URL": self.url, "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY,
            "NO_PROXY": "127.0.0.1",
        }  # fmt: skip

    @property
    def written(self) -> list[str]:
        """The requests that change something."""
        return [each for each in self.asked if not each.startswith("GET")]


@contextmanager
def serving(github: GitHub) -> Iterator[GitHub]:
    """Serve it on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            target = urlsplit(self.path)
            github.asked.append(f"{self.command} {target.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if status := github.status.get(self.command):
                message = {"message": f"{self.headers['Authorization']} is not good enough"}
                return self._send(status, json.dumps(message).encode(), github.headers)
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            if self.command == "GET":
                assert target.path == f"/repos/{REPOSITORY}/issues/7/comments"
                return self._list(parse_qs(target.query))
            value = json.loads(body)["body"]
            assert len(value) < 65_536
            if self.command == "POST":
                assert target.path == f"/repos/{REPOSITORY}/issues/7/comments"
                return self._send(201, json.dumps(github.add(value)).encode(), {})
            which = re.fullmatch(rf"/repos/{REPOSITORY}/issues/comments/(\d+)", target.path)
            (edited,) = [each for each in github.comments if each["id"] == int(which[1])]
            edited["body"] = value
            return self._send(200, json.dumps(edited).encode(), {})

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_PATCH(self) -> None:
            self._do()

        def _list(self, query: dict[str, list[str]]) -> None:
            size, page = int(query["per_page"][0]), int(query["page"][0])
            listed = github.comments[size * (page - 1) : size * page]
            link = f'<{github.url}/x?page=1>; rel="first"'
            if size * page < len(github.comments):
                link = f'<{github.url}/x?page={page + 1}>; rel="next", {link}'
            data = json.dumps(listed).encode() if github.answer is None else github.answer
            self._send(200, data, {"Link": link})

        def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
