"""Licences of locked packages: what is stated where, and what a policy allows."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.settings import PERMISSIVE
from gates.toolchains.languages.python.licenses import parse_metadata
from gates.toolchains.languages.typescript.licenses import parse_package_json
from gates.toolchains.languages.typescript.lock import reachable
from gates.toolchains.licenses import find_refused
from gates.toolchains.locks import Locked

PACKAGE = Locked("PyPI", "x", "1.0", 1)


@pytest.mark.parametrize(
    ("expression", "against"),
    [
        ("MIT", []),
        ("mit", []),
        ("AGPL-3.0-only", ["AGPL-3.0-only"]),
        ("GPL-2.0-only OR MIT", []),
        ("(GPL-2.0-only AND MIT)", ["GPL-2.0-only"]),
        ("MIT AND (GPL-3.0-only OR SSPL-1.0)", ["GPL-3.0-only", "SSPL-1.0"]),
        ("Apache-2.0 WITH LLVM-exception", []),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only"]),
        ("SEE LICENSE IN LICENSE.txt", None),
        ("UNLICENSED", None),
        ("MIT OR", None),
        ("(" * 1000 + "MIT" + ")" * 1000, None),
        ("", None),
    ],
)
def test_expressions_are_held_against_the_policy(expression, against):
    assert find_refused(expression, PERMISSIVE) == against


@given(st.text())
def test_no_text_is_allowed_by_accident(text):
    assert find_refused(text, ()) != []


@pytest.mark.parametrize(
    ("metadata", "expression"),
    [
        ("License-Expression: MIT OR Apache-2.0\n", "MIT OR Apache-2.0"),
        ("License: BSD-3-Clause\n", "BSD-3-Clause"),
        ("License: MIT\nClassifier: License :: OSI Approved :: Apache Software License\n", "MIT"),
        ("Classifier: License :: OSI Approved :: MIT License\n", "MIT"),
        (
            "Classifier: License :: OSI Approved :: MIT License\n"
            "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)\n",
            "MIT AND GPL-3.0-only",
        ),
        ("Classifier: License :: Other/Proprietary License\n", ""),
        ("License: Copyright (c) 2020 Somebody, all rights reserved\n", ""),
        ("Name: x\n\nLicense-Expression: MIT\n", ""),
    ],
)
def test_python_packages_state_it_in_their_metadata(metadata, expression):
    assert parse_metadata(PACKAGE, metadata).expression == expression


@pytest.mark.parametrize(
    ("manifest", "expression"),
    [
        ({"license": "MIT"}, "MIT"),
        ({"license": {"type": "ISC", "url": "https://example.com"}}, "ISC"),
        ({"licenses": [{"type": "MIT"}, {"type": "GPL-2.0-only"}]}, "(MIT) OR (GPL-2.0-only)"),
        ({"license": 5}, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_npm_packages_state_it_in_their_manifest(manifest, expression):
    assert parse_package_json(PACKAGE, json.dumps(manifest)).expression == expression


def test_packages_that_only_develop_do_not_run_with_the_module():
    lock = {
        "": {"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}},
        "node_modules/a": {"dependencies": {"c": "1"}},
        "node_modules/b": {},
        "node_modules/c": {"dev": True},
    }
    assert reachable(lock, "", development=False) == {"", "node_modules/a", "node_modules/c"}
    assert reachable(lock, "") == set(lock)
