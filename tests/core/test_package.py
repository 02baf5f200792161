"""What is shipped: the wheel holds the schemas, the SQL and the configuration, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_all_of_the_package_and_the_schemas(wheel):
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    package = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "gates").rglob("*")
        if path.is_file() and not any(part.startswith((".", "__py")) for part in path.parts)
    }
    schemas = {f"gates/schemas/{path.name}" for path in (ROOT / "schemas").iterdir()}
    names = ("advisories.json", "package.json", "package-lock.json")
    stand_ins = {f"gates/examples/{name}" for name in names}
    stand_ins |= {
        f"gates/examples/{path.relative_to(ROOT / 'examples')}"
        for path in (ROOT / "examples/platform").rglob("*")
        if path.is_file() and not {"node_modules", "__pycache__"} & {*path.parts}
    }
    assert shipped == package | schemas | stand_ins


def test_schemas_are_found_in_an_unpacked_wheel(wheel, tmp_path):
    wheel.extractall(tmp_path)
    code = "from gates.module.schemas import schema_path; print(schema_path('module_settings'))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()).is_relative_to(tmp_path)


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").iterdir()), ids=lambda path: path.name)
def test_every_schema_is_valid_and_has_an_id_for_editors(path):
    schema = json.loads(path.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://schemas.axon.dev/{path.name}"
