"""The platform's baseline: its files, the built-in ones or a platform's own schema dump, made ready
to run. Pure, but for reading files.

A dump of `pg_dump --schema-only` runs as it is: psql's `\\restrict` lines are left out, and so are
settings that the server does not know (a newer pg_dump writes them). What would be dropped
silently, such as rows or another psql command, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from gates.database.parsing.script import Script, parse, walk
from gates.database.server.leftovers import PLATFORM_ROLES
from gates.errors import CouldNotCheckError
from gates.settings import Policy

BUILT_IN = Path(__file__).parent
HINT = "pg_dump --schema-only --file=FILE, and name FILE in database.baseline of gates-policy.toml"

_PSQL = re.compile(r"^\\(\w+)[^\n]*", re.MULTILINE)
_HARMLESS = frozenset({"restrict", "unrestrict"})
_ROWS = re.compile(r"^COPY [^\n]* FROM stdin;$", re.MULTILINE | re.IGNORECASE)


def files(policy: Policy) -> list[Path]:
    """The SQL files of the baseline, in the order in which they run."""
    built_in = [] if policy.baseline_replaces else sorted(BUILT_IN.glob("*.sql"))
    return [*built_in, *policy.baseline]


def read(path: Path) -> str:
    """A file's SQL without what is psql's own, at the same places.

    Raises `CouldNotCheckError` for rows, for other psql commands, and for a file in pg_dump's
    binary formats.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CouldNotCheckError(f"the platform baseline {path.name} is no SQL", hint=HINT) from (
            error
        )
    if "\0" in text or text.startswith("PGDMP"):
        raise CouldNotCheckError(f"the platform baseline {path.name} is no SQL", hint=HINT)
    if rows := _ROWS.search(text):
        line = text.count("\n", 0, rows.start()) + 1
        raise CouldNotCheckError(
            f"the platform baseline {path.name}:{line} holds rows, and a baseline is a schema",
            hint=HINT,
        )
    for command in _PSQL.finditer(text):
        if command[1] not in _HARMLESS and _is_command(text, command.start()):
            line = text.count("\n", 0, command.start()) + 1
            raise CouldNotCheckError(
                f"the platform baseline {path.name}:{line} holds psql's command \\{command[1]}",
                hint=HINT,
            )
    return _PSQL.sub(lambda found: _blank(found[0]) if found[1] in _HARMLESS else found[0], text)


def _is_command(text: str, at: int) -> bool:
    """Whether what begins with a backslash is psql's: without it, the file parses."""
    return parse("", text).fault is not None and parse("", text[:at]).fault is None


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def roles_of(script: Script) -> set[str]:
    """The roles that a script names, the platform's own left out."""
    named = {
        str(inner.get("rolename"))
        for statement in script.statements
        for name, inner in walk({statement.kind: statement.node})
        if name == "RoleSpec" and inner.get("roletype") == "ROLESPEC_CSTRING"
    }
    named |= {
        str(inner["newowner"].get("rolename"))
        for statement in script.statements
        for _, inner in walk({statement.kind: statement.node})
        if isinstance(inner.get("newowner"), dict) and inner["newowner"].get("rolename")
    }
    return named - set(PLATFORM_ROLES)


def without(script: Script, *, settings: Collection[str], owners: bool) -> str:
    """A script's SQL with blanks where it sets what the server does not know (`settings` are the
    names that it does), and, unless `owners`, where it says whom something belongs to."""
    text = script.sql
    for statement in script.statements:
        kind, node = statement.kind, statement.node
        unknown = (
            kind == "VariableSetStmt"
            and "." not in node.get("name", "")
            and str(node.get("name", "")).lower() not in settings
        )
        commands = [each.get("AlterTableCmd", {}) for each in node.get("cmds", ())]
        owner = kind == "AlterOwnerStmt" or (
            bool(commands) and all(each.get("subtype") == "AT_ChangeOwner" for each in commands)
        )
        if unknown or (owner and not owners):
            end = statement.offset + len(statement.text)
            blank = _blank(text[statement.offset : end])
            text = text[: statement.offset] + blank + text[end:]
    return text


def refuse_without(roles: Iterable[str]) -> None:
    """Raise `CouldNotCheckError` that names the roles which the server lacks."""
    missing = sorted(roles)
    if missing:
        commands = " ".join(f'CREATE ROLE "{each}" NOLOGIN;' for each in missing)
        raise CouldNotCheckError(
            f"the platform baseline names roles that the server lacks: {', '.join(missing)}",
            hint=commands,
        )
