"""A registry of npm and PyPI packages on this machine, and packages that are made up for it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def tarball(
    packages: Mapping[str, Mapping[str, object]], files: Mapping[str, bytes] | None = None
) -> bytes:
    """An archive as npm packs it: a package.json for each folder in it, and other files."""
    made = io.BytesIO()
    contents = {f"{folder}package.json": json.dumps(each) for folder, each in packages.items()}
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, data in {**{n: t.encode() for n, t in contents.items()}, **(files or {})}.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def wheel(
    *distributions: str,
    more: Mapping[str, str | bytes] | None = None,
    unlisted: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A wheel that installs these distributions, each in version 1.0, the others as data; and other
    files, of which RECORD lists those in `more`."""
    files: dict[str, str | bytes] = {**(more or {})}
    made = io.BytesIO()
    data = f"{distributions[0]}-1.0.data/purelib/"
    for name in distributions:
        folder = f"{'' if name == distributions[0] else data}{name}-1.0.dist-info"
        files.setdefault(
            f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
        files[f"{folder}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    first = f"{distributions[0]}-1.0.dist-info/RECORD"
    files[first] = "".join(_row(*each) for each in files.items()) + f"{first},,\n"
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in {**files, **(unlisted or {})}.items():
            archive.writestr(name, text)
    return made.getvalue()


def _row(name: str, content: str | bytes) -> str:
    """A file of a wheel as RECORD lists it."""
    data = content.encode() if isinstance(content, str) else content
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


@dataclass
class Registry:
    """What npm and uv are pointed at, and what they fetched."""

    archives: Mapping[str, bytes]
    """Of npm packages, each in version 1.0.0, by name."""
    wheels: Mapping[str, bytes]
    """Of PyPI packages, each in version 1.0, by name."""
    url: str = ""
    fetched: list[str] = field(default_factory=list)
    advisories: Mapping[str, object] = field(default_factory=dict)
    """What npm is answered that asks about packages."""
    posted: list[object] = field(default_factory=list)
    """What it asked."""

    def answer(self, path: str) -> bytes | None:
        self.fetched.append(path)
        name = path.rpartition("/")[2]
        if path.endswith(".tgz"):
            return self.archives.get(name.removesuffix("-1.0.0.tgz"))
        if path.endswith(".whl"):
            return self.wheels.get(name.partition("-")[0])
        name = path.rstrip("/").rpartition("/")[2]
        if path.startswith("/simple/") and name in self.wheels:
            return f'<a href="/files/{name}-1.0-py3-none-any.whl">x</a>'.encode()
        return None

    def entry(self, name: str, file: str = "", /, **more: object) -> dict[str, object]:
        """An entry of package-lock.json: its address, and the digest of `file`'s archive."""
        address = f"{self.url}/{name}/-/{name.rpartition('/')[2]}-1.0.0.tgz"
        whole = {"version": "1.0.0", "resolved": address, "integrity": self.integrity(file or name)}
        return {**whole, **more}

    def integrity(self, name: str) -> str:
        digest = hashlib.sha512(self.archives[name]).digest()
        return f"sha512-{base64.b64encode(digest).decode()}"

    def requirement(self, name: str) -> str:
        """A line of requirements.lock."""
        return f"{name}==1.0 --hash=sha256:{hashlib.sha256(self.wheels[name]).hexdigest()}\n"


@contextmanager
def serve(archives: Mapping[str, bytes], wheels: Mapping[str, bytes]) -> Iterator[Registry]:
    """A registry with these packages, until the end."""
    made = Registry(archives, wheels)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            body = made.answer(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body if body and self.command == "GET" else b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            made.posted.append(json.loads(body))
            answer = json.dumps(made.advisories).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
