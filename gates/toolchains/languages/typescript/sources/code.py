"""Whether a text is JavaScript or TypeScript code that does something."""

from __future__ import annotations

_ACTIVE = (
    "call_expression", "new_expression", "import_statement", "export_statement",
    "function_declaration", "generator_function_declaration", "function_expression",
    "arrow_function", "class_declaration", "class", "method_definition",
    "augmented_assignment_expression", "update_expression", "await_expression",
    "yield_expression", "throw_statement", "debugger_statement", "while_statement",
    "do_statement", "for_statement", "for_in_statement",
)  # fmt: skip


def is_code(text: str) -> bool:
    """Whether the text parses as a file, and more than names and literals stand in it."""
    from ast_grep_py import SgRoot

    root = SgRoot(text, "tsx").root()
    if root.find(kind="ERROR") is not None:
        return False
    if root.find(any=[{"kind": kind} for kind in _ACTIVE]) is not None:
        return True
    targets = (each.field("left") for each in root.find_all(kind="assignment_expression"))
    return any(target is not None and target.kind() != "identifier" for target in targets)
