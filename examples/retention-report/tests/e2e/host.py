"""A small host: a module's routes over HTTP."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from axon_core import AxonError, ModuleRegistration, RequestContext, RouteRequest, RouteResponse


@contextmanager
def serve(
    registration: ModuleRegistration, context_for: Callable[[str], RequestContext]
) -> Iterator[tuple[str, int]]:
    """Serve on loopback, on a port the system picks; the header x-tenant names the tenant."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            raw = self.rfile.read(length)
            url = urlsplit(self.path)
            response = RouteResponse(404, {"error": "host.no_route"})
            for route in registration.routes:
                match = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path), url.path)
                if match is None or route.method != self.command:
                    continue
                request = RouteRequest(
                    params=match.groupdict(),
                    query=dict(parse_qsl(url.query)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=json.loads(raw) if raw else None,
                )
                try:
                    response = route.handler(request, context_for(self.headers["x-tenant"]))
                except AxonError as error:
                    response = RouteResponse(
                        error.status, {"error": error.code, "message": str(error)}
                    )
                break
            self.send(response)

        def send(self, response: RouteResponse) -> None:
            body = response.body
            content = body if isinstance(body, str) else json.dumps(body)
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield "127.0.0.1", server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
