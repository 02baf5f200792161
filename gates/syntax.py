"""Python's own parser, one thread at a time.

Before 3.11.8 and 3.12.2 its trees were made with a counter that all threads shared, and one that
was made beside another could end in a SystemError (python/cpython#106905).
"""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()


def parse_python(source: str | bytes) -> ast.Module:
    """The syntax tree of a file. Raises what `ast.parse` raises."""
    with _ONE_AT_A_TIME:
        return ast.parse(source)


def parse_expression(text: str) -> ast.expr:
    """The syntax tree of one expression. Raises what `ast.parse` raises."""
    with _ONE_AT_A_TIME:
        return ast.parse(text, mode="eval").body
