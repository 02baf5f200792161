"""What a Python module's sources offer the platform, from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.python.sources.trees import at
from gates.toolchains.languages.python.sources.values import Scope, Values
from gates.toolchains.sources.offers import (
    ASKS,
    CONTEXTS,
    PUBLISH,
    SUBSCRIBE,
    Job,
    Offers,
    Route,
    Text,
)

ROUTE_FIELDS = ("method", "path", "description", "authenticated", "permissions", "handler")
_COLLECTIONS = ("frozenset", "tuple", "list", "set")
JOB_FIELDS = ("name", "queue", "schedule", "handler")
"""The fields of the platform's `Route` and `Job`, in the order in which they are given."""


def read_offers(module: Module) -> Offers:
    """Every route, job, published event and permission that the sources write."""
    values = Values(module)
    routes: list[Route] = []
    jobs: list[Job] = []
    calls: dict[str, list[Text]] = {PUBLISH: [], SUBSCRIBE: [], "ask": []}
    for path, tree in values.trees.items():
        reader = _Reader(values, path)
        contexts = _contexts(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                members = {
                    key.value: value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                }
                if "path" in members and ("handler" in members or "method" in members):
                    routes += reader.routes(node, members)
                elif "queue" in members and "name" in members:
                    jobs += reader.jobs(node, members)
            elif isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name == "Route":
                    routes += reader.routes(node, _given(node, ROUTE_FIELDS))
                elif name == "Job":
                    jobs += reader.jobs(node, _given(node, JOB_FIELDS))
                for kind, text in reader.call(node, contexts):
                    calls[kind].append(text)
    return Offers.of(routes, jobs, calls, _texts(values))


class _Reader:
    """Reads the nodes of one file."""

    def __init__(self, values: Values, path: str) -> None:
        self._values = values
        self._path = path

    def routes(self, node: ast.expr, members: dict[str, ast.expr]) -> Iterator[Route]:
        """The routes that a call or dict is: one for each call of a function that makes it."""
        if "path" not in members:
            return
        for scope in self._values.scopes(node, self._path):
            path = self.text(members["path"], scope)
            ours = any(each.startswith("/api/") for each in path.values or ())
            if "handler" not in members and not ours:
                continue  # the options of some other library's request
            method, authenticated = members.get("method"), members.get("authenticated")
            yield Route(
                self.text(method, scope) if method else Text(None, self._at(node)),
                path,
                tuple(self._list(members.get("permissions"), scope)),
                self._boolean(authenticated, scope),
                self._at(node),
            )

    def jobs(self, node: ast.expr, members: dict[str, ast.expr]) -> Iterator[Job]:
        """The jobs that a call or dict is; one without handler and schedule is none."""
        if not {"name", "queue"} <= members.keys() or not {"handler", "schedule"} & members.keys():
            return
        schedule = members.get("schedule")
        for scope in self._values.scopes(node, self._path):
            yield Job(
                self.text(members["name"], scope),
                self.text(members["queue"], scope),
                self.text(schedule, scope) if schedule is not None else None,
                self._at(node),
            )

    def call(self, node: ast.Call, contexts: set[str]) -> Iterator[tuple[str, Text]]:
        """The event or permission that a call names first."""
        receiver, _, name = ast.unparse(node.func).rpartition(".")
        kind = "ask" if name in ASKS else name
        named = {each.arg: each.value for each in node.keywords if each.arg}
        first = node.args[0] if node.args else named.get("event") or named.get("permission")
        if kind not in (PUBLISH, SUBSCRIBE, "ask") or first is None:
            return
        known = kind == "ask" or receiver.rpartition(".")[2] in contexts
        for scope in self._values.scopes(node, self._path):
            text = self.text(first, scope)
            slug = f"{self._values.module.slug}."
            if known or any(each.startswith(slug) for each in text.values or ()):
                yield kind, text

    def text(self, node: ast.expr, scope: Scope) -> Text:
        """A text where it stands; where a call gives it, at the call."""
        values = self._values.texts(node, self._path, scope)
        if isinstance(node, ast.Name) and node.id in scope:
            given, path = scope[node.id]
            return Text(values, self._at(given, path), ast.unparse(node)[:60])
        return Text(values, self._at(node), ast.unparse(node)[:60])

    def _at(self, node: ast.AST, path: str | None = None) -> Location:
        path = path or self._path
        return at(path, node, self._values.module.lines(path))

    def _list(self, node: ast.expr | None, scope: Scope) -> Iterator[Text]:
        if node is None:
            return
        found, path = self._values.plain(node, self._path, scope)
        if isinstance(found, ast.Call) and ast.unparse(found.func) in _COLLECTIONS:
            found = found.args[0] if found.args else ast.Tuple([])
        if not isinstance(found, ast.Tuple | ast.List | ast.Set):
            yield Text(None, self._at(node), ast.unparse(node)[:60])
            return
        inner = scope if path == self._path else {}
        for each in found.elts:
            values = self._values.texts(each, path, inner)
            yield Text(values, self._at(each, path), ast.unparse(each)[:60])

    def _boolean(self, node: ast.expr | None, scope: Scope) -> bool | None:
        found = self._values.plain(node, self._path, scope)[0] if node is not None else None
        value = found.value if isinstance(found, ast.Constant) else None
        return value if isinstance(value, bool) else None


def _given(node: ast.Call, fields: tuple[str, ...]) -> dict[str, ast.expr]:
    named = {each.arg: each.value for each in node.keywords if each.arg}
    return {**dict(zip(fields, node.args, strict=False)), **named}


def _contexts(tree: ast.Module) -> set[str]:
    """The names of a file that are a `RequestContext`."""
    found = set(CONTEXTS)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            if "RequestContext" in ast.unparse(node.annotation):
                found.add(node.arg)
        elif isinstance(node, ast.AnnAssign) and "RequestContext" in ast.unparse(node.annotation):
            found.add(ast.unparse(node.target).rpartition(".")[2])
    return found


def _texts(values: Values) -> Iterator[str]:
    for path, tree in values.trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr | ast.BinOp):
                yield from values.texts(node, path) or ()
