"""squawk's findings about locks: how it is run, and which of them count."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.database.parsing.relations import created_tables, touched
from gates.database.parsing.script import Script, Statement, strings
from gates.database.parsing.statements import scripts_of, statements_of
from gates.errors import ToolFailedError
from gates.model import Location
from gates.module import Module
from gates.toolchains.canary import Canary, prove
from gates.toolchains.problem import Problem

if TYPE_CHECKING:
    from gates.toolchains import Tools

EXCLUDED = {
    "prefer-robust-stmts": "migrations-idempotent proves that a file may run again",
    "prefer-bigint-over-int": "the standard itself has an integer column: version",
    "prefer-bigint-over-smallint": "the size of a number is the module's decision",
    "prefer-identity": "the standard allows BIGSERIAL",
    "prefer-text-field": "a question of style without a lock",
    "prefer-timestamp-tz": "table-columns asks for timestamptz where the standard does",
    "ban-char-field": "a question of style without a lock",
    "ban-create-domain-with-constraint": "a new domain locks nobody",
    "ban-drop-table": "contract checks ask for the version bump of a destructive change",
    "ban-drop-column": "contract checks ask for the version bump of a destructive change",
    "ban-drop-database": "migration-forbidden says so, also inside a DO block",
    "require-lock-timeout": "the platform's runner sets it; migration-locks measures what waits",
    "require-statement-timeout": "the platform's runner sets it, as the gates do",
    "identifier-too-long": "PostgreSQL itself says so, and names are compared as it stores them",
}
"""Rules that are off, each with the reason."""

BLOCKING = frozenset({
    "adding-field-with-default", "adding-foreign-key-constraint", "adding-not-nullable-field",
    "adding-required-field", "adding-serial-primary-key-field",
    "ban-alter-domain-with-add-constraint", "ban-concurrent-index-creation-in-transaction",
    "ban-truncate-cascade", "ban-uncommitted-transaction", "changing-column-type",
    "constraint-missing-not-valid", "disallowed-unique-constraint",
    "require-concurrent-index-creation", "require-concurrent-index-deletion",
    "require-concurrent-partition-detach", "require-concurrent-reindex", "transaction-nesting",
})  # fmt: skip
"""Rules whose findings are errors; those of any other rule are warnings."""

_ALWAYS = frozenset({
    "ban-concurrent-index-creation-in-transaction", "ban-uncommitted-transaction",
    "transaction-nesting", "syntax-error",
})  # fmt: skip
"""Rules that are about the script, and hold for new tables too."""


_FAULT, _FAULT_RULE = "DROP DATABASE canary;", "ban-drop-database"
"""What ends every file that squawk is given, on a line of its own: a rule that is off for modules,
and about a statement that locks no table."""


def run(tools: Tools, module: Module, released: frozenset[str]) -> Iterator[Problem]:
    """Run squawk over the migrations that are not released yet.

    `released` has the paths of those that are: they never change, so nothing could be fixed.
    Raises `ToolMissingError` or `ToolFailedError`, the latter also as `prove`: for a file that was
    not read to its end.
    """
    scripts = scripts_of(module, rollbacks=False, hooks=False)
    wanted = [each for each in scripts if each.fault is None and each.path not in released]
    new = made_by(wanted) - made_by(each for each in scripts if each.path in released)
    partitioned = partitioned_by(scripts)
    found: list[Problem] = []
    canaries: list[Canary] = []
    for assume in (True, False):
        group = [each for each in wanted if each.in_one_transaction is assume]
        if group or (assume and not wanted):
            group = group or [Script("migrations", "")]
            found += _run(tools, group, new, partitioned, assume=assume)
            canaries += [Canary(each.path, _last_line(each), _FAULT_RULE) for each in group]
    found.sort(key=lambda each: (each.location, each.rule))
    # The canaries say which files were looked at.
    yield from prove("squawk", found, canaries, files=(), seen=())


def made_by(scripts: Iterable[Script]) -> set[str]:
    """The names of tables, indexes and domains that scripts make, also inside DO blocks. A table
    with a new name is an old one."""
    found: set[str] = set()
    for script in scripts:
        for inner in statements_of(script):
            kind, node = inner.statement.kind, inner.statement.node
            if not inner.at_once or kind == "RenameStmt":
                continue
            found.update(name for name, _ in created_tables(kind, node))
            if kind == "IndexStmt" and (index := node.get("idxname")):
                found.add(index)
            elif kind == "CreateDomainStmt":
                found.add("".join(strings(node.get("domainname"))[-1:]))
    return found


def partitioned_by(scripts: Iterable[Script]) -> frozenset[str]:
    """The names of the partitioned tables that scripts make: those hold no rows of their own."""
    statements = (inner.statement for script in scripts for inner in statements_of(script))
    return frozenset(
        name
        for each in statements
        if each.kind == "CreateStmt" and "partspec" in each.node
        for name, _ in created_tables(each.kind, each.node)
    )


def _run(
    tools: Tools, scripts: list[Script], new: set[str], partitioned: frozenset[str], *, assume: bool
) -> list[Problem]:
    folder = tools.folder / "squawk" / ("transaction" if assume else "statements")
    folder.mkdir(parents=True)
    config = folder / "squawk.toml"
    config.write_text("", "utf-8")
    names: dict[str, Script] = {}
    for number, script in enumerate(scripts):
        file = folder / f"{number:04}.sql"
        # Of the same length, so that columns stay: a module does not waive its own findings.
        text = _without_ignores(_without_old(script, new))
        file.write_text(f"{text}\n;{_FAULT}\n", "utf-8")
        names[file.name] = script
    excluded = ",".join(sorted(EXCLUDED.keys() - {_FAULT_RULE}))
    arguments = ["--reporter=json", f"--config={config}", f"--exclude={excluded}"]
    if assume:
        arguments.append("--assume-in-transaction")
    files = [str(folder / name) for name in names]
    ran = tools.run(
        "squawk", [*arguments, *files], ok=(0, 1), subjects=sum(1 for each in scripts if each.sql)
    )
    return list(parse(ran.stdout, names, new, partitioned))


def _last_line(script: Script) -> int:
    """The line of the canary, which comes after the script, from 1."""
    return script.sql.count("\n") + 2


def _without_old(script: Script, new: set[str]) -> str:
    """The script without CREATE TABLE IF NOT EXISTS of tables that are there already: squawk takes
    what a file makes for new."""
    text = script.sql
    for statement in script.statements:
        made = {name for name, _ in created_tables(statement.kind, statement.node)}
        if statement.kind != "RenameStmt" and made - new:
            end = statement.offset + len(statement.text)
            blank = re.sub(r"[^\n]", " ", statement.text)
            text = text[: statement.offset] + blank + text[end:]
    return text


def _without_ignores(sql: str) -> str:
    return re.sub("squawk-ignore", "squawk_ignore", sql, flags=re.IGNORECASE)


def parse(
    output: bytes,
    names: dict[str, Script],
    new: set[str],
    partitioned: frozenset[str] = frozenset(),
) -> Iterator[Problem]:
    """Read squawk's JSON; leave out what is off, what is only about tables in `new`, and indexes
    ON ONLY one of the `partitioned` tables.

    `names` has the script of each file name. Raises `ToolFailedError` for anything else than the
    format of squawk 2.
    """
    try:
        entries = json.loads(output)
        if not isinstance(entries, list):
            raise TypeError("not a list")
        for entry in entries:
            script = names[Path(entry["file"]).name]
            place, rule = _location(script, entry), str(entry["rule_name"])
            if place.line != _last_line(script) and _is_off(script, rule, place, new, partitioned):
                continue
            help_ = entry.get("help")
            yield Problem(str(entry["message"]), place, rule, str(help_) if help_ else None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolFailedError(
            f"squawk printed what is not its format: {error}",
            hint="pip install 'squawk-cli>=2,<3'",
        ) from error


def _location(script: Script, entry: dict[str, Any]) -> Location:
    """squawk counts lines from 0 and columns in bytes from 0."""
    lines = script.sql.split("\n")
    number, column = int(entry["line"]), int(entry["column"])
    text = lines[number] if number < len(lines) else ""
    before = text.encode()[:column].decode("utf-8", "replace")
    return Location(script.path, number + 1, len(before) + 1)


def _is_off(
    script: Script, rule: str, place: Location, new: set[str], partitioned: frozenset[str]
) -> bool:
    """Whether a rule does not count, at all or at this place."""
    if rule in EXCLUDED or rule in _ALWAYS:
        return rule in EXCLUDED
    statement = _statement(script, place)
    if statement is None:
        return False
    if rule == "require-concurrent-index-creation" and _builds_nothing(statement, partitioned):
        return True
    if rule == "ban-drop-constraint" and _constraints(statement, "AT_DropConstraint") <= {
        each
        for later in script.statements
        if later.offset >= statement.offset
        for each in _constraints(later, "AT_AddConstraint")
    }:
        return True
    return _only_new(statement, new)


def _constraints(statement: Statement, subtype: str) -> set[tuple[str, str]]:
    """Table and name of each constraint that an ALTER TABLE adds, or drops: dropped and added in
    one file is how a constraint is made by a file that may run again."""
    table = (statement.node.get("relation") or {}).get("relname", "")
    commands = [each.get("AlterTableCmd", {}) for each in statement.node.get("cmds") or ()]
    return {
        (table, each.get("name") or each.get("def", {}).get("Constraint", {}).get("conname", ""))
        for each in commands
        if each.get("subtype") == subtype
    }


def _builds_nothing(statement: Statement, partitioned: frozenset[str]) -> bool:
    """Whether it is CREATE INDEX ON ONLY a partitioned table, which reads no row; CONCURRENTLY
    there PostgreSQL refuses (sql-createindex). The partitions' own indexes are judged by
    themselves."""
    relation = statement.node.get("relation") or {}
    return (
        statement.kind == "IndexStmt"
        and not relation.get("inh")
        and relation.get("relname") in partitioned
    )


def _statement(script: Script, place: Location) -> Statement | None:
    found = None
    for statement in script.statements:
        if script.position(statement.offset) <= (place.line or 0, place.column or 0):
            found = statement
    return found


def _only_new(statement: Statement, new: set[str]) -> bool:
    """Whether a statement locks something, and no table but those of this version."""
    names = _locked(statement)
    return bool(names) and names <= new


def _locked(statement: Statement) -> set[str]:
    if statement.kind == "AlterDomainStmt":
        return {"".join(strings(statement.node.get("typeName"))[-1:])}
    return {name for _, name, _ in touched(statement.node)}
