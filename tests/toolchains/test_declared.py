"""module.json against the sources, both ways: how names are read from syntax trees."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.checks.lint._secret_example import real_secret
from gates.checks.lint.endpoints_declared import endpoints_declared
from gates.checks.lint.environment_declared import environment_declared
from gates.checks.lint.events_declared import events_declared
from gates.checks.lint.permissions_declared import permissions_declared
from gates.checks.lint.queues_declared import queues_declared
from gates.errors import CouldNotCheckError
from gates.module import load
from gates.settings import Policy
from gates.toolchains import Session, Tools
from gates.toolchains.languages import language_of
from gates.toolchains.sources.variables import read_example

PY, TS = "src/sample_module/api.py", "src/api/notes.ts"
ENV_PY, ENV_TS = "src/sample_module/env.py", "src/env.ts"
CONSTANTS = {
    PY: ("src/sample_module/lib/names.py", "SLUG = 'x'\nBASE = f'/api/{SLUG}'\n"),
    TS: ("src/lib/names.ts", "export const SLUG = 'x';\nexport const BASE = `/api/${SLUG}`;\n"),
}


@pytest.fixture
def module(make_module):
    """A base module with one source file (and constants beside it), and values in module.json."""

    def make(path: str, code: str, **manifest: object):
        root = make_module("python" if path.endswith(".py") else "typescript")
        for name, text in ((path, code), CONSTANTS[PY if path.endswith(".py") else TS]):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        document = json.loads((root / "module.json").read_text("utf-8"))
        (root / "module.json").write_text(json.dumps({**document, **manifest}), "utf-8")
        return load(root)

    return make


PATHS = {
    "a literal": (PY, "Route('GET', '/api/x/a', '', True, (), go)", ["/api/x/a"]),
    "a dict": (PY, "R = {'method': 'GET', 'path': '/api/x/a', 'handler': go}", ["/api/x/a"]),
    "an imported constant": (
        PY, "from sample_module.lib.names import BASE as B\nRoute('GET', B + '/a', handler=go)",
        ["/api/x/a"]),
    "a relative import": (
        PY, "from .lib import names\nRoute('GET', f'{names.BASE}/a', handler=go)", ["/api/x/a"]),
    "a member of an enum": (
        PY, "class P(StrEnum):\n    A = '/api/x/a'\nRoute('GET', P.A.value, handler=go)",
        ["/api/x/a"]),
    "a member of a dict": (
        PY, "P = {'a': '/api/x/a'}\nRoute('GET', P['a'], handler=go)", ["/api/x/a"]),
    "a choice": (
        PY, "Route('GET', '/api/x/a' if NEW else '/api/x/b', handler=go)",
        ["/api/x/a", "/api/x/b"]),
    "a function that makes routes": (
        PY,
        "def route(path, method='GET'):\n    return Route(method, f'/api/x/{path}', handler=go)\n"
        "A = route('a')\nB = route(path='b')",
        [None]),
    "an argument that nobody gives": (
        PY, "def route(path):\n    return Route('GET', path, handler=go)", [None]),
    "a name with two values": (
        PY, "P = '/api/x/a'\nP = '/api/x/b'\nRoute('GET', P, handler=go)", [None]),
    "another library's request": (PY, "ask({'method': 'GET', 'path': '/v1/a'})", []),
    "a comment": (PY, "# Route('GET', '/api/x/a', handler=go)\n'''Route('GET', '/x')'''", []),
    "a literal in TypeScript": (
        TS, "export const r = { method: 'GET', path: '/api/x/a', handler };", ["/api/x/a"]),
    "an imported template": (
        TS,
        "import { BASE as B } from '../lib/names.js';\n"
        "export const r = { method: 'GET', path: `${B}/a`, handler: go };",
        ["/api/x/a"]),
    "a namespace": (
        TS,
        "import * as names from '../lib/names.js';\n"
        "export const r = { method: 'GET', path: names.BASE + '/a', handler() {} };",
        ["/api/x/a"]),
    "an enum in TypeScript": (
        TS,
        "enum P { A = '/api/x/a' }\nexport const r = { method: 'GET', path: P.A, handler };",
        ["/api/x/a"]),
    "a constant object": (
        TS,
        "const P = { a: '/api/x/a' } as const;\n"
        "export const r = { method: 'GET', path: P.a, handler } satisfies Route;",
        ["/api/x/a"]),
    "an arrow that makes routes": (
        TS,
        "const route = (path: string, handler: Handler) => ({ method: 'GET', path, handler });\n"
        "export const all = [route('/api/x/a', go), route('/api/x/b', go)];",
        [None]),
    "a value that changes": (
        TS, "let p = '/api/x/a';\nexport const r = { method: 'GET', path: p, handler };", [None]),
    "a comment in TypeScript": (TS, "// { method: 'GET', path: '/api/x/a', handler }", []),
}  # fmt: skip


@pytest.mark.parametrize(("path", "code", "expected"), PATHS.values(), ids=PATHS)
def test_the_path_of_a_route(module, path, code, expected):
    made = module(path, code)
    found = language_of(made).read_offers(made).routes
    assert [text for each in found for text in (each.path.values or (None,))] == expected


EVENTS = {
    "by the context's name": (PY, "context.publish('a.b', {})", ["a.b"]),
    "by its type": (PY, "def go(c: RequestContext): c.publish(event='a.b')", ["a.b"]),
    "of a member": (PY, "self.context.publish('a.b')", ["a.b"]),
    "through a function": (
        PY, "def tell(context, name): context.publish(name)\ntell(c, 'a.b')\ntell(c, name='a.c')",
        ["a.b", "a.c"]),
    "to somebody else": (PY, "redis.publish('channel', 'x')", []),
    "the module's own, by anybody": (PY, "bus.publish('sample-module.b')", ["sample-module.b"]),
    "made up": (PY, "context.publish(f'a.{kind}')", [None]),
    "in TypeScript": (TS, "function go(c: RequestContext) { c.publish('a.b', {}); }", ["a.b"]),
    "taken apart": (TS, "const { publish } = context;\npublish('a.b', {});", ["a.b"]),
    "a choice in TypeScript": (
        TS, "context.publish(ok ? 'a.b' : 'a.c', {});", ["a.b", "a.c"]),
    "somebody else in TypeScript": (TS, "redis.publish('channel', 'x');", []),
}  # fmt: skip


@pytest.mark.parametrize(("path", "code", "expected"), EVENTS.values(), ids=EVENTS)
def test_the_name_of_an_event(module, path, code, expected):
    made = module(path, code)
    found = language_of(made).read_offers(made).published
    assert [text for each in found for text in (each.values or (None,))] == expected


SETTINGS = "from pydantic_settings import BaseSettings\nfrom pydantic import Field\n"
VARIABLES = {
    "needed": (ENV_PY, "class E(BaseSettings):\n    a: str", [("A", False, None)]),
    "a prefix": (
        ENV_PY, "class E(BaseSettings, env_prefix='X_'):\n    a: int = 3", [("X_A", True, "3")]),
    "a prefix in model_config": (
        ENV_PY,
        "P = 'X_'\nclass E(BaseSettings):\n"
        "    model_config = {'env_prefix': P}\n    a: bool = True",
        [("X_A", True, "true")]),
    "a parent's prefix": (
        ENV_PY,
        "class B(BaseSettings):\n"
        "    model_config = SettingsConfigDict(env_prefix='X_')\n    a: str\n"
        "class E(B):\n    b: str",
        [("X_A", False, None), ("X_B", False, None)]),
    "an alias": (
        ENV_PY,
        "class E(BaseSettings, env_prefix='X_'):\n    a: str = Field(validation_alias='OTHER')",
        [("OTHER", False, None)]),
    "Field in Annotated": (
        ENV_PY, "class E(BaseSettings):\n    a: Annotated[int, Field(ge=1)] = 2",
        [("A", True, "2")]),
    "an open default": (ENV_PY, "class E(BaseSettings):\n    a: str = ...", [("A", False, None)]),
    "a model inside": (
        ENV_PY,
        "class R(BaseModel):\n    url: str\n    db: int = 0\n"
        "class E(BaseSettings, env_prefix='X_', env_nested_delimiter='__'):\n    redis: R",
        [("X_REDIS__URL", False, None), ("X_REDIS__DB", True, "0")]),
    "a factory": (
        ENV_PY, "class E(BaseSettings):\n    a: list = Field(default_factory=list)",
        [("A", True, None)]),
    "no variables": (
        ENV_PY, "class E(BaseSettings):\n    _a: str = ''\n    b: ClassVar[int] = 1\n"
        "class O(BaseModel):\n    c: int", []),
    "the environment itself": (
        ENV_PY, "A = os.environ['X_A']\nB = os.getenv('X_B', 'b')",
        [("X_A", None, None), ("X_B", True, "b")]),
    "zod": (ENV_TS, "z.object({ A: z.string(), B: z.url().optional() })",
        [("A", False, None), ("B", True, None)]),
    "a default in zod": (
        ENV_TS, "const D = 1_000;\nz.object({ A: z.coerce.number().default(D).describe('x') })",
        [("A", True, "1000")]),
    "a constant schema": (
        ENV_TS, "const Port = z.coerce.number().default(80);\nz.strictObject({ A: Port })",
        [("A", True, "80")]),
    "z.optional": (ENV_TS, "z.object({ A: z.optional(z.string()) })", [("A", True, None)]),
    "extended": (
        ENV_TS,
        "const one = z.object({ A: z.string() });\nz.object({ ...one.shape, B: z.string() });\n"
        "one.extend({ C: z.string() })",
        [("A", False, None), ("B", False, None), ("C", False, None)]),
    "an object that is no environment": (ENV_TS, "z.object({ host: z.string() })", []),
    "process.env itself": (ENV_TS, "z.string().parse(process.env.A)", [("A", None, None)]),
}  # fmt: skip


@pytest.mark.parametrize(("path", "code", "expected"), VARIABLES.values(), ids=VARIABLES)
def test_the_variables_that_are_read(module, path, code, expected):
    made = module(path, SETTINGS + code if path == ENV_PY else code)
    found = language_of(made).read_variables(made)
    assert [(each.name, each.optional, each.default) for each in found.variables] == expected
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (ENV_PY, "class E(BaseSettings, env_prefix=prefix()):\n    a: str"),
        (ENV_PY, "A = os.environ[name]"),
        (ENV_TS, "z.object({ ...others, A: z.string() })"),
        (ENV_TS, "z.object({ [name]: z.string() })"),
        (ENV_TS, "process.env[name]"),
    ],
)
def test_what_cannot_be_read_is_said(module, path, code):
    made = module(path, code, environment_variables=[{"name": "A", "required": True}])
    messages = [each.message for each in environment_declared.run(made)]
    assert any("cannot be told from the sources" in each for each in messages)
    assert not any("does not read" in each for each in messages)


def test_lines_of_an_env_example():
    text = "# words\n\nA=1\n  export B = 'two # 2'\n# C=3\nD=4 # four\nE=\nno\n"
    found = read_example(".env.example", tuple(text.split("\n")))
    shown = [(e.name, e.value, e.location.line, e.location.column, e.remark) for e in found]
    assert shown == [
        ("A", "1", 3, 1, False),
        ("B", "two # 2", 4, 10, False),
        ("C", "3", 5, 3, True),
        ("D", "4", 6, 1, False),
        ("E", "", 7, 1, False),
        ("", "", 8, 1, False),
    ]


@given(st.lists(st.text(alphabet="Ab_= #'\"\texport", max_size=12), max_size=6))
def test_every_line_of_an_env_example_is_blank_a_comment_or_has_a_place(lines):
    found = {each.location.line: each for each in read_example("e", tuple(lines))}
    for number, line in enumerate(lines, 1):
        if number in found:
            place = found[number].location
            assert line[place.column - 1 : place.end_column - 1].strip() != ""
        else:
            assert not line.strip() or line.lstrip().startswith("#")


@pytest.mark.parametrize(
    ("name", "value", "secret", "real"),
    [
        ("X_API_TOKEN", "ghp_a8Kd72LmQx93ZpT41vNc", False, True),
        ("X_PASSWORD", "Tr0ub4dor&3", False, True),
        ("X_URL", "postgres://app:kX92mPq7Lz@db.internal/x", True, True),
        ("X_URL", "redis://127.0.0.1:6379", True, False),
        ("X_URL", "postgres://postgres:postgres@localhost/x", True, False),
        ("X_API_TOKEN", "<your token>", False, False),
        ("X_API_TOKEN", "changeme", True, False),
        ("X_API_TOKEN", "", True, False),
        ("X_KEY_FILE", "/run/secrets/key.pem", True, False),
        ("X_LIMIT", "83749284729384", False, False),
    ],
)
def test_a_secret_that_looks_real(name, value, secret, real):
    assert real_secret(name, value, secret=secret) is real


ROUTE = "Route('GET', '/api/x/a', '', True, ('x:read',), go)"
ENDPOINT = {"method": "GET", "path": "/api/x/a", "permissions": ["x:read"]}


@pytest.mark.parametrize(
    ("check", "code", "manifest", "part"),
    [
        (endpoints_declared, ROUTE, {}, "does not list GET /api/x/a"),
        (endpoints_declared, "", {"api_endpoints": [ENDPOINT]}, "no route in the sources serves"),
        (
            endpoints_declared, "Route('GET', where(), handler=go)",
            {"api_endpoints": [ENDPOINT]}, "cannot be read from the sources: where()"),
        (permissions_declared, ROUTE, {}, "does not list the permission x:read"),
        (
            permissions_declared, "Route('GET', '/a', '', True, of(), go)",
            {"permissions": ["x:read"]}, "cannot be read from the sources: of()"),
        (permissions_declared, "", {"permissions": ["x:read"]}, "nothing in the sources asks for"),
        (queues_declared, "Job('a', 'q:a', '* * * * *', go)", {}, "does not list the job a"),
        (
            queues_declared, "Job('a', 'q:a', '* * * * *', go)",
            {"jobs": [{"name": "a", "queue": "q:b", "schedule": "* * * * *"}]},
            "the queue of the job a is q:b in module.json, and q:a in the sources"),
        (
            queues_declared, "Job(name='a', queue='q:a', handler=go)",
            {"jobs": [{"name": "a", "queue": "q:a", "schedule": "* * * * *"}]},
            "has a schedule in module.json, and none in the sources"),
        (events_declared, "", {"events": {"publishes": ["a.b"]}}, "a.b is published nowhere"),
    ],
)  # fmt: skip
def test_each_way_has_its_finding(module, settings, check, code, manifest, part):
    made = module(PY, code, **manifest)
    with Session(made, Policy(), settings) as session:
        needs = {"module": made, "tools": Tools(session)}
        (finding,) = check.run(**{name: needs[name] for name in check.needs})
    assert part in finding.message
    assert finding.location.line
    assert finding.fix


@pytest.mark.parametrize(("path", "code"), [(PY, "def ("), (TS, "export const = {")])
def test_sources_that_do_not_parse_are_inconclusive(module, path, code):
    with pytest.raises(CouldNotCheckError, match="cannot be parsed"):
        list(endpoints_declared.run(module(path, code)))
