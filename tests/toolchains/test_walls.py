"""What is told to bubblewrap, to the launcher and to the kernel."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.errors import ToolFailedError
from gates.toolchains import bubblewrap
from gates.toolchains.bubblewrap import find_bubblewrap, mounts, other_user
from gates.toolchains.launcher.config import Config, write_config
from gates.toolchains.launcher.seccomp import ALLOW, KILL, make_filter
from gates.toolchains.processes import Processes
from gates.toolchains.sandbox import LAUNCHER, Sandbox
from tests.benchmarks.sandbox import bare_command

X86_64, AARCH64 = 0xC000003E, 0xC00000B7
PATHS = st.text(st.characters(exclude_characters="\0\n", exclude_categories=["Cs"]), min_size=1)


def answer(machine: str, number: int, *arguments: int, architecture: int = X86_64, **how) -> int:
    """What the filter answers to a call: its instructions, run as the kernel does."""
    program = make_filter(machine, **{"network": True, "namespaces": True, **how})
    words = {0: number, 4: architecture}
    words |= {16 + 8 * at: each & 0xFFFFFFFF for at, each in enumerate(arguments)}
    at, value = 0, 0
    while True:
        code, true, false, operand = program[at]
        at += 1
        if code == 0x20:
            value = words.get(operand, 0)
        elif code == 0x54:
            value &= operand
        elif code == 0x06:
            return operand
        else:
            tests = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}
            holds = tests[code]
            at += true if holds else false


ERROR = 0x00050000
REFUSED, UNKNOWN_CALL, NOTHING_DONE = ERROR | 13, ERROR | 38, ERROR
FORK, THREAD = 0x01200011, 0x3D0F00
"""The flags with which C libraries start a process and a thread."""
NAMESPACES = [1 << 17, *(1 << bit for bit in range(25, 31))]


@pytest.mark.parametrize(
    ("number", "arguments", "how", "expected"),
    [
        (0, (), {}, ALLOW),
        (41, (2, 1), {}, ALLOW), (41, (10, 1), {}, ALLOW), (41, (16, 3), {}, ALLOW),
        (41, (1, 1), {}, REFUSED), (41, (40, 1), {}, REFUSED), (41, (17, 3), {}, REFUSED),
        (41, (2, 1), {"network": False}, REFUSED), (41, (16, 3), {"network": False}, REFUSED),
        (41, (2, 1 | 0o2004000, 6), {}, ALLOW), (41, (10, 2, 17), {}, ALLOW),
        *((41, (2, *each), {}, REFUSED) for each in ((3, 1), (5, 132), (1, 262), (2, 136))),
        *((41, (16, 3, each), {}, REFUSED) for each in (6, 9, 12)),
        (435, (), {}, UNKNOWN_CALL), (308, (), {}, REFUSED), (272, (0x80,), {}, REFUSED),
        (56, (FORK,), {}, ALLOW), (56, (THREAD,), {}, ALLOW), (272, (0x400,), {}, ALLOW),
        *((call, (flag | extra,), {}, REFUSED)
          for flag in NAMESPACES for call, extra in ((56, 17), (56, 0), (272, 0), (272, 0x400))),
        (203, (7,), {}, ALLOW), (203, (7,), {"namespaces": False}, REFUSED),
        (203, (0,), {"namespaces": False}, ALLOW), (141, (0, 0), {"namespaces": False}, ALLOW),
        *((141, each, {"namespaces": False}, REFUSED) for each in ((0, 7), (2, 0))),
        *((251, each, {"namespaces": False}, REFUSED) for each in ((1, 7), (3, 0))),
        (251, (1, 0), {"namespaces": False}, ALLOW), (251, (1, 7), {}, ALLOW),
        (53, (1, 1), {}, ALLOW), (53, (1, 1 | 0o2004000), {}, ALLOW), (53, (1, 5), {}, ALLOW),
        (53, (1, 2), {}, REFUSED), (53, (1, 2 | 0o2004000), {}, REFUSED),
        (53, (30, 1), {}, REFUSED),
        (302, (0, 7), {}, ALLOW), (302, (1, 7), {}, REFUSED), (302, (-1, 7), {}, REFUSED),
        (425, (), {}, REFUSED), (250, (), {}, REFUSED),
        (90, (), {}, ALLOW), (90, (), {"namespaces": False}, NOTHING_DONE),
        (280, (), {"namespaces": False}, NOTHING_DONE),
        (188, (), {"namespaces": False}, NOTHING_DONE),
        (29, (), {}, ALLOW), (29, (), {"namespaces": False}, REFUSED),
        (0x40000000, (), {}, REFUSED),
    ],
)  # fmt: skip
def test_calls(number, arguments, how, expected):
    assert answer("x86_64", number, *arguments, **how) == expected


def test_another_architecture_ends_the_process():
    assert answer("x86_64", 0, architecture=AARCH64) == KILL
    assert answer("aarch64", 0, architecture=AARCH64) == ALLOW
    assert answer("aarch64", 198, 40, architecture=AARCH64) == REFUSED
    assert make_filter("riscv64", network=True, namespaces=True) is None


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2**32 - 1), max_size=3))
def test_every_call_has_an_answer(number, arguments):
    known = {ALLOW, REFUSED, UNKNOWN_CALL, NOTHING_DONE}
    for namespaces in (True, False):
        assert answer("x86_64", number, *arguments, namespaces=namespaces) in known


@given(st.lists(st.tuples(st.sampled_from(["read", "write"]), PATHS)), st.booleans())
def test_the_launcher_reads_what_it_is_told(paths, network):
    numbers = dict.fromkeys(("file_limit", "disk", "processes", "memory", "report"), 7)
    numbers |= {"network": network, "namespaces": 1}
    numbers = {name: int(value) for name, value in numbers.items()}
    config = Config(write_config([("folder", "/a b"), *paths], numbers))
    assert config.folder == "/a b"
    assert config.read == [path for name, path in paths if name == "read"]
    assert config.write == [path for name, path in paths if name == "write"]
    assert (config.network, config.namespaces, config.user) == (network, True, None)


def test_a_path_with_a_line_break_has_no_sandbox(tmp_path):
    folder = tmp_path / "a\nread /"
    folder.mkdir()
    with pytest.raises(ToolFailedError, match="line break"):
        Processes().run(["/bin/true"], cwd=folder, env={}, timeout=5, sandbox=Sandbox())


def options(read: list[Path], write: list[Path]) -> list[tuple[str, ...]]:
    found = mounts([str(each) for each in read], [str(each) for each in write])
    starts = [at for at, each in enumerate(found) if each in ("--ro-bind", "--bind", "--symlink")]
    lengths = {"--ro-bind": 3, "--bind": 3, "--symlink": 3}
    return [tuple(found[at : at + lengths[found[at]]]) for at in starts]


def test_links_on_the_way_are_there_and_nothing_twice(tmp_path):
    (tmp_path / "real" / "bin").mkdir(parents=True)
    (tmp_path / "real" / "bin" / "tool").touch()
    (tmp_path / "one").symlink_to("real/bin")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    real = str(tmp_path / "real" / "bin" / "tool")
    assert options([tmp_path / "two" / "tool", tmp_path / "two" / "tool"], []) == [
        ("--symlink", "real/bin", str(tmp_path / "one")),
        ("--ro-bind", real, real),
        ("--symlink", str(tmp_path / "one"), str(tmp_path / "two")),
    ]


def test_what_can_be_written_stays_so_inside_of_what_can_be_read(tmp_path):
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    a, b = str(tmp_path / "a"), str(tmp_path / "a" / "b")
    assert options([tmp_path / "a", tmp_path / "a" / "b" / "c"], [tmp_path / "a" / "b"]) == [
        ("--ro-bind", a, a),
        ("--bind", b, b),
    ]
    assert options([tmp_path / "nowhere"], []) == []


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert ("--bind", str(tmp_path), str(tmp_path)) in options([tmp_path / "a"], [tmp_path])


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone becomes somebody else")
def test_root_stays_root_where_others_may_not_read(tmp_path):
    tmp_path.chmod(0o700)
    assert other_user([str(tmp_path)]) is None
    tmp_path.chmod(0o755)
    if bubblewrap._can_become_others():
        assert other_user([str(tmp_path)]) == bubblewrap.OTHER_USER


def test_the_launcher_imports_nothing_but_itself_and_the_standard_library():
    for path in LAUNCHER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(node.module)
            assert not [each for each in names if each.startswith("gates")], path


def test_the_launcher_starts_without_what_takes_longest():
    code = "import sys; sys.path.append(sys.argv[1]); import launcher.main; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", code, str(LAUNCHER.parent)]
    loaded = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    assert "launcher.main" in loaded
    assert not {"enum", "functools", "pathlib", "re", "signal", "subprocess"} & {*loaded}


def test_bare_bubblewrap_of_the_benchmark_runs(tmp_path):
    if find_bubblewrap() is None:
        pytest.skip("bubblewrap does not work here")
    (tmp_path / "own").mkdir()
    command = bare_command(Sandbox(write=(tmp_path / "own",)), tmp_path / "own")
    assert not any("launcher" in each for each in command[command.index("--") :])
    subprocess.run(command, check=True, env={})


NAMES = st.lists(st.sampled_from("ab"), max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(NAMES, st.sets(NAMES))
def test_below(path, folders):
    expected = any(f"{path}/".startswith(f"{each.rstrip('/')}/") for each in folders)
    assert bubblewrap._below(path, folders) == expected


@given(st.sets(NAMES))
def test_outermost(paths):
    kept = bubblewrap._outermost(paths)
    assert all(bubblewrap._below(each, kept) for each in paths)
    assert not any(bubblewrap._below(a, [b]) for a in kept for b in kept if a != b)


def test_a_private_folder_of_root_works(tmp_path):
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp_path / "closed").mkdir(mode=0o700)
    sandbox = Sandbox(read=(tmp_path / "closed",), write=(tmp_path / "own",))
    for each in (sandbox, replace(sandbox, read=())):
        ran = Processes().run(
            ["/bin/sh", "-c", "echo x > file"], cwd=tmp_path / "own", env={}, timeout=20,
            sandbox=each,
        )  # fmt: skip
        assert (ran.exit_status, ran.stderr) == (0, b"")
        assert (tmp_path / "own" / "file").stat().st_uid == os.geteuid()
