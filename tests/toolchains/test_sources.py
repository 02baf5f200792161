"""The standard's rules that are read from syntax trees, in both languages."""

from __future__ import annotations

import pytest

from gates.checks.lint.environment_access import environment_access
from gates.checks.lint.errors_thrown import errors_thrown
from gates.checks.lint.platform_logger import platform_logger
from gates.checks.lint.queue_names import queue_names
from gates.checks.lint.suppressions import suppressions
from gates.errors import CouldNotCheckError
from gates.module import load

PY, TS = "src/sample_module/lib/code.py", "src/lib/code.ts"


@pytest.fixture
def found(make_module):
    """The lines of a check's findings on one more source file."""

    def run(check, path: str, code: str) -> list[int | None]:
        root = make_module("python" if path.endswith(".py") else "typescript")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(code, "utf-8")
        return sorted(each.location.line for each in check.run(load(root)))

    return run


@pytest.mark.parametrize(
    ("path", "code", "lines"),
    [
        (PY, "import os\nos.environ['A']\nos.getenv('B')\n", [2, 3]),
        (PY, "import os as system\nsystem.environ\n", [2]),
        (PY, "from os import environ as e, path\ne['A']\npath.join('a')\n", [2]),
        (PY, "import os\nos.path.join('a')\nenviron = 1\nprint(environ)\n", []),
        (PY, "from dotenv import load_dotenv\n", [1]),
        (PY, "text = 'os.environ'\n# os.environ\n", []),
        ("src/sample_module/env.py", "import os\nA = os.environ['A']\n", [2]),
        (TS, "const { env: e } = process;\nexport const a = e['A'];\n", [1]),
        (TS, "import p from 'node:process';\nexport const a = p.env.A;\n", [2]),
        (TS, "import * as p from 'process';\nexport const a = p.env.A;\n", [2]),
        (
            TS,
            "export const a = globalThis.process.env.A;\nexport const b = import.meta.env;\n",
            [1, 2],
        ),
        (TS, "export const env = { a: 1 };\nexport const b = env.a;\n", []),
        ("src/env.ts", "export const a = process.env.A;\n", [1]),
        (
            "src/env.ts",
            "import { z } from 'zod';\nexport const a = z.string().parse(process.env.A);\n",
            [],
        ),
    ],
)
def test_environment_access(found, path, code, lines):
    assert found(environment_access, path, code) == lines


@pytest.mark.parametrize(
    ("path", "code", "lines"),
    [
        (PY, "import builtins\ndef f():\n    raise ValueError\n", [3]),
        (PY, "def f():\n    raise NotImplementedError\n", []),
        (PY, "from axon_core.errors import NotFound\ndef f():\n    raise NotFound('x')\n", []),
        (PY, "import axon_core\nclass E(axon_core.AxonError): pass\ndef f():\n    raise E\n", []),
        (PY, "import fastapi\ndef f():\n    raise fastapi.HTTPException(404)\n", [3]),
        (PY, "class A(Exception): pass\nclass B(A): pass\ndef f():\n    raise B()\n", [4]),
        (PY, "def f(make):\n    raise make()\n", []),
        (PY, "class R:\n    def __getattr__(self, n):\n        raise AttributeError(n)\n", []),
        (PY, "class R:\n    def get(self, n):\n        raise AttributeError(n)\n", [3]),
        (PY, "raise SystemExit(1)\n", [1]),
        (PY, "class A(A): pass\ndef f():\n    raise A\n", [3]),
        (TS, "export function f() {\n  throw new Error('x');\n}\n", [2]),
        (
            TS,
            "import { AxonError as B } from '@axon/core';\nclass E extends B {}\nthrow new E();\n",
            [],
        ),
        (TS, "class A extends Error {}\nclass B extends A {}\nthrow new B();\n", [3]),
        (TS, "import { E } from './missing.js';\nthrow new E();\n", []),
        (TS, "import { E } from 'other';\nthrow new E();\n", [2]),
        (TS, "import * as core from '@axon/core';\nthrow new core.NotFoundError('x');\n", []),
        (TS, "try { f(); } catch (error) { throw error; }\n", []),
        (TS, "export const f = () => {\n  const e = new TypeError('x');\n  throw e;\n};\n", [3]),
        (
            TS,
            "export const f = (a: boolean) => {\n  throw a ? new Error() : new RangeError();\n};\n",
            [2, 2],
        ),
        (TS, "export const f = () => Promise.reject(new Error('x'));\n", [1]),
        (TS, "throw 'text';\n", [1]),
        (TS, "throw (new Error('x') as unknown);\n", [1]),
        (TS, "const text = 'throw new Error()'; // throw new Error()\n", []),
    ],
)
def test_errors_thrown(found, path, code, lines):
    assert found(errors_thrown, path, code) == lines


OK = "tenant:sample-module:mail"


@pytest.mark.parametrize(
    ("path", "code", "lines"),
    [
        (PY, "from bullmq import Queue\nQueue('mail')\n", [2]),
        (PY, f"from bullmq import Queue\nQueue('{OK}')\n", []),
        (PY, f"from bullmq import Worker\nNAME = '{OK}'\nWorker(NAME, None)\n", []),
        (PY, "from bullmq import Worker\nN = 'tenant:other:x'\nWorker(f'{N}:y', None)\n", [3]),
        (PY, "import bullmq\nP = 'tenant:sample-module'\nbullmq.Queue(P + ':mail')\n", []),
        (PY, f"from axon_core import tenant_queue\nfrom bullmq import Queue\n"
             f"name, prefix = tenant_queue('{OK}')\nQueue(name)\n", []),
        (PY, "from queue import Queue\nQueue('mail')\n", []),
        (PY, "from bullmq import Queue\ndef f(n):\n    return Queue(name=n)\n", [3]),
        (TS, "import { Queue as Q } from 'bullmq';\nnew Q('mail');\n", [2]),
        (TS, f"import {{ Worker }} from 'bullmq';\nnew Worker(`{OK}:${{String(1)}}`, null);\n", []),
        (TS, "import { Queue } from './queue.js';\nnew Queue('mail');\n", []),
        (TS, "import { Queue } from 'bullmq';\nconst n = 'tenant:' + 'x';\nnew Queue(n);\n", [3]),
        (PY, f"from bullmq import Queue\nQueue('{OK}' if a else 'mail')\n", [2]),
        (PY, f"from bullmq import Queue\nN = '{OK}'\nN = find()\nQueue(N)\n", [4]),
        (PY, f"from bullmq import Queue\nQueue(f'{OK}:{{number()}}')\n", []),
        (TS, f"import {{ Queue }} from 'bullmq';\nnew Queue(a ? '{OK}' : 'mail');\n", [2]),
        (TS, f"import {{ Queue }} from 'bullmq';\nconst n = '{OK}';\n"
             "new Queue(n + ':' + String(1));\nnew Queue(String(1) + n);\n", [4]),
        (TS, "import { tenantQueue } from '@axon/core';\nimport { Queue } from 'bullmq';\n"
             f"const {{ name, prefix }} = tenantQueue('{OK}');\nnew Queue(name, {{ prefix }});\n",
         []),
    ],
)  # fmt: skip
def test_queue_names(found, path, code, lines):
    assert found(queue_names, path, code) == lines


@pytest.mark.parametrize(
    ("path", "code", "lines"),
    [
        (PY, "import logging\n", [1]),
        (PY, "from logging.handlers import SysLogHandler\n", [1]),
        (PY, "import loguru\nimport structlog\nimport axon_logger\n", [1]),
        (PY, "import sys\nsys.stdout.write('x')\n", [2]),
        (TS, "import pino from 'pino';\n", [1]),
        (TS, "import { createLogger } from '@axon/logger';\n", []),
        (TS, "process.stdout.write('x');\n", [1]),
    ],
)
def test_platform_logger(found, path, code, lines):
    assert found(platform_logger, path, code) == lines


@pytest.mark.parametrize(
    ("path", "code", "lines"),
    [
        (PY, "a = 1  # type: ignore\n", [1]),
        (PY, "a = 1  # type: ignore[assignment]  # why\n", []),
        (PY, "a = 1  # type: ignore[no-untyped-def]\n", [1]),
        (PY, "# mypy: ignore-errors\n", [1]),
        (PY, "a = '# type: ignore'\n# noqa\n# pragma: no cover\n", []),
        (TS, "// eslint-disable-next-line\nexport const a = 1;\n", []),
        (TS, "/*\n * @ts-nocheck\n */\n", [2]),
        (TS, "// @ts-expect-error: the type is too narrow\n", []),
        (TS, "/* istanbul ignore file */\n", [1]),
        (TS, "/* v8\nignore file */\n", [1]),
        (TS, "const a = 1;\n/*\n * why\n * c8\r\n\tignore\n next */\n", [4]),
        (TS, "/* v8 ignore start */\nf();\n/* v8 ignore stop */\n", [1, 3]),
        (TS, "/* v8 may ignore this file */\n", []),
        ("tests/unit/x.test.ts", "// @ts-ignore\n", [1]),
    ],
)
def test_suppressions(found, path, code, lines):
    assert found(suppressions, path, code) == lines


def test_columns_count_characters(make_module):
    root = make_module("python")
    (root / PY).write_text("import os\nx = 'äöü'; y = os.environ\n", "utf-8")
    (finding,) = environment_access.run(load(root))
    assert (finding.location.column, finding.location.end_column) == (16, 26)


@pytest.mark.parametrize("check", [environment_access, errors_thrown, suppressions])
def test_sources_that_do_not_parse_are_left_to_the_compiler(found, check):
    assert found(check, PY, "def (:\n") == []


def test_queues_of_sources_that_do_not_parse_are_not_known(found):
    with pytest.raises(CouldNotCheckError, match="cannot be parsed"):
        found(queue_names, PY, "def (:\n")


def test_a_base_under_another_name_in_another_file(make_module):
    root = make_module("python")
    folder = root / "src/sample_module/lib"
    (folder / "base.py").write_text(
        "from axon_core import AxonError as Root\nclass E(Root): pass\n"
    )
    (folder / "use.py").write_text("from sample_module.lib.base import E\ndef f():\n    raise E\n")
    assert list(errors_thrown.run(load(root))) == []
