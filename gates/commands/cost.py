"""The command that measures what migrations lock, rewrite and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import click

from gates.commands.module_path import module_path
from gates.commands.options import settings_of, wants_colour


class RowCounts(click.ParamType[tuple[int, ...]]):
    """Whole numbers with commas between them."""

    name = "n,n,n"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers, from the smallest to the largest."""
        if isinstance(value, tuple):
            return value
        try:
            sizes = tuple(sorted({int(each) for each in str(value).split(",")}))
        except ValueError:
            sizes = ()
        if not sizes or sizes[0] < 2 or sizes[-1] > 10_000_000:
            self.fail("give numbers of rows such as 1000,3000,10000, each from 2 to 10,000,000")
        return sizes


@click.command(short_help="What migrations lock, rewrite and read.")
@module_path()
@click.option(
    "--rows",
    type=click.IntRange(100, 10_000_000),
    metavar="N",
    help="Rows in each table. Default: 10,000, or database.rows of the policy.",
)
@click.option(
    "--sizes",
    type=RowCounts(),
    help="Measure with these numbers of rows. Default: a tenth of --rows, a third, and all.",
)
@click.option(
    "--since",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="Judge the files from this number on, as if those before were released. Default: what the"
    " catalog says.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--catalog", help="Catalog: says which files are released, and so not judged.")
@click.option("--database-url", help="Server to measure on. Default: an embedded one.")  # fmt: skip
def cost(
    path: Path,
    rows: int | None,
    sizes: tuple[int, ...] | None,
    since: int | None,
    as_json: bool,
    **given: Any,
) -> NoReturn:
    """Measure, for each statement of each migration in PATH, the locks that it takes, what it
    rewrites and reads, and how long others would wait.

    Every file runs on a fresh database, with rows in the tables that earlier files have made. Locks
    are read from the server while the transaction is open, and last until it ends, so a file's
    last lines count for its first lock. What grows is decided by the rows that are read and
    written, not by the clock; durations are measured at three sizes and carried on to a million
    rows.

    \b
    Reading the output:
      5    0.6 ms  ALTER TABLE notes ADD COLUMN colour text
                   ACCESS EXCLUSIVE on table public.notes: blocks reads and writes
      held: ACCESS EXCLUSIVE on table public.notes from line 5 to the end of the file:
            190 ms at 10,000 rows, of which line 7 (UPDATE ...) 180 ms
            18.2 s at 1,000,000 rows, linear; blocks reads and writes

    "At most" says that the sizes did not differ enough to measure a slope. The judgement is that of
    the check migration-locks (`gates explain migration-locks`); a table that no released version
    has is locked by nobody, and does not count.
    Exit code 1 where a new file keeps others waiting for as long as a table is large, 3 where a
    table of a released version could not be filled with rows.
    """
    import sys

    from gates.catalog import Catalog
    from gates.database import Database
    from gates.database.proofs.locks.blocking import blockings, unknown
    from gates.database.proofs.locks.measure import measure, scripts_of_upgrade
    from gates.module import load
    from gates.report import cost_json
    from gates.report.cost import CostReport, render
    from gates.settings import load_policy

    settings = settings_of(**given)
    module = load(path)
    policy = load_policy(module.root, settings.policy)
    if not module.migrations:
        click.echo("the module has no migrations")
        raise SystemExit(0)
    most = rows or policy.rows
    chosen = sizes or tuple(sorted({max(most // 10, 10), most // 3, most}))
    if since is not None:
        released = frozenset(each.path for each in module.migrations if each.number < since)
    else:
        with Catalog.open(settings) as catalog:
            # Its own release, too, is what is upgraded from, edited or not.
            previous = catalog.latest(module.slug, module.version)
        released = frozenset(each.path for each in previous.migrations)
    with Database.open(module, policy, settings) as database:
        scripts = scripts_of_upgrade(module, released)
        measured = tuple(
            measure(database, size, released=released, scripts=scripts) for size in chosen
        )
    problems = tuple(blockings(measured[-1], released, policy.max_lock_seconds))
    report = CostReport(measured, released, problems, unknown(measured[-1], released))
    if as_json:
        click.echo(cost_json.render(report), nl=False)
    else:
        click.echo(render(report, colour=wants_colour(sys.stdout)), nl=False, color=True)
    raise SystemExit(report.exit_code)
