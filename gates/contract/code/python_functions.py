"""The difference between two Python functions of one name."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Signature
from itertools import islice
from typing import TYPE_CHECKING

from gates.contract.code.calls import broken_calls, more_taken
from gates.contract.code.package import Package
from gates.contract.code.python_answers import Answer, answer, coroutine_of, is_coroutine
from gates.contract.code.python_facts import decorated, shape
from gates.contract.code.python_signatures import signature_of
from gates.contract.code.types import NOTHING, is_spelled, spelled
from gates.contract.model import Bump, Change
from gates.records import replace

if TYPE_CHECKING:
    import griffe

_HARMLESS = {
    "abc.abstractmethod", "functools.cache", "functools.lru_cache", "functools.wraps",
    "functools.singledispatch", "typing.override", "typing_extensions.override",
    "typing.overload", "typing_extensions.overload", "typing.no_type_check", "typing.final",
    "typing_extensions.final", "warnings.deprecated", "typing_extensions.deprecated",
    "staticmethod", "classmethod", "property", "builtins.staticmethod", "builtins.classmethod",
    "abc.abstractclassmethod", "abc.abstractstaticmethod", "functools.cached_property",
}  # fmt: skip
"""Decorators that leave how a function is called and what it gives, or that are compared apart."""
_CONTEXTS = {"contextlib.contextmanager", "contextlib.asynccontextmanager"}
"""Decorators that take the same calls, and make another answer of what is given."""


def weakened(change: Change, where: str = "where a condition is met") -> Change:
    """A change of something that only what was not run, a condition or a decorator, makes what it
    is."""
    if change.bump is not Bump.MAJOR:
        return change
    message = f"{change.message}, {where}: whether it breaks could not be shown"
    return replace(change, bump=Bump.MINOR, message=message, example=None, proved=False)


def _is_awaited(package: Package, function: griffe.Function) -> bool:
    return "async" in function.labels and is_coroutine(package.definition(function))


class Functions:
    """Compares what two versions of a package call by one name, as far as it is a function."""

    def __init__(self, old: Package, new: Package) -> None:
        self._old = old
        self._new = new

    def _change(
        self, old: griffe.Object, new: griffe.Object, symbol: str, message: str,
        *, proved: bool = True, example: str | None = None, gone: bool = False,
    ) -> Change:  # fmt: skip
        if not proved:
            message += ": whether what worked with it still does could not be shown"
        return Change(
            "code", f"code:{symbol}", Bump.MAJOR if proved else Bump.MINOR, message,
            self._old.at(old), self._new.at(new), example if proved else None, proved, gone,
        )  # fmt: skip

    def _functions(
        self, old: griffe.Function, new: griffe.Function, symbol: str, *, made: str = ""
    ) -> Iterator[Change]:
        """`made` is the class that an `__init__` makes; its name is what callers write."""
        either = decorated(old) | decorated(new)
        same = decorated(old) & decorated(new) & _CONTEXTS
        wrapped = sorted(either - _HARMLESS - same)
        for change in self._called(old, new, symbol, made):
            yield weakened(change, f"below @{wrapped[0]}") if wrapped else change

    def _called(
        self, old: griffe.Function, new: griffe.Function, symbol: str, made: str
    ) -> Iterator[Change]:
        shown = made or symbol
        yield from self._awaited(old, new, symbol, shown)
        yield from self._decorated(old, new, symbol, shown)
        method = old.parent is not None and old.parent.is_class
        promised = [signature_of(each, bound=method) for each in old.overloads or [old]]
        taken_by = signature_of(old, bound=method)
        after = signature_of(new, bound=method)
        if None in promised or after is None:
            yield self._change(old, new, symbol, f"how {shown}() is called changed", proved=False)
            return
        broken = {
            each.call: each.why
            for before in promised
            if before is not None
            for each in broken_calls(before, after, taken_by)
        }
        if method and old.parent is not None and made == "":
            for call, why in self._through_class(old, new):
                broken.setdefault(call, why)
        for call, why in broken.items():
            yield self._change(
                old, new, symbol, f"{shown}({call}) worked, and does not: {why}",
                example=f"{shown}({call})",
            )  # fmt: skip
        if old.overloads or new.overloads:
            if not broken and not self._overloads_fit(old, new):
                yield self._change(
                    old, new, symbol, f"the overloads of {shown}() changed", proved=False
                )
            return
        before = promised[0] or Signature()
        if not broken and (grown := more_taken(before, after)):
            yield Change(
                "code", f"code:{symbol}", Bump.MINOR, f"{shown}() takes {', '.join(grown)} too",
                self._old.at(old), self._new.at(new),
            )  # fmt: skip
        for name in before.parameters.keys() & after.parameters.keys():
            one, other = before.parameters[name].default, after.parameters[name].default
            if one != other and one is not before.empty and other is not after.empty:
                yield Change(
                    "code", f"code:{symbol}", Bump.MINOR,
                    f"{shown}() takes {other} for {name} where none is given, it took {one}",
                    self._old.at(old), self._new.at(new), proved=False,
                )  # fmt: skip
        yield from self._types(old, new, symbol, shown)

    def _overloads_fit(self, old: griffe.Function, new: griffe.Function) -> bool:
        """Whether for each way in which a function was said to be called, there is one that takes
        the same calls and values and gives nothing else."""
        if shape(old) == shape(new):
            return True
        return all(
            any(self._overload_fits(one, other) for other in new.overloads or [new])
            for one in old.overloads or [old]
        )

    def _overload_fits(self, old: griffe.Function, new: griffe.Function) -> bool:
        method = old.parent is not None and old.parent.is_class
        before = signature_of(old, bound=method)
        after = signature_of(new, bound=method)
        if before is None or after is None or next(broken_calls(before, after), None) is not None:
            return False
        # By place, as a parameter that is given by place alone may have another name.
        pairs = zip(before.parameters, after.parameters, strict=False)
        named = {one: one if one in after.parameters else other for one, other in pairs}
        return not any(
            list(self._annotated(
                old, new, "", "", old.parameters[one].annotation,
                new.parameters[other].annotation, taken=True,
            ))
            for one, other in named.items() if one in old.parameters and other in new.parameters
        ) and not list(
            self._annotated(old, new, "", "", old.returns, new.returns, taken=False)
        )  # fmt: skip

    def _awaited(
        self, old: griffe.Function, new: griffe.Function, symbol: str, shown: str
    ) -> Iterator[Change]:
        """A coroutine function that became another, or the other way round."""
        was, now = _is_awaited(self._old, old), _is_awaited(self._new, new)
        if was is now:
            return
        before = self._old.type_of(old.returns, old)
        after = self._new.type_of(new.returns, new)
        types = self._new.types
        one = coroutine_of(before) if was else before
        other = coroutine_of(after) if now else after
        fits = one is not None and other is not None and types.within(other, one)
        if fits:
            return
        package, function, said = (self._old, old, before) if now else (self._new, new, after)
        if answer(package.definition(function), said, types) is Answer.PLAIN:
            proved, message = (
                True,
                (
                    f"{shown}() {'need' if now else 'can'}{'s to' if now else 'not'} be awaited"
                    f"{' now' if now else ' any more'}"
                ),
            )
            example = f"{'await ' if was else ''}{shown}()"
        else:
            gave = f"Coroutine[Any, Any, {old.returns}]" if was else str(old.returns)
            gives = f"Coroutine[Any, Any, {new.returns}]" if now else str(new.returns)
            proved = fits is False and one is not None and other is not None
            message = f"the answer of {shown}() is {gives}, it was {gave}"
            example = f"code that relies on a {gave}"
        yield self._change(old, new, symbol, message, proved=proved, example=example)

    def _decorated(
        self, old: griffe.Function, new: griffe.Function, symbol: str, shown: str
    ) -> Iterator[Change]:
        """A decorator may make anything of a function."""
        before, after = decorated(old) - _HARMLESS, decorated(new) - _HARMLESS
        for path in sorted(before ^ after):
            verb = "is wrapped by" if path in after else "is not wrapped any more by"
            yield self._change(old, new, symbol, f"{shown}() {verb} @{path}", proved=False)

    def _through_class(
        self, old: griffe.Function, new: griffe.Function
    ) -> Iterator[tuple[str, str]]:
        """The shortest call that needs no object, of a method that does now."""
        free = {"staticmethod", "classmethod"}
        if not old.labels & free or new.labels & free:
            return
        before = signature_of(old, bound=True)
        after = signature_of(new, bound=False)
        if before is not None and after is not None:
            for each in islice(broken_calls(before, after), 1):
                yield each.call, f"it needs an object now ({each.why})"

    def _types(
        self, old: griffe.Function, new: griffe.Function, symbol: str, shown: str
    ) -> Iterator[Change]:
        names = {each.name for each in new.parameters}
        for parameter in old.parameters:
            if parameter.name in names:
                yield from self._annotated(
                    old, new, symbol, f"{parameter.name} of {shown}()",
                    parameter.annotation, new.parameters[parameter.name].annotation, taken=True,
                )  # fmt: skip
        if _is_awaited(self._old, old) is _is_awaited(self._new, new):
            yield from self._annotated(
                old, new, symbol, f"the answer of {shown}()", old.returns, new.returns, taken=False
            )

    def _annotated(
        self, old: griffe.Object, new: griffe.Object, symbol: str, what: str,
        before: object, after: object, *, taken: bool,
    ) -> Iterator[Change]:  # fmt: skip
        """A type in one place: `taken` where callers give the value, else they get it."""
        if before is None:
            return  # nothing was promised
        one, other = self._old.type_of(before, old), self._new.type_of(after, new)
        if one is not None and other is not None:
            small, large = (one, other) if taken else (other, one)
            fits = self._new.types.within(small, large, unsaid=taken)
        else:
            fits = True if before is not None and str(before) == str(after) else None
        if fits is True:
            if taken and one and other and self._new.types.within(other, one) is False:
                yield Change(
                    "code", f"code:{symbol}", Bump.MINOR,
                    f"{what} may be {after} now, it might be {before}: more is taken",
                    self._old.at(old), self._new.at(new),
                )  # fmt: skip
            return
        was, now = str(before or "not said"), str(after or "not said")
        if (
            one is not None
            and other is not None
            and (was == now or not is_spelled(was, one) or not is_spelled(now, other))
        ):
            was, now = spelled(one), spelled(other)  # other names for types do not say what broke
        verb = "may be" if taken else "is"
        yield self._change(
            old, new, symbol, f"{what} {verb} {now}, it {'might be' if taken else 'was'} {was}",
            proved=fits is False and (taken or one != NOTHING),
            example=f"a {was} given as {what}" if taken else f"code that relies on a {was}",
        )  # fmt: skip
