"""A registry in this process, by the distribution specification 1.1, with switches for what servers
do differently and for faults.

Unlike a real one it keeps everything in memory, checks no storage of its own, and does at each
request what a test asks for.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"
DIGEST = "Docker-Content-Digest"
USER, PASSWORD, TOKEN = "publisher", "correct-horse", "token-of-the-service"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass
class Reply:
    """What a request is answered with."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drip: bool = False
    """Send the body a byte at a time, slowly."""
    cut: int = -1
    """After how many bytes of the body the connection ends; -1 for not."""


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Fault = Callable[[Asked, Callable[[], Reply]], Reply | None]
"""Gives another reply, with or without asking for the true one; None cuts the connection."""


@dataclass
class Store:
    """What the server holds and how it behaves. One lock: each request is atomic."""

    referrers: bool = True
    login: str = ""
    """"basic" or "bearer"; "" asks for none."""
    page: int = 100
    subject_under_tag: bool = False
    redirect: str = ""
    """The origin that blobs are fetched from instead."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    fault: Fault | None = None
    lock: Any = field(default_factory=threading.RLock)
    url: str = ""

    def answer(self, asked: Asked) -> Reply | None:
        with self.lock:
            self.asked.append(asked)

        def true() -> Reply:
            with self.lock:
                return self._answer(asked)

        return self.fault(asked, true) if self.fault else true()

    def _answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        if parts.path == "/token":
            if asked.headers.get("authorization") != BASIC:
                return error(401, "UNAUTHORIZED")
            return Reply(200, {}, json.dumps({"token": TOKEN, "expires_in": 300}).encode())
        if self.login == "basic" and asked.headers.get("authorization") != BASIC:
            return error(401, "UNAUTHORIZED", {"WWW-Authenticate": 'Basic realm="registry"'})
        if self.login == "bearer" and asked.headers.get("authorization") != f"Bearer {TOKEN}":
            scope = (
                f'Bearer realm="{self.url}/token",service="here",scope="repository:m/mod:pull,push"'
            )
            return error(401, "UNAUTHORIZED", {"WWW-Authenticate": scope})
        if parts.path == "/v2/":
            return Reply(200, {}, b"{}")
        for pattern, method in (
            (r"/v2/(.+)/blobs/uploads/(\w*)", self._upload),
            (r"/v2/(.+)/blobs/(sha256:\w+)", self._blob),
            (r"/v2/(.+)/manifests/([\w.:-]+)", self._manifest),
            (r"/v2/(.+)/referrers/(sha256:\w+)", self._referrers),
        ):
            if found := re.fullmatch(pattern, parts.path):
                return method(asked, found[2], parse_qs(parts.query))
        return Reply(404, {}, b"404 page not found")

    def _upload(self, asked: Asked, name: str, query: dict[str, list[str]]) -> Reply:
        place = "/v2/m/mod/blobs/uploads/"
        if asked.method == "POST":
            name = f"u{len(self.uploads)}"
            self.uploads[name] = b""
            return Reply(202, {"Location": place + name, "Range": "0-0"})
        if name not in self.uploads:
            return error(404, "BLOB_UPLOAD_UNKNOWN")
        if asked.method == "PATCH":
            begin = int(asked.headers["content-range"].partition("-")[0])
            if begin != len(self.uploads[name]):
                return error(416, "RANGE_INVALID")
        if asked.method in ("PATCH", "PUT"):
            self.uploads[name] += asked.body
        size = len(self.uploads[name])
        if asked.method == "PUT":
            digest = query["digest"][0]
            data = self.uploads.pop(name)
            if sha256(data) != digest:
                return error(400, "DIGEST_INVALID")
            self.blobs[digest] = data
            return Reply(201, {"Location": f"/v2/m/mod/blobs/{digest}", DIGEST: digest})
        status = 204 if asked.method == "GET" else 202
        return Reply(status, {"Location": place + name, "Range": f"0-{max(size - 1, 0)}"})

    def _blob(self, asked: Asked, digest: str, _: object) -> Reply:
        if digest not in self.blobs:
            return error(404, "BLOB_UNKNOWN")
        if self.redirect and asked.method == "GET":
            return Reply(307, {"Location": f"{self.redirect}/v2/m/mod/blobs/{digest}?sign=abc"})
        data = self.blobs[digest]
        if found := re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", "")):
            begin = int(found[1])
            part = f"bytes {begin}-{len(data) - 1}/{len(data)}"
            return Reply(206, {"Content-Range": part}, data[begin:])
        return Reply(200, {DIGEST: digest}, data)

    def _manifest(self, asked: Asked, name: str, _: object) -> Reply:
        if asked.method == "PUT":
            digest = sha256(asked.body)
            self.manifests[digest] = asked.headers["content-type"], asked.body
            if not name.startswith("sha256:"):
                self.tags[name] = digest
            headers = {DIGEST: digest, "Location": f"/v2/m/mod/manifests/{name}"}
            subject = json.loads(asked.body).get("subject")
            if self.referrers and subject:
                headers["OCI-Subject"] = subject["digest"]
            return Reply(201, headers)
        digest = self.tags.get(name, name)
        if self.subject_under_tag and name.startswith("sha256-") and name not in self.tags:
            digest = name.replace("-", ":")
        if digest not in self.manifests:
            return error(404, "MANIFEST_UNKNOWN")
        kind, data = self.manifests[digest]
        return Reply(200, {"Content-Type": kind, DIGEST: digest}, data)

    def _referrers(self, asked: Asked, digest: str, query: dict[str, list[str]]) -> Reply:
        if not self.referrers:
            return Reply(404, {"Content-Type": "text/plain"}, b"404 page not found")
        found = []
        for each, (kind, data) in self.manifests.items():
            manifest = json.loads(data)
            if (manifest.get("subject") or {}).get("digest") == digest:
                found.append(
                    {
                        "mediaType": kind,
                        "digest": each,
                        "size": len(data),
                        "artifactType": manifest["artifactType"],
                        "annotations": manifest["annotations"],
                    }
                )
        begin = int(query.get("n", ["0"])[0])
        end = begin + self.page
        headers = {"Content-Type": INDEX}
        if end < len(found):
            headers["Link"] = f'</v2/m/mod/referrers/{digest}?n={end}>; rel="next"'
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": found[begin:end]}
        return Reply(200, headers, json.dumps(index).encode())


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def error(status: int, code: str, headers: dict[str, str] | None = None) -> Reply:
    body = json.dumps({"errors": [{"code": code, "message": "told by the server"}]}).encode()
    return Reply(status, {"Content-Type": "application/json", **(headers or {})}, body)


@contextlib.contextmanager
def serving(store: Store, certificate: Path | None = None) -> Iterator[str]:
    """The server's origin, while it runs; with TLS where a PEM file has key and certificate."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 10

        def handle_one(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(size))
            whole = len(asked.body) == size  # who was killed in between has asked for nothing
            reply = store.answer(asked) if whole else None
            if reply is None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            body = b"" if self.command == "HEAD" else reply.body
            with contextlib.suppress(OSError):
                if reply.drip:
                    for each in range(len(body)):
                        self.wfile.write(body[each : each + 1])
                        time.sleep(0.05)
                elif reply.cut >= 0:
                    self.wfile.write(body[: reply.cut])
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                else:
                    self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_one  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    store.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    try:
        yield store.url
    finally:
        server.shutdown()
        server.server_close()
