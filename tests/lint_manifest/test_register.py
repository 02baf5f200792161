"""Where register() may be defined, and how it may be exported; nothing is ever run."""

from __future__ import annotations

import pytest

from tests.lint_manifest.conftest import run

TS = "src/index.ts"
PY = "src/sample_module/__init__.py"
CHECK = "entrypoint-defines-register"

GOOD_TS = [
    "export function register() { return {}; }",
    "export async function register() { return {}; }",
    "export function register(options = {}) { return options; }",
    "export function register(options?: object) { return options; }",
    "export function register(...rest: string[]) { return rest; }",
    "export function register(): object;\nexport function register() { return {}; }",
    "export const register = () => ({});",
    "export const register = async function () { return {}; };",
    "export const register: () => object = make();",
    "export const register = (() => ({})) satisfies () => object;",
    "export const first = 1, register = () => ({});",
    "function register() { return {}; }\nexport { register };",
    "const start = () => ({});\nexport { start as register };",
    "export { register } from '@axon/core';",
    "import { register } from '@axon/core';\nexport { register };",
    "export { shorten as register2 } from './lib/titles.js';\nexport const register = () => 1;",
    "export { readEnvironment as register } from './env.js';",
    "import { readEnvironment as start } from './env';\nexport { start as register };",
    "// é😀\nexport function register() { return {}; }",
]

BAD_TS = [
    ("", "1:1", "src/index.ts does not export register()"),
    ("export default function register() {}", "1:1", "register is the default export"),
    ("\nfunction register() {}", "2:1", "register is defined, but not exported"),
    ("// export function register() {}", "1:1", "src/index.ts does not export register()"),
    ("const text = 'export function register() {}';", "1:1", "does not export register()"),
    ("export type register = () => void;", "1:1", "does not export register()"),
    ("export interface register {}", "1:1", "does not export register()"),
    ("const a = 1;\nexport type { a as register };", "1:1", "does not export register()"),
    ("const a = 1;\nexport { type a as register };", "1:1", "does not export register()"),
    ("export { register };", "1:10", "register is exported, but not defined here"),
    ("export { register } from './no.js';", "1:10", "is no TypeScript file of the module"),
    ("export { nothing as register } from './env.js';", "1:1", "does not export nothing()"),
    ("export { shorten as register } from './lib/titles.js';", "2:8", "(title, length)"),
    ("export class register {}", "1:8", "register is a class, not a function"),
    ("export const register = 'yes';", "1:14", "register is a text, not a function"),
    ("export const register = { slug: 1 };", "1:14", "register is an object, not a function"),
    ("export function register(app: App) {}", "1:8", "register() needs arguments (app)"),
    ("export const register = (app: App) => app;", "1:14", "register() needs arguments (app)"),
    ("'😀'; export const register = x => x;", "1:19", "register() needs arguments (x)"),
    ("export function register( {", "1:1", "cannot be parsed"),
    ("export { register } from './index.js';", "1:1", "through more than 10 files"),
    ("namespace n { export function register() {} }", "1:1", "does not export register()"),
]

GOOD_PY = [
    "def register():\n    return {}\n",
    "async def register():\n    return {}\n",
    "def register(log=True, *rest, strict=False, **more):\n    return {}\n",
    "register = lambda: {}\n",
    "register: object = make()\n",
    "from .lib.titles import shorten\nregister = shorten\n",
    "from axon_core import register\n",
    "from axon_core import start as register\n",
    "try:\n    from fast import register\nexcept ImportError:\n    def register(): ...\n",
    "if True:\n    def register():\n        return {}\n",
]

BAD_PY = [
    ("", "1:1", "does not define register()"),
    ("# def register(): ...\n", "1:1", "does not define register()"),
    ("def f():\n    def register():\n        return {}\n", "1:1", "does not define register()"),
    ("class A:\n    def register(self):\n        return {}\n", "1:1", "does not define register()"),
    ("x = 1\nclass register:\n    pass\n", "2:1", "register is a class, not a function"),
    ("register = {'slug': 'x'}\n", "1:1", "register is a value, not a function"),
    ("def register(app):\n    return app\n", "1:1", "register() needs arguments (app)"),
    ("'é'; register = lambda app: app\n", "1:6", "register() needs arguments (app)"),
    ("def register(*, app):\n    return app\n", "1:1", "register() needs arguments (app)"),
    ("def register(:\n", "1:14", "is not valid Python"),
    ("from .lib.titles import shorten as register\n", "10:1", "(title, length, correlation_id)"),
    ("from .nothing import register\n", "1:1", "from a file that is not there"),
    ("from .lib import titles as register\n", "1:1", "the module src/sample_module/lib/titles.py"),
]


@pytest.mark.parametrize("source", GOOD_TS)
def test_typescript_good(broken, source):
    assert broken(None, source, CHECK, file=TS, base="typescript") == ([], [])


@pytest.mark.parametrize(("source", "place", "message"), BAD_TS)
def test_typescript_bad(broken, source, place, message):
    findings, _ = broken(None, source, CHECK, file=TS, base="typescript")
    assert [str(each.location).partition(":")[2] for each in findings] == [place]
    assert message in findings[0].message
    assert findings[0].fix


@pytest.mark.parametrize("source", GOOD_PY)
def test_python_good(broken, source):
    assert broken(None, source, CHECK, file=PY) == ([], [])


@pytest.mark.parametrize(("source", "place", "message"), BAD_PY)
def test_python_bad(broken, source, place, message):
    findings, _ = broken(None, source, CHECK, file=PY)
    assert [str(each.location).partition(":")[2] for each in findings] == [place]
    assert message in findings[0].message
    assert findings[0].fix


def test_an_entrypoint_is_parsed_and_never_run(broken, tmp_path):
    trace = tmp_path / "ran"
    source = f"open({str(trace)!r}, 'w')\ndef register():\n    return {{}}\n"
    assert broken(None, source, CHECK, file=PY) == ([], [])
    assert not trace.exists()


@pytest.mark.parametrize("nesting", [2_000, 100_000])
def test_deep_nesting_in_python_is_an_answer(broken, nesting):
    source = "x = " + "(" * nesting + ")" * nesting + "\ndef register():\n    return {}\n"
    findings, blind = broken(None, source, CHECK, file=PY)
    assert [each.check for each in findings] == [CHECK]
    assert not blind


@pytest.mark.parametrize("nesting", [2_000, 100_000])
def test_deep_nesting_in_typescript_is_no_crash(broken, nesting):
    source = "const x = " + "[" * nesting + "]" * nesting + ";\nexport function register() {}\n"
    broken(None, source, CHECK, file=TS, base="typescript")


def test_an_entrypoint_that_is_not_text_is_not_looked_at(make_module):
    root = make_module("python")
    (root / PY).write_bytes(b"def register():\n    return '\xe9'\n")
    assert run(root, CHECK) == ([], [CHECK])
