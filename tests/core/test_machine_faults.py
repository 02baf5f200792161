"""Outputs that take nothing, folders that are gone, limits of the shell: a sentence and a code."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gates.errors import ConfigurationError, CouldNotCheckError, fault_in, machine_fault
from gates.evidence.keys import own_public_key, public_path, signing_key
from gates.evidence.store import Store
from gates.model import Stage

GATES = f"{sys.executable} -m gates"


def shell(command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    script = ["bash", "-c", command]
    return subprocess.run(script, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("{} explain nonsense >/dev/full 2>/dev/full", 2, ""),
        ("{} checks >/dev/full 2>/dev/full", 3, ""),
        ("{} checks >/dev/full", 3, "what was found could not be written: the disk is full"),
        ("{} checks >&-", 0, ""),
        ("{} checks >&- 2>&- <&-", 0, ""),
        ("{} checks | head -1; exit ${{PIPESTATUS[0]}}", 0, ""),
        ("{} checks | true; exit ${{PIPESTATUS[0]}}", 3, ""),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
def test_outputs_that_take_nothing(command, code, said):
    ended = shell(command.format(GATES))
    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_a_working_directory_that_is_gone(folder):
    (folder / "gone").mkdir()
    ended = shell(f"rmdir ../gone; {GATES} checks", folder / "gone")
    assert ended.returncode == 2
    assert ended.stderr.startswith("gates: the working directory cannot be entered")


def test_memory_that_runs_out():
    ended = shell(f"ulimit -v 40000; {GATES} checks")
    assert ended.returncode != 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space", "/a/b"), "the disk is full (/a/b)"),
        (OSError(errno.EDQUOT, "Quota"), "the disk quota is used up"),
        (OSError(errno.EROFS, "Read-only", b"/a"), "the file system is read-only (/a)"),
        (OSError(errno.EFBIG, "Too large"), "a file may not grow any larger"),
        (OSError(errno.EMFILE, "Too many", "/a"), "too many files are open (/a)"),
        (PermissionError(errno.EACCES, "Denied", "/a"), "permission denied (/a)"),
        (BlockingIOError(errno.EAGAIN, "Try again"), "no process or thread can be started"),
        (RuntimeError("can't start new thread"), "no process or thread can be started"),
        (MemoryError(), "memory ran out"),
    ],
)
def test_a_fault_of_the_machine_is_a_sentence(error, said):
    fault = machine_fault(error)
    assert isinstance(fault, CouldNotCheckError)
    assert fault.message == said
    assert fault.hint


@pytest.mark.parametrize("error", [ValueError(), FileNotFoundError(errno.ENOENT, "x"), OSError()])
def test_a_fault_of_ours_is_none_of_the_machine(error):
    assert machine_fault(error) is None


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("initdb: could not write: No space left on device", "the disk is full (/a)"),
        ("wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.", "the disk is full (/a)"),
        ("FATAL:  insufficient file descriptors available", "too many files are open (/a)"),
        ("cp died with <Signals.SIGXFSZ: 25>.", "a file may not grow any larger (/a)"),
        ("cp: cannot create: Read-only file system", "the file system is read-only (/a)"),
    ],
)
def test_a_fault_that_a_program_met(output, said):
    fault = fault_in(output, "/a")
    assert fault is not None
    assert fault.message == said
    assert fault_in("something else") is None


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_are_the_same_whatever_the_umask_is(folder, umask):
    key = folder / "state" / "deeper" / "key.pem"
    (folder / "module").mkdir()
    before = os.umask(umask)
    try:
        signing_key(key)
        evidence = Store.of(folder / "module").write(Stage.LINT, b"{}")
    finally:
        os.umask(before)
    modes = [each.stat().st_mode & 0o777 for each in (key, public_path(key), evidence)]
    assert modes == [0o600, 0o644, 0o644]
    assert key.parent.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
def test_a_key_folder_that_others_can_write_is_refused(folder, mode):
    key = folder / "state" / "key.pem"
    signing_key(key)
    key.parent.chmod(mode)
    for read in (signing_key, own_public_key):
        with pytest.raises(ConfigurationError, match="other users may replace the keys"):
            read(key)
    key.unlink()
    with pytest.raises(ConfigurationError, match="other users may replace the keys"):
        signing_key(key)
    assert not key.exists()
