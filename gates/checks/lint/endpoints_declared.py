"""The endpoints of module.json are those that the sources serve."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Level, Stage
from gates.module import Module


@check(Stage.LINT)
def endpoints_declared(module: Module) -> Iterator[Finding]:
    """The endpoints of module.json are those that the sources serve.

    A route is an object, or in Python a call of `Route`, with a path and a handler. Its method and
    path may be literals, constants of any of the module's files, or templates of them. Names of
    path parameters do not matter. A route that the sources do not show is a warning here:
    `register-written-out` refuses it, and `register-matches-manifest` asks the built module.

    Why: the platform routes, documents and bills by module.json: what is only there answers 404,
        what is only in the code is open to nobody, or to everybody.
    Bad: `{"method": "DELETE", "path": "/api/x/rules/:id"}` in api_endpoints, while no route has it
    Good: one entry in api_endpoints for each route, with the same method, path and `authenticated`
    Fix: add the entry or the route that the finding names, or remove its other half.
    """
    from gates.checks.lint._declared import LITERAL, same_path, unread
    from gates.contract.declared.entries import entries
    from gates.toolchains.languages import language_of

    document = module.require_manifest()
    found = language_of(module).read_offers(module)
    served: dict[tuple[str, str], set[bool | None]] = {}
    known = {
        (entry.text("method"), same_path(entry.text("path"))): entry
        for entry in reversed(list(entries(document, "api_endpoints")))
    }
    for route in found.routes:
        if route.path.values is None or route.method.values is None:
            text, what = (
                (route.path, "the path")
                if route.path.values is None
                else (route.method, "the method")
            )
            yield endpoints_declared.finding(
                unread(text, f"{what} of this route"),
                text.location,
                level=Level.WARNING,
                fix=LITERAL,
            )
            continue
        for method in route.method.values:
            for path in route.path.values:
                key = method.upper(), same_path(path)
                served.setdefault(key, set()).add(route.authenticated)
                if key not in known:
                    yield endpoints_declared.finding(
                        f"module.json does not list {key[0]} {path}, which this route serves",
                        route.path.location,
                        fix=f'add {{"method": "{key[0]}", "path": "{path}"}} to api_endpoints',
                    )
    unread_routes = any(r.path.values is None or r.method.values is None for r in found.routes)
    for (method, path), entry in known.items():
        if not method or not path:
            continue  # manifest-schema says what is wrong with it
        if (method, path) not in served:
            if not unread_routes:
                yield endpoints_declared.finding(
                    f"no route in the sources serves {method} {entry.text('path')}",
                    entry.at("path"),
                    fix="add the route, or remove the entry",
                )
            continue
        asked, open_to = entry.true("authenticated", default=True), served[method, path]
        if {asked} != open_to - {None} and open_to != {None}:
            said = "needs a session" if asked else "is open to everybody"
            yield endpoints_declared.finding(
                f"{method} {entry.text('path')} {said} by module.json, its route says otherwise",
                entry.at("authenticated"),
                fix=f'write "authenticated": {str(not asked).lower()}, or change the route',
            )
    health = document.get("health_check", "endpoint")
    if isinstance(health, str) and not unread_routes and ("GET", same_path(health)) not in served:
        yield endpoints_declared.finding(
            f"no route in the sources serves GET {health}, the health check",
            document.at("health_check", "endpoint"),
            fix="add a route that answers it with 200",
        )
