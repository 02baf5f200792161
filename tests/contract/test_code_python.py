"""Old and new Python packages, with the bump that SemVer 2.0.0 demands and why.

Major: something that code could write against the old version does not work any more, and the
change shows what. Minor: more is offered, or nothing shows whether it still works.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from inspect import Parameter, Signature
from textwrap import indent

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gates.contract.code import compare_code, exported, exported_python
from gates.contract.code.bound import unbound
from gates.contract.code.calls import broken_calls, shapes
from gates.contract.code.python_made import Noted
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
    "a function is defined on newer Pythons alone": (
        "def f(): ...", "import sys\nif sys.version_info >= (3, 12):\n def f(): ...",
        "from m import f"),
    "a function is called otherwise on newer Pythons": (
        "import sys\nif sys.version_info >= (3, 12):\n def f(a): ...\nelse:\n def f(b): ...",
        "import sys\nif sys.version_info >= (3, 12):\n def f(): ...\nelse:\n def f(b): ...",
        "f(a)"),
    "a function is called otherwise on older Pythons": (
        "import sys\nif sys.version_info < (3, 12):\n def f(a): ...\nelse:\n def f(b): ...",
        "import sys\nif sys.version_info < (3, 12):\n def f(): ...\nelse:\n def f(b): ...",
        "f(a)"),
    "an async generator became a coroutine": (
        "from typing import AsyncIterator\nasync def f() -> AsyncIterator[int]:\n yield 1",
        "from typing import AsyncIterator\nasync def f() -> AsyncIterator[int]: ...", "f()"),
    "a coroutine gives something else when it is awaited": (
        "async def f() -> int: ...",
        "from collections.abc import Coroutine\nfrom typing import Any\n"
        "def f() -> Coroutine[Any, Any, str]: ...",
        "code that relies on a Coroutine[Any, Any, int]"),
    "a parent under another name is gone": (
        "class A: ...\nB = A\nclass F(B): ...", "class A: ...\nclass F: ...",
        "isinstance(value, A)"),
    "an inherited method of a parent under another name is gone": (
        "class A:\n def go(self): ...\nB = A\nclass F(B): ...",
        "class A: ...\nB = A\nclass F(B): ...", "F.go"),
    "a type under another name is narrower": (
        "A = int | str\ndef f(a: A): ...", "A = int\ndef f(a: A): ...",
        "a int | str given as a of f()"),
    "a function cannot be awaited, and says what it gives": (
        "async def f() -> int: ...", "def f() -> int: ...", "await f()"),
    "a constructor is gone": (
        "class A:\n def __init__(self, a): ...", "class A: ...", "A(a)"),
    "a value that is a function's other name": (
        "def f(a): ...\ng = f", "def f(a): ...\ndef g(): ...", "g(a)"),
    "a package beside it, of the same wheel": (
        {"m/__init__.py": REGISTER + "from other import f", "other/__init__.py": "def f(a): ..."},
        {"m/__init__.py": REGISTER + "from other import f", "other/__init__.py": "def f(): ..."},
        "f(a)"),
    "a module beside it, of the same wheel": (
        {"m/__init__.py": REGISTER + "from other import f", "other.py": "def f(a): ..."},
        {"m/__init__.py": REGISTER + "from other import f", "other.py": "def f(): ..."}, "f(a)"),
    "a package of the same wheel, through its private module": (
        {"m/__init__.py": REGISTER + "from other import f",
         "other/__init__.py": "from ._in import f", "other/_in.py": "def f(a): ..."},
        {"m/__init__.py": REGISTER + "from other import f",
         "other/__init__.py": "from ._in import f", "other/_in.py": "def f(): ..."}, "f(a)"),
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
    "a function became a class that is made otherwise": (
        "def f(a): ...", "class f:\n def __init__(self): ...", "f(a)"),
    "a function became a class that takes nothing": ("def f(a): ...", "class f: ...", "f(a)"),
    "a class became a function": ("class f: ...", "def f(): ...", "isinstance(value, f)"),
    "a number became a function": ("N = 1", "def N(): ...", "N used as a value"),
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
    "a model has a new field": (
        "from pydantic import BaseModel\nclass A(BaseModel):\n a: int",
        "from pydantic import BaseModel\nclass A(BaseModel):\n a: int\n b: int",
        "A(...) without b"),
    "a model has a new field that is said to be needed": (
        "from pydantic import BaseModel, Field\nclass A(BaseModel):\n a: int",
        "from pydantic import BaseModel, Field\nclass A(BaseModel):\n a: int\n b: int = Field(...)",
        "A(...) without b"),
    "a field of a model loses its default": (
        "from pydantic import BaseModel, Field\nclass A(BaseModel):\n a: int = 1",
        "from pydantic import BaseModel, Field\nclass A(BaseModel):\n a: int = Field(gt=0)",
        "A(...) without a"),
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
    "a function is deleted": ("def f(): ...", "def f(): ...\ndel f", "from m import f"),
    "a function is never defined": (
        "def f(): ...", "if False:\n def f(): ...", "from m import f"),
    "only type checkers import it": (
        "from m.lib import f", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        " from m.lib import f", "from m import f"),
    "a method is deleted": (
        "class A:\n def go(self): ...", "class A:\n def go(self): ...\n del go", "A.go"),
    "a dataclass is frozen": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n a: int",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n a: int",
        "value.a = a"),
    "a model is frozen": (
        "from pydantic import BaseModel, ConfigDict\nclass A(BaseModel):\n a: int",
        "from pydantic import BaseModel, ConfigDict\n"
        "class A(BaseModel):\n model_config = ConfigDict(frozen=True)\n a: int", "value.a = a"),
    "a dataclass has no order": (
        "from dataclasses import dataclass\n@dataclass(order=True)\nclass A:\n a: int",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n a: int", "A() < A()"),
    "settings have a new field": (
        "from pydantic_settings import BaseSettings\nclass A(BaseSettings):\n a: int = 1",
        "from pydantic_settings import BaseSettings\nclass A(BaseSettings):\n a: int = 1\n b: int",
        "A(...) without b"),
    "a dataclass of pydantic has a new field": (
        "from pydantic.dataclasses import dataclass\n@dataclass\nclass A:\n a: int",
        "from pydantic.dataclasses import dataclass\n@dataclass\nclass A:\n a: int\n b: int",
        "A(a)"),
    "a class of attrs has a new field": (
        "from attrs import define, field\n@define\nclass A:\n a: int",
        "from attrs import define, field\n@define\nclass A:\n a: int\n b: int = field(repr=False)",
        "A(a)"),
    "a named tuple has a new field": (
        "from typing import NamedTuple\nclass A(NamedTuple):\n a: int",
        "from typing import NamedTuple\nclass A(NamedTuple):\n a: int\n b: int", "A(a)"),
    "a named tuple is longer": (
        "from typing import NamedTuple\nclass A(NamedTuple):\n a: int",
        "from typing import NamedTuple\nclass A(NamedTuple):\n a: int\n b: int = 0", "a, = value"),
    "a typed dictionary has a new key": (
        "from typing import TypedDict\nclass A(TypedDict):\n a: int",
        "from typing import TypedDict\nclass A(TypedDict):\n a: int\n b: int", "A(...) without b"),
    "a method is new and abstract": (
        "from abc import ABC\nclass A(ABC): ...",
        "from abc import ABC, abstractmethod\nclass A(ABC):\n @abstractmethod\n def go(self): ...",
        "a child of A without go"),
    "a method became abstract": (
        "import abc\nclass A(metaclass=abc.ABCMeta):\n def go(self): ...",
        "import abc\nclass A(metaclass=abc.ABCMeta):\n @abc.abstractmethod\n def go(self): ...",
        "a child of A without go"),
    "a protocol asks for more": (
        "from typing import Protocol\nclass A(Protocol):\n def go(self): ...",
        "from typing import Protocol\nclass A(Protocol):\n def go(self): ...\n def on(self): ...",
        "an object without on given as a A"),
    "a static method needs an object": (
        "class A:\n @staticmethod\n def go(): ...", "class A:\n def go(self): ...", "A.go()"),
    "a class method needs an object": (
        "class A:\n @classmethod\n def go(cls): ...", "class A:\n def go(self): ...", "A.go()"),
    "a method became a property": (
        "class A:\n def n(self) -> int: ...",
        "class A:\n @property\n def n(self) -> int: ...", "A.n used as a function"),
    "a property cannot be set": (
        "class A:\n @property\n def n(self): ...\n @n.setter\n def n(self, n): ...",
        "class A:\n @property\n def n(self): ...", "value.n = n"),
    "every overload needs more": (
        "def f(a): ...",
        "from typing import overload\n@overload\ndef f(a: int, b: int) -> int: ...\n"
        "@overload\ndef f(a: str, b: int) -> str: ...\ndef f(a, b): ...", "f(a)"),
}  # fmt: skip

MINOR = {
    "an answer where there was none": ("def f() -> None: ...", "def f() -> int: ..."),
    "a parameter may be named": ("def f(__a): ...", "def f(a): ..."),
    "a value became a function": (
        "from functools import partial\nf = partial(print, 1)", "def f(*a): ..."),
    "a value became a class": (
        "from collections import namedtuple\nP = namedtuple('P', 'a b')",
        "from typing import NamedTuple\nclass P(NamedTuple):\n a: int\n b: int"),
    "a function became a class with the same call": (
        "def f(a): ...", "class f:\n def __init__(self, a): ..."),
    "a function became a class that a parent makes": (
        "def f(a): ...", "from x import Y\nclass f(Y): ..."),
    "a function became one of two things": (
        "def f(a, /): ...", "try:\n from x import f\nexcept ImportError:\n def f(): ..."),
    "a class became one of two things": (
        "class A:\n def go(self): ...",
        "import os\nif os.environ:\n class A: ...\nelse:\n class A:\n  def go(self): ..."),
    "a condition chooses between others": (
        "import os\nif os.name:\n def f(a): ...\nelse:\n def f(b): ...",
        "import os\nif os.name:\n def f(): ...\nelse:\n def f(b): ..."),
    "what a condition defined is gone": (
        "import os\nif os.name == 'nt':\n def f(): ...", ""),
    "a method that a condition defined is gone": (
        "import os\nclass A:\n if os.name == 'nt':\n  def f(self): ...", "class A: ..."),
    "it must be awaited, and what it gave is not said": (
        "def f():\n return g()", "async def f(): ..."),
    "it must be awaited, below a decorator": (
        "from x import y\n@y\ndef f() -> int: ...",
        "from x import y\n@y\nasync def f() -> int: ..."),
    "a parameter is gone below a decorator": (
        "from x import y\n@y\ndef f(a, /): ...", "from x import y\n@y\ndef f(): ..."),
    "a parent that takes others for its own is gone": (
        "from collections.abc import Sized\nclass A(Sized):\n def __len__(self): ...",
        "class A:\n def __len__(self): ..."),
    "a parent may be behind one that is not known": (
        "class E: ...\nclass F(E): ...", "from x import Y\nclass E: ...\nclass F(Y): ..."),
    "a method may be one of a parent that is not known": (
        "from x import Y\nclass A(Y):\n def go(self): ...", "from x import Y\nclass A(Y): ..."),
    "a name is deleted in a branch alone": (
        "import sys\ndef f(): ...", "import sys\ndef f(): ...\nif sys.flags.optimize:\n del f"),
    "the module gives what it does not define": (
        "def f(): ...", "def __getattr__(name):\n return print"),
    "the module gives no more than it defines": ("def __getattr__(name): ...", ""),
    "a decorator is new": (
        "def f(): ...", "from contextlib import contextmanager\n@contextmanager\ndef f(): ..."),
    "a decorator is gone": ("from x import y\n@y\ndef f(): ...", "def f(): ..."),
    "a decorator of a class is new": (
        "class A: ...", "from x import y\n@y\nclass A: ..."),
    "a class of attrs became a dataclass": (
        "from attrs import define\n@define\nclass A:\n a: int",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n a: int"),
    "a name for a type stands for less": ("A = int | str", "A = int"),
    "a class is final": ("class A: ...", "from typing import final\n@final\nclass A: ..."),
    "a class has slots": ("class A: ...", "class A:\n __slots__ = ()"),
    "overloads of one signature": (
        "from typing import overload\n@overload\ndef f(a: int) -> int: ...\n"
        "@overload\ndef f(a: str) -> str: ...\ndef f(a): ...",
        "from typing import overload\n@overload\ndef f(a: int) -> int: ...\n"
        "@overload\ndef f(a: bytes) -> str: ...\ndef f(a): ..."),
    "a method is abstract where nothing asks for it": (
        "class A: ...",
        "from abc import abstractmethod\nclass A:\n @abstractmethod\n def n(self): ..."),
    "a method became a property that may be called": (
        "class A:\n def n(self): ...", "class A:\n @property\n def n(self): ..."),
    "a typed dictionary has a key that need not be there": (
        "from typing import TypedDict\nclass A(TypedDict):\n a: int",
        "from typing import NotRequired, TypedDict\n"
        "class A(TypedDict):\n a: int\n b: NotRequired[int]"),
    "a class of attrs has a new field with a default": (
        "from attrs import define\n@define\nclass A:\n a: int",
        "from attrs import define, field\n@define\nclass A:\n a: int\n"
        " b: int = field(default=1)"),
    "__all__ does not list it any more": (
        "def f(): ...", "__all__ = ['register']\ndef f(): ..."),
    "a function is new": ("", "def f(): ..."),
    "a parameter can be given": ("def f(a): ...", "def f(a, b=1): ..."),
    "a parameter need not be given": ("def f(a): ...", "def f(a=1): ...\ndef g(): ..."),
    "a wider parameter": (
        "def f(a: list[int]): ...",
        "from collections.abc import Iterable\ndef f(a: Iterable[int]): ..."),
    "a model has a new field with a default": (
        "from pydantic import BaseModel, Field\nclass A(BaseModel):\n a: int",
        "from pydantic import BaseModel, Field\n"
        "class A(BaseModel):\n a: int\n b: int = Field(default=1)"),
    "a method is new": ("class A: ...", "class A:\n def go(self): ..."),
    "a member of an enum is new": (
        "from enum import Enum\nclass C(Enum):\n A = 1",
        "from enum import Enum\nclass C(Enum):\n A = 1\n B = 2"),
    "a default is another": ("def f(a=1): ...", "def f(a=2): ..."),
    "a constant is another": ("LIMIT = 1", "LIMIT = 2"),
    "a type of a package that is not read": (
        "from x import A\ndef f() -> A: ...", "from x import B\ndef f() -> B: ..."),
    "a type is not written any more": ("def f() -> int: ...", "def f(): ..."),
    "a literal that is a name": (
        "from m.lib import NOTHING\nfrom typing import Literal\ndef f(a: int | None): ...",
        "from m.lib import NOTHING\nfrom typing import Literal\n"
        "def f(a: int | Literal[NOTHING]): ..."),
}  # fmt: skip

NONE = {
    "a parent that type checkers know better": (
        "class A(dict): ...",
        "import typing as t\nif t.TYPE_CHECKING:\n class _P(t.Protocol): ...\n"
        " _B = dict[str, int]\nelse:\n _B = dict\nclass A(_B): ..."),
    "what only type checkers see": (
        "import typing as t\nif t.TYPE_CHECKING:\n class A: ...", ""),
    "values that are taken one by one": ("def f(*a): ...", "def f(a=None, /, *more): ..."),
    "an async generator in other words": (
        "from collections.abc import AsyncIterator\nasync def f() -> AsyncIterator[int]:\n yield 1",
        "from collections.abc import AsyncIterator\ndef f() -> AsyncIterator[int]: ..."),
    "an async generator in other words, the other way round": (
        "from typing import AsyncIterator\ndef f() -> AsyncIterator[int]: ...",
        "from typing import AsyncIterator\nasync def f() -> AsyncIterator[int]:\n yield 1"),
    "a method that is an async generator": (
        "from typing import AsyncIterator\nclass A:\n async def f(self) -> AsyncIterator[int]:\n"
        "  if self:\n   yield 1",
        "from typing import AsyncIterator\nclass A:\n def f(self) -> AsyncIterator[int]: ..."),
    "a coroutine in other words": (
        "async def f() -> int: ...",
        "from collections.abc import Coroutine\nfrom typing import Any\n"
        "def f() -> Coroutine[Any, Any, int]: ..."),
    "a coroutine in other words, the other way round": (
        "from typing import Any, Coroutine\ndef f() -> Coroutine[Any, Any, None]: ...",
        "async def f() -> None: ..."),
    "a coroutine where something to await was promised": (
        "from collections.abc import Awaitable\ndef f() -> Awaitable[int]: ...",
        "async def f() -> int: ..."),
    "a parent under another name": (
        "class A: ...\nB = A\nclass F(B): ...", "class A: ...\nB = A\nclass F(A): ..."),
    "a parent got another name": (
        "class A: ...\nclass F(A): ...", "class _B: ...\nA = _B\nclass F(_B): ..."),
    "a parent of typing in other words": (
        "from typing import Tuple\nclass A(Tuple[int]): ...", "class A(tuple[int]): ..."),
    "branches of Python's version": (
        "import sys\nif sys.version_info >= (3, 12):\n def f(a): ...\nelse:\n def f(b): ...",
        "import sys\nif sys.version_info < (3, 12):\n def f(b): ...\nelse:\n def f(a): ..."),
    "a branch for Pythons that nothing runs on any more": (
        "import sys\nif sys.version_info >= (3, 8):\n def f(a): ...\nelse:\n def f(): ...",
        "def f(a): ..."),
    "a branch of part of the version": (
        "import sys\nif sys.version_info[:2] < (3, 9):\n def f(): ...\nelse:\n def f(a): ...",
        "def f(a): ..."),
    "what only a program that is started defines": (
        "if __name__ == '__main__':\n def f(): ...", ""),
    "what type checkers see beside what is run": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n def f(a: int): ...\n"
        "else:\n def f(a): ...", "def f(a): ..."),
    "conditions that choose between the same": (
        "try:\n from x import f\nexcept ImportError:\n def f(a): ...",
        "try:\n from x import f\nexcept ImportError:\n def f(a): 'Does it.'"),
    "parameters that are given by place because of their names": (
        "def f(__a, __b=1): ...", "def f(__x, __y=1): ..."),
    "parameters by place in other words": ("def f(__a): ...", "def f(a, /): ..."),
    "parameters of a method that Python renames": (
        "class A:\n def f(self, __a): ...", "class A:\n def f(self, a, /): ..."),
    "the module's own version as numbers": (
        "version_info = (1, 0, 0)", "version_info = (1, 1, 0)"),
    "the module's own version as numbers and more": (
        "VERSION = (1, 0, 0, 'final', 0)", "VERSION = (1, 1, 0, 'final', 0)"),
    "the module's own version as text in parts": (
        "VERSION = ('1', '0')", "VERSION = ('1', '1')"),
    "the module's own version inside a text": (
        "AGENT = 'm/1.0.0 (Axon)'", "AGENT = 'm/1.1.0 (Axon)'"),
    "a type is written out": (
        "A = int | str\ndef f(a: A) -> A: ...", "A = int | str\ndef f(a: int | str) -> A: ..."),
    "a type that stands for one that stands for another": (
        "_A = int | None\n_B = list[_A]\ndef f(a: _B): ...", "def f(a: list[int | None]): ..."),
    "a type of another file is written out": (
        {"m/__init__.py": REGISTER + "from m import _t\ndef f(a: _t.A): ...",
         "m/_t.py": "from typing import Union\nA = Union[int, str]"},
        {"m/__init__.py": REGISTER + "def f(a: int | str): ..."}),
    "arguments of a type that say nothing": (
        "from collections.abc import Iterable\ndef f(a: Iterable): ...",
        "from collections.abc import Iterable\nfrom typing import Any\n"
        "def f(a: Iterable[Any]): ..."),
    "arguments of a type that were not said": (
        "def f(a: dict): ...", "def f(a: dict[str, int]): ..."),
    "a type where none was said": ("def f(a): ...", "def f(a: int) -> str: ..."),
    "the class that a method is of": (
        "class A:\n def f(self) -> 'A': ...",
        "from typing import Self\nclass A:\n def f(self) -> Self: ..."),
    "a member that is called as a type is": (
        "class A:\n type: type[int] | None", "from typing import Optional, Type\n"
        "class A:\n type: Optional[Type[int]]"),
    "a bound of a type variable in other words": (
        "from typing import TypeVar, Union\nT = TypeVar('T', bound=Union[int, str])\n"
        "def f(a: T) -> T: ...",
        "from typing import TypeVar\nT = TypeVar('T', bound='int | str')\ndef f(a: T) -> T: ..."),
    "overloads in other words": (
        "from typing import Optional, overload\n@overload\ndef f(a: Optional[int]) -> int: ...\n"
        "@overload\ndef f(a: str) -> str: ...\ndef f(a): ...",
        "from typing import overload\n@overload\ndef f(a: int | None) -> int: ...\n"
        "@overload\ndef f(a: str) -> str: ...\ndef f(a): ..."),
    "an overload more": (
        "from typing import overload\n@overload\ndef f(a: int) -> int: ...\n"
        "@overload\ndef f(a: str) -> str: ...\ndef f(a): ...",
        "from typing import overload\n@overload\ndef f(a: int) -> int: ...\n"
        "@overload\ndef f(a: str) -> str: ...\n@overload\ndef f(a: bytes) -> str: ...\n"
        "def f(a): ..."),
    "another name for a function": ("def f(a): ...\ng = f", "def f(a): ...\ndef g(a): ..."),
    "a member of a parent of the standard library": (
        "class A(dict):\n def __len__(self): ...", "class A(dict): ..."),
    "a name for a type in other words": (
        "from typing import Union\nA = Union[int, str]", "A = str | int"),
    "a nearer parent of the standard library": (
        "class E(Exception): ...", "class E(ValueError): ..."),
    "another kind of enum": (
        "from enum import Enum\nclass C(Enum):\n A = 'a'",
        "from enum import StrEnum\nclass C(StrEnum):\n A = 'a'"),
    "a docstring": ("def f(): ...", "def f():\n 'Does it.'"),
    "overloads that name what the function does not": (
        "from typing import overload\n@overload\ndef f(__a: int) -> int: ...\n"
        "@overload\ndef f(__a: str) -> str: ...\ndef f(*a): ...",
        "from typing import overload\n@overload\ndef f(__a: int) -> int: ...\n"
        "@overload\ndef f(__a: str) -> str: ...\ndef f(*a): 'Does it.'"),
    "a helper is deleted": ("def f(): ...", "_n = 1\ndef f(): ...\ndel _n"),
    "a name is deleted and defined again": ("n = 1", "n = 2\ndel n\nn = 1"),
    "a name is given by a star again": (
        {"m/__init__.py": REGISTER + "from m.lib import f", "m/lib.py": "def f(): ..."},
        {"m/__init__.py": REGISTER + "f = 1\ndel f\nfrom m.lib import *",
         "m/lib.py": "def f(): ..."}),
    "a decorator that changes nothing for callers": (
        "def f(): ...", "from functools import cache\n@cache\ndef f(): ..."),
    "a type variable has an underscore": (
        "from typing import TypeVar\nT = TypeVar('T')\ndef f(a: T) -> T: ...",
        "from typing import TypeVar\n_T = TypeVar('_T')\nT = _T\ndef f(a: _T) -> _T: ..."),
    "slots below a parent without": (
        "class _B: ...\nclass A(_B): ...", "class _B: ...\nclass A(_B):\n __slots__ = ()"),
    "a method of a class without an object": (
        "class A:\n def go(self, a): ...", "class A:\n @staticmethod\n def go(a): ..."),
    "an abstract method has another parent": (
        "from abc import ABC, abstractmethod\nclass A(ABC):\n @abstractmethod\n def n(self): ...",
        "from abc import ABC, abstractmethod\nclass _B(ABC):\n @abstractmethod\n"
        " def n(self): ...\nclass A(_B): ..."),
    "a comment": ("def f(): ...", "# more\ndef f(): ..."),
    "the module's own version": ("VERSION = '1.0.0'", "VERSION = '1.1.0'"),
    "the same type in other words": (
        "from typing import Optional, List\ndef f(a: Optional[List[int]]): ...",
        "def f(a: list[int] | None): ..."),
    "a quoted type": ("class A: ...\ndef f() -> A: ...", "class A: ...\ndef f() -> 'A': ..."),
    "a narrower answer": (
        "from collections.abc import Sequence\ndef f() -> Sequence[int] | None: ...",
        "def f() -> list[int]: ..."),
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
    if isinstance(code, dict):
        assert changes(code, {path: f"{text}\n# more" for path, text in code.items()}) == []
        return
    assert changes(code, f"{code}\n# another remark") == []


def test_submodules_are_public_whatever_the_entrypoint_lists():
    old = {"m/__init__.py": REGISTER, "m/more.py": "def f(a): ...", "m/_in.py": "def g(): ..."}
    new = {**old, "m/more.py": "def f(): ...", "m/_in.py": ""}
    (broken, *_) = changes(old, new)
    assert (broken.symbol, broken.old.path) == ("code:more.f", "src/m/more.py")
    said = {"m/__init__.py": f"__all__ = ['register']\n{REGISTER}"}
    (broken, *_) = changes({**old, **said}, {**new, **said})  # `import m.more` works all the same
    assert broken.symbol == "code:more.f"


@pytest.mark.parametrize("part", ["api", "env", "jobs", "lib"])
def test_what_the_standard_keeps_inside_a_module_promises_nothing(part):
    """A new column of a table made each row's class ask for a major version."""
    old = {
        "m/__init__.py": f"from m.{part}.rows import Row as Row\n{REGISTER}",
        f"m/{part}/__init__.py": "",
        f"m/{part}/rows.py": "class Row:\n def f(self, a): ...\nclass Other: ...",
    }
    new = {**old, f"m/{part}/rows.py": "class Row:\n def f(self, a): ..."}
    assert changes(old, new) == []
    broken = {**old, f"m/{part}/rows.py": "class Row:\n def f(self): ...\nclass Other: ..."}
    assert {each.symbol for each in changes(old, broken)} == {"code:Row.f"}
    listed = {"m/__init__.py": f"from m import {part}\n__all__ = ['{part}']\n{REGISTER}"}
    symbols = [each.symbol for each in changes({**old, **listed}, {**new, **listed})]
    assert symbols == [f"code:{part}.rows.Other"]


def test_what_differs_on_one_python_says_on_which():
    old = "import sys\nif sys.version_info >= (3, 13):\n def f(a, /): ...\nelse:\n def f(): ..."
    (broken,) = changes(old, old.replace("f(a, /)", "f()"))
    assert broken.message.endswith("(on Python 3.13)")
    assert broken.example == "f(a)"


def test_a_stub_of_a_package_may_describe_names_of_another_one_of_the_wheel():
    overloads = "from typing import overload\n@overload\ndef f(a: int) -> int: ...\n@overload\n"
    old = {
        "m/__init__.py": REGISTER + "from other import f",
        "m/__init__.pyi": f"{REGISTER}{overloads}def f(a: str) -> str: ...",
        "other/__init__.py": "def f(a, /): ...",
    }
    assert changes(old, {**old, "other/more.py": ""}) == []
    (broken,) = changes(old, {**old, "other/__init__.py": "def f(): ..."})
    assert broken.example == "f(a)"


def test_what_differs_from_itself_is_inconclusive(monkeypatch):
    def noted(old, new, symbol):
        yield Noted("", f"{symbol} cannot be told apart", "A()")

    monkeypatch.setattr("gates.contract.code.python_members.class_notes", noted)
    with pytest.raises(CouldNotCheckError, match=r"m 1\.0\.0 differs from itself"):
        changes("class A: ...", "class A: ...\n# more")


STUB = f"def f(a: int) -> int: ...\n{REGISTER}"


def test_what_takes_too_long_is_inconclusive_by_name(monkeypatch):
    monkeypatch.setattr("gates.contract.code.python.MAX_SECONDS", -1.0)
    with pytest.raises(
        CouldNotCheckError, match=r"seconds of processor time: it was at register"
    ) as why:
        changes("def f(a): ...", "def f(): ...")
    assert "__all__" in why.value.hint


@pytest.mark.parametrize(
    ("source", "stub", "bump"),
    [
        ("", STUB, Bump.MAJOR),
        ("def f(a, b): ...", STUB, Bump.MAJOR),
        ("def f(a): ...", STUB.replace("int: ...", "str: ..."), Bump.MAJOR),
        ("def f(a, b=1): ...", STUB, Bump.MINOR),
        ("def f(a): 'Does it.'", STUB, Bump.NONE),
        ("def f(a): ...", REGISTER, Bump.MINOR),
    ],
)
def test_a_stub_beside_a_source_says_types_and_not_what_is_there(source, stub, bump):
    old = {"m/__init__.py": f"{REGISTER}def f(a): ...", "m/__init__.pyi": STUB}
    new = {"m/__init__.py": REGISTER + source, "m/__init__.pyi": stub}
    assert largest(changes(old, new)) is bump


def test_what_only_a_stub_says_is_there_is_not_said_to_be_gone():
    source = {"m/__init__.py": f"{REGISTER}class A: ..."}
    old = {**source, "m/__init__.pyi": f"{REGISTER}class A:\n def go(self): ..."}
    new = {**source, "m/__init__.pyi": f"{REGISTER}class A: ..."}
    (change,) = changes(old, new)
    assert (change.symbol, change.bump, change.proved) == ("code:A.go", Bump.MINOR, False)


def test_modules_that_import_each_other_are_compared_once():
    old = {
        "m/__init__.py": f"from m import _in as api\nfrom m import one\n{REGISTER}",
        "m/_in/__init__.py": "from m import one, two\ndef f(a, /): ...",
        "m/one/__init__.py": "from m import _in, two\ndef g(a, /): ...",
        "m/two/__init__.py": "from m import _in as inner, one",
    }
    new = {path: text.replace("a, /", "") for path, text in old.items()}
    assert sorted(each.example for each in changes(old, new)) == ["api.f(a)", "one.g(a)"]


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


STATEMENTS = st.recursive(
    st.sampled_from(["a = 1", "b = 1", "del a", "del b", "def a(): ...", "class b: ..."]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["if 0", "if not 0", "if 1 and 0"]), inner, inner).map(
            lambda each: f"{each[0]}:\n{indent(each[1], ' ')}\nelse:\n{indent(each[2], ' ')}"
        ),
        st.tuples(inner, inner).map("\n".join),
    ),
    max_leaves=8,
)


@given(STATEMENTS)
def test_what_is_bound_is_what_python_binds(source):
    names: dict[str, object] = {}
    try:
        exec(source, names)
    except NameError:
        assume(False)
    written = {name for name in "ab" if re.search(rf"\b(?<!del ){name}\b", source)}
    assert unbound(ast.parse(source).body) & written == written - names.keys()


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
