"""Lock files are untrusted: exact versions with digests, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.toolchains.languages.python.lock import read_requirements
from gates.toolchains.languages.typescript.lock import lock_entries, reachable, read_npm_lock
from gates.toolchains.locks import Locked, LockError

HASH = "--hash=sha256:" + "0" * 64


def test_requirements():
    text = f"""# made by uv
Ruamel.Yaml[jinja2]==0.18.6 \\
    {HASH} \\
    {HASH}
    # via something
colorama==0.4.6 ; sys_platform == 'win32' {HASH}
"""
    assert read_requirements(text) == [
        Locked("PyPI", "ruamel-yaml", "0.18.6", 2),
        Locked("PyPI", "colorama", "0.4.6", 6, "sys_platform == 'win32'"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        f"requests>=2 {HASH}",
        "requests==2.32.0",
        "requests==2.32.0 --hash=md5:" + "0" * 32,
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
        ({"node_modules/x": entry(integrity="sha1-abc")}, "without a SHA-512"),
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
