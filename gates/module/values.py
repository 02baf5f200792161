"""Defaults and examples of a settings schema, held against the property that they belong to.

A regular expression of the schema can take for ever on a text of the schema, and Python cannot
interrupt one; and references that lead to two others each, twenty times over, make a million steps
of twenty lines. So a schema of either kind is looked at in a process of its own, which this file is
the program of: `python -m gates.module.values DESCRIPTOR PATH` reads the schema's text from the
open file and prints its violations as JSON.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module.document import Document
from gates.module.explain import Violation, describe_errors
from gates.module.expressions import why_no_pattern
from gates.module.references import BASE, References, references
from gates.module.strict_json import parse
from gates.module.subschemas import Place, Subschema
from gates.records import asdict

MAX_SECONDS = 10
"""That the process may take."""
QUICK_STEPS = 20_000
"""Schemas that may be looked into, all in all, outside that process."""
QUICK_TEXT = 256
"""Longest text, in characters, that simple expressions are tried on outside that process."""


def patterns(schemas: Iterable[Subschema]) -> Iterator[tuple[Place, str]]:
    """Every regular expression of these schemas, with the place of its value or key."""
    for each in schemas:
        pattern, named = each.value.get("pattern"), each.value.get("patternProperties")
        if isinstance(pattern, str):
            yield (*each.pointer, "pattern"), pattern
        for name in named if isinstance(named, dict) else ():
            yield (*each.pointer, "patternProperties", name), name


def needs_process(found: References) -> bool:
    """Whether a regular expression of the schema may take long on a text of the schema, or its
    references on any value.

    Short texts and simple expressions, which is nearly all there are, are looked at right here.
    """
    if grows(found):
        return True
    expressions = [pattern for _, pattern in patterns(found.schemas)]
    if not expressions:
        return False
    values = (each.value.get(key) for each in found.schemas for key in ("default", "examples"))
    longest = max(map(_longest, values), default=0)
    return longest > QUICK_TEXT or not all(map(_is_quick, expressions))


def grows(found: References) -> bool:
    """Whether the schemas are more than `QUICK_STEPS` when each reference is replaced by what it
    leads to, or never end, or are asked for again by what is left over (`unevaluated*`)."""
    known: dict[Place, int] = {}
    below: dict[Place, list[Place]] = {}
    for each in found.schemas:
        if any(key.startswith("unevaluated") or key == "$dynamicRef" for key in each.value):
            return True
        for end in range(len(each.pointer) - 1, -1, -1):
            if each.pointer[:end] in found.by_pointer:
                below.setdefault(each.pointer[:end], []).append(each.pointer)
                break
    waiting: list[tuple[Place, bool]] = [(each.pointer, False) for each in found.schemas]
    opened: set[Place] = set()
    while waiting:
        place, done = waiting.pop()
        if place in known:
            continue
        target = found.targets.get(place)
        leads = [*below.get(place, ()), *([target.pointer] if not isinstance(target, bool | None)
                                          else [])]  # fmt: skip
        if done:
            known[place] = 1 + sum(known[each] for each in leads)
            if known[place] > QUICK_STEPS:
                return True
            continue
        if place in opened:
            return True
        opened.add(place)
        waiting.append((place, True))
        waiting += [(each, False) for each in leads if each not in known]
    return False


def _is_quick(pattern: str) -> bool:
    """Whether an expression repeats at most two things, none of them a group: cubic at worst."""
    plain = re.sub(r"\\.", "a", pattern, flags=re.DOTALL)
    if re.search(r"\\[1-9]", pattern):
        return False
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "a", plain)
    return not re.search(r"\)[*+{]|\(\?[^:]", plain) and len(re.findall(r"[*+{?]", plain)) <= 2


def _longest(value: object) -> int:
    """The longest text in a value, keys included."""
    longest = 0
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            longest = max(longest, len(each))
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each
    return longest


def value_violations(document: Document, found: References) -> list[Violation]:
    """What is wrong with the defaults and examples of a valid schema whose references resolve.

    Raises `CouldNotCheckError` where a value or schema is nested too deep to be looked at, or a
    pattern is no regular expression.
    """
    if any(why_no_pattern(pattern) for _, pattern in patterns(found.schemas)):
        raise CouldNotCheckError(
            f"a pattern of {document.path} is no regular expression",
            hint="fix what `settings-schema` reports first",
        )
    try:
        return describe_errors(document, _errors(document, found))
    except RecursionError as error:
        raise CouldNotCheckError(
            f"{document.path} is nested too deep to be looked at", hint="flatten the settings"
        ) from error


def _errors(document: Document, found: References) -> Iterator[tuple[Place, Any]]:
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    from gates.module.formats import format_checker
    from gates.module.validator import validator

    root = DRAFT202012.create_resource(document.value)
    base = root.id() or BASE
    registry = Registry().with_resource(base, root)
    for schema in found.schemas:
        places: list[Place] = []
        if "default" in schema.value:
            places.append((*schema.pointer, "default"))
        examples = schema.value.get("examples")
        if isinstance(examples, list):
            places += [(*schema.pointer, "examples", index) for index in range(len(examples))]
        if not places:
            continue
        checker: Any = validator({"$ref": f"{base}#{_fragment(schema.pointer)}"}, registry)
        checker = checker.evolve(format_checker=format_checker())
        for place in places:
            for error in checker.iter_errors(document.get(*place)):
                yield place, error


def _fragment(pointer: Place) -> str:
    """A JSON Pointer as the fragment of a URI."""
    from urllib.parse import quote

    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in pointer)
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def from_json(text: bytes) -> list[Violation]:
    """What the process printed, as violations. Raises `CouldNotCheckError` where it could not look,
    and `ValueError` where it printed something else."""
    try:
        answer = json.loads(text)
        if "refused" in answer:
            raise CouldNotCheckError(answer["refused"], hint=answer["hint"])
        return [
            Violation(each["message"], Location(**each["location"]), each["fix"])
            for each in answer["violations"]
        ]
    except (TypeError, LookupError) as error:
        raise ValueError("not a list of violations") from error


def main(descriptor: int, path: str) -> None:
    """The program: see the top of this file."""
    signal.alarm(MAX_SECONDS)
    with os.fdopen(descriptor, "rb") as stream:
        text = stream.read().decode("utf-8")
    document = Document(path, text, parse(text)[0])
    try:
        violations = value_violations(document, references(document))
        answer: dict[str, Any] = {"violations": [asdict(each) for each in violations]}
    except CouldNotCheckError as error:
        answer = {"refused": error.message, "hint": error.hint}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
