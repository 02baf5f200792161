"""The services of the tests' own Sigstore over HTTP: tokens, certificates, transparency log."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gates.evidence.identity import Claims
from tests.evidence.sigstore_instance import CLAIMS, Instance, encoded

SECRET = "the-request-token-of-this-job"


@dataclass
class Services:
    """What is asked of them is kept in `asked`; `broken` answers 500, with the token inside."""

    instance: Instance
    claims: Claims = CLAIMS
    url: str = ""
    broken: str = ""
    asked: list[str] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """What GitHub Actions gives to a job that may write an id-token."""
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": SECRET,
        }

    def configuration(self, path: Path) -> Path:
        """Write the signing configuration that names these services."""
        service = {
            "url": self.url,
            "majorApiVersion": 1,
            "validFor": {"start": "2021-01-01T00:00:00Z"},
            "operator": "tests",
        }
        value = {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service],
            "oidcUrls": [],
            "rekorTlogUrls": [service],
            "tsaUrls": [],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaConfig": {"selector": "ANY"},
        }
        path.write_text(json.dumps(value), "utf-8")
        return path

    def token(self) -> str:
        """As GitHub issues it for the job; nobody checks the signature here."""
        now = int(time.time())
        value = {
            "iss": self.claims.issuer,
            "aud": "sigstore",
            "sub": "repo:axon-platform/sample-module:ref:refs/heads/main",
            "iat": now,
            "exp": now + 300,
        }
        parts = ({"alg": "RS256", "typ": "JWT"}, value)
        texts = [base64.urlsafe_b64encode(json.dumps(e).encode()).rstrip(b"=") for e in parts]
        return b".".join([*texts, b"c2lnbmF0dXJl"]).decode()

    def _now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def certificates(self, request: dict[str, Any]) -> dict[str, Any]:
        """What Fulcio answers to a request with the token."""
        pem = base64.b64decode(request["certificateSigningRequest"])
        own: Any = x509.load_pem_x509_csr(pem).public_key()
        leaf = self.instance.certificate(self.claims, own, self._now())
        chain = (leaf, self.instance.authority, self.instance.root)
        listed = [each.public_bytes(Encoding.PEM).decode() for each in chain]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": listed}}}

    def entry(self, request: dict[str, Any]) -> dict[str, Any]:
        """What Rekor answers to an envelope."""
        content = request["spec"]["proposedContent"]
        envelope = json.loads(content["envelope"])
        payload = base64.b64decode(envelope["payload"])
        signature = base64.b64decode(envelope["signatures"][0]["sig"])
        (pem,) = content["verifiers"]
        assert encoded(base64.b64decode(pem)) == pem
        made = self.instance.entry(payload, signature, base64.b64decode(pem), self._now())
        return {"0" * 64: made}


@contextmanager
def serving(services: Services) -> Iterator[Services]:
    """Serve them on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["Authorization"] == f"bearer {SECRET}"
            self._answer("token", lambda _: {"value": services.token()})

        def do_POST(self) -> None:
            if self.path == "/api/v2/signingCert":
                self._answer("certificate", services.certificates)
            else:
                assert self.path == "/api/v1/log/entries"
                self._answer("entry", services.entry)

        def _answer(self, what: str, make: Any) -> None:
            services.asked.append(what)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            failed = services.broken == what
            value = {"message": services.token()} if failed else make(json.loads(body or b"{}"))
            data = json.dumps(value).encode()
            self.send_response(500 if failed else 201 if what == "entry" else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    services.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
