"""Functions and types: what can be called, and with which values."""

# ruff: noqa: S608 - names are quoted by the server; what is run is undone
from __future__ import annotations

import re
from collections.abc import Iterator

from gates.contract.model import Bump, Change
from gates.contract.schema.bodies import same_work
from gates.contract.schema.grants import may
from gates.contract.schema.pair import Pair, shown
from gates.contract.schema.witness import Statements
from gates.database.catalog_state.snapshot import Properties

_HEAD = re.compile(
    r"CREATE OR REPLACE (?:FUNCTION|PROCEDURE) \S+?\((?P<arguments>.*?)\)\n"
    r"(?: RETURNS (?P<returns>[^\n]*)\n)?",
    re.DOTALL,
)
_QUOTED = re.compile(r"'((?:[^']|'')*)'")


def compare_functions(pair: Pair) -> Iterator[Change]:
    """Functions by name and types of arguments. Those that only a trigger can call are inside
    matters of the module."""
    fresh = [(name, properties) for name, properties in pair.came("function")]
    for name, properties in pair.lost("function"):
        if not _is_called(properties):
            continue
        heir = next((each for each, other in fresh if _takes_over(name, each, other)), None)
        if heir is not None:
            yield pair.change(
                f"function:{shown(name)}", Bump.MINOR,
                f"the function {shown(name)} takes more now, all of it with defaults:"
                f" {shown(heir)}; that callers get the same could not be shown", name,
                proved=False,
            )  # fmt: skip
        else:
            yield pair.change(
                f"function:{shown(name)}", Bump.MAJOR, f"the function {shown(name)} is gone", name,
                gone=True, tries=[_call(name, properties)],
            )  # fmt: skip
    for name, properties in fresh:
        if _is_called(properties):
            yield pair.change(
                f"function:{shown(name)}", Bump.MINOR, f"the function {shown(name)} is new", name,
                came=True,
            )  # fmt: skip
    for name, before, after in pair.kept("function"):
        if before != after:
            yield from _function(pair, name, before, after)


def _head(properties: Properties) -> tuple[str, str]:
    """Arguments as they are written, and the type of the result."""
    match = _HEAD.match(properties.get("definition", ""))
    return (match["arguments"], match["returns"] or "") if match else ("", "")


def _is_called(properties: Properties) -> bool:
    return _head(properties)[1] not in ("trigger", "event_trigger")


def _arguments(name: str) -> list[str]:
    inner = name.partition("(")[2].removesuffix(")")
    return inner.split(",") if inner else []


def _takes_over(old: str, new: str, properties: Properties) -> bool:
    """Whether a new overload takes every call of an old one: more arguments, all with defaults."""
    before, after = _arguments(old), _arguments(new)
    added = len(after) - len(before)
    return (
        old.partition("(")[0] == new.partition("(")[0]
        and added > 0
        and after[: len(before)] == before
        and _QUOTED.sub("", _head(properties)[0]).count(" DEFAULT ") >= added
    )


def _function(pair: Pair, name: str, before: Properties, after: Properties) -> Iterator[Change]:
    symbol, label = f"function:{shown(name)}", f"the function {shown(name)}"
    if not _is_called(before) and not _is_called(after):
        yield from _work(pair, name, before, after)
        return
    (one, result), (other, returned) = _head(before), _head(after)
    plain, fresh = _QUOTED.sub("''", one), _QUOTED.sub("''", other)
    if result != returned:
        yield pair.change(
            symbol, Bump.MAJOR, f"{label} returns {returned}, it was {result}", name,
            tries=[_call(name, before), _call(name, before, source=True)],
        )  # fmt: skip
    if _names(plain) != _names(fresh):
        yield pair.change(
            symbol, Bump.MAJOR, f"{label} names its arguments ({other}), it was ({one})", name,
            tries=[_call(name, before, named=True)],
        )  # fmt: skip
    elif plain.count(" DEFAULT ") > fresh.count(" DEFAULT "):
        yield pair.change(
            symbol, Bump.MAJOR, f"{label} asks for an argument that had a default", name,
            tries=[
                _call(name, before, most=most) for most in range(len(_arguments(name)))
            ],
        )  # fmt: skip
    elif one != other:
        yield pair.change(symbol, Bump.MINOR, f"{label} has other defaults", name)
    if result == returned and _names(plain) == _names(fresh):
        yield from _work(pair, name, before, after)
    if may(before, "EXECUTE") and not may(after, "EXECUTE"):
        yield pair.change(
            f"grant:EXECUTE on {shown(name)}", Bump.MAJOR,
            f"tenant_app_role may not call {shown(name)} any more", name,
            tries=_as_application(pair, _call(name, before)),
        )  # fmt: skip


def _call(
    name: str,
    properties: Properties,
    *,
    named: bool = False,
    source: bool = False,
    most: int | None = None,
) -> Statements:
    """A call with NULLs that is planned and not made; `named` by the names of its arguments, as a
    `source` of rows, or with the first `most` of its arguments."""
    given = [f"NULL::{each}" for each in _arguments(name)[:most]]
    if named:
        names = _names(_QUOTED.sub("''", _head(properties)[0]))
        given = [f"{word} => {each}" for word, each in zip(names, given, strict=False)]
    call = f"{shown(name).partition('(')[0]}({', '.join(given)})"
    if properties.get("definition", "").startswith("CREATE OR REPLACE PROCEDURE"):
        return [f"CALL {call}"]
    return [f"SELECT * FROM {call} WHERE false" if source else f"SELECT {call} WHERE false"]


def _as_application(pair: Pair, script: Statements) -> Iterator[Statements]:
    yield [*pair.runs.as_application(), *script]


def _work(pair: Pair, name: str, before: Properties, after: Properties) -> Iterator[Change]:
    """What a function does, besides what its head says."""
    one, other = before.get("definition", ""), after.get("definition", "")
    if _rest(one) == _rest(other):
        return
    same = same_work(_rest(one), _rest(other))
    whom = "callers get the same" if _is_called(after) else "every row that ran is still accepted"
    yield pair.change(
        f"function:{shown(name)}", Bump.PATCH if same else Bump.MINOR,
        f"the function {shown(name)} "
        + ("is written in another way" if same else f"works in another way; that {whom} could not"
           " be shown"),
        name, proved=same,
    )  # fmt: skip


def _rest(definition: str) -> str:
    match = _HEAD.match(definition)
    return definition[match.end() :] if match else definition


def _names(arguments: str) -> list[str]:
    return [each.strip().partition(" ")[0] for each in re.split(r",\s*", arguments)]


def compare_types(pair: Pair) -> Iterator[Change]:
    """Enums by their values, domains by what they stand for; members of composite types are
    columns."""
    for name, _ in pair.lost("type"):
        yield pair.change(
            f"type:{shown(name)}", Bump.MAJOR, f"the type {shown(name)} is gone", name, gone=True,
            tries=[[f"SELECT NULL::{shown(name)}"]],
        )  # fmt: skip
    for name, _ in pair.came("type"):
        yield pair.change(
            f"type:{shown(name)}", Bump.MINOR, f"the type {shown(name)} is new", name, came=True
        )
    for name, before, after in pair.kept("type"):
        symbol, label = f"type:{shown(name)}", f"the type {shown(name)}"
        if before.get("kind") != after.get("kind"):
            yield pair.change(
                symbol, Bump.MAJOR,
                f"{label} is of the kind {after.get('kind')}, it was {before.get('kind')}", name,
                tries=[
                    [f"SELECT '{each}'::{shown(name)}"]
                    for each in _QUOTED.findall(before.get("labels", ""))
                ] + [[f"SELECT NULL::{shown(name)}"]] + [
                    [f"SELECT (NULL::{shown(name)}).{each}"]
                    for each in sorted(pair.columns(name, pair.old))
                ],
            )  # fmt: skip
            continue
        yield from _labels(pair, name, before.get("labels", ""), after.get("labels", ""))
        if before.get("base") != after.get("base"):
            yield pair.change(
                symbol, Bump.MAJOR,
                f"{label} stands for {after.get('base')}, it was {before.get('base')}", name,
                tries=[[f"SELECT NULL::{shown(name)}"]],
            )  # fmt: skip
        if after.get("nullability") and not before.get("nullability"):
            yield pair.change(
                symbol, Bump.MAJOR, f"{label} refuses NULL now", name,
                tries=[[f"SELECT NULL::{shown(name)}"]],
            )  # fmt: skip


def _labels(pair: Pair, name: str, before: str, after: str) -> Iterator[Change]:
    symbol, label = f"type:{shown(name)}", f"the type {shown(name)}"
    one, other = _QUOTED.findall(before), _QUOTED.findall(after)
    for each in [each for each in one if each not in other]:
        yield pair.change(
            symbol, Bump.MAJOR, f"{label} has no value '{each}' any more", name, each,
            tries=[[f"SELECT '{each}'::{shown(name)}"]],
        )  # fmt: skip
    for each in [each for each in other if each not in one]:
        yield pair.change(
            symbol, Bump.MINOR,
            f"{label} has the value '{each}' now: who reads it may meet one that is new",
            name, each,
        )  # fmt: skip
    kept, still = [e for e in one if e in other], [e for e in other if e in one]
    if kept != still:
        at = next(i for i, (a, b) in enumerate(zip(kept, still, strict=True)) if a != b)
        yield pair.change(
            symbol, Bump.MAJOR, f"{label} has its values in another order", name,
            tries=[
                [f"SELECT '{kept[at]}'::{shown(name)} < '{still[at]}'::{shown(name)}"]
            ],
        )  # fmt: skip
