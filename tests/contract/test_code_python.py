"""Old and new Python packages, with the bump that SemVer 2.0.0 demands and why.

Major: something that code could write against the old version does not work any more, and the
change shows what. Minor: more is offered, or nothing shows whether it still works.
"""

from __future__ import annotations

import io
import json
import zipfile
from inspect import Parameter, Signature

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.contract.code import compare_code, exported, exported_python
from gates.contract.code.calls import broken_calls, shapes
from gates.contract.code.types import Types, parse
from gates.contract.model import Bump, largest
from gates.errors import CouldNotCheckError

REGISTER = "def register(): ...\n"


def bundle(sources: dict[str, str], version: str) -> dict[str, bytes]:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in sources.items():
            archive.writestr(path, text)
    manifest = {"slug": "m", "version": version, "entrypoint": "src/m/__init__.py"}
    return {"module.json": json.dumps(manifest).encode(), "dist/m.whl": wheel.getvalue()}


def changes(old: str | dict[str, str], new: str | dict[str, str]):
    apis = []
    for text, version in ((old, "1.0.0"), (new, "1.1.0")):
        files = text if isinstance(text, dict) else {"m/__init__.py": REGISTER + text}
        apis.append(exported_python(bundle(files, version)))
    return compare_code(*apis)


MAJOR = {
    "a function is gone": ("def f(): ...", "", "from m import f"),
    "a function has another name": ("def find(): ...", "def finds(): ...", "from m import find"),
    "it became private": ("LIMIT = 1", "_LIMIT = 1", "from m import LIMIT"),
    "a parameter is gone": ("def f(a, b=1): ...", "def f(a): ...", "f(a, b)"),
    "a parameter is needed": ("def f(a): ...", "def f(a, b): ...", "f(a)"),
    "a keyword is needed": ("def f(a): ...", "def f(a, *, b): ...", "f(a)"),
    "a parameter has another name": ("def f(limit): ...", "def f(size): ...", "f(limit=limit)"),
    "parameters changed places": ("def f(a, b): ...", "def f(b, a): ...", "f(a, b)"),
    "a parameter is new before another": (
        "def f(a, b=1): ...", "def f(a, c=0, b=1): ...", "f(a, b)"),
    "only by name": ("def f(a, b=1): ...", "def f(a, *, b=1): ...", "f(a, b)"),
    "only by position": ("def f(a): ...", "def f(a, /): ...", "f(a=a)"),
    "no default any more": ("def f(a=1): ...", "def f(a): ...", "f()"),
    "no more arguments": ("def f(a, *more): ...", "def f(a): ...", "f(a, another)"),
    "no more names": ("def f(**more): ...", "def f(): ...", "f(another=another)"),
    "must be awaited": ("def f(): ...", "async def f(): ...", "f()"),
    "cannot be awaited": ("async def f(): ...", "def f(): ...", "await f()"),
    "may give None": (
        "def f() -> int: ...", "def f() -> int | None: ...", "code that relies on a int"),
    "gives something else": (
        "def f() -> list[str]: ...", "def f() -> dict[str, str]: ...",
        "code that relies on a list[str]"),
    "gives an object of its own": (
        "def f() -> str: ...", "class A: ...\ndef f() -> A: ...", "code that relies on a str"),
    "does not take None": (
        "def f(a: int | None): ...", "def f(a: int): ...", "a int | None given as a of f()"),
    "takes fewer choices": (
        "from typing import Literal\ndef f(a: Literal['x', 'y']): ...",
        "from typing import Literal\ndef f(a: Literal['x']): ...",
        "a Literal['x', 'y'] given as a of f()"),
    "a function became a class": ("def f(): ...", "class f: ...", "f used as a function"),
    "a class became a function": ("class f: ...", "def f(): ...", "f used as a class"),
    "a method is gone": ("class A:\n def go(self): ...", "class A: ...", "A.go"),
    "an inherited method is gone": (
        "class _B:\n def go(self): ...\nclass A(_B): ...",
        "class _B: ...\nclass A(_B): ...", "A.go"),
    "a constructor needs more": (
        "class A:\n def __init__(self, a): ...",
        "class A:\n def __init__(self, a, b): ...", "A(a)"),
    "a dataclass has a new field": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n a: int",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n a: int\n b: int", "A(a)"),
    "a base is gone": (
        "class E(Exception): ...\nclass F(E): ...",
        "class E(Exception): ...\nclass F(Exception): ...", "isinstance(value, E)"),
    "a member of an enum is gone": (
        "from enum import Enum\nclass C(Enum):\n A = 1\n B = 2",
        "from enum import Enum\nclass C(Enum):\n A = 1", "C.B"),
    "a member of an enum has another value": (
        "from enum import Enum\nclass C(Enum):\n A = 'a'",
        "from enum import Enum\nclass C(Enum):\n A = 'b'", "C('a')"),
    "a property became a method": (
        "class A:\n @property\n def n(self) -> int: ...",
        "class A:\n def n(self) -> int: ...", "A.n used as a value"),
    "an attribute has another type": (
        "class A:\n n: int", "class A:\n n: str", "code that relies on a int"),
    "a method is not static any more": (
        "class A:\n @staticmethod\n def go(a): ...",
        "class A:\n def go(self, a, b): ...", "A.go(a)"),
}  # fmt: skip

MINOR = {
    "__all__ does not list it any more": (
        "def f(): ...", "__all__ = ['register']\ndef f(): ..."),
    "a function is new": ("", "def f(): ..."),
    "a parameter can be given": ("def f(a): ...", "def f(a, b=1): ..."),
    "a parameter need not be given": ("def f(a): ...", "def f(a=1): ...\ndef g(): ..."),
    "a method is new": ("class A: ...", "class A:\n def go(self): ..."),
    "a member of an enum is new": (
        "from enum import Enum\nclass C(Enum):\n A = 1",
        "from enum import Enum\nclass C(Enum):\n A = 1\n B = 2"),
    "a default is another": ("def f(a=1): ...", "def f(a=2): ..."),
    "a constant is another": ("LIMIT = 1", "LIMIT = 2"),
    "a type of a package that is not read": (
        "from x import A\ndef f() -> A: ...", "from x import B\ndef f() -> B: ..."),
    "a type is not written any more": ("def f() -> int: ...", "def f(): ..."),
}  # fmt: skip

NONE = {
    "a comment": ("def f(): ...", "# more\ndef f(): ..."),
    "the module's own version": ("VERSION = '1.0.0'", "VERSION = '1.1.0'"),
    "the same type in other words": (
        "from typing import Optional, List\ndef f(a: Optional[List[int]]): ...",
        "def f(a: list[int] | None): ..."),
    "a quoted type": ("class A: ...\ndef f() -> A: ...", "class A: ...\ndef f() -> 'A': ..."),
    "a narrower answer": (
        "from collections.abc import Sequence\ndef f() -> Sequence[int] | None: ...",
        "def f() -> list[int]: ..."),
    "a wider parameter": (
        "def f(a: list[int]): ...",
        "from collections.abc import Iterable\ndef f(a: Iterable[int]): ..."),
    "a child of the promised class": (
        "class A: ...\nclass B(A): ...\ndef f() -> A: ...",
        "class A: ...\nclass B(A): ...\ndef f() -> B: ..."),
    "a list of something where a list was promised": (
        "def f() -> list: ...", "def f() -> list[int]: ..."),
    "an integer where a float was asked for": ("def f() -> float: ...", "def f() -> int: ..."),
    "only by position, and renamed": ("def f(a, /): ...", "def f(b, /): ..."),
    "something private": ("def _f(a): ...", "def _f(): ..."),
    "an import for type checkers": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n from m.lib import A", ""),
    "an import of another package": ("from uuid import uuid4", "import os"),
    "a method moved to a new parent": (
        "class A:\n def go(self): ...",
        "class _B:\n def go(self): ...\nclass A(_B): ..."),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "example"), MAJOR.values(), ids=MAJOR)
def test_a_break_is_major_and_shown(old, new, example):
    found = changes(old, new)
    assert largest(found) is Bump.MAJOR
    broken = [each for each in found if each.bump is Bump.MAJOR]
    assert example in [each.example for each in broken]
    assert all(each.proved and each.symbol.startswith("code:") for each in broken)


@pytest.mark.parametrize(("old", "new"), MINOR.values(), ids=MINOR)
def test_more_or_not_shown_is_minor(old, new):
    found = changes(old, new)
    assert [each.bump for each in found] == [Bump.MINOR]


@pytest.mark.parametrize(("old", "new"), NONE.values(), ids=NONE)
def test_what_nobody_notices_asks_for_nothing(old, new):
    assert changes(old, new) == []


@pytest.mark.parametrize("code", [side for pair in MAJOR.values() for side in pair[:2]])
def test_equal_code_has_no_changes(code):
    assert changes(code, f"{code}\n# another remark") == []


def test_submodules_are_public_where_the_entrypoint_does_not_say_what_is():
    old = {"m/__init__.py": REGISTER, "m/lib.py": "def f(a): ...", "m/_in.py": "def g(): ..."}
    new = {**old, "m/lib.py": "def f(): ...", "m/_in.py": ""}
    (broken, *_) = changes(old, new)
    assert (broken.symbol, broken.old.path) == ("code:lib.f", "src/m/lib.py")
    said = {"m/__init__.py": f"__all__ = ['register']\n{REGISTER}"}
    assert changes({**old, **said}, {**new, **said}) == []


def test_register_counts_however_it_is_defined():
    old = {"m/__init__.py": "from m.main import register as register", "m/main.py": REGISTER}
    new = {**old, "m/main.py": "def register(app): ..."}
    assert "register()" in [each.example for each in changes(old, new)]


def test_code_is_read_and_never_run(tmp_path):
    target = tmp_path / "ran"
    code = f"from pathlib import Path\nPath({str(target)!r}).touch()\nraise SystemExit\n"
    assert changes(code, f"{code}def f(): ...")
    assert not target.exists()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no readable module.json"),
        ({"module.json": b'{"slug": "m", "version": "1.0.0"}'}, "holds 0 wheels"),
        ({"module.json": b'{"entrypoint": "src/m/main.py"}', "m.whl": b"?"}, "cannot be read"),
    ],
)
def test_a_bundle_that_does_not_hold_its_code_is_inconclusive(files, message):
    with pytest.raises(CouldNotCheckError, match=message):
        exported(files, "python")


@pytest.mark.parametrize("path", ["m/__init__.py", "m/lib.py"])
def test_code_that_does_not_parse_is_inconclusive(path):
    files = {"m/__init__.py": REGISTER, "m/lib.py": ""}
    with pytest.raises(CouldNotCheckError, match="cannot be read"):
        changes(files, {**files, path: "def f(:"})


NAMES = st.lists(st.sampled_from("abcde"), unique=True, max_size=4)


@st.composite
def signatures(draw):
    """Any signature that Python allows, over few names."""
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    chosen = [(name, draw(st.sampled_from(kinds)), draw(st.booleans())) for name in draw(NAMES)]
    chosen.sort(key=lambda each: (each[1], each[2] and each[1] is not Parameter.KEYWORD_ONLY))
    positional = [each for each in chosen if each[1] is not Parameter.KEYWORD_ONLY]
    first = next((n for n, each in enumerate(positional) if each[2]), len(positional))
    parameters = []
    for number, (name, kind, given_default) in enumerate(chosen):
        late = kind is not Parameter.KEYWORD_ONLY and number >= first
        default = 0 if given_default or late else Parameter.empty
        parameters.append(Parameter(name, kind, default=default))
    return Signature(parameters)


@given(signatures())
def test_a_signature_takes_its_own_calls(signature):
    assert list(broken_calls(signature, signature)) == []


@given(signatures(), signatures())
def test_every_call_that_is_shown_is_taken_by_the_old_signature_alone(old, new):
    shown = {str(shape): shape for shape in shapes(old, new)}
    for broken in broken_calls(old, new):
        shape = shown[broken.call]
        named = {name: name for name in shape.named}
        assert old.bind(*shape.positional, **named)
        try:
            bound = new.bind(*shape.positional, **named)
        except TypeError:
            continue
        assert any(value != name for name, value in bound.arguments.items())


SAMPLES = {
    "int": [0], "bool": [True], "str": [""], "bytes": [b""], "None": [None], "list[int]": [[0]],
    "list[str]": [[""]], "tuple[int, ...]": [(0,)], "dict[str, int]": [{"": 0}],
}  # fmt: skip
PARENTS = {"bool": {"int"}}
UNIONS = st.sets(st.sampled_from(sorted(SAMPLES)), min_size=1).map(sorted)


@given(UNIONS, UNIONS)
def test_a_type_is_within_another_where_every_value_of_it_is(small, large):
    one, other = (parse(" | ".join(each), lambda name: name) for each in (small, large))
    truth = all(name in large or PARENTS.get(name, set()) & set(large) for name in small)
    assert Types({}).within(one, other) is truth
