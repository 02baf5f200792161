"""What mypy passes over is found, held against mypy itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gates.checks.lint.unchecked_code import unchecked_code
from gates.module import load

ERROR = "total: int = 'one'"

HIDDEN = {
    "not TYPE_CHECKING": f"from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    {ERROR}\n",
    "else": f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    pass\nelse:\n    {ERROR}\n",
    "an attribute": f"import typing\nif not typing.TYPE_CHECKING:\n    {ERROR}\n",
    "any attribute": f"class A:\n    MYPY = 1\nif not A.MYPY:\n    {ERROR}\n",
    "MYPY": f"MYPY = False\nif not MYPY:\n    {ERROR}\n",
    "PY2": f"PY2 = bool('1')\nif PY2:\n    {ERROR}\n",
    "PY3": f"PY3 = bool('')\nif PY3:\n    pass\nelse:\n    {ERROR}\n",
    "and": f"MYPY = False\nif len('a') and not MYPY:\n    {ERROR}\n",
    "assert": f"MYPY = False\nassert not MYPY\n{ERROR}\n",
    "platform": f"import sys\nif sys.platform == 'win32':\n    {ERROR}\n",
    "startswith": f"import sys\nif not sys.platform.startswith('linux'):\n    {ERROR}\n",
    "in": f"import sys\nif sys.platform in ('win32', 'cygwin'):\n    {ERROR}\n",
    "version": f"import sys\nif sys.version_info < (3, 9):\n    {ERROR}\n",
    "version[0]": f"import sys\nif sys.version_info[0] != 3:\n    {ERROR}\n",
    "elif": f"import sys\nif len('a'):\n    pass\nelif sys.version_info < (3, 9):\n    {ERROR}\n",
    "a platform asserted": f"import sys\nassert sys.platform == 'win32'\n{ERROR}\n",
    "a guard": f"PY2 = 1\nmatch len('a'):\n    case 1 if PY2:\n        {ERROR}\n",
    "a platform in a guard": (
        f"import sys\nmatch len('a'):\n    case 1 if sys.platform == 'win32':\n        {ERROR}\n"
    ),
    "or": "PY3 = 1\ntotal = PY3 or len(1)\n",
    "and not": "import sys\ntotal = sys.platform == 'win32' and len(1)\n",
    "a decorator": f"import typing\n@typing.no_type_check\ndef f() -> None:\n    {ERROR}\n",
    "under a name": f"from typing import no_type_check as n\n@n\ndef f() -> None:\n    {ERROR}\n",
}  # fmt: skip
READ = {
    "for types": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from os import path\n",
    "told": "import sys\nprint(sys.platform, sys.version_info)\n",
    "an expression": "PY3 = 1\nprint(1 if PY3 else 2)\n",
    "a loop": "import sys\nwhile sys.version_info < (3, 9):\n    print(1)\n",
    "another name": "from os import name\nif name == 'nt':\n    print(1)\n",
    "another sys": "import sys as s\nif s.platform == 'win32':\n    print(1)\n",
}


@pytest.fixture
def module(make_module):
    root = make_module("python")

    def write(code: str):
        path = root / "src/sample_module/lib/code.py"
        path.write_text(code, "utf-8")
        return load(root)

    return write


@pytest.mark.parametrize("code", HIDDEN.values(), ids=HIDDEN)
def test_hidden_code_is_a_finding(module, code):
    assert list(unchecked_code.run(module(code)))


@pytest.mark.parametrize("code", READ.values(), ids=READ)
def test_code_that_mypy_reads_is_none(module, code):
    assert not list(unchecked_code.run(module(code)))


def test_mypy_is_silent_on_what_is_hidden_and_loud_on_the_rest(folder):
    for number, code in enumerate(HIDDEN.values()):
        (folder / f"hidden_{number}.py").write_text(code, "utf-8")
    for number, code in enumerate(READ.values()):
        (folder / f"read_{number}.py").write_text(code + "    \n" + ERROR + "\n", "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir=/dev/null", "."],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    loud = {line.partition(":")[0] for line in ran.stdout.splitlines() if ": error:" in line}
    assert loud == {f"read_{number}.py" for number in range(len(READ))}
