"""From a folder to a module: what is refused at once, what becomes a problem, what is found."""

from __future__ import annotations

import builtins
import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.errors import CouldNotCheckError, UsageError
from gates.module import inside, load
from gates.module.paths import why_outside
from gates.module.schemas import load_schema, schema_path

MANIFEST = '{"slug": "notes", "version": "1.0.0"}'


def module_of(root: Path, **files: str | bytes) -> Path:
    files.setdefault("module.json", MANIFEST)
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def test_what_is_no_module(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        load(tmp_path / "nothing")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file, not a folder"):
        load(tmp_path / "file")
    with pytest.raises(UsageError, match=r"there is no module\.json in .*, so it is not a module"):
        load(tmp_path)
    (tmp_path / "module.config.json").write_text("{}")
    with pytest.raises(UsageError, match=r"module\.config\.json is the name that it had") as error:
        load(tmp_path)
    assert error.value.hint == "git mv module.config.json module.json"


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"", "module.json:1:1", "the file is empty"),
        (b"{", "module.json:1:2", "the file ends before"),
        (b"\xff\xfe{\x00}\x00", "module.json", "is UTF-16"),
        (b"\xfe\xff\x00{\x00}", "module.json", "is UTF-16"),
        (b'{"name": "caf\xe9"}', "module.json:1:14", "the byte 0xe9 here is part of no character"),
        (b'{\n"\xc3\xa9\xf0\x9f\x98\x80": "\xff"}', "module.json:2:8", "the byte 0xff"),
        (b"\xef\xbb\xbf{}", "module.json:1:1", "begins with a byte order mark"),
        (b'"' + b"x" * 1024 * 1024 + b'"', "module.json", "is 1,048,578 bytes large"),
        (b"\x00" * 10, "module.json:1:1", "\\x00"),
    ],
)
def test_manifests_that_cannot_be_read(tmp_path, content, place, message):
    module = load(module_of(tmp_path, **{"module.json": content}))
    assert [str(each.location) for each in module.problems] == [place]
    assert message in module.problems[0].message
    assert module.problems[0].fix
    if content != b"\xef\xbb\xbf{}":
        assert module.manifest is None
        with pytest.raises(CouldNotCheckError):
            module.require_manifest()


@pytest.mark.parametrize(
    "value",
    ["[]", "7", '"x"', "null", "true", "{}", '{"slug": 7, "version": [], "entrypoint": {}}',
     '{"slug": "../../x", "version": "1.0", "entrypoint": "/etc/passwd", "schema_file": "../x"}',
     '{"slug": "A b", "version": "latest", "schema_file": "\\u0000", "migrations": {"a": 1}}'],
)  # fmt: skip
def test_properties_of_a_broken_manifest(tmp_path, value):
    module = load(module_of(tmp_path, **{"module.json": value}))
    assert (module.slug, module.version, module.entrypoint) == ("", "", "")
    assert module.table_prefix == "tenant__"
    assert isinstance(module.name, str)


def test_properties(tmp_path):
    manifest = (
        '{"slug": "alert-engine", "version": "2.0.0-rc.1+x", "name": "N", '
        '"entrypoint": "./src//index.ts", "schema_file": "config/settings.json"}'
    )
    files = {"module.json": manifest, "config/settings.json": '{"a": 1}', "src/index.ts": "\n"}
    module = load(module_of(tmp_path / "m", **files))
    assert module.slug == "alert-engine"
    assert module.version == "2.0.0-rc.1+x"
    assert module.entrypoint == "src/index.ts"
    assert module.table_prefix == "tenant_alert_engine_"
    assert module.settings is not None
    assert module.settings.get("a") == 1
    assert module.names == ("m",)


def test_migrations_in_every_layout(tmp_path):
    files = {
        "migrations/000_init.sql": "0", "migrations/rollback/000_other_name.sql": "-0",
        "migrations/001_b-c.sql": "1", "migrations/rollback_001.sql": "-1",
        "migrations/0002_d.sql": "2", "migrations/0002_d.down.sql": "-2",
        "migrations/010_e.sql": "10", "migrations/README.md": "",
        "migrations/hooks/pre_upgrade.sql": "pre", "migrations/hooks/post_upgrade.sql": "post",
        "other/000_x.sql": "",
    }  # fmt: skip
    module = load(module_of(tmp_path, **files))
    found = [(each.number, each.name, each.sql, each.rollback_sql) for each in module.migrations]
    assert found == [
        (0, "init", "0", "-0"), (1, "b-c", "1", "-1"), (2, "d", "2", "-2"), (10, "e", "10", None),
    ]  # fmt: skip
    assert module.migrations[2].rollback_path == "migrations/0002_d.down.sql"
    assert dict(module.hooks) == {
        "pre_upgrade": "migrations/hooks/pre_upgrade.sql",
        "post_upgrade": "migrations/hooks/post_upgrade.sql",
    }
    assert not module.problems


def test_migrations_that_are_no_text(tmp_path):
    files = {
        "migrations/000_a.sql": b"SELECT '\xe9';\n", "migrations/001_b.sql": b"SELECT 1;\x00",
        "migrations/hooks/pre_upgrade.sql": b"\xff\xfeS\x00",
    }  # fmt: skip
    root = module_of(tmp_path, **files)
    (root / "migrations" / "002_c.sql").symlink_to("000_a.sql")
    module = load(root)
    assert {str(each.location) for each in module.problems} == {
        "migrations/000_a.sql:1:9", "migrations/001_b.sql:1:10", "migrations/002_c.sql",
        "migrations/hooks/pre_upgrade.sql",
    }  # fmt: skip
    assert [each.sql for each in module.migrations] == ["", "SELECT 1;\x00", ""]


def test_a_manifest_that_is_a_link(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "secret.json").write_text(MANIFEST)
    (tmp_path / "m" / "module.json").symlink_to("../secret.json")
    module = load(tmp_path / "m")
    assert module.manifest is None
    assert module.slug == ""
    assert "leads out of the module" in module.problems[0].message


def test_a_manifest_that_is_ignored(tmp_path):
    module = load(module_of(tmp_path, **{".gitignore": "*.json\n"}))
    assert module.manifest is None
    assert "a .gitignore leaves it out" in module.problems[0].message


@pytest.mark.parametrize(
    "url",
    ["https://example.com/axon/notes.git", "git@example.com:axon/notes.git", "../notes/",
     "ssh://git@example.com:22/axon/notes"],
)  # fmt: skip
def test_the_repo_has_a_name_too(tmp_path, url):
    config = (
        '[core]\n\tbare = false\n[remote "upstream"]\n\turl = https://example.com/x/other.git\n'
        f'[remote "origin"]\n\tfetch = +refs/heads/*\n\turl = {url}\n[branch "main"]\n'
    )
    module = load(module_of(tmp_path / "copy", **{".git/config": config}))
    assert module.names == ("copy", "notes")
    assert ".git/config" not in module.files


def test_loading_runs_nothing_and_writes_nothing(make_module, monkeypatch):
    root = make_module("python")
    (root / "setup.py").write_text("raise SystemExit('was run')\n")
    hook = root / ".git" / "hooks"
    hook.mkdir(parents=True)

    def no(*_arguments, **_options):
        raise AssertionError("a program was started")

    for owner, name in ((subprocess, "Popen"), (os, "system"), (os, "posix_spawn"), (os, "fork")):
        monkeypatch.setattr(owner, name, no)
    real_open, real_os_open = builtins.open, os.open

    def read_only(path, mode="r", *arguments, **options):
        assert not set(mode) & set("wax+")
        return real_open(path, mode, *arguments, **options)

    def os_read_only(path, flags, *arguments, **options):
        assert not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        return real_os_open(path, flags, *arguments, **options)

    monkeypatch.setattr(builtins, "open", read_only)
    monkeypatch.setattr(os, "open", os_read_only)
    before = sorted(str(path) for path in root.rglob("*"))
    assert load(root).slug == "sample-module"
    assert sorted(str(path) for path in root.rglob("*")) == before


def test_text_and_lines(tmp_path):
    module = load(module_of(tmp_path, a="1\r\n2\u2028x\n", b=b"\xff"))
    assert module.lines("a") == ("1", "2\u2028x", "")
    for path in ("b", "nothing", "../x", "/etc/passwd"):
        with pytest.raises(CouldNotCheckError):
            module.text(path)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [0o400, 0o644, 0o755, 0o4777])
def test_modes_are_no_part_of_a_copy(tmp_path, mode, umask):
    root = module_of(tmp_path / "m", run="#!/bin/sh\n")
    (root / "run").chmod(mode)
    before = os.umask(umask)
    try:
        load(root).write_to(tmp_path / "copy")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "copy" / "run").stat().st_mode) == 0o644


@pytest.mark.parametrize(
    "path",
    ["", " ", "/etc/passwd", "~/x", "~root", "C:\\x", "c:/x", "\\\\host\\x", "a\\b", "..", "../x",
     "a/../../x", "a/../b", "./..", "a\x00b", "a\nb", "https://example.com/x"],
)  # fmt: skip
def test_paths_outside(path):
    assert why_outside(path)
    assert inside(path) is None


@pytest.mark.parametrize(
    ("path", "normal"), [("a", "a"), ("./a//b/", "a/b"), ("a/...", "a/..."), (".env", ".env")]
)
def test_paths_inside(path, normal):
    assert inside(path) == normal


@given(st.text(max_size=30))
def test_a_path_inside_stays_inside(path):
    normal = inside(path)
    if normal is not None:
        assert not Path(normal).is_absolute()
        assert Path(os.path.normpath(Path("/root", normal))).is_relative_to("/root")


def test_no_other_types_are_paths():
    assert inside(None) is None
    assert inside(7) is None
    assert inside(["a"]) is None


def test_schemas_are_found_and_have_their_ids():
    for name in ("core_module_manifest", "module_settings"):
        assert schema_path(name).is_file()
        assert load_schema(name)["$id"] == f"https://schemas.axon.dev/{name}.schema.json"
    with pytest.raises(CouldNotCheckError, match="lacks the schema nothing"):
        schema_path("nothing")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=30))
def test_any_bytes_make_a_module_or_problems(tmp_path_factory, manifest, settings_file, ignore):
    files = {"module.json": manifest, "module_schema.json": settings_file, "m/.gitignore": ignore,
             "m/x": b"", "migrations/000_x.sql": settings_file}  # fmt: skip
    module = load(module_of(tmp_path_factory.mktemp("any"), **files))
    assert module.manifest is not None or module.problems
    assert len(module.digest) == 64
