"""`gates fleet`: many modules at once."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.options import CATALOG_HELP, day, settings_of
from gates.errors import UsageError
from gates.model import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gates.fleet.run import Engine
    from gates.fleet.task import Outcome, Task

STAGES = [stage.value for stage in Stage.PUBLISH.before]
FORMS = ("text", "json", "html")


class _Output(click.ParamType[tuple[str, Path]]):
    name = "FORMAT=FILE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, Path]:
        """Format and file of a report."""
        form, separator, file = str(value).partition("=")
        if form not in FORMS or not separator or not file:
            self.fail(
                f"{value!r} is not FORMAT=FILE with FORMAT one of {', '.join(FORMS)}", param, ctx
            )
        return form, Path(file)


@click.group(short_help="Many modules at once.")
def fleet() -> None:
    """Run the stages over all modules of an organisation, and see how ready they are."""


_PLACES = click.argument(
    "places", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PLACE..."
)
_COMMON = [
    click.option(
        "--stage", "stages", type=click.Choice(STAGES), multiple=True,
        help="Only this stage. Repeatable. Default: the five before publish.",
    ),
    click.option(
        "--workers", type=click.IntRange(1), help="Modules at a time. Default: one for each core.",
    ),
    click.option(
        "--dask", metavar="ADDRESS",
        help="Run on a Dask cluster: its scheduler's address, or `local` for workers here.",
    ),
    click.option(
        "--time-limit", type=click.FloatRange(1), default=1800.0, show_default=True,
        help="Seconds that one module may take.",
    ),
    click.option(
        "--effective-time", metavar="TIME",
        help="Another day: what its policy breaks. `run` tells it beside what is so today.",
    ),
    click.option("--policy", type=click.Path(path_type=Path, dir_okay=False)),
    click.option("--catalog", help=CATALOG_HELP),
    click.option("--offline", is_flag=True, default=None, help="Reach nothing outside."),
    click.option("--output", "outputs", type=_Output(), multiple=True,
                 help=f"Also write what was found. FORMAT is {', '.join(FORMS)}. Repeatable."),
]  # fmt: skip


def _with_common(command: Any) -> Any:
    for option in reversed(_COMMON):
        command = option(command)
    return _PLACES(command)


@fleet.command("run", short_help="The stages over all of them.")
@_with_common
@click.option("--resume", is_flag=True, help="Go on with the run that was broken off.")
@click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False),
    help="Where the run is written down. Default: `fleet` in the installation's state folder.",
)  # fmt: skip
def fleet_run(
    places: tuple[Path, ...],
    resume: bool,
    state: Path | None,
    outputs: tuple[tuple[str, Path], ...],
    **given: Any,
) -> NoReturn:
    """Run the stages before publish over every module in PLACE, and tell how ready each is.

    PLACE is a folder with modules below it, or a text file with the folder of a module on each
    line. Each module is run by a process of its own; one whose process dies is tried again, and is
    an error then, never a pass. Exit code 0 where all pass, 1 where one fails, else 3.
    """
    from gates.fleet.journal import Journal
    from gates.fleet.members import find_members
    from gates.fleet.readiness import Fleet
    from gates.fleet.run import make_tasks, run_fleet

    effective = given.pop("effective_time") or ""
    if effective:
        day(effective)
    engine, arguments, limit, settings = _prepared(given)
    journal = Journal(state.absolute() if state else settings.state / "fleet")
    began = time.monotonic()
    tasks, errors = make_tasks(find_members(places), arguments, settings.policy, limit, effective)
    total = len(tasks) + len(errors)
    done = iter(range(1, total + 1))

    def tell(outcome: Outcome, known: bool) -> None:
        taken = "from the run before" if known else f"{outcome.seconds:.1f} s"
        click.echo(f"[{next(done)}/{total}] {outcome.name}: {outcome.verdict} ({taken})", err=True)

    found = run_fleet(tasks, errors, journal, engine, resume=resume, tell=tell)
    made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _end(Fleet(found, journal.before(), made, time.monotonic() - began, effective), outputs)


def _prepared(given: dict[str, Any]) -> tuple[Engine, tuple[str, ...], float, Any]:
    """The engine, the arguments of each `gates run`, its time limit, and the settings."""
    workers = given.pop("workers") or os.cpu_count() or 1
    address, limit, stages = given.pop("dask"), given.pop("time_limit"), given.pop("stages")
    arguments = [part for stage in stages or STAGES for part in ("--stage", stage)]
    if (effective := given.pop("effective_time", None)) is not None:
        arguments += ["--effective-time", effective]
    for name in ("policy", "catalog"):
        if given.get(name) is not None:
            place = str(given[name].absolute()) if name == "policy" else given[name]
            arguments += [f"--{name}", place]
    arguments += ["--offline"] if given.get("offline") else []

    def engine(tasks: Sequence[Task]) -> Iterator[Outcome]:
        from gates.fleet.engines import run_here, run_on_dask

        return run_on_dask(tasks, address, workers) if address else run_here(tasks, workers)

    return engine, tuple(arguments), limit, settings_of(**given)


def _end(found: Any, outputs: Sequence[tuple[str, Path]]) -> NoReturn:
    from gates.report import fleet as report

    forms = {"text": report.text, "json": report.to_json, "html": report.page}
    for form, file in outputs:
        try:
            file.write_text(forms[form](found), "utf-8")
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror or error}") from error
    click.echo(report.text(found), nl=False)
    raise SystemExit(found.exit_code)


@fleet.command("dependents", short_help="What a release would do to others.")
@click.argument("candidate", type=click.Path(path_type=Path, file_okay=False, exists=True))
@_with_common
@click.option(
    "--repeat", type=click.IntRange(0), default=1, show_default=True, metavar="N",
    help="Run each N times more as the catalog is: what differs then is flaky.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def dependents(
    candidate: Path, places: tuple[Path, ...], repeat: int, as_json: bool, **given: Any
) -> NoReturn:
    """Gate the modules in PLACE that depend on the module in the folder CANDIDATE against it.

    Each is run as the catalog is, and as it would be if the candidate were released. Only what
    passes now and fails then counts: exit code 1. Exit code 3 where one cannot be told.
    """
    from gates.catalog.candidate import candidate_of
    from gates.fleet import REGRESSED, SPURIOUS, UNKNOWN
    from gates.fleet.dependents import find_dependents, gate_dependents
    from gates.fleet.members import find_members
    from gates.fleet.run import make_tasks
    from gates.module import load
    from gates.report import dependents as report

    given.pop("outputs")
    engine, arguments, limit, settings = _prepared(given)
    module = load(candidate.absolute())
    candidate_of(module)  # raises for one that could not be released for its own reasons
    found = find_dependents(module, find_members(places))
    tasks, errors = make_tasks([each.member for each in found], arguments, settings.policy, limit)
    if errors:
        raise UsageError(f"{errors[0].name}: {errors[0].reason}")

    def tell(outcome: Outcome) -> None:
        click.echo(f"{outcome.name}: {outcome.verdict} ({outcome.seconds:.1f} s)", err=True)

    plain = {each.name: each for each in tasks}
    compared = gate_dependents(module, found, plain, engine, repeated=repeat, tell=tell)
    name = f"{module.slug} {module.version}"
    form = report.to_json if as_json else report.text
    click.echo(form(name, compared), nl=False)
    states = {each.state for each in compared}
    if REGRESSED in states:
        raise SystemExit(1)
    raise SystemExit(3 if states & {SPURIOUS, UNKNOWN} else 0)
