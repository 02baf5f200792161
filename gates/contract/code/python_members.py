"""The difference between two Python functions, classes or values of one name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.contract.code.calls import broken_calls, more_taken
from gates.contract.code.package import Package
from gates.contract.code.python_facts import (
    attributes,
    has_foreign_parent,
    is_enum,
    literal,
    lost_bases,
    offered,
    shape,
)
from gates.contract.model import Bump, Change

if TYPE_CHECKING:
    import griffe

_WORDS = {
    "function": "a function", "class": "a class", "attribute": "a value", "module": "a module",
    "type alias": "a type",
}  # fmt: skip


class Members:
    """Compares what two versions of a package call by one name."""

    def __init__(self, old: Package, new: Package) -> None:
        self._old = old
        self._new = new

    def compare(self, old: griffe.Object, new: griffe.Object, symbol: str) -> Iterator[Change]:
        """Two objects of the package, of any kind; modules are for the caller."""
        import griffe

        if isinstance(old, griffe.Function) and isinstance(new, griffe.Function):
            yield from self._functions(old, new, symbol)
        elif isinstance(old, griffe.Class) and isinstance(new, griffe.Class):
            yield from self._classes(old, new, symbol)
        elif isinstance(old, griffe.Attribute) and isinstance(new, griffe.Attribute):
            yield from self._values(old, new, symbol)
        elif old.kind is not new.kind:
            # A value may be callable, and a class made into one may still be a class.
            proved = not isinstance(new, griffe.Attribute) or literal(new.value) is not None
            was, now = _WORDS.get(old.kind.value, ""), _WORDS.get(new.kind.value, "")
            yield self._change(
                old, new, symbol, f"{symbol} was {was} and is {now}", proved=proved,
                example=f"{symbol} used as {was}",
            )  # fmt: skip
        elif str(getattr(old, "value", "")) != str(getattr(new, "value", "")):
            yield self._change(old, new, symbol, f"the type {symbol} changed", proved=False)

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
        shown = made or symbol
        was, now = "async" in old.labels, "async" in new.labels
        if was is not now:
            yield self._change(
                old, new, symbol,
                f"{shown}() {'need' if now else 'can'}{'s to' if now else 'not'} be awaited"
                f"{' now' if now else ' any more'}",
                example=f"{'await ' if was else ''}{shown}()",
            )  # fmt: skip
        if old.overloads or new.overloads:
            if shape(old) != shape(new):
                yield self._change(
                    old, new, symbol, f"the overloads of {shown}() changed", proved=False
                )
            return
        method = old.parent is not None and old.parent.is_class
        before = self._old.signature(old, bound=method)
        after = self._new.signature(new, bound=method)
        if before is None or after is None:
            yield self._change(old, new, symbol, f"how {shown}() is called changed", proved=False)
            return
        broken = list(broken_calls(before, after))
        for each in broken:
            yield self._change(
                old, new, symbol, f"{shown}({each.call}) worked, and does not: {each.why}",
                example=f"{shown}({each.call})",
            )  # fmt: skip
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
        yield from self._annotated(
            old, new, symbol, f"the answer of {shown}()", old.returns, new.returns, taken=False
        )

    def _annotated(
        self, old: griffe.Object, new: griffe.Object, symbol: str, what: str,
        before: object, after: object, *, taken: bool,
    ) -> Iterator[Change]:  # fmt: skip
        """A type in one place: `taken` where callers give the value, else they get it."""
        if before is None and after is None:
            return
        one, other = self._old.type_of(before, old), self._new.type_of(after, new)
        if one is not None and other is not None:
            small, large = (one, other) if taken else (other, one)
            fits = self._new.types.within(small, large)
        else:
            fits = True if before is not None and str(before) == str(after) else None
        if fits is True:
            return
        was, now = str(before or "not said"), str(after or "not said")
        verb = "may be" if taken else "is"
        yield self._change(
            old, new, symbol, f"{what} {verb} {now}, it {'might be' if taken else 'was'} {was}",
            proved=fits is False,
            example=f"a {was} given as {what}" if taken else f"code that relies on a {was}",
        )  # fmt: skip

    def _classes(self, old: griffe.Class, new: griffe.Class, symbol: str) -> Iterator[Change]:
        import griffe

        lost = lost_bases(old, new)
        for base in lost:
            yield self._change(
                old, new, symbol, f"{symbol} is no {base} any more",
                example=f"isinstance(value, {base})",
            )  # fmt: skip
        before, after = offered(old), offered(new)
        inherits = {str(base) for base in new.bases} - {str(base) for base in old.bases}
        for name, member in before.items():
            one = self._old.real(member)
            if name not in after:
                yield self._change(
                    one or old, new, f"{symbol}.{name}",
                    f"{symbol}.{name} is gone", proved=not inherits or not has_foreign_parent(new),
                    example=f"{symbol}.{name}", gone=True,
                )  # fmt: skip
                continue
            other = self._new.real(after[name])
            if one is None or other is None:
                continue
            if isinstance(one, griffe.Function) and isinstance(other, griffe.Function):
                made = symbol if name == "__init__" else ""
                yield from self._functions(one, other, f"{symbol}.{name}", made=made)
            else:
                yield from self.compare(one, other, f"{symbol}.{name}")
        yield from self._gained(old, new, symbol)

    def _gained(self, old: griffe.Class, new: griffe.Class, symbol: str) -> Iterator[Change]:
        import griffe

        before, after = offered(old), offered(new)
        for name, member in after.items():
            if name in before:
                continue
            target = self._new.real(member)
            if name == "__init__" and isinstance(target, griffe.Function):
                signature = self._new.signature(target, bound=True)
                parameters = signature.parameters.values() if signature is not None else ()
                if not old.bases and any(
                    each.default is each.empty and not each.kind.name.startswith("VAR_")
                    for each in parameters
                ):
                    yield self._change(
                        old, target, f"{symbol}.__init__",
                        f"{symbol}() worked, and needs arguments", example=f"{symbol}()",
                    )  # fmt: skip
                continue
            yield Change(
                "code", f"code:{symbol}.{name}", Bump.MINOR, f"{symbol}.{name} is new",
                new=self._new.at(target or new),
            )  # fmt: skip

    def _values(
        self, old: griffe.Attribute, new: griffe.Attribute, symbol: str
    ) -> Iterator[Change]:
        if old.annotation is not None or new.annotation is not None:
            yield from self._annotated(
                old, new, symbol, symbol, old.annotation, new.annotation, taken=False
            )
        one, other = literal(old.value), literal(new.value)
        if one is None or other is None or one == other:
            return
        if (one, other) == (repr(self._old.api.version), repr(self._new.api.version)):
            return  # the module's own version: it says what the manifest says
        parent = old.parent
        if parent is not None and parent.is_class:
            if not is_enum(parent):
                return  # a default: what the class is made with says so
            values = {literal(each.value) for each in attributes(new.parent)}
            yield self._change(
                old, new, symbol, f"{symbol} is {other}, it was {one}", proved=one not in values,
                example=f"{parent.name}({one})",
            )  # fmt: skip
            return
        yield self._change(old, new, symbol, f"{symbol} is {other}, it was {one}", proved=False)
