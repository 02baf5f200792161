"""register() answers with what is written out, and nothing else, in both languages."""

from __future__ import annotations

import pytest

from gates.checks.lint.register_written_out import register_written_out
from gates.errors import CouldNotCheckError
from gates.module import load

PY, TS = "src/sample_module/__init__.py", "src/index.ts"
OTHER = {PY: "src/sample_module/api.py", TS: "src/api/notes.ts"}


@pytest.fixture
def places(make_module):
    """Where the check finds something: lines of the entrypoint, of the other file negative."""

    def run(path: str, code: str, other: str = "") -> list[int]:
        root = make_module("python" if path == PY else "typescript")
        for name, text in ((path, code), (OTHER[path], other)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        found = [each.location for each in register_written_out.run(load(root))]
        assert all(each.column for each in found)
        return sorted(each.line if each.path == path else -each.line for each in found)

    return run


PYTHON = {
    "literals": ("def register():\n    return {'slug': 'x', 'routes': [], 'jobs': ()}", "", []),
    "names of other files": (
        "from sample_module.api import ROUTES as R\nfrom . import api\nS = 'x'\n"
        "async def register():\n    '''Say it.'''\n"
        "    return {'slug': S, 'routes': [*R, *api.MORE]}",
        "B = '/api'\nROUTES = ({'method': 'GET', 'path': f'{B}/a', 'handler': wrap(go)},)\n"
        "MORE = [{'path': B + '/b'}]",
        [],
    ),
    "the platform's classes": (
        "from axon_core import ModuleRegistration, Route\n"
        "R = (Route('GET', '/a', '', True, ('x:y',), handler()),)\n"
        "def register():\n    return ModuleRegistration(slug='x', routes=R, health=find())",
        "", []),
    "a data class": (
        "from dataclasses import dataclass\nfrom typing import NamedTuple\n"
        "@dataclass(frozen=True)\nclass Job:\n    '''A job.'''\n    name: str\n    a: int = 1\n"
        "class Route(NamedTuple):\n    path: str\n"
        "def register():\n    return {'jobs': [Job('a')], 'routes': [Route('/a')]}", "", []),
    "members of an enum": (
        "from enum import StrEnum\nclass P(StrEnum):\n    A = '/a'\n"
        "def register():\n    return {'routes': [{'path': P.A}, {'path': P.A.value}]}", "", []),
    "names of its own": (
        "def register():\n    slug = 'x'\n    base = f'/api/{slug}'\n"
        "    routes = [{'path': base}]\n    return {'slug': slug, 'routes': routes}", "", []),
    "a function of another file": (
        "from .api import register", "def register():\n    return {}", []),
    "the same name in other functions": (
        "R = []\ndef f(R):\n    R.append(1)\ndef g():\n    R = [1]\n    R.pop()\n"
        "def register():\n    return {'routes': R}", "", []),
    "a constant that others read": (
        "S = 'x'\nprint(S, S.upper())\ndef register():\n    return {'slug': S}", "", []),
    "a branch": (
        "import os\ndef register():\n    if os.name:\n        return {}\n    return {}", "", [3]),
    "a choice": ("def register():\n    return {'routes': [] if A else [1]}", "", [2]),
    "one choice in a text": ("def register():\n    return {'slug': f'{1 if A else 2}'}", "", [2]),
    "a comprehension": ("def register():\n    return {'routes': [r for r in x]}", "", [2]),
    "a call": ("def f(): return []\ndef register():\n    return {'routes': f()}", "", [3]),
    "a function of another package": (
        "from pack import routes\ndef register():\n    return {'routes': routes()}", "", [3]),
    "a method": ("def register():\n    return {'slug': 'x'.upper()}", "", [2]),
    "a loop": ("def register():\n    for _ in ():\n        pass\n    return {}", "", [2]),
    "something is appended": (
        "def register():\n    routes = []\n    routes.append({'path': '/a'})\n"
        "    return {'routes': routes}", "", [3, 3]),
    "something is appended by a handler": (
        "def register():\n    routes = []\n"
        "    return {'routes': routes, 'health': routes.append(1)}", "", [3]),
    "appended beside it": (
        "from .api import ROUTES\ndef register():\n    return {'routes': ROUTES}",
        "ROUTES = []\nif now() > 1:\n    ROUTES.append({'path': '/a'})", [-3]),
    "appended from a third place": (
        "from .api import ROUTES\nfrom . import api\nif now() > 1:\n    api.ROUTES.append(1)\n"
        "def register():\n    return {'routes': ROUTES}", "ROUTES = []", [4]),
    "appended through the package": (
        "import sample_module\nR = []\nsample_module.R.append(1)\n"
        "def register():\n    return {'routes': R}", "", [3]),
    "appended through a dotted name": (
        "import sample_module.api\nsample_module.api.R.append(1)\nfrom .api import R\n"
        "def register():\n    return {'routes': R}", "R = []", [2]),
    "a member that is set": (
        "class P:\n    A = '/a'\nP.A = '/b'\ndef register():\n    return {'slug': P.A}", "", [3]),
    "a member under a condition": (
        "class P:\n    A = '/a'\n    if X:\n        A = '/b'\n"
        "def register():\n    return {'slug': P.A}", "", [6]),
    "a member of a wrapped class": (
        "@wrap\nclass P:\n    A = '/a'\ndef register():\n    return {'slug': P.A}", "", [5]),
    "added to": ("R = []\nR += [1]\ndef register():\n    return {'routes': R}", "", [4]),
    "bound twice": (
        "P = '/a'\nif X:\n    P = '/b'\ndef register():\n    return {'routes': [{'path': P}]}",
        "", [5]),
    "bound in a function": (
        "P = '/a'\ndef f():\n    global P\n    P = '/b'\n"
        "def register():\n    return {'routes': [{'path': P}]}", "", [4]),
    "bound from outside": (
        "from . import api\napi.P = '/b'\ndef register():\n    return {'slug': api.P}",
        "P = '/a'", [2]),
    "bound by a loop": (
        "for P in ('/a',):\n    pass\ndef register():\n    return {'slug': P}", "", [4]),
    "imported under a condition": (
        "if X:\n    from .api import A as R\nelse:\n    from .api import B as R\n"
        "def register():\n    return {'routes': R}", "A = []\nB = []", [6]),
    "an alias that is changed": (
        "A = []\nR = A\nA.append(1)\ndef register():\n    return {'routes': R}", "", [3]),
    "a computed key": ("def register():\n    return {K: []}", "", [2]),
    "an unknown spread": ("def register():\n    return {**load()}", "", [2]),
    "a class with code": (
        "class Route:\n    def __init__(self, path): self.path = path\n"
        "def register():\n    return {'routes': [Route('/a')]}", "", [4]),
    "a default that is computed": (
        "class Route(NamedTuple):\n    path: str = find()\n"
        "def register():\n    return {'routes': [Route()]}", "", [4]),
    "a parent with code": (
        "class A:\n    def __init__(self): self.path = 1\nclass Route(A):\n    pass\n"
        "def register():\n    return {'routes': [Route()]}", "", [6]),
    "a decorator": ("@wrap\ndef register():\n    return {}", "", [1]),
    "defined twice": (
        "def register():\n    return {}\nif X:\n    def register(): return 1", "", [1]),
    "bound again": ("def register():\n    return {}\nregister = wrap(register)", "", [1]),
    "defined under a condition": ("if X:\n    def register():\n        return {}", "", [1]),
    "another package's": ("from pack import register", "", [1]),
    "no return": ("def register():\n    pass", "", [2]),
    "an endless chain of names": ("A = B\nB = A\ndef register():\n    return {'slug': A}", "", [4]),
}  # fmt: skip


@pytest.mark.parametrize(("code", "other", "lines"), PYTHON.values(), ids=PYTHON)
def test_python(places, code, other, lines):
    assert places(PY, code, other) == lines


HEAD = "export function register() {\n"
TYPESCRIPT = {
    "literals": (HEAD + "return { slug: 'x', routes: [], jobs: [] };\n}", "", []),
    "names of other files": (
        "import { noteRoutes as r } from './api/notes.js';\n"
        "import * as notes from './api/notes.js';\n"
        "const SLUG = 'x';\n" + HEAD + "  // Say it.\n"
        "  return { slug: SLUG, routes: [...r, ...notes.more], shutdown: close() };\n}",
        "const B = '/api';\nexport const noteRoutes = [\n"
        "  { method: 'GET', path: `${B}/a`, handler: wrap(go) },\n] as const;\n"
        "export const more = [{ path: B + '/b', handler() {} }];",
        [],
    ),
    "an arrow": ("export const register = async () => ({ slug: 'x' }) as const;", "", []),
    "members of an enum": (
        "enum P { A = '/a' }\n" + HEAD + "return { routes: [{ path: P.A }] };\n}", "", []),
    "names of its own": (
        HEAD + "  const slug = 'x';\n  const routes = [{ path: `/api/${slug}` }];\n"
        "  return { slug, routes };\n}", "", []),
    "a function of another file": (
        "export { register } from './api/notes.js';", HEAD + "return {};\n}", []),
    "a function that is renamed": (
        "function build() { return {}; }\nexport { build as register };", "", []),
    "the same name in other functions": (
        "const r: string[] = [];\nfunction f(r: string[]) { r.push('a'); }\n"
        "function g() { const r = ['a']; r.pop(); }\n" + HEAD + "return { routes: r };\n}", "", []),
    "a type of it": (
        "const r = [] as const;\nexport type R = typeof r;\n" + HEAD + "return { routes: r };\n}",
        "", []),
    "a constant that others read": (
        "const S = 'x';\nlog(S.length);\n" + HEAD + "return { slug: S };\n}", "", []),
    "a branch": (HEAD + "  if (A) return {};\n  return {};\n}", "", [2]),
    "a choice": (HEAD + "return { routes: A ? [] : [1] };\n}", "", [2]),
    "a default": (HEAD + "return { slug: A ?? 'x' };\n}", "", [2]),
    "a choice in a text": (HEAD + "return { slug: `${A ? 1 : 2}` };\n}", "", [2]),
    "a map": (HEAD + "return { routes: ['a'].map((path) => ({ path })) };\n}", "", [2]),
    "a call": ("const f = () => [];\n" + HEAD + "return { routes: f() };\n}", "", [3]),
    "the environment": (HEAD + "return { slug: process.env['A'] };\n}", "", [2]),
    "a switch": (HEAD + "  switch (1) { default: }\n  return {};\n}", "", [2]),
    "something is pushed": (
        HEAD + "  const routes = [];\n  routes.push({ path: '/a' });\n  return { routes };\n}",
        "", [3, 3]),
    "something is pushed by a handler": (
        HEAD + "  const routes = [];\n  return { routes, health: routes.push(1) };\n}", "", [3]),
    "pushed beside it": (
        "import { r } from './api/notes.js';\n" + HEAD + "return { routes: r };\n}",
        "export const r = [];\nif (Date.now() > 1) {\n  r.push({ path: '/a' });\n}", [-3]),
    "pushed from a third place": (
        "import { r } from './api/notes.js';\nimport * as notes from './api/notes.js';\n"
        "notes.r.push(1);\n" + HEAD + "return { routes: r };\n}", "export const r = [];", [3]),
    "a member is set": (
        "const r = [{ path: '/a' }];\nr[0].path = '/b';\n" + HEAD + "return { routes: r };\n}",
        "", [2]),
    "a variable": ("let p = '/a';\n" + HEAD + "return { slug: p };\n}", "", [3]),
    "taken apart": ("const { p } = load();\n" + HEAD + "return { slug: p };\n}", "", [3]),
    "another package's routes": (
        "import { routes } from 'pack';\n" + HEAD + "return { routes };\n}", "", [3]),
    "an alias that is changed": (
        "const a = [];\nconst r = a;\na.push(1);\n" + HEAD + "return { routes: r };\n}", "", [3]),
    "a computed key": (HEAD + "return { [k]: [] };\n}", "", [2]),
    "a key in disguise": (HEAD + "return { 'ro\\u0075tes': load() };\n}", "", [2]),
    "a parent": (HEAD + "return { __proto__: load() };\n}", "", [2]),
    "a generator": ("export function* register() { return {}; }", "", [1]),
    "frozen by a name": (
        "const Object = { freeze };\n" + HEAD + "return { routes: Object.freeze([]) };\n}",
        "", [3]),
    "a getter": (HEAD + "return { get routes() { return load(); } };\n}", "", [2]),
    "an unknown spread": (HEAD + "return { ...load() };\n}", "", [2]),
    "a class": (HEAD + "return { routes: [new Route('/a')] };\n}", "", [2]),
    "made by a call": ("export const register = build({});", "", [1]),
    "another package's": ("export { register } from 'pack';", "", [1]),
    "no return": (HEAD + "}", "", [1]),
    "an empty return": (HEAD + "return;\n}", "", [2]),
    "an endless chain of names": (
        "const a = b;\nconst b = a;\n" + HEAD + "return { slug: a };\n}", "", [4]),
}  # fmt: skip


@pytest.mark.parametrize(("code", "other", "lines"), TYPESCRIPT.values(), ids=TYPESCRIPT)
def test_typescript(places, code, other, lines):
    assert places(TS, code, other) == lines


@pytest.mark.parametrize("path", [PY, TS])
def test_what_does_not_parse_is_not_passed(places, path):
    with pytest.raises(CouldNotCheckError, match="cannot be parsed"):
        places(path, "def ( {")
