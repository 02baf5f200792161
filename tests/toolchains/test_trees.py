"""The trees of a module's files are made once, and who uses them depends on their files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gates.module.load import from_files
from gates.recorder import recording
from gates.reuse.views import RecordedModule
from gates.toolchains.languages.python.sources.offers import read_offers
from gates.toolchains.languages.python.sources.trees import python_tree, walk

FILES = {"module.json": b"{}", "src/a.py": b"A = 1\n", "src/b.py": b"B = 2\n"}


def test_whoever_uses_a_tree_that_another_made_depends_on_its_file():
    module = RecordedModule.of(from_files("memory", FILES))
    traces = []
    for _ in range(2):
        with recording() as trace:
            read_offers(module)
        traces.append(trace)
    assert traces[0] == traces[1]
    assert {"paths:", "file:src/a.py", "file:src/b.py"} <= traces[1].keys()


def test_a_file_is_parsed_once_and_what_is_wrong_with_it_is_said_to_each():
    module = from_files("memory", {**FILES, "src/c.py": b"def ("})
    assert python_tree(module, "src/a.py") is python_tree(module, "src/a.py")
    for _ in range(2):
        with pytest.raises(SyntaxError):
            python_tree(module, "src/c.py")


def test_the_nodes_of_a_tree_are_those_of_python_in_its_order():
    tree = ast.parse(Path(ast.__file__).read_bytes())
    theirs = [each for each in ast.walk(tree) if not isinstance(each, ast.expr_context)]
    assert list(walk(tree)) == theirs
