"""JSON documents that a rule may accept: with the keys that it names. Pure."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence

from gates.database.rows.literals import Literals

_STEP = re.compile(
    r"(?:->>?|\?)\s*'((?:[^']|'')+)'(?:::text)?\)*|\['((?:[^']|'')+)'(?:::text)?\]\)*"
)
_PATH = re.compile(r"#>>?\s*'\{([^{}']+)\}'|jsonb?_extract_path(?:_text)?\([^']*((?:, *)?'[^)]*)\)")
_KEYS = re.compile(r"\?[&|]\s*\(?ARRAY\[([^\]]*)\]|\?[&|]\s*'\{([^{}']+)\}'")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_DOLLAR = re.compile(r"'\(*\$((?:\.\"?\w+\"?)+)(\[\*\])?((?:[^']|'')*)'")
_INNER = re.compile(r"@\.\"?(\w+)\"?")
_SPAN = re.compile(r"\bAND\b|\bOR\b")
_MOST = 120
_MOST_PATHS = 5
_MOST_ITEMS = 20

Path = tuple[str, ...]


def documents(rule: str, given: Literals, seed: int, fitting: Sequence[str] = ()) -> Iterator[str]:
    """JSON texts for one seed, the likeliest first: a value at each path that the rule names, its
    own documents, and lists. `fitting` are texts that meet the rule's patterns."""
    paths = list(dict.fromkeys(_paths(rule)))[:_MOST_PATHS]
    keys = {key for path in paths for key in path}
    own = [each for each in given.texts if each[:1] in {"{", "["} and _parsed(each) is not None]
    constants = [
        each
        for each in (*given.texts, *fitting)
        if each not in keys and each not in own and each not in given.patterns
    ]
    whole = [int(each) for each in given.numbers if each == int(each)]
    near = dict.fromkeys(more for each in whole for more in (each, each + 1, each - 1))
    values: list[object] = [*constants, *near, seed, f"v{seed}", True, False, [seed], {"a": seed},
                            str(seed)]  # fmt: skip
    yield from own
    if paths:
        limit = max(int(_MOST ** (1 / len(paths))), 2)
        guesses = [[*_near(rule, path, seed), *values][:limit] for path in paths]
        for chosen in itertools.islice(itertools.product(*guesses), _MOST):
            yield _document(paths, chosen)
        yield from _filtered(rule, values)
        for value in values:
            yield _document(paths, [value] * len(paths))
        several = values[: max(limit, len(constants))]
        picks = itertools.product(several, repeat=len(paths))
        for chosen in itertools.islice(picks, _MOST):
            yield _document(paths, chosen)
        kinds: list[object] = [f"v{seed}", seed, True, [seed], {"a": seed}]
        for chosen in itertools.islice(itertools.product(kinds, repeat=len(paths)), _MOST):
            yield _document(paths, chosen)
    for size in dict.fromkeys([1, *given.sizes]):
        if 0 < size <= _MOST_ITEMS:
            yield json.dumps([seed + at for at in range(size)])
            yield json.dumps([f"v{seed + at}" for at in range(size)])
    yield from (json.dumps({"seed": seed}), json.dumps(seed), json.dumps(f"v{seed}"))
    yield from ("true", "[]", "{}")


def pairs(given: Literals, seed: int) -> Iterator[str]:
    """Texts of hstore with the keys that a rule names."""
    words = [each.replace('"', '\\"') for each in given.texts]
    yield from (f'"{each}"=>"{seed}"' for each in words)
    yield ", ".join(f'"{each}"=>"{seed}"' for each in words)
    yield from (f'"{one}"=>"{two}"' for one, two in itertools.permutations(words[:5], 2))


def _paths(rule: str) -> Iterator[Path]:
    """The ways through a document that a rule takes, outermost key first."""
    chain: list[str] = []
    end = -1
    for found in _STEP.finditer(rule):
        key = (found[1] or found[2]).replace("''", "'")
        if chain and not rule[end : found.start()].strip():
            chain.append(key)
        else:
            if chain:
                yield tuple(chain)
            chain = [key]
        end = found.end()
    if chain:
        yield tuple(chain)
    for found in _PATH.finditer(rule):
        parts = found[1].split(",") if found[1] else _QUOTED.findall(found[2] or "")
        yield tuple(each.strip().strip('"') for each in parts)
    for found in _KEYS.finditer(rule):
        parts = _QUOTED.findall(found[1]) if found[1] else found[2].split(",")
        yield from ((each.strip(),) for each in parts)
    for found in _DOLLAR.finditer(rule):
        if not found[2]:
            yield _keys(found[1])


def _keys(dotted: str) -> Path:
    return tuple(each.strip('"') for each in dotted.split(".")[1:])


def _near(rule: str, path: Path, seed: int) -> Iterator[object]:
    """What the part of a rule that names a path suggests for it: its constants, the kind that it
    asks for."""
    kinds = {
        "object": {"a": seed}, "array": [seed], "string": f"v{seed}", "number": seed,
        "boolean": True,
    }  # fmt: skip
    for part in _SPAN.split(rule):
        if f"'{path[-1]}'" not in part:
            continue
        if "array_length(" in part:
            yield kinds["array"]
        for text in _QUOTED.findall(part):
            if text not in path:
                yield kinds.get(text, text) if "typeof(" in part else text


def _filtered(rule: str, values: Sequence[object]) -> Iterator[str]:
    """Documents with a list of objects, for a path of jsonpath with a filter."""
    for found in _DOLLAR.finditer(rule):
        inner = [(key,) for key in dict.fromkeys(_INNER.findall(found[3]))]
        if found[2]:
            for value in values:
                item = json.loads(_document(inner, [value] * len(inner))) if inner else value
                yield _document([_keys(found[1])], [[item]])


def _document(paths: Sequence[Path], values: Sequence[object]) -> str:
    made: dict[str, object] = {}
    for path, value in zip(paths, values, strict=True):
        at = made
        for key in path[:-1]:
            inner = at.get(key)
            if not isinstance(inner, dict):
                inner = at[key] = {}
            at = inner
        if path and not isinstance(at.get(path[-1]), dict):
            at[path[-1]] = value
    return json.dumps(made)


def _parsed(text: str) -> object:
    try:
        found: object = json.loads(text)
    except ValueError:
        return None
    return found
