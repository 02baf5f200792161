"""Tables that a module takes over from the time before it had its prefix. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from gates.database.parsing.statements import scripts_of, statements_of
from gates.model import Location
from gates.module import Module


def taken_over(module: Module) -> Mapping[str, Location]:
    """Names of tables that a hook gives the module's prefix, each with where it does so."""
    found: dict[str, Location] = {}
    hooks = frozenset(module.hooks.values())
    for script in scripts_of(module) if module.slug and hooks else ():
        if script.path not in hooks:
            continue
        for inner in statements_of(script):
            node = inner.statement.node
            renamed = inner.statement.kind == "RenameStmt"
            if renamed and node.get("renameType") == "OBJECT_TABLE" and not inner.dynamic:
                new = str(node.get("newname", ""))
                if new.startswith(module.table_prefix) and new != module.table_prefix:
                    old = str(node.get("relation", {}).get("relname", ""))
                    found.setdefault(old, inner.at(node.get("relation", {})))
    return found
