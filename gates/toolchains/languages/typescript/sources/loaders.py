"""Where TypeScript sources load code by a path, or a name, that only a run knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.module import Module
from gates.toolchains.languages.typescript.sources.nodes import arguments
from gates.toolchains.languages.typescript.sources.trees import node_at, typescript_trees
from gates.toolchains.problem import Problem

if TYPE_CHECKING:
    from ast_grep_py import SgNode

PACKAGES = frozenset({"module", "vm", "worker_threads", "inspector", "v8", "wasi", "repl"})
"""Node's modules that make code of files or texts; with `node:` before them or without."""
NAMES = frozenset({"WebAssembly", "createRequire", "require"})
"""Names that do so."""
MEMBERS = frozenset({"_linkedBinding", "binding", "dlopen", "getBuiltinModule", "mainModule"})
"""Members of `process` that do so."""


def find_loaders(module: Module) -> Iterator[Problem]:
    """Each use of these, and each `import()` of anything but a literal name of a file or package.

    Literal are those that the compiler follows, too: a relative path or a package, no `data:`.
    """
    for path, root in typescript_trees(module).items():
        for node, what in _found(root):
            yield Problem(
                f"{what} loads code that no check reads",
                node_at(path, node),
                fix="import it by a literal name",
            )


def _found(root: SgNode) -> Iterator[tuple[SgNode, str]]:
    for kind in ("import_statement", "export_statement", "import_require_clause"):
        for node in root.find_all(kind=kind):
            source = node.field("source")
            if source is not None and not _is_followed(source):
                yield source, source.text()
    for node in root.find_all(kind="call_expression"):
        function = node.field("function")
        if function is not None and function.kind() == "import":
            given = arguments(node)
            if len(given) != 1 or given[0].kind() != "string" or not _is_followed(given[0]):
                yield node, "this import()"
    for node in root.find_all(kind="identifier"):
        if node.text() in NAMES:
            yield node, node.text()
    for node in root.find_all(kind="member_expression"):
        owner, name = node.field("object"), node.field("property")
        if owner is None or name is None:
            continue
        base = owner.text().rpartition(".")[2]
        if (base == "process" and name.text() in MEMBERS) or (
            base == "globalThis" and name.text() in NAMES
        ):
            yield node, node.text()


def _is_followed(source: SgNode) -> bool:
    name = source.text()[1:-1]
    scheme, colon, rest = name.partition(":")
    if colon:
        return scheme == "node" and rest.partition("/")[0] not in PACKAGES
    return "\\" not in name and name.partition("/")[0] not in PACKAGES
