"""`gates migration`: the move of a whole platform, checked and rehearsed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import click

from gates.commands.migration_place import (
    FOLDER,
    KEY,
    PLAN,
    URL,
    folder_of,
    load,
    place_of,
    server,
    sound,
)
from gates.commands.migration_run import migration_report, migration_rollback, migration_run
from gates.commands.options import settings_of
from gates.errors import UsageError


@click.group(short_help="Move a platform, rehearsed.")
def migration() -> None:
    """Move a platform to the catalog in one window, by a plan: check, rehearse, run, roll back."""


@migration.command("check")
@PLAN
def migration_check(plan_file: Path) -> NoReturn:
    """Say whether PLAN can be carried out: window, ways back, checks, commands.

    Exit code 1 where it cannot, with the line of each reason; names the latest time at which a
    rollback still fits.
    """
    from gates.move.judge_plan import faults
    from gates.report.migration import plan_text

    plan = load(plan_file)
    found = faults(plan)
    click.echo(plan_text(plan, found, plan_file.name), nl=False)
    raise SystemExit(1 if found else 0)


@migration.command("rehearse")
@PLAN
@click.option("--times", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--rollbacks", type=click.IntRange(0, 1000), default=5, show_default=True)
@click.option("--organisations", type=click.IntRange(1, 100_000), help="Generate this old world.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the generated world.")
@click.option(
    "--dump", type=click.Path(path_type=Path, exists=True), help="A dump by pg_dump -Fd, instead."
)
@click.option("--clone", help="A database of the server of --database-url, instead.")
@click.option("--no-faults", is_flag=True, help="Inject none.")
@FOLDER
@URL
@KEY
def migration_rehearse(
    plan_file: Path,
    times: int,
    rollbacks: int,
    organisations: int | None,
    seed: int,
    dump: Path | None,
    clone: str | None,
    no_faults: bool,
    folder: Path | None,
    **given: Any,
) -> NoReturn:
    """Rehearse PLAN on copies of a database, forwards and back, and with faults at its steps.

    Without --database-url a server of our own is started for it, which syncs to disk as a real one
    does. Writes a signed record; exit code 1 where a rehearsal or a fault did not end well.
    """
    from gates.move import record
    from gates.move.legacy import Size
    from gates.move.rehearse import Source, rehearse
    from gates.report.migration import times_text

    if sum(each is not None for each in (organisations, dump, clone)) != 1:
        raise UsageError("give one of --organisations, --dump and --clone")
    settings = settings_of(**given)
    if clone and not settings.database_url:
        raise UsageError("--clone needs the server that the database is on: --database-url")
    plan = sound(plan_file)
    source = Source(Size(organisations, seed) if organisations else None,
                    dump.absolute() if dump else None, clone or "")  # fmt: skip
    with server(settings) as url:
        place = place_of(plan, plan_file, settings, url, "axon", Path.cwd())
        made = rehearse(
            plan, place, source,
            times=times, rollbacks=rollbacks, with_faults=not no_faults, tell=click.echo,
        )  # fmt: skip
    path = record.write(
        record.rehearsal_payload(made), folder_of(plan_file, folder), "rehearsal", settings
    )
    click.echo(times_text(plan, (made,)), nl=False)
    click.echo(f"signed: {path}")
    bad = [each for each in made.rehearsals if not each.passed]
    missed = [each for each in made.faults if not each.survived]
    click.echo(
        f"{len(made.rehearsals) - len(bad)} of {len(made.rehearsals)} rehearsals passed,"
        f" {len(made.faults) - len(missed)} of {len(made.faults)} faults ended well"
    )
    raise SystemExit(1 if bad or missed else 0)


@migration.command("status")
@PLAN
@FOLDER
def migration_status(plan_file: Path, folder: Path | None) -> None:
    """Show where a run of PLAN stands, also while another process runs it."""
    from gates.move.journal import now, read
    from gates.move.progress import progress
    from gates.report.migration import status_text

    entries = read(folder_of(plan_file, folder))
    click.echo(status_text(progress(load(plan_file), entries), now()), nl=False)


for each in (migration_run, migration_rollback, migration_report):
    migration.add_command(each)
