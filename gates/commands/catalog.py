"""The commands that look into the catalog: list, show, verify, matrix, psql."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.options import CATALOG_HELP, REGISTRY_HELP, refuse_passwords, settings_of
from gates.errors import CouldNotCheckError, RefusedError, UsageError
from gates.records import replace

if TYPE_CHECKING:
    from gates.catalog import ModulePage
    from gates.catalog.verify import Verified
    from gates.registry import Registry
    from gates.settings import Settings


CATALOG = click.option("--catalog", help=CATALOG_HELP)
JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
POLICY = click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Whose keys count. Default: gates-policy.toml above the working folder.",
)


@click.group(short_help="What is released.")
def catalog() -> None:
    """Look into the catalog of released versions."""


@catalog.command("list")
@CATALOG
@JSON
def catalog_list(as_json: bool, **given: Any) -> None:
    """List the modules, with their newest version."""
    from gates.catalog import Catalog
    from gates.report import catalog as pages

    with Catalog.open(settings_of(**given)) as found:
        rows = found.modules()
    click.echo(pages.modules_json(rows) if as_json else pages.modules(rows), nl=False)


def verified_versions(
    settings: Settings, page: ModulePage, registry: Registry | None = None
) -> tuple[Verified, ...]:
    """What the evidence of every version of a module is worth, by the policy of today."""
    from gates.catalog.verify import verify_module, verify_version
    from gates.evidence.keys import Trust
    from gates.governance.acts import verify_acts, with_acts
    from gates.governance.signers import Signers
    from gates.settings import load_policy

    policy = load_policy(Path.cwd() / page.module.slug, settings.policy)
    today = datetime.now(UTC).date()
    trust = Trust.of(policy, settings, today)
    signers = Signers.of(policy, settings, today)
    verified = tuple(
        verify_version(
            each,
            page.evidence.get(each.version, ()),
            trust,
            max_age_hours=policy.evidence_max_age_hours,
            separate_keys=policy.separate_keys,
            registry=registry,
        )
        for each in page.versions
    )
    if verified:
        found = {**verified[0].reasons, "module": verify_module(page.module, page.versions[0])}
        verified = (replace(verified[0], reasons=found), *verified[1:])
    return with_acts(verified, verify_acts(page.module.slug, page.acts, page.versions, signers))


def _history(settings: Settings, page: ModulePage) -> dict[str, list[str]]:
    """What was decided about each version, line by line."""
    from gates.governance.acts import verify_acts
    from gates.governance.signers import Signers
    from gates.report.governance import history
    from gates.settings import load_policy

    policy = load_policy(Path.cwd() / page.module.slug, settings.policy)
    signers = Signers.of(policy, settings, datetime.now(UTC).date())
    acts = verify_acts(page.module.slug, page.acts, page.versions, signers)
    return {each.version: list(history(acts, each.version, signers)) for each in page.versions}


@catalog.command("verify")
@click.argument("slugs", metavar="[SLUG]...", nargs=-1)
@CATALOG
@click.option("--registry", help=f"Registry, or a copy of it: {REGISTRY_HELP}")
@click.option("--no-registry", is_flag=True, help="Do not look at the bundles.")
@click.option("--key", type=click.Path(path_type=Path))
@POLICY
@JSON
def catalog_verify(
    slugs: tuple[str, ...], no_registry: bool, as_json: bool, **given: Any
) -> NoReturn:
    """Verify what the catalog says: signatures, rows and bundles of every released version.

    Needs no network: a restored dump of the catalog and a copy of the registry are enough. Exit
    code 4 where anything is not proved, with a sentence for each reason; 3 where there is nothing
    to verify.
    """
    from gates.catalog import Catalog
    from gates.registry import Registry
    from gates.report import catalog as pages

    settings = settings_of(**given)
    registry = None if no_registry else Registry.of(settings)
    verified: list[Verified] = []
    with Catalog.open(settings) as found:
        for slug in slugs or found.slugs():
            page = found.show(slug)
            if page is None:
                raise UsageError(f"the catalog holds no module {slug!r}", hint="gates catalog list")
            verified += verified_versions(settings, page, registry)
    click.echo(pages.verified_json(verified) if as_json else pages.verified(verified), nl=False)
    if not verified:
        raise CouldNotCheckError(
            f"the catalog {found.where} holds no version, so nothing was verified",
            hint="name the catalog: --catalog or GATES_CATALOG",
        )
    refused = [each for each in verified if each.all_reasons]
    if not refused:
        raise SystemExit(0)
    raise RefusedError([f"{len(refused)} of {len(verified)} versions are not proved"])


@catalog.command("show")
@click.argument("slug")
@CATALOG
@click.option("--key", type=click.Path(path_type=Path))
@POLICY
@JSON
def catalog_show(slug: str, as_json: bool, **given: Any) -> None:
    """Show a module: versions, digests, tables, changelog, evidence and whether it verifies."""
    from gates.catalog import Catalog
    from gates.report import catalog as pages

    settings = settings_of(**given)
    with Catalog.open(settings) as found:
        page = found.show(slug)
    if page is None:
        raise UsageError(f"the catalog holds no module {slug!r}", hint="gates catalog list")
    verified = verified_versions(settings, page)
    text = (
        pages.page_json(page, verified)
        if as_json
        else pages.page(page, verified, _history(settings, page))
    )
    click.echo(text, nl=False)


@click.command(short_help="Why a released version may be trusted.")
@click.argument("slug")
@click.argument("version", required=False)
@CATALOG
@click.option("--registry", help=f"Registry, or a copy of it: {REGISTRY_HELP}")
@click.option("--key", type=click.Path(path_type=Path))
@POLICY
def why(slug: str, version: str | None, **given: Any) -> NoReturn:
    """Tell who released a version, from what, checked by what, with which exceptions.

    Everything is verified first: signatures, the catalog's rows, the bundle in the registry.
    VERSION is the newest by default. Exit code 4 where anything is not proved, with every reason.
    """
    from gates.catalog import Catalog
    from gates.registry import Registry
    from gates.report.why import render

    settings = settings_of(**given)
    with Catalog.open(settings) as found:
        page = found.show(slug)
    rows = {each.version: each for each in page.versions} if page else {}
    wanted = version or next(iter(rows), "")
    if page is None or wanted not in rows:
        raise UsageError(
            f"the catalog holds no {slug} {wanted}".rstrip(), hint="gates catalog list"
        )
    every = verified_versions(settings, page, Registry.of(settings))
    verified = next(each for each in every if each.version == wanted)
    click.echo(render(rows[wanted], verified, _history(settings, page)[wanted]), nl=False)
    raise SystemExit(RefusedError.exit_code if verified.all_reasons else 0)


@catalog.command("matrix")
@click.argument("slug")
@CATALOG
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
@JSON
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page.")
def catalog_matrix(slug: str, as_json: bool, html: Path | None, **given: Any) -> None:
    """Show which versions of a module run on which versions of the platform.

    The platform versions are that of the policy (marked with *) and every end of a range. What
    was withdrawn or is deprecated says so.
    """
    from gates.catalog import Catalog
    from gates.catalog.matrix import matrix
    from gates.catalog.standing import describe
    from gates.report import catalog as pages
    from gates.settings import load_policy

    settings = settings_of(**given)
    current = load_policy(Path.cwd() / slug, settings.policy).platform_version
    with Catalog.open(settings) as found:
        versions = [
            (each.version, each.status, each.manifest, describe(each))
            for each in found.versions(slug)
        ]
    if not versions:
        raise UsageError(f"the catalog holds no version of {slug!r}", hint="gates catalog list")
    table = matrix(slug, versions, [current])
    if html is not None:
        from gates.report.html.matrix import render

        try:
            html.write_text(render(table, current), "utf-8")
        except OSError as error:
            raise CouldNotCheckError(f"{html} cannot be written: {error.strerror}") from error
    click.echo(
        pages.matrix_json(table, current) if as_json else pages.matrix(table, current), nl=False
    )


@catalog.command("psql", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@CATALOG
def catalog_psql(arguments: tuple[str, ...], **given: Any) -> NoReturn:
    """Open the catalog in psql; ARGUMENTS go to it, such as -c "SELECT ..."."""
    from gates.catalog import Catalog

    for each in arguments:
        refuse_passwords("an argument of psql", each)
    with Catalog.open(settings_of(**given)) as found:
        raise SystemExit(found.psql(arguments))
