"""The permissions of module.json are those that the sources ask for."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Level, Stage
from gates.module import Module


@check(Stage.LINT)
def permissions_declared(module: Module) -> Iterator[Finding]:
    """The permissions of module.json are those that the sources ask for.

    Looked at are the permissions of routes, and texts given to functions such as
    `hasPermission()`. A permission also counts as used where the sources write it as a text.
    Entries of api_endpoints must name the permissions that their routes ask for. One of a route
    that the sources do not show is a warning: `register-matches-manifest` asks the built module.

    Why: roles are made from the permissions in module.json. One that only the code knows can be
        granted to nobody; one that only module.json knows is granted and opens nothing.
    Bad: a route with `permissions: ["x:rules:delete"]` that module.json does not list
    Good: `"permissions": ["x:rules:read"]`, and a route that asks for "x:rules:read"
    Fix: add the permission to `permissions` and to the entry of the endpoint, or remove it.
    """
    from gates.checks.lint._declared import LITERAL, same_path, unread
    from gates.contract.declared.entries import entries, entries_by, texts, whole_text
    from gates.toolchains.languages import language_of

    document = module.require_manifest()
    found = language_of(module).read_offers(module)
    listed = entries_by(document, whole_text, "permissions")
    routes: dict[tuple[str, str], set[str]] = {}
    unknown = False
    routed = [each for route in found.routes for each in route.permissions]
    for text in (*routed, *found.asked):
        if text.values is None:
            unknown = True
            yield permissions_declared.finding(
                unread(text, "this permission"),
                text.location,
                level=Level.ERROR if text in found.asked else Level.WARNING,
                fix=LITERAL,
            )
        for name in text.values or ():
            if name not in listed:
                yield permissions_declared.finding(
                    f"module.json does not list the permission {name}, which is asked for here",
                    text.location,
                    fix=f'add "{name}" to permissions',
                )
    for route in found.routes:
        asked = {name for text in route.permissions for name in text.values or ()}
        for method in route.method.values or ():
            for path in route.path.values or ():
                routes.setdefault((method.upper(), same_path(path)), set()).update(asked)
    for entry in entries(document, "api_endpoints"):
        key = entry.text("method"), same_path(entry.text("path"))
        given = set(texts(entry.get("permissions")))
        if key not in routes or unknown or given == routes[key]:
            continue  # endpoints-declared says what is wrong with it
        more, less = sorted(given - routes[key]), sorted(routes[key] - given)
        says = [f"not for {', '.join(more)}"] if more else []
        says += [f"also for {', '.join(less)}"] if less else []
        yield permissions_declared.finding(
            f"the route of {entry.text('method')} {entry.text('path')} asks {' but '.join(says)}",
            entry.at("permissions"),
            fix=f"write {_list(routes[key])}, or change the route",
        )
    for name, entry in listed.items():
        if name not in found.texts and not unknown:
            yield permissions_declared.finding(
                f"nothing in the sources asks for the permission {name}",
                entry.at(),
                fix="ask for it in a route or a handler, or remove it",
            )


def _list(names: set[str]) -> str:
    return f'"permissions": [{", ".join(f"{chr(34)}{each}{chr(34)}" for each in sorted(names))}]'
