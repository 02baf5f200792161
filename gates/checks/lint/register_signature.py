"""register() has the type that the platform calls."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def register_signature(module: Module, tools: Tools) -> Iterator[Finding]:
    """register() takes nothing and answers with a registration, as the type checker sees it.

    The type checker compares, not a text: in TypeScript with `() => ModuleRegistration` of
    @axon/core, or a promise of it; in Python with ModuleRegistration of axon_core. A module that
    uses neither package answers with an object that has slug and version, texts, and routes and
    jobs, lists. `any`, `unknown` and `Any` are no registration.

    Why: what the platform reads from the answer is there, and of the type that it is read as.
    Bad: export function register() { return { slug: SLUG, version: 2 }; }
    Good: export function register(): ModuleRegistration { return { .. }; }
    Fix: declare the type of the answer, and correct what the type checker says then.
    """
    from gates.toolchains.code_rules import find_entry
    from gates.toolchains.languages import language_of

    if find_entry(module) is None:
        raise CouldNotCheckError("module.json names no entrypoint that is there")
    for each in language_of(module).check_code(tools).of("register-signature"):
        yield register_signature.finding(
            each.message, each.location, fix="declare the type of what it answers with"
        )
