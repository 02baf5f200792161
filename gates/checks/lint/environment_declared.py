"""Environment variables are the same in module.json, .env.example and the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module

if TYPE_CHECKING:
    from gates.contract.declared.entries import Entry
    from gates.toolchains.sources.variables import Read, Shown, Variable

EXAMPLE = ".env.example"


@check(Stage.LINT)
def environment_declared(module: Module) -> Iterator[Finding]:
    """Environment variables are the same in module.json, .env.example and the code.

    The code reads the keys of zod objects in src/env.ts, or the fields of pydantic-settings classes
    in env.py (with their prefix and aliases). Whether a variable must be set, and its default, must
    agree with `required` and `default_value`. In .env.example a line may be commented out. A
    secret stands there as a placeholder.

    Why: an installation is set up from module.json and .env.example. What the code reads besides
        is missing on the first start; what it does not read is set for nothing.
    Bad: a required REDIS_URL in src/env.ts that module.json does not know
    Good: X_REDIS_URL in environment_variables, `X_REDIS_URL=redis://127.0.0.1:6379` in
        .env.example, and `X_REDIS_URL: z.url()` in src/env.ts
    Fix: add the variable where the finding says that it is missing, or remove it everywhere.
    """
    from gates.contract.declared.entries import entries_by, named
    from gates.toolchains.languages import language_of
    from gates.toolchains.sources.variables import read_example

    document = module.require_manifest()
    declared = entries_by(document, named, "environment_variables")
    language = language_of(module)
    code = language.read_variables(module)
    lines = module.lines(EXAMPLE) if EXAMPLE in module.files else ()
    shown = read_example(EXAMPLE, lines)
    yield from _code(code, declared)
    yield from _example(shown, declared)
    read_names = {each.name for each in code.variables}
    shown_names = {each.name for each in shown}
    for name, entry in declared.items():
        if name not in read_names and not code.unknown:
            yield environment_declared.finding(
                f"{language.words.environment_file} does not read {name}",
                entry.at("name"),
                fix=f"read it there, or remove it from module.json and {EXAMPLE}",
            )
        if name not in shown_names and EXAMPLE in module.files:
            yield environment_declared.finding(
                f"{EXAMPLE} does not show {name}",
                entry.at("name"),
                fix=f"add a line {name}=value, with a comment on what it does",
            )


def _code(code: Read, declared: dict[str, Entry]) -> Iterator[Finding]:
    for text, place in code.unknown:
        yield environment_declared.finding(
            f"which variables are read here cannot be told from the sources: {text}",
            place,
            fix="write the names out, as literals",
        )
    for each in code.variables:
        if each.name not in declared:
            needed = ', "required": true' if each.optional is False else ""
            yield environment_declared.finding(
                f"module.json does not list {each.name}, which is read here",
                each.location,
                fix=f'add {{"name": "{each.name}"{needed}}} to environment_variables',
            )
        else:
            yield from _agreement(each, declared[each.name])


def _agreement(read: Variable, entry: Entry) -> Iterator[Finding]:
    required, default = entry.true("required", default=False), entry.get("default_value")
    where = read.location.path
    if read.optional is False and not required:
        yield environment_declared.finding(
            f"{read.name} need not be set by module.json, but {where} does not start without it",
            entry.at("required"),
            fix='write "required": true, or give it a default in the code',
        )
    elif read.optional and required:
        yield environment_declared.finding(
            f"{read.name} must be set by module.json, but {where} starts without it",
            entry.at("required"),
            fix='write "required": false, or take the default out of the code',
        )
    said = str(default).lower() if isinstance(default, bool) else default
    if read.default and default is not None and not _same(read.default, str(said)):
        yield environment_declared.finding(
            f"the default of {read.name} is {said} in module.json, and {read.default} in {where}",
            entry.at("default_value"),
            fix=f'write "default_value": "{read.default}", or change the code',
        )
    elif read.default is None and default is not None and read.optional is False and not required:
        yield environment_declared.finding(
            f"{read.name} has the default {said} in module.json, and none in {where}",
            entry.at("default_value"),
            fix="give the variable its default in the code",
        )


def _same(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return one == other


def _example(shown: tuple[Shown, ...], declared: dict[str, Entry]) -> Iterator[Finding]:
    from gates.checks.lint._secret_example import real_secret

    seen: dict[str, Shown] = {}
    for line in shown:
        if not line.name:
            yield environment_declared.finding(
                "this line is no NAME=value", line.location, fix="write NAME=value, or # before it"
            )
            continue
        if line.name not in declared:
            if not line.remark:  # a remark may be prose that looks like a variable
                yield environment_declared.finding(
                    f"module.json does not list {line.name}",
                    line.location,
                    fix=f'add {{"name": "{line.name}"}} to environment_variables',
                )
        elif line.name in seen and not line.remark and not seen[line.name].remark:
            first = seen[line.name].location.line
            yield environment_declared.finding(
                f"{line.name} stands here a second time, after line {first}",
                line.location,
                fix="remove one of the two",
            )
        seen.setdefault(line.name, line)
        entry = declared.get(line.name)
        secret = entry is not None and entry.true("secret", default=False)
        if real_secret(line.name, line.value, secret=secret):
            yield environment_declared.finding(
                f"the value of the secret {line.name} looks real",
                line.value_at,
                fix="write a placeholder, such as <your token>, and change the secret",
            )
