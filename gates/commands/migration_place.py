"""What the commands of `gates migration` share: options, the plan, the server, the place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gates.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from gates.move.place import Place
    from gates.move.plan import Plan
    from gates.settings import Settings

PLAN = click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path, dir_okay=False))
FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False),
    help="Where backup, journal and records lie. Default: PLAN's name without .toml.",
)  # fmt: skip
DATABASE = click.option("--database", default="axon", show_default=True, help="What is moved.")
URL = click.option(
    "--database-url", help="The server, as a superuser. Default: GATES_DATABASE_URL."
)
KEY = click.option("--key", type=click.Path(path_type=Path), help="Private signing key (PEM).")
POLICY = click.option(
    "--policy", type=click.Path(path_type=Path, dir_okay=False), help="Whose keys count."
)


def load(path: Path) -> Plan:
    """The plan in a file."""
    from gates.move.read import load_plan

    return load_plan(path)


def sound(path: Path) -> Plan:
    """A plan without a fault. Raises `RefusedError` for any other."""
    from gates.move.judge_plan import faults

    plan = load(path)
    if found := faults(plan):
        raise RefusedError(
            [f"{path.name}:{each.line}: {each.message}" for each in found],
            hint=f"gates migration check {path}",
        )
    return plan


def folder_of(plan_file: Path, folder: Path | None) -> Path:
    """Where the files of a plan's runs and rehearsals lie."""
    return (folder or plan_file.with_suffix("")).absolute()


def real_server(settings: Settings) -> str:
    """The URL of the real server. Raises `UsageError` where none is named."""
    if not settings.database_url:
        raise UsageError(
            "the server that is moved is not named", hint="--database-url or GATES_DATABASE_URL"
        )
    return settings.database_url


@contextlib.contextmanager
def server(settings: Settings) -> Iterator[str]:
    """The server's URL; without one, a durable server of our own for as long as this lasts."""
    import shutil
    import tempfile

    if settings.database_url:
        yield settings.database_url
        return
    from gates.database.server.embedded import durable_server

    made = Path(tempfile.mkdtemp(prefix="gates-migration-"))
    made.chmod(0o755)
    try:
        with durable_server(made / "server", settings) as url:
            yield url
    finally:
        shutil.rmtree(made, ignore_errors=True)


def place_of(
    plan: Plan, plan_file: Path, settings: Settings, url: str, database: str, folder: Path
) -> Place:
    """Where a plan is carried out, with the options that it names."""
    from gates.database.server.embedded import throwaway_server
    from gates.database.server.programs import Programs
    from gates.move.place import Place
    from gates.move.read import seconds_of

    modules = plan.options.get("modules")
    lock = plan.options.get("lock_timeout")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Place(
        url,
        database,
        folder,
        Programs.find(settings.cache / "postgresql").folder,
        jobs=int(plan.options.get("jobs", "2")),
        lock_timeout=seconds_of(lock) if lock else 10.0,
        modules=(plan_file.parent / modules).absolute() if modules else None,
        approver=plan.options.get("approver", ""),
        releases=lambda connection: _copy_releases(settings, connection),
        second=(lambda: throwaway_server(settings))
        if plan.options.get("second_server") == "True"
        else None,
    )


def _copy_releases(settings: Settings, connection: Any) -> None:
    """What the catalog of these settings holds, with its evidence, oldest version first."""
    from gates.catalog import Catalog
    from gates.catalog.store import register_version

    with Catalog.open(settings) as catalog:
        pages = [page for slug in catalog.slugs() if (page := catalog.show(slug))]
    there = connection.execute("SELECT slug, version FROM public.core_module_versions").fetchall()
    for page in pages:
        for version in reversed(page.versions):
            if (version.slug, version.version) not in there:
                evidence = page.evidence.get(version.version, ())
                register_version(connection, page.module, version, evidence)
