"""`dataclass` and its functions as `dataclasses` has them, for classes that cost little to define.

The standard library writes the source of each class's methods and compiles it, in every process
again; a class here gets methods that all of them share. To others it is a dataclass:
`dataclasses.fields`, `replace` and `asdict` take it. To type checkers it is one, too.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace

__all__ = ["asdict", "dataclass", "field", "fields", "is_dataclass", "replace"]

_NOTHING: Any = object()
_OWN = "__record__"
_STANDARD = "__dataclass_fields__"


class _Field:
    """What a class says of one of its members."""

    __slots__ = ("compare", "default", "default_factory", "name", "repr", "type")

    def __init__(
        self,
        default: Any = _NOTHING,
        default_factory: Callable[[], Any] | None = None,
        *,
        repr: bool = True,  # noqa: A002 - as the standard library calls it
        compare: bool = True,
    ) -> None:
        self.name = self.type = ""
        self.default = default
        self.default_factory = default_factory
        self.repr = repr
        self.compare = compare


class _Shape:
    """The members of a class, in order."""

    def __init__(self, cls: type, every: dict[str, _Field], *, frozen: bool) -> None:
        self.name = cls.__qualname__
        self.fields = tuple(every.values())
        self.names = tuple(every)
        self.compared = _reader([each.name for each in self.fields if each.compare])
        self.frozen = frozen
        self.after = hasattr(cls, "__post_init__")
        self.calls: dict[tuple[Any, ...], Any] = {}
        """What calls of one kind leave out: so many values by place, and these by name."""
        self._standard: Any = None

    @property
    def standard(self) -> Any:
        """A class of the same members that `dataclasses` made, for what others ask of it."""
        if self._standard is None:
            import dataclasses

            members = {
                each.name: dataclasses.field(repr=each.repr, compare=each.compare, **_default(each))
                for each in self.fields
            }
            types = {each.name: each.type for each in self.fields}
            named = {**members, "__annotations__": types, "__qualname__": self.name}
            twin = type(self.name, (), named)
            self._standard = dataclasses.dataclass(frozen=self.frozen)(twin)
        return self._standard


def _reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of several members as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, each) for each in names)


def _init(self: Any, /, *given: Any, **named: Any) -> None:
    shape: _Shape = type(self).__record__
    call = (len(given), *named)
    left_out = shape.calls.get(call)
    if left_out is None:
        left_out = _left_out(shape, given, named)
        shape.calls[call] = left_out
    members = self.__dict__
    members.update(zip(shape.names, given, strict=False))
    members.update(named)
    for name, value, make in left_out:
        members[name] = value if make is None else make()
    if shape.after:
        self.__post_init__()


def _left_out(
    shape: _Shape, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[str, Any, Callable[[], Any] | None], ...]:
    """The members that a call leaves out, with their defaults. Raises what Python raises of a call
    that is none of the class's."""
    rest = shape.fields[len(given) :]
    if len(given) > len(shape.fields) or not named.keys() <= {each.name for each in rest}:
        raise _refusal(shape, given, named)
    found = [each for each in rest if each.name not in named]
    if any(each.default is _NOTHING and each.default_factory is None for each in found):
        raise _refusal(shape, given, named)
    return tuple((each.name, each.default, each.default_factory) for each in found)


def _refusal(shape: _Shape, given: tuple[Any, ...], named: dict[str, Any]) -> TypeError:
    """What Python says of arguments that are not those of a class."""
    try:
        shape.standard(*given, **named)
    except TypeError as error:
        return error
    return TypeError("these arguments are not those of the class")


def _repr(self: Any) -> str:
    shape: _Shape = type(self).__record__
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in shape.fields if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    compared = self.__record__.compared
    return bool(compared(self) == compared(other))


def _hash(self: Any) -> int:
    return hash(self.__record__.compared(self))


def _ordering(name: str) -> Callable[[Any, Any], Any]:
    def compare(self: Any, other: Any) -> Any:
        if type(other) is not type(self):
            return NotImplemented
        compared = self.__record__.compared
        return getattr(compared(self), name)(compared(other))

    return compare


_ORDER = {name: _ordering(name) for name in ("__lt__", "__le__", "__gt__", "__ge__")}


def _frozen(self: Any, name: str, *value: Any) -> None:
    cls = type(self)
    if _OWN in vars(cls) or name in cls.__record__.names:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")
    (object.__setattr__ if value else object.__delattr__)(self, name, *value)


class _AsStandard:
    """What `dataclasses` asks a class for."""

    def __init__(self, name: str, shape: _Shape) -> None:
        self._name = name
        self._shape = shape

    def __get__(self, _instance: object, _owner: type) -> Any:
        return getattr(self._shape.standard, self._name)


def _default(each: _Field) -> dict[str, Any]:
    if each.default is not _NOTHING:
        return {"default": each.default}
    return {} if each.default_factory is None else {"default_factory": each.default_factory}


def _inherited(cls: type) -> dict[str, _Field]:
    found: dict[str, _Field] = {}
    for base in reversed(cls.__mro__[1:]):
        if _STANDARD in vars(base):
            if _OWN not in vars(base):
                raise TypeError(f"{cls.__name__} is derived from a dataclass of another kind")
            found |= {each.name: each for each in vars(base)[_OWN].fields}
    return found


def _define(cls: type, *, frozen: bool, order: bool, eq: bool) -> type:
    every = _inherited(cls)
    for name, annotation in vars(cls).get("__annotations__", {}).items():
        if not isinstance(annotation, str) or "ClassVar" in annotation or "InitVar" in annotation:
            raise TypeError(f"{cls.__name__}.{name}: not a plain member, annotated as a text")
        said = cls.__dict__.get(name, _NOTHING)
        if not isinstance(said, _Field):
            said = _Field(said)
        elif said.default is not _NOTHING:
            setattr(cls, name, said.default)
        else:
            delattr(cls, name)
        if type(said.default).__hash__ is None:
            raise ValueError(f"{cls.__name__}.{name}: all would share one default; use a factory")
        said.name, said.type = name, annotation
        every[name] = said
    methods: dict[str, Any] = {"__init__": _init, "__repr__": _repr}
    if frozen:
        methods |= {"__setattr__": _frozen, "__delattr__": _frozen}
    if eq:
        methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if order:
        methods |= _ORDER
    shape = _Shape(cls, every, frozen=frozen)
    methods |= {each: _AsStandard(each, shape) for each in (_STANDARD, "__dataclass_params__")}
    methods["__match_args__"] = shape.names
    for name, value in methods.items():
        if name not in cls.__dict__:
            setattr(cls, name, value)
    setattr(cls, _OWN, shape)
    return cls


def _shape_of(value: object) -> _Shape | None:
    """The shape of a class or an instance of our own kind; None for one of the standard library.

    Raises `TypeError` for anything else.
    """
    cls = value if isinstance(value, type) else type(value)
    for each in cls.__mro__:
        if _STANDARD in vars(each):
            found: _Shape | None = vars(each).get(_OWN)
            return found
    raise TypeError(f"{cls.__name__} is no dataclass")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if is_dataclass(type(value)):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return type(value)((_plain(key), _plain(each)) for key, each in value.items())
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value


if not TYPE_CHECKING:
    field = _Field

    def dataclass(cls=None, /, *, frozen=False, order=False, eq=True):  # noqa: ANN001, ANN201
        """As `dataclasses.dataclass`; members are annotated by texts, and `ClassVar` and `InitVar`
        raise `TypeError`."""

        def define(cls: type) -> type:
            return _define(cls, frozen=frozen, order=order, eq=eq)

        return define if cls is None else define(cls)

    def fields(value: object) -> tuple[_Field, ...]:
        """The members of a dataclass, or of an instance of one, of either kind, in order.

        Raises `TypeError` for anything else.
        """
        shape = _shape_of(value)
        if shape is None:
            import dataclasses

            return dataclasses.fields(value)
        return shape.fields

    def is_dataclass(value: object) -> bool:
        """Whether `value` is a dataclass, or an instance of one, of either kind."""
        cls = value if isinstance(value, type) else type(value)
        return any(_STANDARD in vars(each) for each in cls.__mro__)

    def replace(value: Any, /, **changes: Any) -> Any:
        """The same with other values for some of its members. Raises `TypeError` for members that
        it has not."""
        kept = {each.name: getattr(value, each.name) for each in fields(value)}
        return type(value)(**{**kept, **changes})

    def asdict(value: object) -> dict[str, Any]:
        """The members of a dataclass by name, those inside of it as well; other values are the same
        objects, and no copies as those of the standard library are."""
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
