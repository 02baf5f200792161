"""What npm installed is what the lock says, in both directions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.checks.lint.dependencies_locked import dependencies_locked
from gates.model import Location
from gates.toolchains import Tools
from gates.toolchains.languages import python
from gates.toolchains.languages.typescript.lock import (
    lock_entries,
    reachable,
    read_npm_lock,
    write_npm_lock,
)
from gates.toolchains.languages.typescript.tree import Expected, compare
from gates.toolchains.locks import LockError, TreeError

DIGEST = "sha512-" + "a" * 86 + "=="
OTHER = "sha512-" + "b" * 86 + "=="
HOST = "https://registry.npmjs.org"


def entry(version: str = "1.0.0", **more: object) -> dict[str, object]:
    return {"version": version, "integrity": DIGEST, **more}


def lock(packages: Mapping[str, object], **root: object) -> str:
    whole = {"": {"dependencies": {"is-odd": "3"}, **root}, **packages}
    return json.dumps({"lockfileVersion": 3, "packages": whole}, indent=2)


def odd(**more: object) -> dict[str, object]:
    return {"node_modules/is-odd": entry("3.0.1", **more)}


def test_an_address_of_a_registry_for_just_this_package():
    address = f"{HOST}/is-odd/-/is-odd-3.0.1.tgz"
    assert [each.digests for each in read_npm_lock(lock(odd(resolved=address)))] == [(DIGEST,)]
    own = "https://packages.example.com/npm"
    text = lock(odd(resolved=f"{own}/is-odd/-/is-odd-3.0.1.tgz"))
    assert read_npm_lock(text, registries=[HOST, own])
    with pytest.raises(LockError, match="not from a registry's address"):
        read_npm_lock(text)


def test_a_scope_is_no_part_of_the_archive():
    text = lock(
        {"node_modules/@a/b": entry(resolved=f"{HOST}/@a/b/-/b-1.0.0.tgz")},
        dependencies={"@a/b": "1"},
    )
    assert [each.name for each in read_npm_lock(text)] == ["@a/b"]


@pytest.mark.parametrize(
    "address",
    [
        f"{HOST}/minimist/-/minimist-1.2.0.tgz",
        f"{HOST}/is-odd/-/is-odd-3.0.0.tgz",
        f"{HOST}/is-odd/-/is-odd-3.0.1.tgz#x",
        f"{HOST}/is-odd/-/is-odd-3.0.1.tgz?x",
        f"{HOST}/x/../is-odd/-/is-odd-3.0.1.tgz",
        "https://example.com/is-odd/-/is-odd-3.0.1.tgz",
        f"{HOST}.example.com/is-odd/-/is-odd-3.0.1.tgz",
        f"{HOST}@example.com/is-odd/-/is-odd-3.0.1.tgz",
        "http://registry.npmjs.org/is-odd/-/is-odd-3.0.1.tgz",
        "",
        7,
        True,
    ],
)
def test_every_other_address_is_refused(address):
    with pytest.raises(LockError, match="not from a registry's address"):
        read_npm_lock(lock(odd(resolved=address)))


@pytest.mark.parametrize(
    "integrity",
    [
        "sha512-",
        "sha512-" + "a" * 80,
        "sha512-" + "a" * 43 + "=",
        "sha256-" + "a" * 86 + "==",
        "sha1-" + "a" * 27 + "=",
        f"{DIGEST} sha512-",
        f"{DIGEST}?x",
        "md5-x",
        "",
        None,
        7,
    ],
)
def test_every_other_digest_is_refused(integrity):
    with pytest.raises(LockError, match="SHA-512 integrity"):
        read_npm_lock(lock(odd(integrity=integrity)))


def test_a_bundled_package_has_the_digest_of_the_one_around_it():
    inner = {"node_modules/is-odd/node_modules/n": {"version": "1.0.0", "inBundle": True}}
    whole = odd(bundleDependencies=["n"], dependencies={"n": "1"})
    assert len(read_npm_lock(lock({**whole, **inner}))) == 2
    for lie in (
        odd(dependencies={"n": "1"}),
        odd(bundleDependencies=[], dependencies={"n": "1"}),
    ):
        with pytest.raises(LockError, match="n is locked without"):
            read_npm_lock(lock({**lie, **inner}))
    alone = {"node_modules/is-odd": {"version": "3.0.1", "inBundle": True}}
    with pytest.raises(LockError, match="is-odd is locked without"):
        read_npm_lock(lock(alone, bundleDependencies=["is-odd"]))


def test_another_name_has_to_be_asked_for():
    alias = {"node_modules/is-odd": entry("1.2.0", name="minimist")}
    with pytest.raises(LockError, match="is locked as minimist"):
        read_npm_lock(lock(alias))
    for wanted in ("npm:minimist@1.2.0", "npm:minimist"):
        (found,) = read_npm_lock(lock(alias, dependencies={"is-odd": wanted}))
        assert (found.name, found.version) == ("minimist", "1.2.0")
    with pytest.raises(LockError, match="is locked as minimist"):
        read_npm_lock(lock(alias, dependencies={"is-odd": "npm:@a/minimist@1.2.0"}))


@pytest.mark.parametrize("name", ["../x", "a/b", "@a", "@a/b/c", "", ".bin", "a b"])
def test_a_name_is_one_of_a_package(name):
    text = lock({f"node_modules/{name}": entry()}, dependencies={name: "1"})
    with pytest.raises(LockError):
        read_npm_lock(text)


def test_what_is_written_is_what_was_read():
    text = lock(
        {**odd(resolved=f"{HOST}/is-odd/-/is-odd-3.0.1.tgz", hasInstallScript=True, x="y"),
         "node_modules/nobody-needs": entry()}
    )  # fmt: skip
    entries = lock_entries(text)
    written = write_npm_lock(entries, reachable(entries, "")).decode()
    unplaced = [replace(each, line=0) for each in read_npm_lock(text)]
    assert [replace(each, line=0) for each in read_npm_lock(written)] == unplaced
    assert "nobody-needs" not in written
    assert "hasInstallScript" not in written


TREE = {
    "node_modules/a": ("a", "1.0.0"),
    "node_modules/a/node_modules/@s/b": ("@s/b", "2.0.0"),
    "node_modules/alias": ("real", "3.0.0"),
}


def make_tree(root: Path, packages: Mapping[str, tuple[str, str]], taken: str = DIGEST) -> None:
    for path, (name, version) in packages.items():
        (root / path).mkdir(parents=True)
        manifest = {"name": name, "version": version}
        (root / path / "package.json").write_text(json.dumps(manifest))
    hidden = {"packages": {path: {"integrity": taken} for path in packages}}
    (root / "node_modules" / ".bin").mkdir(parents=True, exist_ok=True)
    (root / "node_modules" / ".package-lock.json").write_text(json.dumps(hidden))


def expected(packages: Mapping[str, tuple[str, str]], *, needed: bool = True):
    return {path: Expected(*each, (DIGEST,), needed) for path, each in packages.items()}


def test_the_same_tree(tmp_path):
    make_tree(tmp_path, TREE)
    compare(tmp_path, [""], expected(TREE))


def test_a_version_as_old_packages_write_it(tmp_path):
    make_tree(tmp_path, {"node_modules/a": ("a", "v1.0.0")})
    compare(tmp_path, [""], expected({"node_modules/a": ("a", "1.0.0")}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"node_modules/a": ("minimist", "1.2.0")}, "locked as a 1.0.0, and installed is minimist"),
        ({"node_modules/a": ("a", "1.0.1")}, "installed is a 1.0.1"),
        ({"node_modules/alias": ("alias", "3.0.0")}, "locked as real 3.0.0"),
        ({"node_modules/c": ("c", "1.0.0")}, "node_modules/c holds c 1.0.0, which the lock"),
        ({"node_modules/a/node_modules/c": ("c", "1.0.0")}, "holds c 1.0.0"),
        ({"node_modules/a/node_modules/@s/c": ("@s/c", "1.0.0")}, "holds @s/c 1.0.0"),
        ({"node_modules/.hidden": ("c", "1.0.0")}, "which the lock does not list"),
    ],
)
def test_another_tree(tmp_path, change, message):
    make_tree(tmp_path, {**TREE, **change})
    with pytest.raises(TreeError, match=message):
        compare(tmp_path, [""], expected(TREE))


def test_a_package_that_is_not_there(tmp_path):
    make_tree(tmp_path, {"node_modules/a": TREE["node_modules/a"]})
    with pytest.raises(TreeError, match=r"(real 3|@s/b 2)\.0\.0 is not there"):
        compare(tmp_path, [""], expected(TREE))
    compare(tmp_path, [""], {**expected(TREE, needed=False)})


def test_another_digest(tmp_path):
    make_tree(tmp_path, TREE, OTHER)
    with pytest.raises(TreeError, match="another digest"):
        compare(tmp_path, [""], expected(TREE))


def test_files_and_links_beside_packages(tmp_path):
    make_tree(tmp_path, TREE)
    (tmp_path / "core").mkdir()
    (tmp_path / "node_modules" / "core").symlink_to("../core")
    compare(tmp_path, ["", "core"], expected(TREE))
    with pytest.raises(TreeError, match="node_modules/core is no package"):
        compare(tmp_path, [""], expected(TREE))
    (tmp_path / "node_modules" / "core").unlink()
    (tmp_path / "node_modules" / "x.js").write_text("")
    with pytest.raises(TreeError, match=r"node_modules/x\.js is no package"):
        compare(tmp_path, [""], expected(TREE))


def test_a_manifest_that_cannot_be_read(tmp_path):
    make_tree(tmp_path, TREE)
    (tmp_path / "node_modules" / "a" / "package.json").write_text("{")
    with pytest.raises(TreeError, match=r"as a 1\.0\.0, and installed is None"):
        compare(tmp_path, [""], expected(TREE))


PATHS = st.sampled_from(sorted({*TREE, "node_modules/c", "node_modules/c/node_modules/d"}))
WHAT = st.sampled_from([("a", "1.0.0"), ("b", "1.0.0"), ("a", "2.0.0")])


@hypothesis.settings(max_examples=30)
@given(st.dictionaries(PATHS, WHAT), st.dictionaries(PATHS, WHAT))
def test_only_equal_trees_pass(tmp_path_factory, there, locked):
    root = tmp_path_factory.mktemp("tree")
    whole = dict(there)
    for path in there:  # a folder around a package is one, too
        outer = path.rpartition("/node_modules/")[0]
        if outer and outer not in whole:
            whole[outer] = ("a", "1.0.0")
    for path in sorted(whole):
        make_tree(root, {path: whole[path]})
    hidden = {"packages": {path: {"integrity": DIGEST} for path in whole}}
    (root / "node_modules").mkdir(exist_ok=True)
    (root / "node_modules" / ".package-lock.json").write_text(json.dumps(hidden))
    try:
        compare(root, [""], expected(locked))
    except TreeError:
        assert whole != locked
    else:
        assert whole == locked


def test_the_check_tells_what_is_installed_and_not_locked(open_session, monkeypatch):
    def refuse(_tools):
        raise TreeError("x 1.0 is installed and not locked")

    monkeypatch.setattr(python, "install_packages", refuse, raising=False)
    session = open_session("python")
    (finding,) = dependencies_locked.run(session.module, Tools(session))
    assert finding.location == Location("requirements.lock")
    assert finding.message == "requirements.lock: x 1.0 is installed and not locked"
