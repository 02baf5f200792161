"""The commands that look at what is out: affected, reverify, resolve, fetch."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.catalog import CATALOG, JSON, POLICY
from gates.commands.options import REGISTRY_HELP, settings_of
from gates.commands.withdraw import KEY, signers_of
from gates.errors import CouldNotCheckError, RefusedError, UsageError

if TYPE_CHECKING:
    from gates.catalog import Catalog, ReleasedVersion
    from gates.governance.reverify import Reverified
    from gates.settings import Settings

REGISTRY = click.option("--registry", help=f"Registry, or a copy of it: {REGISTRY_HELP}")


@click.command(short_help="Who holds a version.")
@click.argument("slug")
@click.argument("version")
@CATALOG
@JSON
def affected(slug: str, version: str, as_json: bool, **given: Any) -> None:
    """List the tenants and the released versions that hold a version or can get it.

    For each with the nearest good version: of a tenant, one that its other modules take; of a
    dependant, one that its range takes.
    """
    from gates.catalog import Catalog
    from gates.governance.acts import find_rows
    from gates.governance.affected import find_affected
    from gates.report import governance as pages

    with Catalog.open(settings_of(**given)) as found:
        row = find_rows(found, slug, [version])[0]
        holders = find_affected(found, slug, version, datetime.now(UTC).date())
    click.echo(
        pages.affected_json(row, holders) if as_json else pages.affected(row, holders), nl=False
    )


@click.command(short_help="Released versions, under today's policy.")
@click.argument("slug", required=False)
@click.argument("version", required=False)
@click.option("--no-record", is_flag=True, help="Keep no history of it in the catalog.")
@CATALOG
@REGISTRY
@KEY
@POLICY
@JSON
def reverify(
    slug: str | None, version: str | None, no_record: bool, as_json: bool, **given: Any
) -> NoReturn:
    """Hold released versions against today's policy, keys and advisories; run nothing of them.

    Proposes yank, quarantine or revoke where something is found, and does none of it. What was
    found is signed and kept in the catalog. Exit code 1 where something speaks against a version,
    3 where something could not be looked at.
    """
    from gates.catalog import Catalog
    from gates.model import Verdict
    from gates.report import governance as pages

    settings = settings_of(**given)
    found: list[Reverified] = []
    with Catalog.open(settings) as catalog:
        for each in (slug,) if slug else catalog.slugs():
            found += _reverify(catalog, each, version, settings, record=not no_record)
        where = catalog.where
    click.echo(pages.reverified_json(found) if as_json else pages.reverified(found), nl=False)
    if not found:
        raise CouldNotCheckError(
            f"the catalog {where} holds no version, so nothing was looked at",
            hint="name the catalog: --catalog or GATES_CATALOG",
        )
    raise SystemExit(Verdict.worst(each.verdict for each in found).exit_code)


def _reverify(
    catalog: Catalog, slug: str, version: str | None, settings: Settings, *, record: bool
) -> list[Reverified]:
    from gates.evidence.act import Act, Verb
    from gates.evidence.keys import Trust
    from gates.governance.acts import decide_about, find_rows
    from gates.governance.reverify import Today, reverify
    from gates.registry import Registry
    from gates.report.governance import reverified_details
    from gates.settings import load_policy

    policy = load_policy(Path.cwd() / slug, settings.policy)
    day = datetime.now(UTC).date()
    today = Today(policy, Trust.of(policy, settings, day), Registry.of(settings), day)
    known = [each.version for each in catalog.versions(slug)]
    rows = find_rows(catalog, slug, [version] if version else known)
    if not known:
        raise UsageError(f"the catalog holds no module {slug!r}", hint="gates catalog list")
    ended = [reverify(each, catalog.evidence(each), today) for each in rows]
    if record:
        signers = signers_of(slug, settings)
        for each in ended:
            reason, details = reverified_details(each, policy)
            act = Act(Verb.REVERIFY, (), reason, "", details=details)
            decide_about(catalog, signers, settings, slug, [each.version], act)
    return ended


@click.command(short_help="The version that a range gets.")
@click.argument("slug")
@click.argument("wanted", metavar="[RANGE]", default="")
@CATALOG
def resolve(slug: str, wanted: str, **given: Any) -> None:
    """Print the version of a module that a new install with RANGE would get.

    Exit code 4 where every version that fits was withdrawn, with what stands against each.
    """
    from gates.catalog import Catalog

    with Catalog.open(settings_of(**given)) as found:
        click.echo(_resolve(found, slug, wanted).version)


@click.command(short_help="The bundle of a version.")
@click.argument("slug")
@click.argument("wanted", metavar="VERSION|RANGE")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="Default: SLUG-VERSION.tgz in the working folder.",
)  # fmt: skip
@CATALOG
@REGISTRY
def fetch(slug: str, wanted: str, output: Path | None, **given: Any) -> None:
    """Write the bundle of the version that a range gets, once the catalog vouches for its digest.

    Exit code 4 for a version in quarantine or revoked, and for a bundle that is another one.
    """
    from gates.catalog import Catalog
    from gates.registry import Registry

    settings = settings_of(**given)
    with Catalog.open(settings) as found:
        row = _resolve(found, slug, wanted)
    target = output or Path(f"{slug}-{row.version}.tgz")
    try:
        with NamedTemporaryFile(dir=target.absolute().parent, prefix=".") as aside:
            there = Registry.of(settings).fetch(slug, row.version, aside.write)
            if there.bundle != row.bundle:
                name = f"{slug} {row.version}"
                raise RefusedError(
                    [f"the registry holds another bundle of {name} than the catalog names"]
                )
            aside.flush()
            shutil.copyfile(aside.name, target)
    except OSError as error:
        raise CouldNotCheckError(f"{target} cannot be written: {error.strerror}") from error
    click.echo(f"{target}: {slug} {row.version}, sha256 {row.bundle}")


def _resolve(catalog: Catalog, slug: str, wanted: str) -> ReleasedVersion:
    from gates.catalog.resolve import accepted, matching_versions
    from gates.catalog.standing import describe
    from gates.catalog.versions import valid_range

    if wanted and not valid_range(wanted):
        raise UsageError(f"{wanted!r} is no range of versions in npm's syntax")
    versions = {each.version: each for each in catalog.versions(slug)}
    every = [*versions.values()]
    if fit := matching_versions(every, wanted or None, datetime.now(UTC).date()):
        return versions[fit[0].version]
    if gone := accepted(every, wanted or None):
        raise RefusedError(
            [f"{slug} {each.version} is not served: {describe(each)}" for each in gone[:20]],
            hint=f"gates catalog show {slug} says why",
        )
    listed = ", ".join([*versions][:8]) or "none"
    raise UsageError(f"no version of {slug} fits {wanted!r}", hint=f"released: {listed}")


GOVERNANCE = (affected, reverify, resolve, fetch)
