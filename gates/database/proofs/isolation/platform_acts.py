"""What is done with the platform's rights: what a module's SQL files do to rows, and its triggers,
defaults and rules of columns where the platform itself writes, in a purge or a job.

Row security does not apply then. What they leave with tenant A must not depend on the rows of
tenant B: each is run without B's rows and with them, and what A has is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gates.database import Database
from gates.database.catalog_state.tables import Table
from gates.database.parsing.script import parse
from gates.database.proofs.isolation.acts import TIES, Act, shown_by, untried
from gates.database.proofs.isolation.asked import asked
from gates.database.proofs.isolation.calls_over_rows import settled
from gates.database.proofs.isolation.depends import NotRunError, Trial
from gates.database.proofs.isolation.file_acts import (
    files_over_rows,
    own_functions,
    statements_of_files,
)
from gates.database.proofs.isolation.rows_to_try import RowsToTry, rows_to_try
from gates.database.proofs.isolation.sources import sources_of
from gates.database.proofs.isolation.trigger_writes import Write, writes_past_triggers
from gates.database.proofs.isolation.views_and_functions import Exposed, Exposure
from gates.database.proofs.tenants.tenants import Tenants
from gates.records import replace

_TRIGGER_SENTENCE = (
    "acts on every {} of the platform, a purge or a job, and what it leaves with one tenant depends"
    " on the rows of another"
)
_TRIGGER_FIX = (
    "read and write rows WHERE tenant_id = NEW.tenant_id (OLD.tenant_id in a DELETE) alone: for the"
    " platform's own purges and jobs row security does not apply"
)


def platform_acts(
    database: Database,
    tenants: Tenants,
    owner_name: str,
    tables: Sequence[Table],
    unproved: list[str],
) -> Iterator[Exposure]:
    """Those after which A's rows are others where B has rows. What could not be run is added to
    `unproved`, a sentence each."""
    own = own_functions(database, tenants.owner)
    sources = sources_of(tenants.owner, owner_name)
    writes = list(writes_past_triggers(tenants, owner_name, tables, sources))
    unproved += [each.untried for each in writes if each.untried]
    writes = [each for each in writes if not each.untried]
    acts = [
        *statements_of_files(database, own),
        *(
            Act(
                each,
                _TRIGGER_SENTENCE.format(command),
                _TRIGGER_FIX,
                command,
                may_refuse=True,
                refusable=write.varied,
                on_b=on_b,
            )
            for write in writes
            for command in [write.command]
            for on_b in (False, True)
            for each in (_on_rows_of_b(tenants, write) if on_b else [write.exposed])
        ),
    ]
    scripts = sources.everything if writes else []
    alike = rows_to_try(
        tenants,
        tables,
        scripts,
        [each.row for each in writes if each.row],
        "what triggers, defaults and rules of columns run",
    )
    told = set()
    not_run: list[tuple[Act, str]] = []
    given = (tables, acts, own, alike, unproved, not_run)
    for each in _of_acts(database, tenants, *given) if acts else ():
        told.add(each.exposed.place)
        yield each
    files = {place.path for place in told if place is not None}
    tried: set[str] = set()
    for each in files_over_rows(database, tenants, own, unproved, tried):
        if each.exposed.place is None or each.exposed.place.path not in files:
            yield each
    for act, sentence in not_run:
        # What is no longer there when all files have run was there for its own file.
        if act.exposed.place is None or act.exposed.place.path not in tried:
            unproved.append(sentence)


def _of_acts(
    database: Database,
    tenants: Tenants,
    tables: Sequence[Table],
    acts: Sequence[Act],
    own: frozenset[str],
    alike: RowsToTry,
    unproved: list[str],
    not_run: list[tuple[Act, str]],
) -> Iterator[Exposure]:
    asks = asked(tenants, tables, own)
    shown: set[tuple[str, str]] = set()
    with database.clone("in use") as clone:
        over = [Trial(tenants, clone, *each, asks, database.limit) for each in alike.sets]
        ways = [each.exposed.statements[0] for each in acts if each.exposed.place is None]
        done = settled(over, ways) if tables else set()
        unproved += alike.unmade if ways else ()
        for act in acts:
            if act.exposed.place is None and act.exposed.statements[0] in done:
                continue
            error, rows = None, alike
            if (act.exposed.label, act.shown) in shown:
                continue
            if act.exposed.place is not None:
                script = parse("", act.exposed.statements[0])
                rows = rows_to_try(
                    tenants, tables, [script], whose=f"{act.exposed.label} ({act.shown})"
                )
            unproved += rows.unmade
            trials = [Trial(tenants, clone, *each, asks, database.limit) for each in rows.sets]
            for statement in act.exposed.statements:
                try:
                    seen = shown_by(trials, statement, act)
                except NotRunError as failed:
                    error = failed
                    continue
                if seen.script:
                    sentence = TIES.format(seen.fails) if seen.fails else act.sentence
                    shown.add((act.exposed.label, act.shown))
                    yield Exposure(act.exposed, sentence, seen.script, act.fix)
                if seen.untried:
                    unproved.append(untried(f"{act.exposed.label} ({act.shown})", seen.untried))
                break
            else:
                if error is None or not act.does_nothing(error):
                    sentence = f"{act.exposed.label} ({act.shown}) could not be run alone: error"
                    not_run.append((act, f"{sentence} {error}"))


def _on_rows_of_b(tenants: Tenants, write: Write) -> Iterator[Exposed]:
    """The same to the rows of B: there are none where the proof has none, and A's stay as they
    were."""
    tenant = write.table.tenant
    if write.command != "INSERT" and tenant is not None:
        mine, other = tenants.rows(write.table)
        whose = f"{tenant.quoted} = {other.values[tenant.number]}"
        (statement,) = write.exposed.statements
        yield replace(write.exposed, statements=(statement.replace(mine.condition(), whose),))
