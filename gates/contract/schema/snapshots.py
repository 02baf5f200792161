"""The databases of two versions, made by running their migrations on the server of the proofs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from gates.contract.schema.pair import Pair, Place
from gates.contract.schema.probe import refuses_on
from gates.contract.schema.triggers import writes_on
from gates.contract.schema.witness import Witness
from gates.database import Database, Scratch, Snapshot
from gates.database.locate import place_of
from gates.database.parsing.script import Script, parse
from gates.database.tenant_session import A
from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module import Module


@contextmanager
def pair_of(old: Module, new: Module, database: Database) -> Iterator[Pair]:
    """The databases of both versions, while the new one can be asked; `database` is that of it.

    Raises `MigrationsDoNotApplyError` where the new migrations do not apply, `CouldNotCheckError`
    where the old ones do not.
    """
    before = _before(old, database)
    upgrade = _upgrade(old, new)
    with ExitStack() as stack:
        scratch = stack.enter_context(database.scratch())
        owner, enter = scratch.session("owner"), database.sessions.enter(A)
        witness = Witness(
            lambda: stack.enter_context(_old(old, database)).session,
            lambda: scratch.session,
            database.sessions,
            [statement.text for script in upgrade for statement in script.statements],
            limit=database.limit,
        )
        yield Pair(
            before,
            database.applied.snapshot,
            places_in(old),
            places_in(new),
            refuses_on(owner, enter),
            writes_on(owner, scratch.session("admin"), enter),
            upgrade,
            witness,
        )


def _upgrade(old: Module, new: Module) -> tuple[Script, ...]:
    """The migrations after those of the old version; none where these are not what came first."""
    before, after = ([(e.path, e.sql) for e in each.migrations] for each in (old, new))
    if after[: len(before)] != before:
        return ()
    return tuple(parse(path, sql) for path, sql in after[len(before) :])


def _before(old: Module, database: Database) -> Snapshot:
    scripts = [(each.path, each.sql) for each in old.migrations]
    applied = database.applied
    if scripts == database.scripts[: len(scripts)]:
        return applied.states[len(scripts)]  # released files do not change: it was on the way
    with _old(old, database) as scratch:
        return scratch.snapshot()


@contextmanager
def _old(old: Module, database: Database) -> Iterator[Scratch]:
    with database.scratch("baseline") as scratch:
        for run in scratch.run_all([(each.path, each.sql) for each in old.migrations]):
            if run.failure is not None:
                raise CouldNotCheckError(
                    f"the migrations of {old.version or 'the old version'} do not apply"
                    f" ({run.failure.location}: {run.failure.message}), so there is nothing to"
                    " compare with",
                    hint="gates diff --no-database",
                )
        yield scratch


_WRITES = frozenset({"DeleteStmt", "InsertStmt", "MergeStmt", "SelectStmt", "UpdateStmt"})


def places_in(module: Module) -> Place:
    """Where the migrations of a module make something, or mention it last."""

    def place(name: str, member: str, gone: bool) -> Location | None:
        if not module.migrations:
            return None
        label = f"{name}.{member}" if member else name
        if gone:
            return _last_mention(module, name, member or name, label)
        # A constraint without a name of its own is named after its table and column.
        unnamed = re.fullmatch(rf"{re.escape(name)}_(.+)_(?:check|key|fkey|excl)\d*", member)
        for word in (member, unnamed[1] if unnamed else ""):
            if word and (mentioned := _last_mention(module, name, word, label)) is not None:
                return mentioned
        return place_of(module, name, label)

    return place


def _last_mention(module: Module, name: str, member: str, label: str) -> Location | None:
    """The last statement that names both, at the member's name; one that writes rows only where no
    other does."""
    word = re.compile(rf"(?<!\w){re.escape(member)}(?!\w)")
    whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    writing: Location | None = None
    for each in reversed(module.migrations):
        script = parse(each.path, each.sql)
        for statement in reversed(script.statements):
            found = word.search(statement.text)
            if found and whole.search(statement.text):
                line, column = script.position(statement.offset + found.start())
                place = Location(each.path, line, column, column + len(member), label)
                if statement.kind not in _WRITES:
                    return place
                writing = writing or place
    return writing
