"""What ships, and who builds it."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.checks.lint.build_runs_no_code import build_runs_no_code
from gates.checks.lint.shipped_files import shipped_files
from gates.checks.lint_manifest.standard_files import standard_files
from gates.errors import CouldNotCheckError
from gates.module import load
from gates.toolchains.languages import LANGUAGES

PY, TS = "src/sample_module/lib/", "src/lib/"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        out.writestr("tool.py", "import os\n")
    return made.getvalue()


@pytest.fixture
def written(make_module):
    """A base module with one more file, or with a link for a target in a list."""

    def make(path: str, data: bytes | list[str], base: str = ""):
        root = make_module(base or ("python" if path.startswith(PY) else "typescript"))
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, list):
            place.symlink_to(data[0])
        else:
            place.write_bytes(data)
        return load(root)

    return make


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        (PY + "words.txt", b"def run():\n    return 1\n", "holds Python code"),
        (PY + "words.md", b"# A title\nimport os\n", "holds Python code"),
        (PY + "words.csv", b"# coding: utf-7\nprint(1)\n", "holds Python code"),
        (PY + "words.txt", b"France\nGermany\n", None),
        (PY + "words.csv", b"name,size\nParis,2.1\n", None),
        (PY + "words.txt", b"Run it (twice), please.\n", None),
        (PY + "words.txt", b"exports.run = () => 1;\n", None),
        (PY + "words.txt", b"#!/bin/sh\nrm -r /\n", "is a script"),
        (PY + "words.txt", b"a\0b", "zero byte"),
        (PY + "words.txt", b"\xff\xfe", "not UTF-8"),
        (PY + "words.txt", b"a b\n" * 80_000, "larger than"),
        (PY + "words.json", b'["' + b"a" * 1_100_000 + b'"]', None),
        (PY + "words.json", b"print(1)\n", "not JSON"),
        (PY + "words.json", b"[" * 100_000, "not JSON"),
        (PY + "native.so", b"\x7fELF", "no check reads (.so)"),
        (PY + "fast.pyx", b"cdef int a\n", "(.pyx)"),
        (PY + "window.pyw", b"print(1)\n", "(.pyw)"),
        (PY + "titles.pyi", b"def title() -> str: ...\n", "(.pyi)"),
        (PY + "paths.pth", b"import os\n", "(.pth)"),
        (PY + "titles.PY", b"print(1)\n", "(.PY)"),
        (PY + "tool", b"print(1)\n", "(no suffix)"),
        (PY + "wheels.whl", archive(), "(.whl)"),
        (PY + "__pycache__/titles.cpython-311.pyc", b"\0", None),  # no part of the module
        (PY + "logo.png", PNG, None),
        (PY + "logo.png", PNG + archive(), "or more than one"),
        (PY + "logo.png", b"import os\n", "no .png picture"),
        (PY + "logo.gif", b"GIF89a=1;run()", "(.gif)"),
        (PY + "titles.txt", ["titles.py"], "is a link"),
        (PY + "more.py", ["../../../tests/unit/test_titles.py"], "is a link"),
        (PY + "py.typed", b"", None),
        (TS + "native.node", b"\x7fELF", "(.node)"),
        (TS + "fast.wasm", b"\0asm", "(.wasm)"),
        (TS + "old.jsx", b"1;\n", "(.jsx)"),
        ("src/locales/de.js", b"export const a = 1;\n", "(.js)"),
        ("src/locales/de.json", b'{"a": "b"}\n', None),
        (TS + "code.map", b"{}\n", "(.map)"),
        (TS + "words.txt", b"require('child_process').exec('id')\n", "holds TypeScript code"),
        (TS + "mail.html", b"<p>Hello {name}</p>\n", None),
        (TS + "view.tsx", b"export const a = 1;\n", None),
        ("docs/guide.md", b"# Guide\n\nCall `run()`.\n", None),
        ("docs/tool.mjs", b"export const a = 1;\n", "docs/, from where data alone ships: .mjs"),
        ("docs/tool.ts", b"export const a = 1;\n", "docs/, from where data alone ships: .ts"),
        ("docs/tool", ["../tests"], "is a link"),
        ("migrations/tool.js", b"1;\n", "migrations/, from where data alone ships: .js"),
        ("NOTICE", b"module.exports = () => process.exit(1);\n", "holds TypeScript code"),
        ("Dockerfile", b"FROM scratch\nCOPY dist /dist\n", None),
        ("tools/tool.mjs", b"export const a = 1;\n", None),  # does not ship
    ],
)
def test_what_ships(written, path, data, expected):
    found = [each.message for each in shipped_files.run(written(path, data))]
    assert len(found) == (expected is not None)
    assert expected is None or expected in found[0]


@given(st.sampled_from(sorted(LANGUAGES)), st.lists(st.text("abcxyz _-#,;:.\n", max_size=30)))
def test_words_are_no_code(name, words):
    assert not LANGUAGES[name].is_code("\n".join(words))


@given(
    st.sampled_from(["run()", "import a", "x.y = 1", "class A:\n    pass", "del a", "a[0] = b"]),
    st.lists(st.sampled_from(["France", "# a", "1, 2", "a = 1", ""])),
    st.lists(st.sampled_from(["Paris", "# b", "[3]", "'text'", ""])),
)
def test_code_is_found_among_words(code, before, after):
    assert LANGUAGES["python"].is_code("\n".join([*before, code, *after]))


HATCH = '[build-system]\nbuild-backend = "hatchling.build"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HATCH, []),
        (HATCH + 'backend-path = ["."]\n', [(3, "backend-path")]),
        ('[build-system]\nbuild-backend = "backend"\n', [(2, "backend is none of")]),
        ("[project]\nname = 'x'\n", [(None, "there is none of")]),
        (HATCH + "[tool.hatch.build.hooks.custom]\n", [(3, "tool.hatch.build.hooks")]),
        (
            HATCH + "[tool.hatch.build.targets.wheel.hooks.custom]\n",
            [(3, "tool.hatch.build.targets.wheel.hooks")],
        ),
        (HATCH + "[tool.hatch.metadata.hooks.custom]\n", [(3, "metadata.hooks")]),
        (HATCH + "[tool.hatch.version]\nsource = 'code'\n", [(4, "version.source")]),
        (HATCH + "[tool.hatch.version]\nsource = 'regex'\n", []),
        (HATCH + "[tool.hatch.envs.a]\nhooks = 1\n", []),
        (
            "[build-system]\nbuild-backend = 'setuptools.build_meta'\n"
            "[tool.setuptools.cmdclass]\nbuild = 'a.B'\n",
            [(3, "cmdclass")],
        ),
        (
            "[build-system]\nbuild-backend = 'setuptools.build_meta'\n"
            "[tool.setuptools.dynamic]\nversion = {attr = 'a.V'}\n",
            [(4, "dynamic.version.attr")],
        ),
        (
            "[build-system]\nbuild-backend = 'poetry.core.masonry.api'\n"
            "[tool.poetry.group.build]\n[tool.poetry.build]\nscript = 'a.py'\n",
            [(3, "tool.poetry.build")],
        ),
        (
            "[build-system]\nbuild-backend = 'pdm.backend'\n[tool.pdm.build]\ncustom-hook='a'\n",
            [(4, "custom-hook")],
        ),
        (
            "[build-system]\nbuild-backend = 'flit_core.buildapi'\n[project]\n"
            "dynamic = ['version']\n",
            [(4, "project.dynamic")],
        ),
    ],
)
def test_who_builds_a_wheel(written, text, expected):
    found = list(build_runs_no_code.run(written("pyproject.toml", text.encode(), "python")))
    assert [each.location.line for each in found] == [line for line, _ in expected]
    assert all(part in each.message for each, (_, part) in zip(found, expected, strict=True))


@pytest.mark.parametrize("path", ["setup.py", "setup.cfg", "hatch.toml", "hatch_build.py"])
def test_files_that_a_backend_would_run(written, path):
    (found,) = build_runs_no_code.run(written(path, b"", "python"))
    assert found.location.path == path


def test_a_project_that_is_no_toml_is_not_passed(written):
    with pytest.raises(CouldNotCheckError, match=r"pyproject\.toml cannot be read"):
        list(build_runs_no_code.run(written("pyproject.toml", b"[", "python")))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b'{\n  "scripts": {\n    "postinstall": "node x.mjs"\n  }\n}\n', [3]),
        (b'{"scripts": {"prepare": "husky", "test": "vitest"}}', [1]),
        (b'{"scripts": {"test": "vitest", "pretest": "tsc"}}', []),
        (b'{"scripts": []}', []),
    ],
)
def test_scripts_that_npm_runs(written, text, lines):
    found = list(build_runs_no_code.run(written("package.json", text)))
    assert [each.location.line for each in found] == lines


def test_a_package_that_is_no_json_is_not_passed(written):
    with pytest.raises(CouldNotCheckError, match=r"package\.json cannot be read"):
        list(build_runs_no_code.run(written("package.json", b"{")))


@pytest.mark.parametrize("name", ["src/env.ts", "src/env.mts", "src/env.cts"])
def test_the_environment_may_be_in_any_typescript_file(make_module, name):
    root = make_module("typescript")
    (root / "src/env.ts").rename(root / name)
    assert list(standard_files.run(load(root))) == []
