"""`register()` that answers, throws, exits, hangs, talks or opens a socket."""

from __future__ import annotations

import json

import pytest

from gates.checks.build.register_answers import register_answers
from gates.errors import CouldNotCheckError
from gates.toolchains import Tools, make_bundle
from gates.toolchains.languages.python.registration import import_name
from gates.toolchains.languages.typescript.lock import LOCK_FILE
from gates.toolchains.registration import call_register
from tests.conftest import EXAMPLES

PYTHON, TYPESCRIPT = "src/sample_module/__init__.py", "src/index.ts"


def findings(session) -> list[str]:
    found = register_answers.run(
        session.module, make_bundle(session), Tools(session), session.policy
    )
    return [f"{each.location}: {each.message}" for each in found]


GOOD_PY = '    return {"slug": "sample-module"}\n'


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"def register():\n{GOOD_PY}", []),
        (f"async def register():\n{GOOD_PY}", []),
        (
            'class R: slug = "sample-module"\ndef register(): return R()\n',
            [],
        ),
        (
            f'print("{{}}")\nimport os\nos.write(1, b"x" * 1000)\ndef register():\n{GOOD_PY}',
            [],
        ),
        (
            'def register(): return {"slug": "other"}\n',
            [": register() answers with the slug 'other', and module.json says 'sample-module'"],
        ),
        (
            "def register(): return None\n",
            [": register() answers with a NoneType without a slug, and module.json says "
             "'sample-module'"],
        ),
        (
            "def register():\n    raise RuntimeError('no server')\n",
            [":2: register() throws RuntimeError: no server"],
        ),
        ("x = 1 / 0\n", [":1: loading the module throws ZeroDivisionError: division by zero"]),
        (
            "import sys\ndef register():\n    sys.exit(3)\n",
            [":3: register() ends the process (status 3)"],
        ),
        (
            "import os\ndef register():\n    os._exit(4)\n",
            [": register() ended the process with exit status 4"],
        ),
        (
            "import os\ndef register():\n    os.abort()\n",
            [": register() ended the process with exit status 134"],
        ),
        (
            "import time\ndef register():\n    time.sleep(60)\n",
            [":3: register() did not end within 2 s"],
        ),
        ("while True:\n    pass\n", [": loading the module did not end within 2 s"]),
        ("def registration(): pass\n", [": the entrypoint has no function register()"]),
        (
            "import socket\ns = socket.socket()\ns.connect(('10.0.0.1', 5432))\n",
            [":2: register() opens a socket"],
        ),
        (
            f"import socket\ndef register():\n    try: socket.create_connection(('db', 1))\n"
            f"    except OSError: pass\n{GOOD_PY}",
            [":3: register() opens a socket: getaddrinfo to db:1"],
        ),
    ],
)  # fmt: skip
def test_python(open_session, code, expected):
    session = open_session("python", {PYTHON: code}, register_timeout=2.0)
    found = findings(session)
    assert [each.replace(PYTHON, "") for each in found] == expected or (
        "while True" in code and found and "did not end within 2 s" in found[0]
    )


TS = "import * as net from 'node:net';\n"
GOOD_TS = 'return { slug: "sample-module" };'


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"export function register() {{ {GOOD_TS} }}\n", []),
        (f"export async function register() {{ await 1; {GOOD_TS} }}\n", []),
        (f"process.stdout.write('{{\"event\"');export function register() {{ {GOOD_TS} }}\n", []),
        (
            'export function register() { return { slug: "other" }; }\n',
            [": register() answers with the slug 'other', and module.json says 'sample-module'"],
        ),
        (
            "export function register(): unknown {\n  throw new TypeError('no server');\n}\n",
            [":2: register() throws TypeError: no server"],
        ),
        (
            "export function register(): unknown {\n  process.exit(3);\n}\n",
            [":2: register() ends the process (status 3)"],
        ),
        (
            "export function register(): unknown {\n  for (;;);\n}\n",
            [": register() did not end within 2 s"],
        ),
        (
            "export async function register(): Promise<void> {\n"
            "  await new Promise((done) => setTimeout(done, 60000));\n}\n",
            [": register() did not end within 2 s"],
        ),
        ("export const registration = 1;\n", [": the entrypoint has no function register()"]),
        (
            f"{TS}export function register() {{\n  net.connect(6379, 'redis');\n  {GOOD_TS}\n}}\n",
            [":3: register() opens a socket: connect to redis:6379"],
        ),
        (
            f"{TS}const open = () => net.connect({{ port: 1 }});\n"
            f"try {{ open(); }} catch {{}}\nexport function register() {{ {GOOD_TS} }}\n",
            [":2: register() opens a socket: connect to localhost:1"],
        ),
        (
            f"export async function register() {{\n"
            f"  await fetch('https://example.com/').catch(() => 1);\n  {GOOD_TS}\n}}\n",
            [":2: register() opens a socket: fetch to https://example.com/"],
        ),
        (
            f"{TS}export function register() {{\n  net.createServer().listen(8080);\n{GOOD_TS}}}\n",
            [":3: register() opens a socket: listen to localhost:8080"],
        ),
        (
            f"Promise.reject(new Error('late'));\nexport async function register() {{\n"
            f"  await new Promise((done) => setTimeout(done, 50));\n  {GOOD_TS}\n}}\n",
            [":1: register() throws Error: late"],
        ),
    ],
)
def test_typescript(open_session, code, expected):
    session = open_session("typescript", {TYPESCRIPT: code}, register_timeout=2.0)
    assert [each.replace(TYPESCRIPT, "") for each in findings(session)] == expected


@pytest.mark.node
def test_typescript_runs_without_packages_for_development(open_session):
    root = EXAMPLES / "_base" / "typescript"
    manifest, lock = ((root / name).read_text("utf-8") for name in ("package.json", LOCK_FILE))
    moved = {LOCK_FILE: lock, "package.json": manifest}
    for name, text in moved.items():
        whole = json.loads(text)
        entry = whole["packages"][""] if name == LOCK_FILE else whole
        types = {"@types/node": entry["devDependencies"]["@types/node"]}
        entry["devDependencies"] = {**entry.pop("dependencies"), **types}
        moved[name] = json.dumps(whole)
    code = 'import "zod";\nexport function register(): object { return {}; }\n'
    (found,) = findings(open_session("typescript", {**moved, TYPESCRIPT: code}))
    assert "Cannot find package 'zod'" in found


def test_no_bundle_no_answer(open_session):
    session = open_session("typescript", {TYPESCRIPT: "export const x: number = 'a';\n"})
    bundle = make_bundle(session)
    assert [problem.rule for problem in bundle.problems] == ["TS2322"]
    with pytest.raises(CouldNotCheckError, match="does not build"):
        findings(session)


@pytest.mark.parametrize(
    ("entrypoint", "root", "name"),
    [
        ("src/a/__init__.py", "src", "a"),
        ("src/a/main.py", "src", "a.main"),
        ("src/main.py", "", "src.main"),
        ("a/b/c.py", "", "a.b.c"),
    ],
)
def test_how_python_imports_the_entrypoint(entrypoint, root, name):
    assert import_name(entrypoint, root) == name


ODD_PY = (
    'def register():\n    return {"slug": "sample-module", "version": ["1"],\n'
    '            "routes": [1, None, {"path": {}, "method": []}], "jobs": "none"}\n'
)
ODD_TS = (
    "export function register(): unknown {\n  return { slug: 'sample-module', version: ['1'],\n"
    "    routes: [1, null, { path: {}, method: [] }], jobs: 'none' };\n}\n"
)


@pytest.mark.parametrize(("base", "path", "code"), [
    ("python", PYTHON, ODD_PY), ("typescript", TYPESCRIPT, ODD_TS),
])  # fmt: skip
def test_lists_of_anything_at_all_are_read(open_session, base, path, code):
    session = open_session(base, {path: code})
    answer = call_register(Tools(session), make_bundle(session)).first("answered")
    assert answer is not None
    assert (answer.version, answer.jobs, len(answer.routes or ())) == (None, None, 3)
