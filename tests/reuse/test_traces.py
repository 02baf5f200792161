"""What is recorded while something is asked, and what tells one answer from another."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.check import stage_checks
from gates.digests import digest_of
from gates.model import Stage, Verdict
from gates.module import Module, load
from gates.needs import Needs
from gates.recorder import CHANGED, Once, note, recording
from gates.reuse.identity import Identities
from gates.reuse.questions import Answers, in_words
from gates.reuse.views import RecordedModule
from gates.run import run_check
from gates.settings import Policy
from gates.toolchains import Session, Tools
from tests.reuse.conftest import DAY

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=6,
)


def test_a_trace_holds_what_its_own_thread_asks():
    with recording() as outer:
        note("a", "1")
        with recording() as inner:
            note("b", "2")
        thread = threading.Thread(target=note, args=("c", "3"))
        thread.start()
        thread.join()
    note("d", "4")
    assert (outer, inner) == ({"a": "1"}, {"b": "2"})


def test_a_question_with_two_answers_has_none_that_lasts():
    with recording() as trace:
        note("a", "1")
        note("a", "2")
        note("a", "1")
    assert trace == {"a": CHANGED}


def test_who_uses_a_shared_value_depends_on_what_it_was_made_from():
    def make() -> int:
        note("made from", "this")
        return 1

    once = Once(make)
    traces = []
    for _ in range(2):
        with recording() as trace:
            once()
        traces.append(trace)
    assert traces == [{"made from": "this"}] * 2


def test_what_failed_is_asked_for_again_by_nobody_and_noted_for_all():
    def make() -> int:
        note("asked", "this")
        raise ValueError("no")

    once = Once(make)
    for _ in range(2):
        with recording() as trace, pytest.raises(ValueError, match="no"):
            once()
        assert trace == {"asked": "this"}


@given(PLAIN, PLAIN)
def test_two_values_have_one_digest_only_where_they_are_equal(one, other):
    same_kind = digest_of(one) == digest_of(other)
    assert same_kind <= (_comparable(one) == _comparable(other))


def _comparable(value: object) -> object:
    """Lists and tuples are one kind here; True and 1 are two."""
    if isinstance(value, list | tuple):
        return ("sequence", tuple(map(_comparable, value)))
    if isinstance(value, dict):
        return ("mapping", frozenset((key, _comparable(each)) for key, each in value.items()))
    return (type(value).__name__, value)


def test_what_has_no_digest_is_no_equal_of_anything():
    with pytest.raises(TypeError, match="a object has no digest"):
        digest_of(object())


@dataclass(frozen=True)
class Pair:
    first: str
    second: str


def test_parts_do_not_run_into_each_other():
    texts = [("ab", ""), ("a", "b"), ("", "ab")]
    assert len({digest_of(Pair(*each)) for each in texts}) == 3
    assert len({digest_of(list(each)) for each in texts}) == 3


def test_a_recorded_module_says_what_the_module_says(make_module):
    module = load(make_module("python"))
    view = RecordedModule.of(module)
    for each in fields(Module):
        if each.name != "files":
            assert getattr(view, each.name) == getattr(module, each.name), each.name
    assert dict(view.files) == dict(module.files)
    assert (view.slug, view.version, view.entrypoint) == (
        "sample-module",
        "1.0.0",
        module.entrypoint,
    )
    assert view.text("README.md") == module.text("README.md")


def test_what_is_asked_of_a_module_is_noted(make_module):
    view = RecordedModule.of(load(make_module("python")))
    with recording() as trace:
        view.text("README.md")
        assert "nothing.txt" not in view.files
        assert view.files.get("other.txt") is None
    assert set(trace) == {"links:", "file:README.md", "exists:nothing.txt", "file:other.txt"}
    assert trace["file:other.txt"] == "none"
    with recording() as trace:
        list(view.files)
    assert set(trace) == {"paths:"}


def test_a_program_that_was_replaced_under_its_version_is_another(folder):
    program = folder / "tool"
    program.write_bytes(b"version 1.0 good")
    before = program.stat()
    first = Identities(folder / "memory.json")
    digest = first.program(str(program))
    first.save()
    assert Identities(folder / "memory.json").program(str(program)) == digest
    program.write_bytes(b"version 1.0 evil")
    os.utime(program, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert program.stat().st_size == before.st_size
    assert Identities(folder / "memory.json").program(str(program)) != digest
    program.unlink()
    assert Identities(folder / "memory.json").program(str(program)) is None


def test_a_package_is_all_of_its_files(folder, monkeypatch):
    package = folder / "tool" / "core.py"
    package.parent.mkdir()
    package.write_text("fine = True\n")
    info = folder / "a_tool-1.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("tool/core.py,sha256=x,12\na_tool-1.0.dist-info/RECORD,,\n")
    (folder / "a_tool_other-1.0.dist-info").mkdir()
    monkeypatch.setattr("gates.reuse.identity.sysconfig.get_path", lambda _: str(folder))
    digest = Identities(folder / "memory.json").distribution("A.Tool")
    assert digest is not None
    package.write_text("fine = None\n")
    assert Identities(folder / "memory.json").distribution("a-tool") not in (digest, None)
    assert Identities(folder / "memory.json").distribution("tool") is None


@pytest.mark.parametrize("memory", [b"", b"{", b"[1]", b'{"a": 1}', b"\xff"])
def test_a_memory_that_was_damaged_remembers_nothing(folder, memory):
    (folder / "memory.json").write_bytes(memory)
    (folder / "tool").write_bytes(b"x")
    assert Identities(folder / "memory.json").program(str(folder / "tool"))


def test_a_program_sees_no_variable_that_is_not_noted(make_module, settings, monkeypatch):
    monkeypatch.setenv("UNDECLARED", "1")
    monkeypatch.setenv("UV_INDEX_URL", "https://packages.example.net")
    with Session(load(make_module("python")), Policy(), settings) as session:
        tools = Tools(session)
        assert "UNDECLARED" not in tools.environment()
        with recording() as trace:
            given = tools.install_environment()
    assert "UNDECLARED" not in given
    assert given["UV_INDEX_URL"] == "https://packages.example.net"
    assert set(trace) == {"environment:"}


def answers(path: Path, settings, identities: Identities) -> Answers:
    def no_catalog() -> None:
        raise AssertionError

    return Answers(load(path), Policy(), settings, DAY, identities, no_catalog)


def test_a_question_that_nobody_understands_has_no_answer(make_module, settings, folder):
    found = answers(make_module("python"), settings, Identities(folder / "memory.json"))
    for question in (
        "",
        "unknown:x",
        "module:_plain",
        "part:everything",
        "policy:nothing",
        "seal:",
    ):
        assert found.answer(question) in (None, "none"), question
    assert not found.same({"unknown:x": "1"})
    assert found.changed({"today:": DAY.isoformat(), "file:x": "1"}) == ["file:x"]


def test_a_question_that_many_ask_at_once_is_answered_once(make_module, settings, folder):
    """All files of the gate are read for it: for each of thirty checks, once was ten seconds."""
    identities = Identities(folder / "memory.json")
    found = answers(make_module("python"), settings, identities)
    together, asked = threading.Barrier(8), []

    def gate() -> str:
        asked.append("gate")
        time.sleep(0.05)
        return "digest"

    identities.gate = gate
    given: list[str | None] = []

    def ask() -> None:
        together.wait()
        given.append(found.answer("gate:"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (asked, given) == (["gate"], ["digest"] * 8)


def test_every_question_can_be_said():
    assert in_words("file:src/a.py") == "the file src/a.py"
    assert in_words("today:") == "the day"
    assert in_words("unheard:of") == "of"


STATIC = [
    each for stage in (Stage.LINT_MANIFEST, Stage.LINT) for each in stage_checks(stage)
    if set(each.needs) <= {"module", "policy", "today"} and each.language in (None, "python")
]  # fmt: skip


def test_a_result_that_holds_is_the_one_that_a_run_gives(make_module, settings, folder):
    """Each file changed, emptied and removed in turn: where all answers to a check's questions
    stayed the same, the check says what it said before."""
    path = make_module("python")
    identities = Identities(folder / "memory.json")

    def ask(check):
        needs = Needs(load(path), Policy(), settings, today=DAY)
        with recording() as trace:
            result = run_check(check, needs)
        return trace, (result.verdict, result.findings)

    before = {each.id: ask(each) for each in STATIC}
    assert sum(said[0] is Verdict.PASS for _, said in before.values()) > 30
    held = ran = 0
    for name in [each for each in load(path).files if each != "module.json"]:
        file, data = path / name, (path / name).read_bytes()
        for change in (data + b"\n// more\n", b"", None):
            file.write_bytes(change) if change is not None else file.unlink()
            now = answers(path, settings, identities)
            for check in STATIC:
                trace, said = before[check.id]
                if now.same(trace):
                    held += 1
                    assert ask(check)[1] == said, f"{check.id} with {name} changed"
                else:
                    ran += 1
            file.write_bytes(data)
    assert held > ran > 100
