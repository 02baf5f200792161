"""What a TypeScript module's sources offer the platform, from their syntax trees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.model import Location
from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import arguments, pairs
from gates.toolchains.languages.typescript.sources.trees import node_at
from gates.toolchains.languages.typescript.sources.values import Scope, Values
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

if TYPE_CHECKING:
    from ast_grep_py import SgNode


def read_offers(module: Module) -> Offers:
    """Every route, job, published event and permission that the sources write."""
    values = Values(module)
    routes: list[Route] = []
    jobs: list[Job] = []
    calls: dict[str, list[Text]] = {PUBLISH: [], SUBSCRIBE: [], "ask": []}
    for path, root in values.roots.items():
        reader = _Reader(values, path)
        for node in root.find_all(kind="object"):
            members = pairs(node)
            if "path" in members and ("handler" in members or "method" in members):
                routes += reader.routes(node, members)
            elif "queue" in members and "name" in members:
                jobs += reader.jobs(node, members)
        contexts = _contexts(root)
        for node in root.find_all(kind="call_expression"):
            for kind, text in reader.call(node, contexts):
                calls[kind].append(text)
    return Offers.of(routes, jobs, calls, _texts(values))


class _Reader:
    """Reads the nodes of one file."""

    def __init__(self, values: Values, path: str) -> None:
        self._values = values
        self._path = path

    def routes(self, node: SgNode, members: dict[str, SgNode]) -> Iterator[Route]:
        """The routes that an object is: one for each call of a function that makes it."""
        for scope in self._values.scopes(node):
            path = self.text(members["path"], scope)
            ours = any(each.startswith("/api/") for each in path.values or ())
            if "handler" not in members and not ours:
                continue  # the options of some other library's request
            method = members.get("method")
            yield Route(
                self.text(method, scope) if method else Text(None, node_at(self._path, node)),
                path,
                tuple(self._list(members.get("permissions"), scope)),
                self._boolean(members.get("authenticated"), scope),
                node_at(self._path, node),
            )

    def jobs(self, node: SgNode, members: dict[str, SgNode]) -> Iterator[Job]:
        """The jobs that an object is; one without handler and schedule is none."""
        if "handler" not in members and "schedule" not in members:
            return
        schedule = members.get("schedule")
        for scope in self._values.scopes(node):
            yield Job(
                self.text(members["name"], scope),
                self.text(members["queue"], scope),
                self.text(schedule, scope) if schedule else None,
                node_at(self._path, node),
            )

    def call(self, node: SgNode, contexts: set[str]) -> Iterator[tuple[str, Text]]:
        """The event or permission that a call names first."""
        function, given = node.field("function"), arguments(node)
        if function is None or not given:
            return
        receiver, _, name = function.text().replace("?.", ".").rpartition(".")
        kind = "ask" if name in ASKS else name
        if kind not in (PUBLISH, SUBSCRIBE, "ask"):
            return
        known = receiver.rpartition(".")[2] in contexts or kind == "ask"
        known = known or (not receiver and kind in contexts)
        for scope in self._values.scopes(node):
            text = self.text(given[0], scope)
            slug = f"{self._values.module.slug}."
            own = any(each.startswith(slug) for each in text.values or ())
            if known or own:
                yield kind, text

    def text(self, node: SgNode, scope: Scope) -> Text:
        """A text where it stands; where a call gives it, at the call."""
        place = self._place(node, scope)
        values = self._values.texts(node, self._path, scope)
        return Text(values, place, node.text()[:60])

    def _place(self, node: SgNode, scope: Scope) -> Location:
        name = node.text()
        if node.kind() in ("identifier", "shorthand_property_identifier") and name in scope:
            given, path = scope[name]
            return node_at(path, given)
        return node_at(self._path, node)

    def _list(self, node: SgNode | None, scope: Scope) -> Iterator[Text]:
        if node is None:
            return
        found = self._values.plain(node, self._path, scope)
        if found is None or found[0].kind() != "array":
            yield Text(None, node_at(self._path, node), node.text()[:60])
            return
        array, path = found
        inner = scope if path == self._path else {}
        for each in array.children():
            if each.is_named() and each.kind() != "comment":
                values = self._values.texts(each, path, inner)
                yield Text(values, node_at(path, each), each.text()[:60])

    def _boolean(self, node: SgNode | None, scope: Scope) -> bool | None:
        found = self._values.plain(node, self._path, scope)
        kind = found[0].kind() if found is not None else ""
        return {"true": True, "false": False}.get(kind)


def _contexts(root: SgNode) -> set[str]:
    """The names of a file that are a `RequestContext`, and `publish` where one is taken apart."""
    found = set(CONTEXTS)
    for kind in ("required_parameter", "optional_parameter", "public_field_definition"):
        for node in root.find_all(kind=kind):
            annotation, name = node.field("type"), node.field("pattern") or node.field("name")
            if annotation is None or name is None or "RequestContext" not in annotation.text():
                continue
            if name.kind() == "object_pattern" and PUBLISH in name.text():
                found.add(PUBLISH)
            found.add(name.text())
    for node in root.find_all(kind="variable_declarator"):
        pattern, value = node.field("name"), node.field("value")
        if pattern is None or value is None or pattern.kind() != "object_pattern":
            continue
        if value.text().rpartition(".")[2] in found and PUBLISH in pattern.text():
            found.add(PUBLISH)
    return found


def _texts(values: Values) -> Iterator[str]:
    for path, root in values.roots.items():
        for node in root.find_all(kind="string"):
            yield node.text()[1:-1]
        for kind in ("template_string", "binary_expression"):
            for node in root.find_all(kind=kind):
                yield from values.texts(node, path) or ()
