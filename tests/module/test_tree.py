"""Which files belong to a module, what is never opened, and a digest that everyone agrees on."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.errors import CouldNotCheckError
from gates.module import load
from gates.module.links import resolve
from gates.module.patterns import NeverMatchesError, compile_pattern


def make(root: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (root / "module.json").write_bytes(b"{}\n")
    return root


def hash1(files: dict[str, bytes]) -> str:
    """Go's dirhash.Hash1, written from its documentation, in hex."""
    entries = {**files, "module.json": b"{}\n"}
    lines = "".join(
        f"{hashlib.sha256(entries[path]).hexdigest()}  {path}\n" for path in sorted(entries)
    )
    return hashlib.sha256(lines.encode()).hexdigest()


def test_digest_is_hash1(tmp_path):
    files = {"a.txt": b"1", "B/c.py": b"x\r\n", "é/ü.md": b"", "a/b": b"2", "a-b": b"3"}
    assert load(make(tmp_path, files)).digest == hash1(files)


def test_digest_agrees_with_sha256sum(tmp_path):
    files = {"a.txt": b"1", "b/c": b"2", "b.d": b"3"}
    module = load(make(tmp_path, files))
    script = "find . -type f | sed 's|^./||' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    shown = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True)
    assert shown.stdout.decode().split()[0] == module.digest


def test_digest_does_not_depend_on_machine(tmp_path):
    files = {"z": b"1", "a/b.py": b"x", "Ä": b"2"}
    first = make(tmp_path / "one", files)
    second = make(tmp_path / "two" / "deeper", dict(reversed(files.items())))
    for path in second.rglob("*"):
        os.utime(path, (1, 1))
        if path.is_file():
            path.chmod(0o600)
    code = (
        "import sys, pathlib; from gates.module import load; "
        "print(load(pathlib.Path(sys.argv[1])).digest)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, str(second)],
        env={"LC_ALL": "C", "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    )
    assert shown.stdout.decode().strip() == load(first).digest == hash1(files)


NAMES = st.text(alphabet="abAB.-_é", min_size=1, max_size=6).filter(
    lambda name: name not in (".", "..") and not name.startswith(".")
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(NAMES, st.binary(max_size=20), max_size=5), data=st.data())
def test_digest_changes_with_every_change(tmp_path_factory, files, data):
    root = make(tmp_path_factory.mktemp("m"), files)
    before = load(root).digest
    assert load(root).digest == before
    paths = sorted(path for path in root.iterdir())
    victim = data.draw(st.sampled_from(paths))
    kind = data.draw(st.sampled_from(["append", "rename", "remove", "add", "crlf"]))
    content = victim.read_bytes()
    if kind == "append":
        victim.write_bytes(content + b" ")
    elif kind == "rename" and victim.name != "module.json":
        victim.rename(root / f"{victim.name}2")
    elif kind == "remove" and victim.name != "module.json":
        victim.unlink()
    elif kind == "crlf" and b"\n" in content:
        victim.write_bytes(content.replace(b"\n", b"\r\n"))
    else:
        (root / "new file").write_bytes(b"")
    assert load(root).digest != before


def test_a_copy_is_the_same_module(tmp_path, make_module):
    root = make_module("typescript")
    (root / "docs").mkdir()
    (root / "docs" / "readme").symlink_to("../README.md")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "node_modules").mkdir()
    (root / "node_modules" / "x.js").write_text("")
    module = load(root)
    module.write_to(tmp_path / "copy")
    copy = load(tmp_path / "copy")
    assert copy.digest == module.digest
    assert copy.files == module.files
    assert (tmp_path / "copy" / "run.sh").stat().st_mode & 0o111 == 0
    assert (tmp_path / "copy" / "docs" / "readme").is_symlink()
    assert not (tmp_path / "copy" / "node_modules").exists()
    with pytest.raises(CouldNotCheckError, match="not empty"):
        module.write_to(tmp_path / "copy")


def test_links(tmp_path):
    root = make(tmp_path / "module", {"docs/a.md": b"text", "src/b.py": b"", "cache/x": b""})
    (tmp_path / "secret").write_text("secret")
    (root / ".gitignore").write_text("cache/\n")
    good = {"here": "docs/a.md", "docs/up": "../src", "docs/again": "up/b.py", "self": "."}
    bad = {
        "out": "../secret", "abs": str(tmp_path / "secret"), "inside": str(root / "docs" / "a.md"),
        "loop": "loop", "ping": "pong", "pong": "ping", "gone": "nothing", "back": "../module/docs",
        "ignored": "cache/x", "docs/far": "up/../../../secret",
    }  # fmt: skip
    for name, target in {**good, **bad}.items():
        (root / name).symlink_to(target)
    module = load(root)
    assert {path for path, file in module.files.items() if file.link} == set(good)
    assert {problem.location.path for problem in module.problems} == set(bad)
    assert module.text("here") == "text"
    assert module.data("docs/again") == b""
    with pytest.raises(CouldNotCheckError, match="not a file of the module"):
        module.data("out")
    before = module.digest
    (root / "out").unlink()
    assert load(root).digest != before


@given(
    st.dictionaries(
        st.sampled_from(["a", "a/b", "b", "c"]),
        st.sampled_from(["a", "..", "../c", "b/../..", "."]),
    ),
    st.sampled_from(["a", "a/b/c", "b/x", "c/.."]),
)
def test_links_never_lead_above_the_root(links, path):
    found = resolve(path, links)
    assert found is None or ".." not in found.split("/")


def test_special_files_are_never_opened(tmp_path):
    root = make(tmp_path, {"a": b""})
    os.mkfifo(root / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    try:
        here = Path.cwd()
        os.chdir(root)
        listener.bind("socket")
        os.chdir(here)
        module = load(root)
    finally:
        listener.close()
    assert {each.location.path for each in module.problems} == {"pipe", "socket"}
    assert all(each.unread for each in module.problems)


def test_what_cannot_be_read_has_no_stable_digest(tmp_path, monkeypatch):
    root = make(tmp_path, {"a": b"1", "b/c": b"2"})
    real = os.open

    def denied(path, *arguments, **options):
        if path in ("a", "b"):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", denied)
    first, second = load(root), load(root)
    assert [each.message for each in first.problems] == ["could not be read: permission denied"] * 2
    assert all(each.unread for each in first.problems)
    assert first.digest != second.digest


@pytest.mark.parametrize("name", [b"new\nline", b"bad\xff", b"bell\x07", "\u202etxt".encode()])
def test_names_that_cannot_be_shown_are_refused(tmp_path, name):
    root = make(tmp_path, {})
    Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(b"")
    module = load(root)
    assert list(module.files) == ["module.json"]
    assert module.problems[0].unread
    assert module.problems[0].message.isprintable()


def test_names_that_differ_in_case_alone(tmp_path):
    module = load(make(tmp_path, {"README.md": b"", "Readme.md": b""}))
    assert [str(each.location) for each in module.problems] == ["Readme.md"]


def test_limits(tmp_path, monkeypatch):
    root = make(tmp_path, {f"f{number}": b"12345" for number in range(20)})
    monkeypatch.setattr("gates.module.tree.MAX_FILES", 10)
    problem = load(root).problems[-1]
    assert problem.message == "the module has more than 10 files"
    assert problem.unread
    monkeypatch.setattr("gates.module.tree.MAX_FILES", 100)
    monkeypatch.setattr("gates.module.tree.MAX_BYTES", 50)
    assert load(root).problems[-1].message.startswith("the module is larger than")
    monkeypatch.setattr("gates.module.tree.MAX_BYTES", 500)
    monkeypatch.setattr("gates.module.tree.MAX_SECONDS", -1)
    assert load(root).problems[-1].message.startswith("reading the module takes longer")


def test_a_file_of_300_mb_is_told_with_the_limit_and_not_read(tmp_path):
    root = make(tmp_path, {"small": b"x"})
    with (root / "large.bin").open("wb") as file:
        file.truncate(300_000_000)
    started = time.process_time()
    module = load(root)
    (problem,) = module.problems
    assert str(problem.location) == "large.bin"
    assert problem.message == (
        "is 300,000,000 bytes large; a file of a module has at most 16,777,216"
    )
    assert problem.unread
    assert module.files.keys() == {"module.json", "small"}
    assert module.digest != load(root).digest
    assert time.process_time() - started < 1


def test_the_largest_file_is_part_of_the_module_and_one_byte_more_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr("gates.module.tree.MAX_FILE", 1000)
    root = make(tmp_path, {"most": b"x" * 1000, "more": b"x" * 1001})
    module = load(root)
    assert "most" in module.files
    assert [str(each.location) for each in module.problems] == ["more"]


def test_deep_folders_are_refused(tmp_path):
    root = make(tmp_path, {})
    folder = root
    for _ in range(80):
        folder = folder / "d"
        folder.mkdir()
    assert load(root).problems[-1].message.startswith("folders are nested more than 64 deep")


def test_large_files_are_read_again_and_compared(tmp_path, monkeypatch):
    monkeypatch.setattr("gates.module.tree.KEPT_FILE", 10)
    root = make(tmp_path, {"src/large": b"x" * 100, "small": b"y"})
    module = load(root)
    assert module.files["src/large"].data is None
    assert module.files["small"].data == b"y"
    assert module.data("src/large") == b"x" * 100
    (root / "src" / "large").write_bytes(b"z" * 100)
    with pytest.raises(CouldNotCheckError, match="was changed"):
        module.data("src/large")
    shutil.rmtree(root / "src")
    (root / "src").symlink_to("/etc")
    with pytest.raises(CouldNotCheckError, match="can no longer be read"):
        module.data("src/large")


IGNORED = {
    ".gitignore": b"*.log\n!keep.log\n/only-here\nfolder/\n\\#literal\n**/deep/*.tmp\n a\\ \n"
    b"x[0-9].c\nsub/inner.txt\nopt/*\n!opt/kept\n",
    "a.log": b"", "keep.log": b"", "sub/b.log": b"", "sub/keep.log": b"", "only-here": b"",
    "sub/only-here": b"", "folder/x": b"", "sub/folder/y": b"", "#literal": b"",
    "p/deep/z.tmp": b"", "p/deep/z.txt": b"", "x1.c": b"", "x.c": b"", "sub/inner.txt": b"",
    "opt/dropped": b"", "opt/kept": b"", "opt/more/z": b"", "sub/.gitignore": b"!b.log\n/mine\n",
    "sub/mine": b"", "mine": b"", "sub/deeper/mine": b"", "Folder/x": b"",
}  # fmt: skip


def git_files(root: Path) -> set[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(root.parent),
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    for arguments in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *arguments], cwd=root, env=environment, check=True)
    shown = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, env=environment, capture_output=True, check=True
    )
    return set(shown.stdout.decode().split("\0")) - {""}


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")


@needs_git
def test_the_same_files_as_git(tmp_path):
    root = make(tmp_path / "m", IGNORED)
    assert set(load(root).files) == git_files(root)


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "*",
        "?",
        "**",
        "/",
        "[ab]",
        "[!a]",
        ".",
        "[a-b]",
        "[^[:digit:]c]",
        "[]b-]",
        "\\c",
    ]
)  # fmt: skip
PATTERN = st.builds(
    lambda start, body, end: start + "".join(body) + end,
    st.sampled_from(["", "!", "/", "**/", "\\"]),
    st.lists(PIECES, min_size=1, max_size=4),
    st.sampled_from(["", "/", "/**", " ", "\\ "]),
).filter(lambda pattern: not re.search(r"[a-z.]\*\*", pattern))
"""Any pattern but `/a**`, whose stars git takes for those of `a/**`, against its own manual."""
NAMED = st.sampled_from(["a", "b", "c", "ab", "a.b"])
PATHS = st.lists(NAMED, min_size=1, max_size=3).map("/".join)
QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


@needs_git
@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(
    outer=st.lists(PATTERN, max_size=4), inner=st.lists(PATTERN, max_size=2),
    paths=st.sets(PATHS, max_size=8),
)  # fmt: skip
def test_any_rules_leave_out_what_git_leaves_out(tmp_path_factory, outer, inner, paths):
    plain = {path for path in paths if not any(other.startswith(f"{path}/") for other in paths)}
    files = {path: b"" for path in plain if path != "a"}
    files |= {".gitignore": "\n".join(outer).encode(), "a/.gitignore": "\n".join(inner).encode()}
    root = make(tmp_path_factory.mktemp("g") / "m", files)
    module = load(root)
    if not module.problems:
        assert set(module.files) == git_files(root)


def test_build_output_is_left_out(tmp_path):
    files = {
        "dist/a.js": b"", "build/x": b"", "coverage/y": b"", "src/build/kept.py": b"",
        "src/__pycache__/a.pyc": b"", "node_modules/m/i.js": b"", "x/node_modules/i.js": b"",
        ".git/config": b"", ".venv/x": b"", "pkg.egg-info/PKG-INFO": b"", ".coverage": b"",
        ".coverage.host.1": b"", ".env.example": b"", ".github/x.yml": b"", "a.tsbuildinfo": b"",
    }  # fmt: skip
    assert list(load(make(tmp_path, files)).files) == [
        ".env.example", ".github/x.yml", "module.json", "src/build/kept.py",
    ]  # fmt: skip


def test_patterns_that_never_match_are_told(tmp_path):
    root = make(tmp_path, {"a[": b"", "x": b""})
    (root / ".gitignore").write_text("x\n[\na\\\n[[:nothing:]]\n")
    module = load(root)
    assert [str(each.location) for each in module.problems] == [
        ".gitignore:2:1", ".gitignore:3:1", ".gitignore:4:1",
    ]  # fmt: skip
    assert list(module.files) == [".gitignore", "a[", "module.json"]


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("a*" * 40 + "b", "a" * 250), ("*" * 200 + "b", "a" * 250), ("?*" * 60 + "b", "a" * 250),
     ("[ab]*" * 60 + "c", "a" * 250), ("**/a/" * 50 + "b", "a/" * 60 + "c"),
     ("/" + "**/" * 100 + "*" * 100 + "b", "a/" * 60 + "c")],
)  # fmt: skip
def test_no_pattern_is_slow(pattern, name):
    compiled = compile_pattern(pattern)
    assert compiled is not None
    started = time.perf_counter()
    assert not compiled.matches(name, folder=False)
    assert time.perf_counter() - started < 0.1


@given(st.text(max_size=30), st.text(min_size=1, max_size=20))
def test_any_line_is_a_pattern_or_an_answer(line, name):
    try:
        pattern = compile_pattern(line)
    except NeverMatchesError:
        return
    if pattern is not None:
        pattern.matches(name, folder=False)


def test_a_gitignore_that_is_a_link_or_too_large(tmp_path):
    root = make(tmp_path, {"rules": b"a\n", "a": b""})
    (root / ".gitignore").symlink_to("rules")
    assert "a" in load(root).files
    (root / ".gitignore").unlink()
    (root / ".gitignore").write_text("#" * 70_000)
    assert load(root).problems[0].message == "is larger than 64 KiB"
