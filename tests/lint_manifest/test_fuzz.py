"""Whatever stands in module.json and module_schema.json, the answer is findings."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.module import load
from gates.module.schemas import MANIFEST, load_schema
from gates.toolchains.languages import find_language
from tests.conftest import EXAMPLES
from tests.lint_manifest.conftest import run

BASE = EXAMPLES / "_base" / "python"
PROPERTIES = load_schema(MANIFEST)["properties"]
OPTIONS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(["", "../../etc/passwd", "1.0.0", "src/index.ts", "^1.0", "MIT", "a" * 300,
                       "migrations/000_init.sql", "#/$defs/a", "#", "(a+)+$", "\u202e", "\x00"])
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from([*PROPERTIES, "x-a", "slug", "path"]) | st.text(max_size=5),
                      inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
KEYWORDS = st.sampled_from(
    ["type", "properties", "items", "$ref", "$defs", "allOf", "anyOf", "oneOf", "not", "if", "then",
     "else", "enum", "const", "default", "examples", "title", "description", "format", "pattern",
     "patternProperties", "additionalProperties", "required", "minimum", "multipleOf", "$id",
     "$anchor", "$dynamicRef", "$dynamicAnchor", "prefixItems", "contains", "propertyNames",
     "dependentSchemas", "unevaluatedProperties", "uniqueItems", "password", "schema_version", "a"]
)  # fmt: skip
SCHEMA_VALUES = SCALARS | st.sampled_from(
    ["object", "string", "array", "integer", "#/properties/a", "#/$defs/a", "#a", "^a", "[",
     "#/properties/%61", "https://example.com/x", "urn:x", "http://[", "\\p{L}", "password"]
)  # fmt: skip
SCHEMAS = st.recursive(
    SCHEMA_VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=5),
    max_leaves=30,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("fuzz") / "sample-module"
    shutil.copytree(BASE, target)
    return target


def run_with(root: Path, file: str, text: str) -> None:
    """Every other exception than "could not check" ends the test."""
    before = (root / file).read_text("utf-8")
    (root / file).write_text(text, "utf-8", errors="replace")
    try:
        findings, blind = run(root)
        accepted = load(root)
    finally:
        (root / file).write_text(before, "utf-8")
    for finding in findings:
        assert finding.message.isprintable(), finding
        assert finding.fix, finding
        finding.message.encode()
        assert finding.location.path
        line = finding.location.line
        if line is not None and finding.location.path == file:
            shown = text.split("\n")[line - 1]
            assert 1 <= (finding.location.column or 1) <= len(shown) + 1
    assert findings or not blind
    if not findings:
        assert accepted.slug
        assert accepted.version
        assert find_language(accepted)


def changed(value, data):
    """A copy of a JSON value with one thing in it replaced, removed or added."""
    value = copy.deepcopy(value)
    where = value
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            return value
        key = data.draw(st.sampled_from(keys))
        inner = where[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
            where = inner
            continue
        kind = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if kind == "replace" or isinstance(where, list):
            where[key] = data.draw(JSON | SCHEMAS)
        elif kind == "remove":
            del where[key]
        else:
            where[data.draw(st.text(max_size=8) | KEYWORDS)] = data.draw(JSON | SCHEMAS)
        return value


@OPTIONS
@given(st.data(), st.sampled_from([None, 1]))
def test_changed_manifests(root, data, indent):
    manifest = json.loads((BASE / "module.json").read_text("utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        manifest = changed(manifest, data)
    run_with(root, "module.json", json.dumps(manifest, indent=indent, ensure_ascii=False))


@OPTIONS
@given(st.dictionaries(st.sampled_from(list(PROPERTIES)) | st.text(max_size=6), JSON, max_size=8))
def test_any_manifest(root, manifest):
    run_with(root, "module.json", json.dumps(manifest))


@OPTIONS
@given(st.data())
def test_changed_settings(root, data):
    schema = json.loads((BASE / "module_schema.json").read_text("utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        schema = changed(schema, data)
    run_with(root, "module_schema.json", json.dumps(schema, indent=1))


@OPTIONS
@given(st.dictionaries(KEYWORDS, SCHEMAS, max_size=6))
def test_any_settings(root, schema):
    run_with(root, "module_schema.json", json.dumps(schema))


@OPTIONS
@given(st.text(max_size=60))
def test_any_licence(root, licence):
    manifest = json.loads((BASE / "module.json").read_text("utf-8"))
    manifest["license"] = licence
    run_with(root, "module.json", json.dumps(manifest))


@OPTIONS
@given(st.from_regex(r"[vV=^ ]{0,2}[0-9x.*+-]{0,12}[a-z0-9.+-]{0,8}", fullmatch=True))
def test_any_version(root, version):
    manifest = json.loads((BASE / "module.json").read_text("utf-8"))
    manifest["version"] = version
    run_with(root, "module.json", json.dumps(manifest))


@OPTIONS
@given(
    st.lists(
        st.sampled_from(["## [1.0.0]", "## 1.0.0 - 2026-01-15", "- x", "```", "# C", "## [", "~~~"])
        | st.text(max_size=20),
        max_size=6,
    )
)
def test_any_changelog(root, lines):
    run_with(root, "CHANGELOG.md", "\n".join(lines))


SOURCES = st.lists(
    st.sampled_from(
        ["export ", "function ", "register", "(", ")", "{", "}", "const ", " = ", "=>", "*", ";",
         "from './env.js'", "import ", "default ", "as ", "\n", "'x'", "type ", "class ", ":", ",",
         "<", ">", "def ", "lambda", "if True:", "    ", "async ", "return ", "😀", "\x00", "/*",
         "`${"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@OPTIONS
@given(SOURCES)
def test_any_python_source(root, source):
    run_with(root, "src/sample_module/__init__.py", source)


@OPTIONS
@given(SOURCES)
def test_any_typescript_source(tmp_path_factory, source):
    root = tmp_path_factory.mktemp("ts") / "sample-module"
    shutil.copytree(EXAMPLES / "_base" / "typescript", root)
    run_with(root, "src/index.ts", source)
