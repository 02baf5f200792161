"""The commands of `gates catalog` about modules at tenants."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.options import CATALOG_HELP, REGISTRY_HELP, settings_of
from gates.errors import CouldNotCheckError, UsageError

if TYPE_CHECKING:
    from gates.catalog import Catalog, ReleasedVersion
    from gates.registry import Registry
    from gates.settings import Settings

_CATALOG = click.option("--catalog", help=CATALOG_HELP)
_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
_TENANT = click.argument("tenant", type=click.UUID)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


def _running(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that runs SQL of released versions, whose evidence is verified."""
    for option in (
        click.option(
            "--policy",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Whose keys count. Default: gates-policy.toml above the working folder.",
        ),
        click.option("--key", type=click.Path(path_type=Path)),
        click.option("--registry", help=f"Registry: {REGISTRY_HELP}"),
        _CATALOG,
    ):
        command = option(command)
    return command


@contextmanager
def _opened(**given: Any) -> Iterator[Catalog]:
    from gates.catalog import Catalog

    with Catalog.open(settings_of(**given)) as found:
        yield found


def _prove(
    settings: Settings, found: Catalog, registry: Registry
) -> Callable[[ReleasedVersion], Sequence[str]]:
    from gates.catalog.verify import verify_version
    from gates.evidence.keys import Trust
    from gates.settings import load_policy

    def prove(row: ReleasedVersion) -> Sequence[str]:
        policy = load_policy(Path.cwd() / row.slug, settings.policy)
        trust = Trust.of(policy, settings, datetime.now(UTC).date())
        hours = policy.evidence_max_age_hours
        evidence = found.evidence(row)
        return verify_version(
            row, evidence, trust, max_age_hours=hours, registry=registry
        ).all_reasons

    return prove


@click.command("provision")
@_TENANT
@click.argument("slug")
@click.argument("version", required=False)
@_running
def provision_command(tenant: Any, slug: str, version: str | None, **given: Any) -> NoReturn:
    """Give a tenant a module: request, migrations, ENABLED.

    VERSION is by default the newest that needs no approval. The version's evidence and bundle are
    verified, and those of its migrations that this database lacks are run, as the role
    gates_migrator. Where an approval is needed the state stays PENDING_APPROVAL until
    `gates catalog approve-request`; run this again then, as after an error or an interruption.
    """
    from gates.registry import Registry
    from gates.tenants import provision

    settings = settings_of(**given)
    registry = Registry.of(settings)
    with _opened(**given) as found:
        prove = _prove(settings, found, registry)
        done = provision(found, registry, str(tenant), slug, version, prove=prove)
    click.echo(f"{slug} {done.version}  {done.state}")
    if done.failure:
        click.echo(done.failure, err=True)
    raise SystemExit(1 if done.failure else 0)


@click.command("approve-request")
@_TENANT
@click.argument("slug")
@click.option("--approver", required=True, help="Who approves; not who asked.")
@_CATALOG
def approve_command(tenant: Any, slug: str, approver: str, **given: Any) -> None:
    """Approve a tenant's request for a version that needs it."""
    from gates.tenants import store

    with _opened(**given) as found:
        found.work(
            lambda session: store.call(
                session, "approve_tenant_module",
                for_tenant=str(tenant), slug=slug, approver=approver,
            )
        )  # fmt: skip


@click.command("set-state")
@_TENANT
@click.argument("slug")
@click.argument("state", type=click.Choice(["SUSPENDED", "DISABLED", "ENABLED", "ARCHIVED"]))
@_CATALOG
def set_state_command(tenant: Any, slug: str, state: str, **given: Any) -> None:
    """Suspend, disable or archive a tenant's module; ENABLED ends a suspension."""
    from gates.tenants import store

    with _opened(**given) as found:
        found.work(
            lambda session: store.call(
                session, "set_tenant_module_state",
                for_tenant=str(tenant), slug=slug, wanted=state,
            )
        )  # fmt: skip


@click.command("set-upgrades")
@_TENANT
@click.argument("slug")
@click.argument("automatic", type=click.Choice(["on", "off"]))
@click.option("--window", help="When upgrades may begin, UTC: 22:00-04:00. Default: any time.")
@click.option("--days", default="", help="On which days it begins: mon,sat. Default: every day.")
@_CATALOG
def set_upgrades_command(
    tenant: Any, slug: str, automatic: str, window: str | None, days: str, **given: Any
) -> None:
    """Upgrade a tenant's module without asking, or not."""
    from gates.tenants import store

    numbers = []
    for day in filter(None, days.split(",")):
        if day not in _DAYS:
            raise UsageError(f"{day!r} is no day", hint=f"one of {', '.join(_DAYS)}")
        numbers.append(_DAYS.index(day) + 1)
    with _opened(**given) as found:
        found.work(
            lambda session: store.set_upgrades(
                session, str(tenant), slug,
                automatic=automatic == "on", window=_read_window(window), days=numbers,
            )
        )  # fmt: skip


def _read_window(text: str | None) -> tuple[time, time] | None:
    if text is None:
        return None
    parts = _WINDOW.fullmatch(text)
    try:
        starts, ends = (time.fromisoformat(each) for each in parts.groups()) if parts else (0, 0)
    except ValueError:
        starts = ends = 0
    if not isinstance(starts, time) or not isinstance(ends, time) or starts == ends:
        raise UsageError(f"{text!r} is no window", hint="--window 22:00-04:00")
    return starts, ends


@click.command("upgrade-tenants")
@click.option("--retry", is_flag=True, help="Also to versions that failed at a tenant before.")
@_JSON
@_running
def upgrade_tenants_command(retry: bool, as_json: bool, **given: Any) -> NoReturn:
    """Upgrade the modules of all tenants who want it and whose window is open.

    To the newest version of the same major that needs no approval: pre_upgrade, the migrations that
    this database lacks, post_upgrade. Where one fails, what the version brought is rolled back and
    its tenants keep the version that they had; exit code 1. What an interrupted run began is ended.
    """
    from gates.registry import Registry
    from gates.report import tenants as pages
    from gates.tenants import upgrade_tenants

    settings = settings_of(**given)
    registry = Registry.of(settings)
    with _opened(**given) as found:
        prove = _prove(settings, found, registry)
        ended = upgrade_tenants(found, registry, prove=prove, retry=retry)
    click.echo(pages.as_json(ended) if as_json else pages.upgrades(ended), nl=False)
    raise SystemExit(1 if any(each.failure for each in ended) else 0)


@click.command("health")
@_TENANT
@click.argument("slug")
@_CATALOG
@_JSON
def health_command(tenant: Any, slug: str, as_json: bool, **given: Any) -> NoReturn:
    """Show how a module is at a tenant.

    Migrations, policies, privileges, partitions for the next month, use. Exit code 1 where
    something is bad. `unknown` is what says nothing either way, such as a module that nobody used.
    """
    from gates.report import tenants as pages
    from gates.tenants import store

    with _opened(**given) as found:
        seen = found.work(lambda session: store.health(session, str(tenant), slug))
    click.echo(pages.as_json(seen) if as_json else pages.health(seen), nl=False)
    if not seen:
        raise CouldNotCheckError("the catalog said nothing about the module's health")
    raise SystemExit(1 if any(each.state == "bad" for each in seen) else 0)


@click.command("stats")
@_CATALOG
@_JSON
def stats_command(as_json: bool, **given: Any) -> None:
    """Show versions, tenants by state, errors and use of each module."""
    from gates.report import tenants as pages
    from gates.tenants import store

    with _opened(**given) as found:
        rows = found.work(store.stats)
    click.echo(pages.as_json(rows) if as_json else pages.stats(rows), nl=False)


@click.command("settings")
@_TENANT
@click.argument("slug")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@_CATALOG
def settings_command(tenant: Any, slug: str, file: Any, **given: Any) -> None:
    """Store a tenant's settings from FILE (JSON; - is standard input), if its schema allows."""
    from gates.tenants import store_settings

    with _opened(**given) as found:
        version = store_settings(found, str(tenant), slug, file.read())
    click.echo(f"stored for {slug} {version}")


@click.command("purge")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--copy-to", help=f"A registry that gets each export, too: {REGISTRY_HELP}")
@_CATALOG
@_JSON
def purge_command(folder: Path, copy_to: str | None, as_json: bool, **given: Any) -> NoReturn:
    """Export expired rows into FOLDER as CSV, and take them out of the database.

    Of every module with data_retention.auto_purge: rows of its tables and of its usage that are
    older than default_retention_days. Each export has a manifest with its digest and is read back
    before the rows go, from the registry of --copy-to as well; partitions that are expired whole
    are dropped. Also makes the partitions of usage for the next months.
    """
    from gates.registry import Registry
    from gates.report import tenants as pages
    from gates.tenants import purge, store

    with _opened(**given) as found:
        found.work(lambda session: store.call(session, "maintain_usage_partitions"))
        settings = found.settings
        registry = copy_to and Registry.open(
            copy_to, authorities=settings.registry_ca, offline=settings.offline
        )
        done = purge(found, folder.absolute(), registry=registry or None)
    click.echo(pages.as_json(done) if as_json else pages.purges(done), nl=False)
    raise SystemExit(1 if any(each.failure for each in done) else 0)


TENANTS = (
    provision_command, approve_command, set_state_command, set_upgrades_command,
    upgrade_tenants_command, health_command, stats_command, settings_command, purge_command,
)  # fmt: skip
"""Commands of `gates catalog`."""
