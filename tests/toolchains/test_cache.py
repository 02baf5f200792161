"""What is cached is compared with what was put there, before it is used."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gates.check import find
from gates.model import CheckResult, Verdict
from gates.module import load
from gates.needs import Needs
from gates.run import run_check
from gates.settings import Policy, Settings, load_policy
from gates.toolchains import Session, Tools
from gates.toolchains.cache import (
    SEEN,
    Installed,
    digest_contents,
    digest_program,
    install_once,
    move_into_cache,
    own_folder,
)
from gates.toolchains.folders import SEAL
from gates.toolchains.languages.python.code_rules import date_by_content
from gates.toolchains.languages.python.environment import install_packages
from gates.toolchains.languages.python.tree import DamagedError, check_files
from gates.toolchains.locks import TreeError


@pytest.fixture
def have(tmp_path):
    """Ask for a folder in the cache; `made` are those that had to be made."""
    made: list[Path] = []

    def install() -> Path:
        folder = tmp_path / f"work-{len(made)}"
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "tsc").write_text("the compiler")
        (folder / "bin" / "tsc").chmod(0o755)
        (folder / "lib.js").write_text("its library")
        (folder / "link").symlink_to("lib.js")
        made.append(folder)
        return folder

    def ask() -> Installed:
        return install_once(tmp_path / "cache" / "toolchain", install)

    ask.made = made
    return ask


def test_a_program_that_was_written_to_is_read_again(tmp_path):
    program = tmp_path / "core"
    program.write_bytes(b"one")
    first, known = digest_program(program, tmp_path), digest_program(program, tmp_path)
    assert first == known == hashlib.sha256(b"one").hexdigest()
    before = program.stat()
    program.write_bytes(b"two")
    os.utime(program, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digest_program(program, tmp_path) == hashlib.sha256(b"two").hexdigest()


def test_what_is_as_it_was_made_is_used(have):
    first, second = have(), have()
    assert len(have.made) == 1
    assert (first.how, second.how) == ("made now", "from the cache")
    assert first.digest == second.digest == digest_contents(second.place)
    assert second.seconds == 0
    record = second.record("typescript-toolchain", 3)
    assert record.detail == f"from the cache, sha256:{first.digest}"


def empty(place):
    (place / "bin" / "tsc").write_bytes(b"")


def edit_with_its_size_and_time(place):
    path = place / "lib.js"
    status = path.stat()
    path.write_text("ITS LIBRARY")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def remove(place):
    (place / "lib.js").unlink()


def add(place):
    (place / "sitecustomize.py").write_text("")


def add_a_folder(place):
    (place / "node_modules").mkdir()


def forbid_to_run(place):
    (place / "bin" / "tsc").chmod(0o644)


def lead_elsewhere(place):
    (place / "link").unlink()
    (place / "link").symlink_to("bin/tsc")


def lose_the_seal(place):
    (place / SEAL).unlink()


def truncate_the_seal(place):
    (place / SEAL).write_text("")


def break_the_seal(place):
    (place / SEAL).write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(
    "damage",
    [
        empty, edit_with_its_size_and_time, remove, add, add_a_folder, forbid_to_run,
        lead_elsewhere, lose_the_seal, truncate_the_seal, break_the_seal,
    ],
    ids=lambda each: each.__name__,
)  # fmt: skip
def test_what_is_not_is_made_anew(have, damage):
    first = have()
    damage(first.place)
    again = have()
    assert len(have.made) == 2
    assert again.how == "made anew, as what was in the cache is not what was put there"
    assert again.digest == first.digest == digest_contents(again.place)
    assert {each.name for each in again.place.parent.iterdir()} <= {"toolchain", SEEN}
    assert have().how == "from the cache"


def test_what_was_read_once_is_read_again_after_a_new_start_of_the_machine(
    have, tmp_path, monkeypatch
):
    first, read = have(), []
    monkeypatch.setattr("gates.toolchains.cache._START", tmp_path / "start")
    monkeypatch.setattr(
        "gates.toolchains.cache.digest_contents",
        lambda folder: read.append(folder) or digest_contents(folder),
    )
    for started, times in (("1", 1), ("1", 1), ("2", 2), (None, 3), (None, 4)):
        (tmp_path / "start").unlink(missing_ok=True)
        if started:
            (tmp_path / "start").write_text(started)
        assert have().digest == first.digest
        assert len(read) == times, started
    assert len(have.made) == 1


@pytest.mark.parametrize("note", [b"", b"x", b"\xff", b"0" * 5000])
def test_a_note_that_was_damaged_says_nothing(have, note):
    first = have()
    have()
    (first.place.parent / SEEN / first.place.name).write_bytes(note)
    empty(first.place)
    assert have().how == "made anew, as what was in the cache is not what was put there"


def test_a_folder_that_another_run_puts_there_meanwhile_is_used(tmp_path):
    place = tmp_path / "cache" / "place"

    def install() -> Path:
        mine = tmp_path / "mine"
        mine.mkdir()
        (mine / "who").write_text("mine")
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        (theirs / "who").write_text("theirs")
        (theirs / SEAL).write_text(digest_contents(theirs))
        move_into_cache(theirs, place)
        return mine

    made = install_once(place, install)
    assert (made.place, (place / "who").read_text()) == (place, "theirs")


def test_a_damaged_folder_that_appears_meanwhile_is_not_used(tmp_path):
    place = tmp_path / "cache" / "place"

    def install() -> Path:
        mine = tmp_path / "mine"
        mine.mkdir()
        (mine / "who").write_text("mine")
        (place / "half").mkdir(parents=True)
        return mine

    made = install_once(place, install)
    assert (made.place / "who").read_text() == "mine"


@pytest.fixture
def environment(make_module, settings, folder):
    """The environment of the Python base, copied into a cache that nobody else uses."""
    with Session(load(make_module("python")), Policy(), settings) as session:
        shared = install_packages(Tools(session)).folder
    copied = folder / "cache" / "environments" / shared.name
    shutil.copytree(shared, copied, symlinks=True)
    return copied


@pytest.fixture
def check_module(environment, settings, folder):
    """Run one check on the Python base, with that cache unless another is given."""
    root = folder / "modules" / "sample-module"
    own = replace(settings, cache=folder / "cache")

    def run(check: str, files: dict[str, str], settings: Settings = own) -> CheckResult:
        for name, text in files.items():
            (root / name).write_text(text)
        needs = Needs(load(root), load_policy(root), settings, today=date(2026, 11, 24))
        try:
            return run_check(find(check), needs)
        finally:
            needs.close()

    return run


def test_a_test_that_fails_fails_also_with_a_runner_that_was_edited(check_module, environment):
    """An edited pytest in the cache made each test pass."""
    files = {"tests/unit/test_false.py": "def test_false() -> None:\n    assert False\n"}
    first = check_module("tests-pass", files)
    assert first.verdict is Verdict.FAIL
    assert any("from the cache" in each.detail for each in first.records)
    (edited,) = environment.glob("**/_pytest/python.py")
    text = edited.read_text()
    assert "result = testfunction(**testargs)" in text
    edited.write_text(text.replace("result = testfunction(**testargs)", "result = None"))
    shutil.rmtree(edited.parent / "__pycache__")
    again = check_module("tests-pass", {})
    assert again.verdict is Verdict.FAIL
    assert any("made anew" in each.detail for each in again.records)


def test_a_cache_of_mypy_that_was_cut_short_is_thrown_away(
    check_module, environment, settings, folder
):
    assert check_module("mypy", {}, settings).verdict is Verdict.PASS
    shared, own = (each / "mypy" / environment.name for each in (settings.cache, folder / "cache"))
    whole = [*shared.glob("1/known/**/*.db")]
    assert whole
    for path in whole:
        part = own / path.relative_to(shared)
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert check_module("mypy", {}).verdict is Verdict.PASS
    for path in whole:
        with contextlib.closing(sqlite3.connect(own / path.relative_to(shared))) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_runs_beside_each_other_each_have_a_folder_and_the_next_finds_the_first(tmp_path):
    """Two runs with one cache of mypy read each other's answers."""
    with own_folder(tmp_path) as first:
        (first / "known").touch()
        with own_folder(tmp_path) as second:
            assert (first.name, second.name) == ("1", "2")
    with own_folder(tmp_path) as again:
        assert (again / "known").exists()


def test_sources_of_one_size_and_one_second_are_not_taken_for_each_other(tmp_path):
    """mypy knows a file by its name, its size and the second of its last change."""
    for name, text in (("a", "x: int = 1\n"), ("b", "x: int = 2\n"), ("c", "x: int = 1\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "code.py").write_text(text)
        date_by_content(tmp_path / name)
    first, other, same = ((tmp_path / name / "code.py").stat().st_mtime for name in "abc")
    assert first == same != other


@pytest.fixture
def distribution(tmp_path):
    """A distribution with one module, as an installer leaves it."""
    (tmp_path / "words.py").write_text("A = 1\n")
    info = tmp_path / "words-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: words\nVersion: 1.0\n")
    (info / "RECORD").write_text(
        "words.py,sha256=Bu289DNhZaJx5lJAJaZDnDyqMkb9B5bxFncieXB6UyU,6\n"
        "words-1.0.dist-info/METADATA,sha256=OdeMPaJDLPwvpn2kv6TQ43FeXnfzOLH5NExbF_JKhto,47\n"
        "words-1.0.dist-info/RECORD,,\n"
    )
    return tmp_path


def test_files_that_are_those_of_the_wheel(distribution):
    check_files(distribution)


@pytest.mark.parametrize("text", ["", "A = 2\n", None], ids=["empty", "edited", "gone"])
def test_a_file_that_is_not_that_of_the_wheel(distribution, text):
    path = distribution / "words.py"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    with pytest.raises(DamagedError, match=r"words: words\.py is not the file of the wheel"):
        check_files(distribution)


def test_a_distribution_without_a_record(distribution):
    (distribution / "words-1.0.dist-info" / "RECORD").unlink()
    with pytest.raises(TreeError, match="words is installed without a RECORD"):
        check_files(distribution)
