"""What the layout promises: pure files stay pure, and data moves from left to right only."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from gates.check import all_outlines
from gates.pipeline import IMPORTED_FIRST
from gates.toolchains.languages import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gates"

PURE = (
    "model.py", "check.py", "run.py", "stages.py", "progress.py", "judge.py",
    *(f"report/{name}.py" for name in (
        "entries", "escaping", "github", "json", "junit", "markdown", "sarif", "text",
        "html/__init__", "html/element", "html/facts", "html/findings", "html/style",
    )),
    *(f"ci/{name}.py" for name in ("comment", "conclude", "page", "plan", "shards")),
)  # fmt: skip
WORLD = {"subprocess", "socket", "shutil", "tempfile", "psycopg", "urllib", "http", "requests"}

RANK = {
    "errors": 0, "model": 0, "filesystem": 0, "recorder": 0, "digests": 0, "identities": 0,
    "approvers": 0, "records": 0, "barred": 2, "baseline": 4,
    "settings": 1, "steps": 1, "supervisor": 1, "syntax": 0, "workers": 0, "module": 2, "check": 2,
    "toolchains": 3, "database": 3, "evidence": 3, "registry": 3, "git": 4, "catalog": 4,
    "releases": 5, "governance": 5, "changes": 5, "contract": 5, "run": 5, "progress": 5,
    "stages": 5, "judge": 6, "publish": 6, "release": 6, "checks": 6,
    "reuse": 6, "tenants": 6, "move": 6, "needs": 7, "report": 7, "fixer": 7, "fixers": 7,
    "ci": 8, "exhibits": 8, "external": 8, "pipeline": 8, "doctor": 8, "new_module": 8, "nox": 8,
    "stand_ins": 8,
    "adoption": 9, "fix": 9, "adopt": 9, "update_module": 9, "fleet": 9,
    "language_server": 10, "commands": 11, "cli": 12, "__main__": 13, "child": 13,
}  # fmt: skip
"""Nothing imports what has a higher rank; a new room must be placed here."""


OF_CHECKS = {each.id: each.language for each in all_outlines()}
"""The only language of a check, and so of its fixer."""


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path, *, for_typing: bool = False) -> frozenset[str]:
    """Dotted names of the modules that a file imports, those for type checkers left out."""
    found: set[str] = set()
    waiting: list[ast.AST] = [parsed(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif (for_typing or not _typing_block(node)) and not isinstance(node, ast.expr):
            waiting += ast.iter_child_nodes(node)
    return frozenset(found)


def _typing_block(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


@pytest.mark.parametrize("name", PURE)
def test_pure_files_import_nothing_of_the_world(name):
    found = {each for each in imports(PACKAGE / name) if not each.startswith("urllib.parse")}
    assert not {each.partition(".")[0] for each in found} & WORLD


def test_nothing_imports_what_stands_to_its_right():
    for path in sources():
        relative = path.relative_to(PACKAGE)
        room = relative.parts[0].removesuffix(".py")
        for name in imports(path) if room != "__init__" else ():
            parts = name.split(".")
            if parts[0] == "gates" and len(parts) > 1 and parts[1] in RANK:
                assert RANK[parts[1]] <= RANK[room], f"{relative} imports {name}"


def test_only_processes_start_programs():
    allowed = {
        "toolchains/processes.py", "toolchains/bubblewrap.py",
        "database/server/programs.py", "database/server/postmaster.py", "supervisor/__init__.py",
        "fleet/task.py",  # this command itself, once for each module
    }  # fmt: skip
    starting = [path for path in sources() if "subprocess" in imports(path)]
    assert {str(path.relative_to(PACKAGE)) for path in starting} == allowed


DATABASE = PACKAGE / "database"
ROOMS = (
    ("versions", "server", "tenant_session"),
    ("catalog_state", "parsing"),
    ("rules", "runner", "baseline", "locate", "failure_advice", "missing_objects"),
    ("prepared", "database", "__init__"),
    ("rows",),
    ("shapes",),
    ("proofs/tenants", "proofs/isolation", "proofs/audit", "proofs/idempotency",
     "proofs/rollback", "proofs/upgrade", "proofs/locks", "proofs/code"),
)  # fmt: skip
"""The rooms of `gates.database`, each importing only from those before it; a new one is placed
here. `__init__` is what a check asks, on top of the prepared databases."""
ORDER = [room for line in ROOMS for room in line]


def room_of(parts: tuple[str, ...]) -> str:
    """The room that a path or a dotted name below `gates.database` lies in; "__init__" for none."""
    two = "/".join(parts[:2])
    return two if two in ORDER else parts[0] if parts and parts[0] in ORDER else "__init__"


def test_the_rooms_of_the_database_import_only_from_the_rooms_before_them():
    for path in DATABASE.rglob("*.py"):
        parts = path.relative_to(DATABASE).with_suffix("").parts
        if parts == ("proofs", "__init__"):
            continue
        own = room_of(parts)
        assert parts[0] in ("__init__", "proofs") or parts[0] in ORDER, f"{path} must be placed"
        for name in imports(path, for_typing=True):
            below = tuple(name.split(".")[2:])
            if name.split(".")[:2] != ["gates", "database"] or not below:
                continue
            other = room_of(below)
            assert ORDER.index(other) <= ORDER.index(own), f"{own} imports {name}"


def test_only_the_languages_know_which_there_are():
    """Others look a language up, or are for one alone: its checks and their fixers, the readers of
    its exports."""
    for path in sources():
        relative = path.relative_to(PACKAGE)
        if not relative.is_relative_to("toolchains/languages"):
            _knows_no_language(path, relative)


def _knows_no_language(path: Path, relative: Path) -> None:
    tree = parsed(path)
    compared = [*_compared(tree)]
    assert not compared, f"{relative}:{compared[0]} compares with the name of a language"
    for name in LANGUAGES:
        is_its_own = (
            name in _languages_of_checks(tree)
            if relative.parts[0] == "checks"
            else name == OF_CHECKS.get(relative.stem.replace("_", "-"))
            if relative.parts[0] == "fixers"
            else relative.is_relative_to(f"contract/code/{name}.py")
        )
        folder = f"gates.toolchains.languages.{name}"
        imported = [each for each in imports(path) if f"{each}.".startswith(f"{folder}.")]
        assert is_its_own or not imported, f"{relative} imports {imported[0]}"


def test_a_comparison_with_the_name_of_a_language_is_seen():
    for code in (
        'language == "python"',
        '"typescript" != language',
        'language in ("python", None)',
        'match language:\n    case "python": pass',
        '{"python": 1}[language]',
        '{"python": 1}.get(language)',
    ):
        assert [*_compared(ast.parse(code))], code
    for code in ('check(language="python")', 'EXTRAS = {"bandit": "python"}', 'a == "plpgsql"'):
        assert not [*_compared(ast.parse(code))], code


def _compared(tree: ast.AST) -> Iterator[int]:
    """The lines that choose by the name of a language."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            operands = [node.value]
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.value, ast.Dict):
            operands = [each for each in node.value.keys if each is not None]
        else:
            continue
        constants = (each for one in operands for each in ast.walk(one))
        if any(isinstance(each, ast.Constant) and each.value in LANGUAGES for each in constants):
            yield node.lineno if hasattr(node, "lineno") else 0


def _languages_of_checks(tree: ast.AST) -> set[object]:
    """What the file's `@check(..., language=...)` name."""
    return {
        keyword.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "check"
        for keyword in node.keywords
        if keyword.arg == "language" and isinstance(keyword.value, ast.Constant)
    }


@pytest.mark.parametrize(
    "name", sorted({each for names in IMPORTED_FIRST.values() for each in names})
)
def test_what_is_imported_before_threads_start_is_there(name):
    importlib.import_module(name)
