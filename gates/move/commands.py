"""What a plan's commands may not be: programs that fail open, or that hide others. Pure.

Sources: PostgreSQL's pages of psql, pg_dump, pg_dumpall and pg_restore (getopt's forms).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Protocol

from gates.move.plan import Step
from gates.move.read import Fault
from gates.records import dataclass, field

_VALUES = {
    "psql": "cdfFhLopPRTUv",
    "pg_dump": "EfFhjnNpStTUZde",
    "pg_dumpall": "fdlEhpSU",
    "pg_restore": "dfFhIjLnNpPStTU",
}
"""Short options that take a value."""
_LONG_VALUES = {
    "psql": {"command", "dbname", "file", "set", "variable", "host", "port", "username", "output"},
    "pg_dump": {"file", "format", "jobs", "dbname", "host", "port", "username", "schema", "table"},
    "pg_dumpall": {"file", "dbname", "database", "host", "port", "username", "role"},
    "pg_restore": {"dbname", "file", "format", "jobs", "host", "port", "username", "schema"},
}
_ALIASES = {
    "f": "file", "v": "set", "variable": "set", "c": "command", "d": "dbname", "O": "no-owner",
    "1": "single-transaction", "e": "exit-on-error", "C": "create", "X": "no-psqlrc",
}  # fmt: skip
_WRAPPERS = {
    "sh", "bash", "dash", "zsh", "ksh", "env", "sudo", "su", "doas", "timeout", "nice", "nohup",
    "ssh", "xargs", "eval", "exec", "time", "python", "python3", "perl", "docker", "kubectl",
}  # fmt: skip
_LOST = {"no-owner": "owners", "no-acl": "grants", "no-privileges": "grants"}
_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@|\bpassword\s*=\s*\S", re.IGNORECASE)


class _Make(Protocol):
    """Makes a fault of a step."""

    def __call__(self, rule: str, message: str, fix: str = "") -> Fault: ...


@dataclass
class Options:
    """The options of one command line: values by long name, and what is no option."""

    given: dict[str, list[str]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    def __contains__(self, name: str) -> bool:
        return name in self.given


def parse(program: str, arguments: Sequence[str]) -> Options:
    """Read the options as getopt_long does, with the meanings that PostgreSQL's programs give."""
    found = Options()
    waiting = [*arguments]
    while waiting:
        each = waiting.pop(0)
        if each == "--":
            found.rest += waiting
            break
        if each.startswith("--"):
            name, equals, value = each[2:].partition("=")
            name = _full(program, name)
            if not equals and name in _LONG_VALUES[program] and waiting:
                value = waiting.pop(0)
            found.given.setdefault(_ALIASES.get(name, name), []).append(value)
        elif each.startswith("-") and len(each) > 1:
            _short(program, each[1:], waiting, found)
        else:
            found.rest.append(each)
    return found


def _full(program: str, name: str) -> str:
    """The whole name of an option that may be cut short, where only one can be meant."""
    known = {
        *_LONG_VALUES[program], "no-owner", "no-acl", "no-privileges", "exit-on-error", "clean",
        "single-transaction", "create", "no-psqlrc", "globals-only",
    }  # fmt: skip
    fitting = [each for each in known if each.startswith(name)] if len(name) > 2 else []
    return name if name in known or len(fitting) != 1 else fitting[0]


def _short(program: str, letters: str, waiting: list[str], found: Options) -> None:
    for index, letter in enumerate(letters):
        name = {"c": "clean"}.get(letter) if program in ("pg_restore", "pg_dump") else None
        if letter == "x":
            name = "no-acl" if program != "psql" else "expanded"
        name = name or _ALIASES.get(letter, letter)
        value = ""
        if letter in _VALUES[program]:
            value = letters[index + 1 :] or (waiting.pop(0) if waiting else "")
        found.given.setdefault(name, []).append(value)
        if letter in _VALUES[program]:
            return


def command_faults(
    step: Step, command: Sequence[str], made: Sequence[str] = (), dumped: Sequence[str] = ()
) -> Iterator[Fault]:
    """What is wrong with one command of a step. `made` are the databases that earlier steps made,
    `dumped` the files that their dumps went to."""
    program = PurePath(command[0]).name

    def fault(rule: str, message: str, fix: str = "") -> Fault:
        return Fault(rule, step.line, f"{step.id}: {message}", fix)

    if any(_PASSWORD.search(each) for each in command):
        yield fault(
            "password", "an argument holds a password, which every process can read",
            "keep it in ~/.pgpass or a service file",
        )  # fmt: skip
    if program in _WRAPPERS:
        yield fault(
            "hidden-command", f"{program} runs another program, which nobody can check here",
            "name the program itself, with its arguments as a list",
        )  # fmt: skip
    if program not in _VALUES:
        return
    options = parse(program, command[1:])
    if program == "psql":
        yield from _psql(options, dumped, fault)
    if program in ("pg_dump", "pg_dumpall", "pg_restore"):
        for name, lost in _LOST.items():
            if name in options:
                yield fault("dump-loses-rights", f"{program} --{name} loses {lost}", "leave it out")
    if program == "pg_restore" and "file" not in options and "l" not in options:
        if not {"exit-on-error", "single-transaction"} & options.given.keys():
            yield fault("restore-goes-on", "pg_restore goes on after errors", "add --exit-on-error")
        yield from _over_existing(options, made, fault)


def _psql(options: Options, dumped: Sequence[str], fault: _Make) -> Iterator[Fault]:
    stops = any(
        re.fullmatch(r"ON_ERROR_STOP\s*=\s*(1|on|true|yes)", each.strip(), re.IGNORECASE)
        for each in options.given.get("set", ())
    )
    files = options.given.get("file", [])
    if files and not stops:
        yield fault(
            "psql-goes-on",
            "psql -f goes on after an error and exits with 0",
            "add --set ON_ERROR_STOP=1",
        )
    if files and "no-psqlrc" not in options:
        yield fault("psqlrc", "psql reads ~/.psqlrc first", "add --no-psqlrc")
    for each in files:
        if each in dumped:
            yield fault(
                "restore-over-existing",
                f"{each} is a dump: psql runs it over what the database holds, and undoes nothing",
                "restore into a fresh database: the built-in action restore",
            )


def _over_existing(options: Options, made: Sequence[str], fault: _Make) -> Iterator[Fault]:
    target = next(iter(options.given.get("dbname", [])), "")
    if "clean" in options:
        yield fault(
            "restore-over-existing",
            "pg_restore --clean drops what it knows and leaves what came since",
            "restore into a fresh database: the built-in action restore",
        )
    elif "create" not in options and target not in made:
        yield fault(
            "restore-over-existing",
            f"pg_restore into {target or 'a database'}, which no step before makes",
            "createdb --template template0 first, or the built-in action restore",
        )
