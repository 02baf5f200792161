"""The difference between two Python classes or values of one name."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import Signature
from typing import TYPE_CHECKING

from gates.contract.code.calls import broken_calls
from gates.contract.code.package import Package
from gates.contract.code.python_bases import inherits, is_whole, lost_bases
from gates.contract.code.python_facts import (
    attributes,
    decorated,
    is_enum,
    is_own_version,
    literal,
    newly_needed,
    offered,
)
from gates.contract.code.python_fields import kind, made_from
from gates.contract.code.python_functions import Functions, weakened
from gates.contract.code.python_made import class_notes, is_frozen
from gates.contract.code.python_signatures import signature_of
from gates.contract.code.types import is_type, never_called
from gates.contract.model import Bump, Change

if TYPE_CHECKING:
    import griffe

_WORDS = {
    "function": "a function", "class": "a class", "attribute": "a value", "module": "a module",
    "type alias": "a type",
}  # fmt: skip


class Members(Functions):
    """Compares what two versions of a package call by one name."""

    def compare(self, old: griffe.Object, new: griffe.Object, symbol: str) -> Iterator[Change]:
        """Two objects of the package, of any kind; modules are for the caller."""
        import griffe

        old, new = self._old.meant(old), self._new.meant(new)
        if isinstance(old, griffe.Function) and isinstance(new, griffe.Function):
            yield from self._functions(old, new, symbol)
        elif isinstance(old, griffe.Class) and isinstance(new, griffe.Class):
            yield from self._classes(old, new, symbol)
        elif isinstance(old, griffe.Attribute) and isinstance(new, griffe.Attribute):
            yield from self._values(old, new, symbol)
        elif old.kind is not new.kind:
            yield self._another_kind(old, new, symbol)
        elif str(getattr(old, "value", "")) != str(getattr(new, "value", "")):
            yield self._change(old, new, symbol, f"the type {symbol} changed", proved=False)

    def _another_kind(self, old: griffe.Object, new: griffe.Object, symbol: str) -> Change:
        """What is not done any more with a name of another kind, as far as one thing surely is:
        a class, a function and a value may all be called, and a value may be any of them."""
        import griffe

        was, now = _WORDS.get(old.kind.value, ""), _WORDS.get(new.kind.value, "")
        message, example = f"{symbol} was {was} and is {now}", None
        if isinstance(old, griffe.Attribute):
            if literal(old.value) is not None or self._is_value(old, self._old):
                example = f"{symbol} used as a value"
        elif isinstance(new, griffe.Module) or (
            isinstance(new, griffe.Attribute) and self._is_value(new, self._new)
        ):
            example = f"{symbol} used as {was}"
        elif isinstance(old, griffe.Class) and isinstance(new, griffe.Function):
            if not decorated(new):
                example = f"isinstance(value, {symbol})"
        elif isinstance(old, griffe.Function) and isinstance(new, griffe.Class):
            example = self._not_called(old, new, symbol)
        return self._change(old, new, symbol, message, proved=example is not None, example=example)

    def _is_value(self, node: griffe.Attribute, package: Package) -> bool:
        """Whether an attribute surely holds what is neither called nor a class."""
        said = package.type_of(node.annotation, node.parent or node)
        return literal(node.value) is not None or never_called(said)

    def _made_otherwise(
        self, old: griffe.Function, new: griffe.Class, symbol: str
    ) -> Iterator[Change]:
        """A class that lost the constructor that it wrote out."""
        call = self._not_called(old, new, symbol)
        if call is not None:
            message = f"{call} worked, and does not: {symbol} has no such constructor any more"
        else:
            message = f"{symbol} has no constructor of its own any more"
        yield self._change(
            old, new, f"{symbol}.__init__", message, proved=call is not None, example=call
        )

    def _not_called(self, old: griffe.Function, new: griffe.Class, symbol: str) -> str | None:
        """A call of a function that the class in its place does not take."""
        import griffe

        if decorated(old) or decorated(new) or not is_whole(new):
            return None
        bound = old.parent is not None and old.parent.is_class
        made = new.all_members.get("__init__")
        before = signature_of(old, bound=bound)
        if isinstance(made, griffe.Function):
            after = signature_of(made, bound=True)
        else:
            after = Signature() if made is None and kind(new) is None else made_from(new)
        if before is None or after is None or "__new__" in new.all_members:
            return None
        call = next(broken_calls(before, after), None)
        return None if call is None else f"{symbol}({call.call})"

    def _classes(self, old: griffe.Class, new: griffe.Class, symbol: str) -> Iterator[Change]:
        for base, proved in lost_bases(self._new, old, new):
            yield self._change(
                old, new, symbol, f"{symbol} is no {base} any more", proved=proved,
                example=f"isinstance(value, {base})",
            )  # fmt: skip
        before, after = offered(old), offered(new)
        for name, member in before.items():
            there = after.get(name)
            chosen = self._old.choices(member) or (there and self._new.choices(there))
            for change in self._member(old, new, symbol, name, member, there):
                yield weakened(change) if chosen else change
        noted = list(class_notes(old, new, symbol))
        for each in noted:
            full = f"{symbol}.{each.name}" if each.name else symbol
            yield self._change(
                old, new, full, each.message, proved=each.example is not None, example=each.example
            )
        yield from self._gained(old, new, symbol, {each.name for each in noted})

    def _member(
        self, old: griffe.Class, new: griffe.Class, symbol: str, name: str,
        before: griffe.Object | griffe.Alias, after: griffe.Object | griffe.Alias | None,
    ) -> Iterator[Change]:  # fmt: skip
        import griffe

        one = self._old.real(before)
        if after is None:
            wrapped = decorated(new) - decorated(old)  # a decorator may define any method
            if name == "__init__":
                if isinstance(one, griffe.Function):
                    yield from self._made_otherwise(one, new, symbol)
                return
            inherited = inherits(new, name)
            if inherited:
                return
            yield self._change(
                one or old, new, f"{symbol}.{name}", f"{symbol}.{name} is gone",
                proved=inherited is False and not wrapped,
                example=f"{symbol}.{name}", gone=True,
            )  # fmt: skip
            return
        other = self._new.real(after)
        if one is None or other is None:
            return
        if isinstance(one, griffe.Function) and isinstance(other, griffe.Function):
            made = symbol if name == "__init__" else ""
            yield from self._functions(one, other, f"{symbol}.{name}", made=made)
        else:
            yield from self.compare(one, other, f"{symbol}.{name}")

    def _gained(
        self, old: griffe.Class, new: griffe.Class, symbol: str, told: set[str]
    ) -> Iterator[Change]:
        import griffe

        before, after = offered(old), offered(new)
        for name, member in after.items():
            if name in before or name in told:
                continue
            target = self._new.real(member)
            if name == "__init__" and isinstance(target, griffe.Function):
                signature = signature_of(target, bound=True)
                parameters = signature.parameters.values() if signature is not None else ()
                if (
                    not old.bases
                    and not old.decorators
                    and any(
                        each.default is each.empty and not each.kind.name.startswith("VAR_")
                        for each in parameters
                    )
                ):
                    yield self._change(
                        old, target, f"{symbol}.__init__",
                        f"{symbol}() worked, and needs arguments", example=f"{symbol}()",
                    )  # fmt: skip
                continue
            if newly_needed(old, new, target):
                yield self._change(
                    old, target or new, f"{symbol}.{name}",
                    f"{symbol}.{name} is new and must be given: {symbol}() without it worked",
                    example=f"{symbol}(...) without {name}",
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
        if _can_be_set(old) and not _can_be_set(new) and "property" in new.labels:
            yield self._change(
                old, new, symbol, f"{symbol} cannot be set any more",
                example=f"value.{old.name} = {old.name}",
            )  # fmt: skip
        if newly_needed(old.parent, new.parent, new, old):
            yield self._change(
                old, new, symbol, f"{symbol} has no default any more, and must be given",
                example=f"{symbol.rpartition('.')[0]}(...) without {old.name}",
            )  # fmt: skip
        one, other = literal(old.value), literal(new.value)
        if is_type(old.value) and other is None and new.value is not None:
            before, after = self._old.type_of(old.value, old), self._new.type_of(new.value, new)
            if before != after:
                yield self._change(
                    old, new, symbol, f"{symbol} is {new.value}, it was {old.value}", proved=False
                )
        if one is None or other is None or one == other:
            return
        if is_own_version(one, other, self._old.api.version, self._new.api.version):
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


def _can_be_set(value: griffe.Attribute) -> bool:
    """Whether what a class's objects hold may be set from outside."""
    import griffe

    parent = value.parent
    if not isinstance(parent, griffe.Class) or is_enum(parent) or is_frozen(parent):
        return False
    if "property" in value.labels and "cached" not in value.labels:
        return "writable" in value.labels
    return "Final" not in str(value.annotation or "")
