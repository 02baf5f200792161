"""Nothing that comes from outside becomes a command, SQL, a path, an address or code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.SCAN)
def injection(module: Module, tools: Tools) -> Iterator[Finding]:
    """Nothing that comes from outside becomes a command, SQL, a path, an address or code.

    opengrep follows what a handler gets (its RouteRequest) and what a job is given, through
    variables and functions of the same file, to where it must not arrive: command-injection,
    sql-injection, path-traversal, request-forgery and unsafe-deserialization in TypeScript;
    path-traversal, request-forgery and template-injection in Python, where bandit has none. The
    finding says the way. What was held against a schema may be a path or an address; it may never
    be a part of a command or of SQL. From one file to another nothing is followed. Comments that
    switch rules off have no effect. Syntax that is younger than opengrep's grammar is an error at
    its place (`not-parsed`), which may be approved by a waiver; the other files are looked at.

    Why: a handler runs with the rights of the platform, for whoever can call it.
    Bad: `readFile("/data/" + request.params.name)`
    Good: `readFile("/data/" + basename(request.params.name))`
    Fix: give it as a value where one is taken, or look it up in a list that the source holds.
    """
    from gates.toolchains.languages import language_of
    from gates.toolchains.opengrep import run

    language = language_of(module)
    files = sorted(
        path
        for path in module.files
        if path.startswith("src/") and PurePosixPath(path).suffix in language.suffixes
    )
    for problem in run(tools, language.name, files, language.suffixes[0]):
        yield injection.finding(
            problem.message,
            problem.location,
            level=problem.level,
            fix=problem.fix,
            rule=problem.rule,
            detail=problem.detail,
        )
