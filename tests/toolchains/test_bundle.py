"""The bundle: whole, the same everywhere, and why there is none."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.checks.build.bundle_complete import bundle_complete
from gates.errors import CouldNotCheckError
from gates.module import load
from gates.toolchains import Session, make_bundle
from gates.toolchains.bundle import Bundle, find_differences
from gates.toolchains.languages.typescript.dist import compiled_path
from tests.passing import packed

NAMES = st.text("abcdé/._-", min_size=1, max_size=120).filter(
    lambda name: name.strip("/") == name and "//" not in name and ".." not in name
)


@given(st.dictionaries(NAMES, st.binary(max_size=50), max_size=6), st.randoms())
def test_packing_depends_on_names_and_bytes_alone(files, random):
    items = list(files.items())
    random.shuffle(items)
    assert packed(dict(items)) == packed(files)
    with tarfile.open(fileobj=io.BytesIO(packed(files))) as archive:
        members = archive.getmembers()
        read = {each.name: archive.extractfile(each).read() for each in members}
    assert read == files
    assert [each.name for each in members] == sorted(files)
    assert {(each.mtime, each.uid, each.gid, each.uname, each.mode) for each in members} <= {
        (0, 0, 0, "", 0o644)
    }


def test_the_compressed_form_has_no_time_and_no_name():
    archive = packed({"a": b"x"})
    assert archive[4:8] == b"\0\0\0\0"
    assert archive[3] & 0x08 == 0
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as members:
        assert members.getmember("a").mode == 0o644


@pytest.mark.parametrize("base", ["python", "typescript"])
def test_twice_the_same(open_session, base):
    session = open_session(base)
    first, second = make_bundle(session), make_bundle(session, again=True)
    assert first.path != second.path
    assert first.sha256 == second.sha256
    assert find_differences(first, second) == []
    assert first.path.name == "sample-module-1.0.0.tgz"
    assert {"module.json", "module_schema.json", "README.md", first.entry} <= first.contents.keys()
    assert not any(path.startswith(("tests/", "src/")) for path in first.contents)
    assert not any("canary" in path for path in first.contents)
    assert list(bundle_complete.run(session.module, first)) == []


MODES = {
    "python": ("src/sample_module/lib/titles.py", "src/sample_module/py.typed", "README.md"),
    "typescript": (
        "src/lib/titles.ts",
        "src/lib/words.json",
        "README.md",
        "migrations/000_init.sql",
    ),
}


@pytest.mark.parametrize("base", MODES)
def test_modes_and_times_of_files_change_no_bundle(open_session, base):
    words = {"src/lib/words.json": "{}\n"} if base == "typescript" else {}
    session = open_session(base, words)
    first = make_bundle(session)
    root = session.module.root
    for number, path in enumerate(MODES[base]):
        (root / path).chmod(0o755 if number % 2 == 0 else 0o600)
        os.utime(root / path, (number * 86400, number * 86400))
    (root / "src").chmod(0o700)
    changed = load(root)
    assert changed.digest == session.module.digest
    with Session(changed, session.policy, session.settings) as again:
        second = make_bundle(again)
        assert find_differences(first, second) == []
        assert first.sha256 == second.sha256


def test_what_lies_beside_the_sources_is_built_too(open_session):
    files = {"src/lib/words.txt": "a b c\n", "src/lib/data.json": "{}\n"}
    bundle = make_bundle(open_session("typescript", files))
    assert {"dist/lib/words.txt", "dist/lib/data.json"} <= bundle.contents.keys()


def bundle(tmp_path, name: str, files: dict[str, bytes]) -> Bundle:
    path = tmp_path / name
    path.write_bytes(packed(files))
    digests = {each: hashlib.sha256(data).hexdigest() for each, data in files.items()}
    return Bundle(path, files=digests)


def wheel(files: dict[str, bytes], date: int = 2020) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (date, 1, 1, 0, 0, 0)), data)
    return made.getvalue()


def test_differences_are_named_inside_wheels_too(tmp_path):
    first = bundle(tmp_path, "1", {"a": b"1", "x.whl": wheel({"m.py": b"1", "d/RECORD": b"1"})})
    second = bundle(tmp_path, "2", {"b": b"1", "x.whl": wheel({"m.py": b"2", "d/RECORD": b"2"})})
    assert find_differences(first, second) == ["a", "b", "x.whl: m.py"]
    third = bundle(
        tmp_path, "3", {"a": b"1", "x.whl": wheel({"m.py": b"1", "d/RECORD": b"1"}, 2021)}
    )
    assert find_differences(first, third) == ["x.whl: m.py"]


def test_a_module_that_does_not_build_has_no_bundle(open_session):
    files = {"src/bad.ts": "export const one: string = 1;\nimport './missing.js';\n"}
    made = make_bundle(open_session("typescript", files))
    assert {(problem.location.path, problem.location.line) for problem in made.problems} == {
        ("src/bad.ts", 1),
        ("src/bad.ts", 2),
    }
    with pytest.raises(CouldNotCheckError, match="does not build"):
        _ = made.contents


@pytest.mark.parametrize(
    ("project", "message"),
    [
        (None, "there is no pyproject.toml"),
        ("[project]\nname = 7\n", "could not be built|is not among"),
        (
            '[build-system]\nrequires = ["hatchling", "nothing-like-it"]\n'
            'build-backend = "hatchling.build"\n[project]\nname = "x"\nversion = "1"\n',
            "needs nothing-like-it",
        ),
    ],
)
def test_wheels_that_cannot_be_built(open_session, project, message):
    (problem,) = make_bundle(open_session("python", {"pyproject.toml": project})).problems
    assert problem.location.path == "pyproject.toml"
    assert re.search(message, problem.message)


def test_a_build_backend_has_no_network_and_no_secrets(open_session, settings, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "hush")
    settings.key.parent.mkdir(parents=True, exist_ok=True)
    settings.key.write_text("-----BEGIN")
    code = f"""
import os, socket
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
class Hook(BuildHookInterface):
    def initialize(self, version, build_data):
        assert "DEPLOY_TOKEN" not in os.environ
        for name, reach in (("key", lambda: open({str(settings.key)!r})),
                            ("socket", lambda: socket.socket(socket.AF_INET))):
            try:
                reach()
            except PermissionError:
                continue
            raise AssertionError(name)
"""
    session = open_session("python")
    project = session.module.text("pyproject.toml") + "\n[tool.hatch.build.hooks.custom]\n"
    (session.module.root / "pyproject.toml").write_text(project)
    (session.module.root / "hatch_build.py").write_text(code)
    with Session(load(session.module.root), session.policy, settings) as again:
        made = make_bundle(again)
    if "seccomp" not in made.records[-1].detail or "landlock" not in made.records[-1].detail:
        pytest.skip("this machine lacks a wall")
    assert made.problems == ()


def test_where_sources_are_compiled_to():
    assert compiled_path("src/index.ts") == "dist/index.js"
    assert compiled_path("src/a/b.mts") == "dist/a/b.mjs"
    assert compiled_path("src/view.tsx") == "dist/view.js"
