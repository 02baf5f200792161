"""What a Python module's sources offer the platform, from their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

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
    read_job,
    read_route,
)

ROUTE_FIELDS = ("method", "path", "description", "authenticated", "permissions", "handler")
_COLLECTIONS = ("frozenset", "tuple", "list", "set")
JOB_FIELDS = ("name", "queue", "schedule", "handler")
"""The fields of the platform's `Route` and `Job`, in the order in which they are given."""


def read_offers(module: Module) -> Offers:
    """Every route, job, published event and permission that the sources write."""
    return module.once(_read_offers)


def _read_offers(module: Module) -> Offers:
    values = module.once(Values)
    routes: list[Route] = []
    jobs: list[Job] = []
    calls: dict[str, list[Text]] = {PUBLISH: [], SUBSCRIBE: [], "ask": []}
    for path in values.trees:
        reader = _Reader(values, path)
        contexts = _contexts(values.nodes(path))
        for node in values.nodes(path):
            if isinstance(node, ast.Dict):
                members = {
                    key.value: value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                }
                if "path" in members and ("handler" in members or "method" in members):
                    routes += read_route(reader, node, members)
                elif "queue" in members and "name" in members:
                    jobs += read_job(reader, node, members)
            elif isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name == "Route":
                    routes += read_route(reader, node, _given(node, ROUTE_FIELDS))
                elif name == "Job":
                    jobs += read_job(reader, node, _given(node, JOB_FIELDS))
                for kind, text in reader.call(node, contexts):
                    calls[kind].append(text)
    return Offers.of(routes, jobs, calls, _texts(values))


class _Reader:
    """Reads the nodes of one file."""

    def __init__(self, values: Values, path: str) -> None:
        self._values = values
        self._path = path

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

    def text(self, node: ast.expr, scope: Scope | None = None) -> Text:
        """A text where it stands; where a call gives it, at the call."""
        values = self._values.texts(node, self._path, scope)
        if isinstance(node, ast.Name) and scope and node.id in scope:
            given, path = scope[node.id]
            return Text(values, self._at(given, path), ast.unparse(node)[:60])
        return Text(values, self.at(node), ast.unparse(node)[:60])

    def at(self, node: ast.expr) -> Location:
        """Where an expression of the file stands."""
        return self._at(node, self._path)

    def _at(self, node: ast.expr, path: str) -> Location:
        return at(path, node, self._values.module.lines(path))

    def texts(self, node: ast.expr) -> Iterator[Text]:
        """The members of a list, tuple or set; one unknown text for anything else."""
        found, path = self._values.plain(node, self._path)
        if isinstance(found, ast.Call) and ast.unparse(found.func) in _COLLECTIONS:
            found = found.args[0] if found.args else ast.Tuple([])
        if not isinstance(found, ast.Tuple | ast.List | ast.Set):
            yield Text(None, self.at(node), ast.unparse(node)[:60])
            return
        for each in found.elts:
            values = self._values.texts(each, path)
            yield Text(values, self._at(each, path), ast.unparse(each)[:60])

    def boolean(self, node: ast.expr) -> bool | None:
        """True or false, where that is written or bound to a name."""
        found = self._values.plain(node, self._path)[0]
        value = found.value if isinstance(found, ast.Constant) else None
        return value if isinstance(value, bool) else None


def _given(node: ast.Call, fields: tuple[str, ...]) -> dict[str, ast.expr]:
    named = {each.arg: each.value for each in node.keywords if each.arg}
    return {**dict(zip(fields, node.args, strict=False)), **named}


def _contexts(nodes: Iterable[ast.AST]) -> set[str]:
    """The names of a file that are a `RequestContext`."""
    found = set(CONTEXTS)
    for node in nodes:
        if isinstance(node, ast.arg) and node.annotation is not None:
            if "RequestContext" in ast.unparse(node.annotation):
                found.add(node.arg)
        elif isinstance(node, ast.AnnAssign) and "RequestContext" in ast.unparse(node.annotation):
            found.add(ast.unparse(node.target).rpartition(".")[2])
    return found


def _texts(values: Values) -> Iterator[str]:
    for path in values.trees:
        for node in values.nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr | ast.BinOp):
                yield from values.texts(node, path) or ()
