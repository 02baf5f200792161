"""Lock files are untrusted: exact versions with digests, and nothing else."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.toolchains.languages.python.lock import read_requirements, write_requirements
from gates.toolchains.languages.python.tree import compare
from gates.toolchains.languages.typescript.lock import lock_entries, reachable, read_npm_lock
from gates.toolchains.locks import Locked, LockError, TreeError

HASH = "--hash=sha256:" + "0" * 64


def test_requirements():
    text = f"""# made by uv
Ruamel.Yaml[jinja2]==0.18.6 \\
    {HASH} \\
    {HASH}
    # via something
colorama==0.4.6 ; sys_platform == 'win32' {HASH}
"""
    digest = HASH.removeprefix("--hash=")
    found = read_requirements(text)
    assert found == [
        Locked("PyPI", "ruamel-yaml", "0.18.6", 2, "", (digest, digest)),
        Locked("PyPI", "colorama", "0.4.6", 6, 'sys_platform == "win32"', (digest,)),
    ]
    assert write_requirements(found) == (
        f'ruamel-yaml==0.18.6 {HASH} {HASH}\ncolorama==0.4.6 ; sys_platform == "win32" {HASH}\n'
    )


@pytest.mark.parametrize("comment", ["# a comment \\", "  # via x \\", "#\\", "# \\\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_comment_that_ends_in_a_backslash_hides_nothing(comment, end):
    (found,) = read_requirements(f"{comment}{end}urllib3==1.26.4 {HASH}{end}")
    assert (found.name, found.version, found.line) == ("urllib3", "1.26.4", 2)


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_what_ends_no_line_for_installers_ends_none_here(character):
    assert read_requirements(f"# a{character}urllib3==1.26.4 {HASH}\n") == []


def test_a_name_that_is_locked_twice_needs_markers():
    one = f"x==1.0 ; python_version < '3.11' {HASH}\n"
    assert len(read_requirements(f"{one}X==2.0 ; python_version >= '3.11' {HASH}\n")) == 2
    for second in (f"x==1.0 {HASH}\n", f"X==2.0 {HASH}\n"):
        with pytest.raises(LockError, match="locked twice") as caught:
            read_requirements(one + second)
        assert caught.value.line == 2


NAMES = st.sampled_from(["a", "b-c", "d9", "e-f-1", "zope-interface"])
PIECES = st.sampled_from(
    [
        "# note",
        " \\",
        "\n",
        "\r\n",
        "\r",
        "\x0c",
        " ",
        HASH,
        "a==1",
        "b==2",
        "; python_version > '3'",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_what_is_written_is_what_was_read(text):
    with contextlib.suppress(LockError):
        found = read_requirements(text)
        again = read_requirements(write_requirements(found))
        assert [replace(each, line=0) for each in again] == [replace(e, line=0) for e in found]


@given(st.dictionaries(NAMES, st.sampled_from(["1.0", "2!3.1rc1", "1.0+local.1"]), max_size=5))
def test_any_packages_survive_writing(packages):
    digests = (HASH.removeprefix("--hash="),)
    given = [Locked("PyPI", name, version, 0, "", digests) for name, version in packages.items()]
    assert [replace(e, line=0) for e in read_requirements(write_requirements(given))] == given


@pytest.mark.parametrize(
    ("installed", "message"),
    [
        ([("a", "1.0"), ("core", "1")], ""),
        ([("a", "1"), ("core", "1")], ""),
        ([("a", "1.1"), ("core", "1")], "a is locked as 1.0 and installed as 1.1"),
        ([("a", "1.0"), ("b", "1"), ("core", "1")], "b 1 is installed and not locked"),
        ([("core", "1")], "installed 0 times"),
        ([("a", "1.0"), ("a", "1.0"), ("core", "1")], "installed 2 times"),
        ([("a", "1.0")], "core is locked, and installed 0 times"),
        ([("a", "1.0"), ("never", "1.0"), ("core", "1")], "never 1.0 is installed and not locked"),
    ],
)
def test_what_is_installed_is_what_is_locked(installed, message):
    locked = [
        Locked("PyPI", "a", "1.0", 1),
        Locked("PyPI", "never", "1.0", 2, "python_version < '3'"),
    ]
    with pytest.raises(TreeError, match=message) if message else contextlib.nullcontext():
        compare(installed, locked, [("core", "1")])


@pytest.mark.parametrize(
    "line",
    [
        f"requests>=2 {HASH}",
        "requests==2.32.0",
        "requests==2.32.0 --hash=md5:" + "0" * 32,
        "requests==2.32.0 --hash=sha256:" + "0" * 63,
        "requests==2.32.0 --hash=sha256:" + "0" * 65,
        "requests==2.32.0 --hash=sha256:",
        "requests==2.32.0 --hash=sha512:" + "0" * 64,
        f"requests==2.32.0 {HASH} --hash=sha256:0",
        f"requests==2.32.0 ; nonsense {HASH}",
        f"requests==not.a.version {HASH}",
        f"requests==2.32.0 # {HASH}",
        "--index-url https://example.com/simple",
        "--extra-index-url=https://example.com/simple",
        "--find-links ./wheels",
        "-r ../other.txt",
        "-e .",
        "./local-package",
        "git+https://example.com/x.git",
        f"x @ https://example.com/x.whl {HASH}",
        f"x==1.0 {HASH} --config-settings=a=b",
        f"x==1.* {HASH}",
        "$(whoami)",
    ],
)
def test_what_requirements_must_not_hold(line):
    with pytest.raises(LockError) as caught:
        read_requirements(f"# first\n{line}\n")
    assert caught.value.line == 2


@given(st.text())
def test_requirements_of_any_text(text):
    try:
        for package in read_requirements(text):
            assert package.name
            assert package.version
    except LockError as error:
        line = error.line
    else:
        line = 1
    assert 1 <= line <= max(1, len(text.splitlines()))


def lock(packages: dict[str, object]) -> str:
    return json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)


def entry(version: str = "1.0.0", **more: object) -> dict[str, object]:
    return {"version": version, "integrity": "sha512-" + "a" * 86 + "==", **more}


WORKSPACE = {
    "": {"workspaces": ["a", "b", "shared"]},
    "a": {
        "name": "a",
        "dependencies": {"zod": "^1", "shared": "^1"},
        "devDependencies": {"t": "1"},
    },
    "b": {"name": "b", "dependencies": {"evil": "1"}},
    "shared": {"dependencies": {"zod": "^2"}, "devDependencies": {"unused": "1"}},
    "a/node_modules/zod": entry("1.5.0"),
    "node_modules/zod": entry("2.5.0"),
    "node_modules/shared": {"resolved": "shared", "link": True},
    "node_modules/t": entry(peerDependencies={"absent": "*"}, optionalDependencies={"gone": "*"}),
    "node_modules/unused": entry(),
    "node_modules/evil": entry(),
}


def test_only_what_the_member_of_a_workspace_needs():
    found = {(each.name, each.version) for each in read_npm_lock(lock(WORKSPACE), "a")}
    assert found == {("zod", "1.5.0"), ("zod", "2.5.0"), ("t", "1.0.0")}


def test_lines_are_those_of_the_package():
    text = lock({"": {"dependencies": {"zod": "1"}}, "node_modules/zod": entry()})
    (package,) = read_npm_lock(text)
    assert '"node_modules/zod": {' in text.splitlines()[package.line - 1]


@pytest.mark.parametrize(
    ("packages", "message"),
    [
        ({"node_modules/x": {"version": "1.0.0"}}, "without a SHA-512"),
        ({"node_modules/x": entry(integrity="sha1-abc")}, "not with a SHA-512"),
        ({"node_modules/x": entry(resolved="git+ssh://example.com/x.git")}, "not from a registry"),
        ({"node_modules/x": entry(resolved="file:../x")}, "not from a registry"),
        ({"node_modules/x": entry(resolved="http://example.com/x.tgz")}, "not from a registry"),
        ({"node_modules/x": {"link": True, "resolved": "../../etc"}}, "outside the workspace"),
        ({"node_modules/x": {"link": True, "resolved": "/etc"}}, "outside the workspace"),
        ({"node_modules/x": {"integrity": "sha512-a"}}, "has no version"),
        ({}, "does not hold x"),
    ],
)
def test_what_an_npm_lock_must_not_hold(packages, message):
    text = lock({"": {"dependencies": {"x": "1"}}, **packages})
    with pytest.raises(LockError, match=message):
        read_npm_lock(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"packages": []}', '{"packages": {"": 1}}'])
def test_what_is_no_npm_lock(text):
    with pytest.raises(LockError):
        read_npm_lock(text)


def test_cycles_end():
    text = lock(
        {
            "": {"dependencies": {"a": "1"}},
            "node_modules/a": entry(dependencies={"b": "1"}),
            "node_modules/b": entry(dependencies={"a": "1"}),
        }
    )
    assert reachable(lock_entries(text), "") == {"", "node_modules/a", "node_modules/b"}
