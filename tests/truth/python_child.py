"""Imports one version of a library in a process of its own, and says what works with it.

Reads {"entry": .., "checks": [[kind, path, more], ..]} from its input, writes {"answers": [..],
"surface": {..}} to its output. It runs on the standard library alone.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import pkgutil
import re
import sys
import types
import warnings


def resolve(entry: str, path: str) -> tuple[object, object]:
    """What a dotted path below a package stands for, and what it is a part of."""
    parent: object = None
    found: object = importlib.import_module(entry)
    name = entry
    for part in path.split(".") if path else ():
        parent, name = found, f"{name}.{part}"
        if not hasattr(found, part) and isinstance(found, types.ModuleType):
            importlib.import_module(name)
        found = inspect.getattr_static(found, part) if isinstance(found, type) else getattr(
            found, part
        )  # fmt: skip
    return found, parent


def signature_of(entry: str, path: str, *, through_class: bool = False) -> inspect.Signature:
    found, parent = resolve(entry, path)
    if isinstance(found, staticmethod):
        return inspect.signature(found.__func__)
    bound = isinstance(parent, type) and not through_class
    if isinstance(found, classmethod):
        found, bound = found.__func__, True
    signature = inspect.signature(found)
    if bound and not isinstance(found, type):
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])
    return signature


def call(entry: str, path: str, more: dict) -> object:
    """Where Python would put each argument of a call; an error where it takes no such call."""
    signature = signature_of(entry, path, through_class=more["through_class"])
    bound = signature.bind(*more["positional"], **{name: name for name in more["named"]})
    return {name: value for name, value in bound.arguments.items() if isinstance(value, str)}


def imported(entry: str, path: str, more: str) -> bool:
    exec(f"from {path} import {more}", {})
    return True


def member(entry: str, path: str, more: str) -> bool:
    """Whether a class, or the objects that its code makes, have a member."""
    cls, _ = resolve(entry, path)
    if hasattr(cls, more):
        return True
    for each in cls.__mro__:
        if more in getattr(each, "__annotations__", {}) or more in getattr(each, "__slots__", ()):
            return True
        with contextlib.suppress(OSError, TypeError):
            if re.search(rf"\bself\.{more}\b\s*(:[^=\n]+)?=", inspect.getsource(each)):
                return True
    return False


def a_base(entry: str, path: str, more: str) -> bool:
    return any(each.__name__ == more for each in resolve(entry, path)[0].__mro__)


def used_as(entry: str, path: str, more: str) -> bool:
    found, _ = resolve(entry, path)
    if more == "a class":
        return isinstance(found, type)
    called = callable(found) and not isinstance(found, property)
    return called if more == "a function" else not called


def can_be_set(entry: str, path: str, more: str) -> bool:
    owner, _ = resolve(entry, path)
    if getattr(getattr(owner, "__dataclass_params__", None), "frozen", False):
        return False
    found = inspect.getattr_static(owner, more, None)
    return not isinstance(found, property) or found.fset is not None


def without(entry: str, path: str, more: str) -> bool:
    """Whether a model is made without one of its fields."""
    cls, _ = resolve(entry, path)
    if more in getattr(cls, "__required_keys__", ()):
        return False
    field = getattr(cls, "model_fields", {}).get(more)
    return field is None or not field.is_required()


def concrete(entry: str, path: str, more: str) -> bool:
    return more not in getattr(resolve(entry, path)[0], "__abstractmethods__", ())


def asks(entry: str, path: str, more: str) -> bool:
    """Whether a protocol is met without a member."""
    return not hasattr(resolve(entry, path)[0], more)


def fields(entry: str, path: str, more: str) -> bool:
    return ", ".join(resolve(entry, path)[0]._fields) == more


def value_of(entry: str, path: str, more: str) -> bool:
    eval(f"it({more})", {"it": resolve(entry, path)[0]})
    return True


def awaited(entry: str, path: str, more: bool) -> bool:
    found, _ = resolve(entry, path)
    return inspect.iscoroutinefunction(getattr(found, "__func__", found)) is more


CHECKS = {
    each.__name__: each
    for each in (
        call, imported, member, a_base, used_as, can_be_set, without, concrete, asks, fields,
        value_of, awaited,
    )
}  # fmt: skip


def surface(entry: str) -> dict[str, object]:
    """The public names of a package and its public modules, with how each function is called."""
    top = importlib.import_module(entry)
    found: dict[str, object] = {}
    modules = [top]
    for each in pkgutil.walk_packages(getattr(top, "__path__", []), f"{entry}."):
        if any(part.startswith("_") for part in each.name.split(".")[1:]):
            continue
        with contextlib.suppress(BaseException):
            modules.append(importlib.import_module(each.name))
    for module in modules:
        listed = getattr(module, "__all__", None)
        for name, value in list(vars(module).items()):
            own = str(getattr(value, "__module__", "")).partition(".")[0] == entry
            here = getattr(value, "__module__", None) == module.__name__
            fits = here or (own and hasattr(module, "__path__"))
            if isinstance(value, types.ModuleType):
                continue
            if (name in listed) if listed is not None else (fits and not name.startswith("_")):
                found[f"{module.__name__}.{name}"] = _parameters(value)
    return found


def _parameters(value: object) -> object:
    if not isinstance(value, types.FunctionType):
        return None
    return [
        [each.name, int(each.kind), each.default is not each.empty]
        for each in inspect.signature(value).parameters.values()
    ]


def main() -> None:
    asked = json.load(sys.stdin)
    answers = []
    sink = io.StringIO()
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        for kind, path, more in asked["checks"]:
            try:
                answers.append({"works": CHECKS[kind](asked["entry"], path, more)})
            except BaseException as error:  # noqa: BLE001 - whatever the library raises
                answers.append({"error": f"{type(error).__name__}: {error}"[:300]})
        try:
            shown = surface(asked["entry"])
        except BaseException as error:  # noqa: BLE001
            shown = {"": f"{type(error).__name__}: {error}"[:300]}
    json.dump({"answers": answers, "surface": shown}, sys.stdout)


if __name__ == "__main__":
    main()
