"""A text that can be no path is the name of nothing, wherever the file system is asked about it."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import pytest

from gates.ci.modules import find_modules
from gates.errors import ConfigurationError, CouldNotCheckError, UsageError
from gates.filesystem import is_file, is_folder, is_link, resolved, spread, status
from gates.identities import read_trust_root
from gates.language_server.server import module_of
from gates.module import load
from gates.module.load import _names
from gates.settings import load_policy
from gates.toolchains.languages.python.tree import DamagedError, check_files
from gates.toolchains.languages.typescript.packages import _copy
from gates.toolchains.licenses import read_metadata

NAMES = {
    "too long a name": "b" * 300,
    "too long a path": "b/" * 3000,
    "NUL": "a\0b",
    "half a character": "a\ud800b",
    "loop": "loop/a",
    "loop itself": "loop",
    "below a file": "file/a",
    "absent": "absent",
}
every = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    return tmp_path


@every
def test_nothing_lies_there(place, name):
    path = place / name
    assert status(path) is None
    assert not is_file(path)
    assert not is_folder(path)
    assert is_link(path) == (name == "loop")
    if "\0" in name or "\ud800" in name:
        with pytest.raises(ValueError, match="part of no path"):
            resolved(path)
    else:
        assert resolved(path).is_absolute()


def test_what_lies_there(place):
    (place / "link").symlink_to("file")
    assert is_file(place / "file")
    assert is_file(place / "link")
    assert is_link(place / "link")
    assert is_folder(place)
    assert not is_folder(place / "file")
    assert resolved(place / "link") == place / "file"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENOMEM])
def test_what_cannot_be_told_is_not_nothing(place, number):
    with (
        mock.patch.object(os, "stat", side_effect=OSError(number, "no")),
        mock.patch.object(Path, "stat", side_effect=OSError(number, "no")),
        pytest.raises(OSError, match="no"),
    ):
        is_file(place)


@every
def test_a_module_that_is_nowhere(place, name):
    for find in (load, find_modules):
        with pytest.raises(UsageError, match=r"does not exist|is no folder"):
            find(place / name)


@every
@pytest.mark.parametrize("named", [lambda name: name, lambda name: "there"], ids=["folder", "back"])
def test_a_repo_that_names_it(place, name, named):
    (place / ".git").write_bytes(f"gitdir: {named(name)}\n".encode("utf-8", "surrogatepass"))
    (place / "there").mkdir()
    for file in ("gitdir", "commondir"):
        (place / "there" / file).write_bytes(name.encode("utf-8", "surrogatepass"))
    assert _names(place) == (place.name,)


@every
def test_a_file_that_an_editor_names(place, name):
    uri = (place / name / "a.py").as_posix().encode("utf-8", "surrogatepass")
    assert module_of(f"file://{quote(uri)}") is None


def toml(name: str) -> str:
    return '"' + name.replace("\0", "\\u0000") + '"'


@pytest.mark.parametrize("name", [n for n in NAMES.values() if n.isprintable() or "\0" in n])
@pytest.mark.parametrize(
    "key", ["advisories.snapshot = {}", "database.baseline = [{}]", "python.packages = [{}]"]
)
def test_a_policy_that_names_it(place, key, name):
    if name == "loop" and "[" in key:
        return  # a pattern matches a link, and not what it leads to
    policy = place / "gates-policy.toml"
    policy.write_text(key.format(toml(name)) + "\n")
    with pytest.raises(ConfigurationError, match=key.partition(" ")[0]):
        load_policy(place, policy)
    (place / "gates.toml").write_text(key.format(toml(name)) + "\n")
    with pytest.raises(ConfigurationError, match=key.partition(" ")[0]):
        load_policy(place, None)
    with pytest.raises(ConfigurationError, match="no policy file"):
        load_policy(place, place / name)


@pytest.mark.parametrize("pattern", ["/etc/*", "", "**x"])
def test_a_pattern_that_is_none(place, pattern):
    policy = place / "gates-policy.toml"
    policy.write_text(f'database.baseline = ["{pattern}"]\n')
    with pytest.raises(ConfigurationError, match="baseline"):
        load_policy(place, policy)


@every
def test_a_root_of_trust(place, name):
    from datetime import date

    table = {"path": name, "sha256": "0" * 64, "fetched": date(2026, 11, 1)}
    with pytest.raises(ValueError, match=r"cannot be read|part of no path"):
        read_trust_root(table, place)


@every
def test_a_package_of_a_lock(place, name):
    with pytest.raises(CouldNotCheckError, match="not installed"):
        read_metadata(place / name / "package.json")
    if name != "loop":
        _copy(place / name, place / "copy" / "a")
        assert not (place / "copy").exists()


@pytest.mark.parametrize("line", [f"{'b' * 300},sha256=x,1", "a\0b,sha256=x,1", "file,sha0=x,1"])
def test_a_file_of_a_record(place, line):
    folder = place / "a-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: a\nVersion: 1.0\n")
    (folder / "RECORD").write_text(f"{line}\n")
    with pytest.raises(DamagedError):
        check_files(place)


def flags_of(monkeypatch, flags, written):
    """The file system has these flags for every folder, and keeps in `written` what it is told."""

    def ioctl(_folder, request, buffer):
        if request >> 30 == 1:
            written.append(int.from_bytes(buffer[:4], sys.byteorder))
        else:
            buffer[:4] = flags.to_bytes(4, sys.byteorder)

    monkeypatch.setattr("fcntl.ioctl", ioctl)


def test_folders_of_runs_are_spread_and_other_flags_stay(tmp_path, monkeypatch):
    written = []
    flags_of(monkeypatch, 0x80000, written)
    assert spread(tmp_path)
    assert written == [0xA0000]


def test_a_folder_that_is_spread_is_told_nothing(tmp_path, monkeypatch):
    written = []
    flags_of(monkeypatch, 0xA0000, written)
    assert spread(tmp_path)
    assert not written


def test_a_file_system_without_such_hints_is_no_fault(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(25, "Inappropriate ioctl for device")

    monkeypatch.setattr("fcntl.ioctl", refuse)
    assert not spread(tmp_path)
    assert not spread(tmp_path / "absent")
