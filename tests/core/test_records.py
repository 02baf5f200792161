"""`gates.records` defines the classes that `dataclasses` defines, at less cost: the same text under
both decorators gives what behaves the same."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from functools import cached_property

import pytest

from gates import records
from gates.digests import digest_of

TEXT = """
@dataclass(frozen=True, order=True)
class Place:
    path: str
    line: int | None = None

@dataclass(frozen=True)
class Found:
    message: str
    at: Place
    tags: tuple[str, ...] = ()
    extra: dict[str, object] = field(default_factory=dict)
    hidden: str = field(default="", repr=False, compare=False)

    @property
    def words(self):
        return self.message.split()

@dataclass(frozen=True)
class More(Found):
    level: str = "error"
    tags: tuple[str, ...] = ("own",)

@dataclass
class Open:
    name: str
    items: list[int] = field(default_factory=list)
    double: int = 0

    def __post_init__(self):
        self.double = 2 * len(self.items)

@dataclass(frozen=True, eq=False)
class Itself:
    name: str = "a"

class View(Found):
    pass

@dataclass(frozen=True)
class Empty:
    pass
"""
EXPRESSIONS = """
Place("a")
Place("a", 3)
Place(line=3, path="a")
Place()
Place("a", 1, 2)
Place("a", path="b")
Place("a", column=4)
Found()
Found("m")
Found("m", Place("a"), other=1, third=2)
Found("m", Place("a"), extra={"a": 1})
repr(Found("m", Place("a"), ("x",), {"k": [1]}, "secret"))
Found("m", Place("a"), hidden="x") == Found("m", Place("a"))
Found("m", Place("a")) == Found("m", Place("b"))
Found("m", Place("a")) == More("m", Place("a"))
Found("m", Place("a")) == ("m", Place("a"))
View("m", Place("a")) == Found("m", Place("a"))
View("m", Place("a")) == View("m", Place("a"))
hash(Place("a", 1)) == hash(Place("a", 1))
hash(Place("a", 1))
hash(Found("m", Place("a")))
hash(Open("a"))
hash(Empty())
Empty() == Empty()
Itself() == Itself()
len({Itself(), Itself()})
sorted([Place("b", 1), Place("a", 2), Place("a", 1)])
Place("a", 1) < Place("a", 2) <= Place("b", 0)
Place("a", 1) >= Place("a", 2)
Place("a", 1) > ("a", 0)
Place("a") < Place("a", 1)
Open("a", [1, 2])
Open("a").items is Open("a").items
setattr(Open("a"), "name", "b")
setattr(Place("a"), "path", "b")
setattr(Place("a"), "other", "b")
setattr(View("m", Place("a")), "message", "b")
setattr(View("m", Place("a")), "other", "b")
delattr(Place("a"), "path")
delattr(Place("a"), "other")
delattr(View("m", Place("a")), "message")
Found("two words", Place("a")).words
More("m", Place("a"))
More("m", Place("a"), ("t",), {}, "h", "note")
More.tags
Found.extra
Found.hidden
Place.__match_args__, Found.__match_args__, More.__match_args__, Empty.__match_args__
replace(Found("m", Place("a"), hidden="h"), message="n")
replace(View("m", Place("a")), message="n")
replace(Found("m", Place("a")), other="n")
asdict(More("m", Place("a"), ("t", "u"), {"k": [Place("b")]}))
asdict(Open("a", [1]))
[(each.name, each.compare, each.repr, each.type) for each in fields(More)]
[each.name for each in fields(View("m", Place("a")))]
fields(3)
is_dataclass(Place), is_dataclass(Place("a")), is_dataclass(View), is_dataclass(int)
sorted(vars(Found("m", Place("a"))).items())
sorted(vars(Found(at=Place("a"), message="m")).items())
copy.deepcopy(Found("m", Place("a"), extra={"k": [1]}))
copy.copy(Open("a", [1]))
dataclasses.replace(Found("m", Place("a")), message="n")
dataclasses.replace(View("m", Place("a")), message="n")
dataclasses.asdict(More("m", Place("a")))
dataclasses.is_dataclass(Place), dataclasses.is_dataclass(View("m", Place("a")))
[(each.name, each.default, each.compare) for each in dataclasses.fields(Place)]
dataclasses.dataclass(frozen=True)(type("Derived", (Place,), {"__annotations__": {}}))("a").path
digest_of(Found("m", Place("a", 2)))
"""


def defined_by(library: object) -> dict[str, object]:
    names = ("asdict", "dataclass", "field", "fields", "is_dataclass", "replace")
    space: dict[str, object] = {name: getattr(library, name) for name in names}
    space |= {"copy": copy, "dataclasses": dataclasses, "digest_of": digest_of}
    exec(f"from __future__ import annotations\n{TEXT}", space)
    return space


def outcome(space: dict[str, object], expression: str) -> str:
    try:
        return repr(eval(expression, space))
    except Exception as error:  # noqa: BLE001 - whatever the standard library raises
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("expression", EXPRESSIONS.strip().splitlines())
def test_a_record_does_what_a_dataclass_does(expression):
    ours, theirs = (outcome(defined_by(each), expression) for each in (records, dataclasses))
    if expression != "fields(3)":
        assert ours == theirs
    else:  # of it, the standard library says which function it was given to
        assert (ours, theirs[:9]) == ("TypeError: int is no dataclass", "TypeError")


@records.dataclass(frozen=True)
class Kept:
    name: str

    @cached_property
    def length(self) -> int:
        return len(self.name)


def test_a_record_is_pickled_and_caches_what_it_computed():
    kept = Kept("abc")
    assert (kept.length, kept.length) == (3, 3)
    again = pickle.loads(pickle.dumps(kept))
    assert again == kept


@pytest.mark.parametrize("annotation", ["ClassVar[int]", "typing.ClassVar", "InitVar[int]", int])
def test_what_is_not_a_plain_member_is_refused(annotation):
    cls = type("Odd", (), {"__annotations__": {"member": annotation}})
    with pytest.raises(TypeError, match=r"Odd\.member: not a plain member, annotated as a text"):
        records.dataclass(cls)


@pytest.mark.parametrize("default", [[], {}, set()])
def test_a_default_that_all_would_share_is_refused(default):
    cls = type("Odd", (), {"__annotations__": {"member": "object"}, "member": default})
    with pytest.raises(ValueError, match=r"Odd\.member: all would share one default"):
        records.dataclass(cls)


def test_a_record_derived_from_a_dataclass_of_the_standard_library_is_refused():
    base = dataclasses.make_dataclass("Base", ["name"])
    with pytest.raises(TypeError, match="Derived is derived from a dataclass of another kind"):
        records.dataclass(type("Derived", (base,), {}))


def test_fields_of_a_dataclass_that_adds_some_to_a_record_are_all_found():
    added = {"__annotations__": {"other": "int"}, "other": 1}
    made = dataclasses.dataclass(frozen=True)(type("Added", (Kept,), added))
    assert [each.name for each in records.fields(made("a"))] == ["name", "other"]


def test_no_class_of_the_gate_is_compiled_by_the_standard_library():
    code = (
        "import dataclasses, sys, gates.cli, gates.pipeline\n"
        "made = [f'{name}.{key}' for name, place in sys.modules.items() if name[:6] == 'gates.'\n"
        "        for key, value in vars(place).items() if isinstance(value, type)\n"
        "        and '__dataclass_fields__' in vars(value) and '__record__' not in vars(value)]\n"
        "print(made)"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"[]\n"
