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
    read_job,
    read_route,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode


def read_offers(module: Module) -> Offers:
    """Every route, job, published event and permission that the sources write."""
    return module.once(_read_offers)


def _read_offers(module: Module) -> Offers:
    values = Values(module)
    routes: list[Route] = []
    jobs: list[Job] = []
    calls: dict[str, list[Text]] = {PUBLISH: [], SUBSCRIBE: [], "ask": []}
    for path, root in values.roots.items():
        reader = _Reader(values, path)
        for node in root.find_all(kind="object"):
            members = pairs(node)
            if "path" in members and ("handler" in members or "method" in members):
                routes += read_route(reader, node, members)
            elif "queue" in members and "name" in members:
                jobs += read_job(reader, node, members)
        contexts = _contexts(root)
        for node in root.find_all(kind="call_expression"):
            for kind, text in reader.call(node, contexts):
                calls[kind].append(text)
    return Offers.of(routes, jobs, calls, _texts(values))


_NAMES = ("identifier", "shorthand_property_identifier")


class _Reader:
    """Reads the nodes of one file."""

    def __init__(self, values: Values, path: str) -> None:
        self._values = values
        self._path = path

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

    def text(self, node: SgNode, scope: Scope | None = None) -> Text:
        """A text where it stands; where a call gives it, at the call."""
        values, name = self._values.texts(node, self._path, scope), node.text()
        place = self.at(node)
        if scope and name in scope and node.kind() in _NAMES:
            given, path = scope[name]
            place = node_at(path, given)
        return Text(values, place, name[:60])

    def at(self, node: SgNode) -> Location:
        """Where an expression of the file stands."""
        return node_at(self._path, node)

    def texts(self, node: SgNode) -> Iterator[Text]:
        """The members of an array; one unknown text for anything else."""
        found = self._values.plain(node, self._path)
        if found is None or found[0].kind() != "array":
            yield Text(None, self.at(node), node.text()[:60])
            return
        array, path = found
        for each in array.children():
            if each.is_named() and each.kind() != "comment":
                values = self._values.texts(each, path)
                yield Text(values, node_at(path, each), each.text()[:60])

    def boolean(self, node: SgNode) -> bool | None:
        """True or false, where that is written or bound to a name."""
        found = self._values.plain(node, self._path)
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
