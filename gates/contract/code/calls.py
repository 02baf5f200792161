"""Whether calls that one signature takes are taken by another: shown by a call that is not.

A signature is a finite set of shapes of calls: how many arguments stand by position, and which
are named. Each shape that the old one takes is bound to the new one as Python would bind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Parameter, Signature

from gates.records import dataclass

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class Broken:
    """A call that was taken, and is not, or is taken for something else."""

    call: str
    """Its arguments, as they are written between the parentheses."""
    why: str


@dataclass(frozen=True)
class Shape:
    """The arguments of one call, each by the name of the parameter that it was meant for."""

    positional: tuple[str, ...]
    named: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join([*self.positional, *(f"{name}={name}" for name in self.named)])


def broken_calls(
    old: Signature, new: Signature, taken_by: Signature | None = None
) -> Iterator[Broken]:
    """The shortest call for each reason for which calls of `old` do not fit `new`.

    Where `old` is only what an overload says, `taken_by` is what took its calls.
    """
    if old == new:
        return
    told: set[str] = set()
    for shape in sorted(shapes(old, new), key=lambda each: (len(str(each)), str(each))):
        if taken_by is not None and _why_broken(shape, old, taken_by) is not None:
            continue
        why = _why_broken(shape, old, new)
        if why is not None and why not in told:
            told.add(why)
            yield Broken(str(shape), why)


def more_taken(old: Signature, new: Signature) -> list[str]:
    """The parameters that `new` takes besides; a place that only got another name is none."""
    places = sum(each.kind in _POSITIONAL for each in old.parameters.values())
    kinds = {each.kind for each in old.parameters.values()}
    found = []
    for number, (name, each) in enumerate(new.parameters.items()):
        renamed = each.kind is Parameter.POSITIONAL_ONLY and number < places
        any_more = each.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        renamed |= any_more and each.kind in kinds
        if name not in old.parameters and not renamed:
            found.append(name)
    return found


def shapes(old: Signature, new: Signature) -> set[Shape]:
    """Every kind of call that `old` takes, with at most one argument more than it must have by
    name; `new` is only asked which names are free."""
    parameters = list(old.parameters.values())
    places = [each for each in parameters if each.kind in _POSITIONAL]
    needed = [each for each in parameters if each.kind in _NAMED and each.default is each.empty]
    least = sum(
        each.kind is Parameter.POSITIONAL_ONLY and each.default is each.empty for each in places
    )
    found: set[Shape] = set()
    for count in range(least, len(places) + 1):
        given = tuple(each.name for each in places[:count])
        must = tuple(each.name for each in needed if each.name not in given)
        found.add(Shape(given, must))
        for each in parameters:
            if each.kind in _NAMED and each.name not in given and each.name not in must:
                found.add(Shape(given, (*must, each.name)))
    every = tuple(each.name for each in places)
    rest = tuple(each.name for each in needed if each.name not in every)
    free = next(
        name
        for name in ("more", "another", "one_more", *(f"more_{number}" for number in range(999)))
        if name not in old.parameters and name not in new.parameters
    )
    kinds = {each.kind for each in parameters}
    if Parameter.VAR_POSITIONAL in kinds:
        found.add(Shape((*every, free), rest))
    if Parameter.VAR_KEYWORD in kinds:
        found.add(Shape(every, (*rest, free)))
    return found


def _why_broken(shape: Shape, old: Signature, new: Signature) -> str | None:
    try:
        bound = new.bind(*shape.positional, **{name: name for name in shape.named})
    except TypeError as error:
        return str(error)
    for name, value in bound.arguments.items():
        # A value by position goes to the place that it stands at, whatever it was meant for.
        if new.parameters[name].kind in _POSITIONAL and value != name:
            meant = str(value)
            before = old.parameters.get(name)
            # What "*more" took before may be taken one by one now.
            moved = before is not None and before.kind is not Parameter.VAR_POSITIONAL
            if meant in new.parameters or moved:
                return f"the value of {meant} is taken as {name}"
    return None
