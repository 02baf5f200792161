"""What a wheel may hold beside the sources of its module."""

from __future__ import annotations

import io
import zipfile

import pytest

from gates.module import load
from gates.toolchains.languages.python.wheel_contents import find_differences

NAME = "dist/sample_module-1.0.0-py3-none-any.whl"
OWN = "sample_module-1.0.0.dist-info/"
SCRIPTS = '\n[project.scripts]\ntitles = "sample_module.lib.titles:shorten"\n'
WRITTEN = {OWN + name: b"x" for name in ("METADATA", "RECORD", "WHEEL", "top_level.txt")}


def differences(root, files: dict[str, bytes], name: str = NAME) -> list[str]:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    with zipfile.ZipFile(made) as archive:
        return [each.message for each in find_differences(load(root), name, archive)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (WRITTEN, None),
        ({"sample_module/": b""}, None),
        ({OWN + "licenses/LICENSE": b"free\n"}, None),
        ({OWN + "LICENSE": b"free\n"}, None),
        ({OWN + "licenses/LICENSE": b"import os\n"}, "is not what LICENSE is"),
        ({OWN + "licenses/tools/run.py": b"run\n"}, f"there is no src/{OWN}licenses/tools/run.py"),
        ({OWN + "licenses/pyproject.toml/x": b""}, "there is no src/"),
        ({OWN + "tool.py": b"import os\n"}, f"there is no src/{OWN}tool.py"),
        ({OWN + "direct_url.json": b"{}"}, "direct_url.json"),
        ({OWN + "METADATA": b"a" * 1_100_000}, "larger than 1024 KiB"),
        ({"other-1.0.0.dist-info/METADATA": b"x"}, "there is no src/other-1.0.0.dist-info"),
        ({"sample_module-1.0.0.data/scripts/run": b"#!python\n"}, "data/scripts/run"),
        ({"sample_module-1.0.0.data/purelib/a.py": b""}, "data/purelib/a.py"),
        ({"paths.pth": b"import os\n"}, "there is no src/paths.pth"),
        ({"sample_module/titles.pyc": b"\0"}, "there is no src/sample_module/titles.pyc"),
        ({"../outside.py": b""}, "there is no src/../outside.py"),
    ],
)
def test_members(make_module, files, expected):
    root = make_module("python")
    (root / "LICENSE").write_text("free\n")
    (root / "tools").mkdir()
    (root / "tools" / "run.py").write_text("run\n")
    found = differences(root, files)
    assert len(found) == (expected is not None)
    assert expected is None or expected in found[0]


@pytest.mark.parametrize(
    ("project", "points", "expected"),
    [
        ("", b"", None),
        (SCRIPTS, b"[console_scripts]\ntitles = sample_module.lib.titles:shorten\n", None),
        (SCRIPTS, b"[console_scripts]\ntitles=sample_module.lib.titles : shorten\n\n", None),
        (SCRIPTS, b"", "not those that pyproject.toml declares"),
        ("", b"[console_scripts]\nrun = sample_module:register\n", "not those that"),
        (SCRIPTS, b"[console_scripts]\nTITLES = sample_module.lib.titles:shorten\n", "not those"),
        ("", b"[DEFAULT]\nrun = os:system\n", "not those that"),
        ("", b"no section\n", "cannot be read"),
        ("", b"\xff", "cannot be read"),
        (
            '\n[project.entry-points.pytest11]\nrun = "os:system"\n',
            b"[pytest11]\nrun = os:system\n",
            "which is not code of sample_module",
        ),
        (
            '\n[project.gui-scripts]\nrun = "sample_module_two:run"\n',
            b"[gui_scripts]\nrun = sample_module_two:run\n",
            "which is not code of sample_module",
        ),
    ],
)
def test_entry_points(make_module, project, points, expected):
    root = make_module("python")
    place = root / "pyproject.toml"
    place.write_text(place.read_text() + project)
    found = differences(root, {OWN + "entry_points.txt": points})
    assert len(found) == (expected is not None)
    assert expected is None or expected in found[0]
