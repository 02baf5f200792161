"""The rules for code: on the sources of the truth, in one run for each language, and by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from mypy.nodes import Import, ImportFrom

from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module import load
from gates.settings import load_policy
from gates.toolchains import Session, Tools
from gates.toolchains.code_rules import RULES, CodeRules, read_breaks, read_queues
from gates.toolchains.languages import LANGUAGES
from gates.toolchains.languages.python.rules.imports import hidden_parts
from tests.truth import code_rules

PLACE = {"path": "a", "line": 1, "column": 2, "end": None, "text": "t"}


def test_python(folder, settings):
    judge(code_rules.answers("python", folder, settings, others=True))


def test_typescript(folder, settings):
    judge(code_rules.answers("typescript", folder, settings, others=True))


def judge(every: list[code_rules.Answer]) -> None:
    """No false accusation, and for each rule at least five written sources, all found, and of
    other spellings 95 of 100."""
    print(code_rules.figures(every))  # noqa: T201 - with -s, or where it fails
    wrong = [each.source for each in every if not each.is_right]
    assert [each.name for each in wrong if not each.spelling] == []
    assert sum(bool(each.source.spelling) for each in every) > 200
    for rule in RULES - {"register-signature"}:  # of which test_register_signature.py has its own
        of = [each for each in every if each.source.rule == rule]
        others = [each for each in of if each.source.spelling]
        assert len(of) - len(others) >= 5
        assert sum(each.source in wrong for each in others) <= 0.05 * len(others)


def test_queues_and_what_a_second_run_knows(make_module, settings):
    """mypy's cache holds what it knows of the files by then, and the rules still read them."""
    root = make_module("retention-report")
    code = (
        "import os\nfrom axon_core import tenant_queue\nfrom bullmq import Queue\n\n"
        "PREFIX = 'tenant:retention-report'\nnamed = tenant_queue(f'{PREFIX}:mails')\n"
        "Q = Queue(named.name, prefix=named.prefix)\nx = 'a'; y = os.environ\n"
    )
    (root / "src/retention_report/lib/code.py").write_text(code, "utf-8")
    (root / "src/bullmq").mkdir()
    (root / "src/bullmq/__init__.py").write_text(code_rules.BULLMQ, "utf-8")
    for _ in range(2):
        with Session(load(root), load_policy(root), settings) as session:
            found = LANGUAGES["python"].check_code(Tools(session))
        assert [name for name, _ in found.queues] == ["tenant:retention-report:mails"]
        (broken,) = found.of("environment-access")
        where = (broken.location.line, broken.location.column, broken.location.end_column)
        assert where == (8, 14, 24)


def test_sources_that_cannot_be_read_are_not_clean(make_module, settings):
    root = make_module("python")
    (root / "src/sample_module/lib/code.py").write_text("def (:\n", "utf-8")
    with Session(load(root), load_policy(root), settings) as session:
        found = LANGUAGES["python"].check_code(Tools(session))
    assert {each.rule for each in found.problems} == {"syntax"}
    with pytest.raises(CouldNotCheckError, match="cannot read the sources"):
        found.of("errors-thrown")


def test_what_is_found_twice_at_a_place_is_said_once():
    entry = {**PLACE, "rule": "capabilities", "message": "m"}
    (found,) = read_breaks([entry, dict(entry)])
    assert found.location == Location("a", 1, 2)
    rules = CodeRules((), (found,), (), ())
    assert rules.of("capabilities") == (found,)
    assert rules.of("public-any") == ()


@pytest.mark.parametrize(
    "change", [{"rule": "other"}, {"line": None}, {"path": 1}, {"column": "1"}]
)
def test_an_answer_that_is_not_understood(change):
    with pytest.raises((ValueError, TypeError)):
        read_breaks([{**PLACE, "rule": "capabilities", "message": "m", **change}])


def test_queues_without_a_name():
    assert read_queues([{**PLACE, "name": None}]) == [(None, Location("a", 1, 2))]


@pytest.mark.parametrize(
    ("node", "hidden"),
    [
        (ImportFrom("orders.lib.rows", 0, [("Row", None)]), ["orders.lib.rows"]),
        (ImportFrom("orders", 0, [("env", None), ("Row", None)]), ["orders.env"]),
        (Import([("orders.jobs", None)]), ["orders.jobs"]),
        (ImportFrom("orders", 0, [("register", None)]), []),
        (ImportFrom("orders.more", 0, [("Row", None)]), []),
        (Import([("requests.api", None)]), []),
        (ImportFrom("requests", 0, [("api", None)]), []),
    ],
)
def test_what_another_module_keeps_inside_it_is_not_imported(node, hidden):
    """A package is another module of the platform where it has `register`."""
    names = {"orders": {"register": None}, "requests": {"get": None}}
    trees = {name: SimpleNamespace(names=each) for name, each in names.items()}
    program = SimpleNamespace(result=SimpleNamespace(files=trees))
    asked = node.id if isinstance(node, ImportFrom) else node.ids[0][0]
    assert [*hidden_parts(program, node, asked)] == hidden
