"""The bill of materials names what is really installed."""

from __future__ import annotations

import json
import re
from importlib.metadata import distributions
from pathlib import Path

from gates.toolchains import Tools, make_bundle
from gates.toolchains.bundle import BILL
from gates.toolchains.languages.python import environment
from gates.toolchains.languages.typescript.packages import install_packages

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def components(bundle) -> dict[str, dict[str, object]]:
    document = json.loads(bundle.read(BILL))
    refs = [each["bom-ref"] for each in document["components"]]
    assert len(refs) == len(set(refs))
    assert {each["ref"] for each in document["dependencies"]} == {
        *refs,
        document["metadata"]["component"]["bom-ref"],
    }
    return {each["purl"]: each for each in document["components"]}


def test_python(open_session):
    platform = tuple(sorted((EXAMPLES / "platform" / "python").iterdir()))
    session = open_session("python", python_packages=platform)
    found = components(make_bundle(session))
    place = environment.install_packages(Tools(session)).site_packages
    names = {
        f"pkg:pypi/{re.sub(r'[-_.]+', '-', each.metadata['Name']).lower()}@{each.version}"
        for each in distributions(path=[str(place)])
    }
    assert names
    assert names <= found.keys()
    assert any("axon-core" in name for name in names)


def test_typescript(open_session):
    session = open_session("typescript")
    found = components(make_bundle(session))
    place = install_packages(Tools(session)).modules
    hidden = json.loads((place / ".package-lock.json").read_text())["packages"]
    names = {
        f"pkg:npm/{path.rpartition('node_modules/')[2].replace('@', '%40')}@{entry['version']}"
        for path, entry in hidden.items()
    }
    assert names
    assert names <= found.keys()
    zod = next(each for name, each in found.items() if name.startswith("pkg:npm/zod@"))
    (digest,) = zod["hashes"]
    assert digest["alg"] == "SHA-512"
    assert re.fullmatch("[0-9a-f]{128}", digest["content"])
