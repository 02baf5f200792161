"""Licences of locked packages: what is stated where, and what a policy allows."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.module import load
from gates.settings import PERMISSIVE
from gates.toolchains.languages.python.licenses import _WORDS
from gates.toolchains.languages.python.licenses import parse_licenses as parse_metadata
from gates.toolchains.languages.typescript.licenses import find_running
from gates.toolchains.languages.typescript.licenses import parse_licenses as parse_package_json
from gates.toolchains.languages.typescript.lock import reachable
from gates.toolchains.languages.typescript.sources.imports import find_imports
from gates.toolchains.licenses import _PLAIN, Licensed, find_fault, find_refused, write_stated
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


@pytest.mark.parametrize("name", _PLAIN)
def test_plain_names_are_those_of_the_spdx_list(name):
    assert find_refused(f"({name})", ()) == find_refused(name, ()) == [_PLAIN[name]]
    assert find_refused(f"({name})", [name]) == find_refused(name, [name]) == []


@pytest.mark.parametrize("words", _WORDS)
def test_what_is_known_by_its_words_is_no_expression(words):
    assert find_refused(words, ()) is None


@given(st.text())
def test_no_text_is_allowed_by_accident(text):
    assert find_refused(text, ()) != []


OSI = "Classifier: License :: OSI Approved ::"


@pytest.mark.parametrize(
    ("metadata", "statements"),
    [
        ("License-Expression: MIT OR Apache-2.0\n", ["MIT OR Apache-2.0"]),
        ("License: BSD-3-Clause\n", ["BSD-3-Clause"]),
        (f"License: MIT\n{OSI} Apache Software License\n", ["MIT", "Apache-2.0"]),
        (f"{OSI} MIT License\n", ["MIT"]),
        (
            f"{OSI} MIT License\n{OSI} GNU General Public License v3 (GPLv3)\n",
            ["MIT", "GPL-3.0-only"],
        ),
        ("Classifier: License :: Other/Proprietary License\n", ["Other/Proprietary License"]),
        (
            "License: Copyright (c) 2020 Somebody, all rights reserved\n",
            ["Copyright (c) 2020 Somebody, all rights reserved"],
        ),
        ("Name: x\n\nLicense-Expression: MIT\n", []),
        (f"License: AGPL\n{OSI} MIT License\n", ["MIT", "AGPL"]),
        (f"License: AGPL-3.0\n{OSI} MIT License\n", ["AGPL-3.0", "MIT"]),
        (f"License: GNU AGPLv3\n{OSI} MIT License\n", ["MIT", "GNU AGPLv3"]),
        (f"License-Expression: MIT\nLicense: AGPL-3.0-only\n{OSI} MIT License\n",
         ["MIT", "AGPL-3.0-only"]),
        ("License-Expression: MIT\nClassifier: License :: Other/Proprietary License\n",
         ["MIT", "Other/Proprietary License"]),
        (f"License: {'GNU AFFERO GENERAL PUBLIC LICENSE ' * 9}\n{OSI} MIT License\n",
         ["MIT", ("GNU AFFERO GENERAL PUBLIC LICENSE " * 9).strip()]),
        (f"License: MIT License\n{OSI} MIT License\n", ["MIT"]),
        (f"License: Apache 2.0\n{OSI} Apache Software License\n", ["Apache-2.0"]),
        (f"License: UNKNOWN\n{OSI} Apache Software License\n", ["Apache-2.0"]),
        (f"License: BSD-2-Clause\n{OSI} BSD License\n", ["BSD-2-Clause"]),
        (f"License: {'Permission is hereby granted, free of charge, ' * 9}\n{OSI} MIT License\n",
         ["MIT"]),
        (f"License: MIT-like, proprietary\n{OSI} MIT License\n", ["MIT", "MIT-like, proprietary"]),
        ("License: MIT\nClassifier: License :: Other :: MIT-like\n", ["MIT", "MIT-like"]),
        (f"License: MIT\nClassifier: License :: OSI Approved\n{OSI} MIT License\n", ["MIT"]),
    ],
)  # fmt: skip
def test_python_packages_state_it_in_their_metadata(metadata, statements):
    assert list(parse_metadata(PACKAGE, metadata).statements) == statements


@pytest.mark.parametrize(
    ("manifest", "statements"),
    [
        ({"license": "MIT"}, ["MIT"]),
        ({"license": {"type": "ISC", "url": "https://example.com"}}, ["ISC"]),
        ({"licenses": [{"type": "MIT"}, {"type": "GPL-2.0-only"}]}, ["(MIT) OR (GPL-2.0-only)"]),
        ({"license": "MIT", "licenses": [{"type": "AGPL-3.0-only"}]}, ["MIT", "AGPL-3.0-only"]),
        ({"license": "MIT", "licenses": [{"type": "MIT"}]}, ["MIT"]),
        ({"license": "MIT", "licenses": "AGPL-3.0-only"}, ["MIT", "AGPL-3.0-only"]),
        ({"license": "MIT", "licenses": {"type": "AGPL-3.0-only"}}, ["MIT", "AGPL-3.0-only"]),
        ({"license": "MIT", "licenses": [5, 6]}, ["MIT", "(5) OR (6)"]),
        ({"license": 5}, ["5"]),
        ({"license": ["MIT", "ISC"]}, ['["MIT", "ISC"]']),
        ({}, []),
        ([], []),
    ],
)
def test_npm_packages_state_it_in_their_manifest(manifest, statements):
    assert list(parse_package_json(PACKAGE, json.dumps(manifest)).statements) == statements


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["MIT"], ""),
        (["MIT", "Apache-2.0"], ""),
        ([], "states no licence of the SPDX list"),
        (["AGPL-3.0-only"], "is under AGPL-3.0-only; the policy does not allow AGPL-3.0-only"),
        (["LICENSE.txt"], "states 'LICENSE.txt', which is no licence of the SPDX list"),
        (
            ["MIT", "AGPL-3.0-only"],
            "states more than one licence, 'MIT' and 'AGPL-3.0-only';"
            " the policy does not allow AGPL-3.0-only",
        ),
        (
            ["MIT", "AGPL"],
            "states more than one licence, 'MIT' and 'AGPL'; 'AGPL' is no licence of the SPDX list",
        ),
    ],
)
def test_every_statement_has_to_be_allowed(statements, fault):
    assert find_fault(Licensed(PACKAGE, tuple(statements)), PERMISSIVE) == fault


def test_what_is_not_installed_here_states_nothing_and_is_not_accused():
    absent = Licensed(PACKAGE, (), absent=True)
    assert find_fault(absent, PERMISSIVE) == ""
    assert write_stated([absent, Licensed(PACKAGE, ("MIT",), carrier="y 2.0")]) == (
        '{"x 1.0 in y 2.0":["MIT"]}'
    )


@given(st.lists(st.sampled_from(["MIT", "ISC", "AGPL-3.0-only", "nonsense", "MIT OR SSPL-1.0"])))
def test_another_statement_allows_nothing(statements):
    one_by_one = [find_fault(Licensed(PACKAGE, (each,)), PERMISSIVE) for each in statements]
    whole = find_fault(Licensed(PACKAGE, tuple(statements)), PERMISSIVE)
    assert bool(whole) == (not statements or any(one_by_one))


def test_packages_that_only_develop_do_not_run_with_the_module():
    lock = {
        "": {"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}},
        "node_modules/a": {"dependencies": {"c": "1"}},
        "node_modules/b": {},
        "node_modules/c": {"dev": True},
    }
    assert reachable(lock, "", development=False) == {"", "node_modules/a", "node_modules/c"}
    assert reachable(lock, "") == set(lock)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('import a from "a";', {"a"}),
        ('import "@s/a/deep.js";', {"@s/a"}),
        ('export * from "a/b";', {"a"}),
        ('export { x } from "a";', {"a"}),
        ('import { type A } from "a";', {"a"}),
        ('import type { A } from "a"; import type B from "b";', set()),
        ('export type { A } from "a";', set()),
        ('import a = require("a");', {"a"}),
        ('const a = await import("a");', {"a"}),
        ('const a = require("a");', {"a"}),
        ('import "./a.js"; import "../b.js"; import "#c";', set()),
        ('import { readFile } from "node:fs";', {"node:fs"}),
        ("export const x = 1;", set()),
        ("const a = await import(`a`);", None),
        ("const a = await import(name);", None),
        ('const a = require("a" + b);', None),
        ('import { createRequire } from "node:module";', None),
    ],
)
def test_what_sources_import_when_they_run(make_module, source, expected):
    root = make_module("typescript")
    for path in (root / "src").rglob("*.ts"):
        path.unlink()
    (root / "src" / "index.ts").write_text(source)
    assert find_imports(load(root)) == expected


def test_a_package_for_development_that_is_imported_runs_with_the_module():
    lock = {
        "": {"dependencies": {"a": "1"}, "devDependencies": {"b": "1", "d": "1"}},
        "node_modules/a": {},
        "node_modules/b": {"dependencies": {"c": "1"}, "dev": True},
        "node_modules/c": {"dev": True},
        "node_modules/d": {"dev": True},
    }
    assert find_running(lock, "", set()) == {"", "node_modules/a"}
    assert find_running(lock, "", {"b", "node:fs"}) == set(lock) - {"node_modules/d"}
    assert find_running(lock, "", None) == set(lock)
