"""The commands about the catalog's audit trail: is it as it was written, and anchors of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gates.commands.options import CATALOG_HELP, REGISTRY_HELP, settings_of
from gates.errors import CouldNotCheckError, RefusedError

if TYPE_CHECKING:
    from gates.catalog import Catalog
    from gates.catalog.audit import Anchor
    from gates.evidence.keys import Trust
    from gates.settings import Policy, Settings

_CATALOG = click.option("--catalog", help=CATALOG_HELP)
_REGISTRY = click.option("--registry", help=f"Registry, or a copy of it: {REGISTRY_HELP}")
_KEY = click.option("--key", type=click.Path(path_type=Path), help="Signing key (PEM).")
_POLICY = click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Whose keys count. Default: gates-policy.toml above the working folder.",
)


@click.group(short_help="Is the audit trail as it was written?")
def audit() -> None:
    """Verify the audit trail of the catalog, and anchor it in the registry."""


@audit.command("verify")
@_CATALOG
@_REGISTRY
@click.option("--no-registry", is_flag=True, help="Do not look for anchors.")
@_KEY
@_POLICY
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def audit_verify(no_registry: bool, as_json: bool, **given: Any) -> NoReturn:
    """Find what was edited, deleted, added, moved or cut off in the audit trail.

    Needs no network: a restored dump of the catalog and a copy of the registry are enough. Exit
    code 4 where the trail is not as it was written; 3 where nothing was anchored yet, since rows
    that were cut off at the end leave no other trace.
    """
    from gates.catalog import Catalog
    from gates.report import catalog as pages

    settings = settings_of(**given)
    with Catalog.open(settings) as found:
        known = () if no_registry else _anchors(found, settings, _trust(settings)[1])
        trail = found.trail(known)
    click.echo(pages.trail_json(trail) if as_json else pages.trail(trail), nl=False)
    if trail.reasons:
        raise RefusedError(["the audit trail is not as it was written"])
    if not trail.anchors:
        raise CouldNotCheckError(
            "without an anchor nobody can see whether rows were cut off at the end of the trail,"
            " or all of it was written anew",
            hint="gates catalog audit anchor",
        )
    raise SystemExit(0)


@audit.command("anchor")
@_CATALOG
@_REGISTRY
@_KEY
@_POLICY
def audit_anchor(**given: Any) -> None:
    """Sign where every stream of the audit trail ends, and publish that to the registry.

    The trail is verified first, and what was anchored stays anchored. Tenants are named by
    digests alone.
    """
    from gates.catalog import Catalog, anchors
    from gates.evidence.keys import signing_key
    from gates.registry import Registry
    from gates.report import catalog as pages

    settings = settings_of(**given)
    if not settings.keyless:
        signing_key(settings.key)  # made before it is asked whom to trust
    policy, trust = _trust(settings)
    with Catalog.open(settings) as found:
        earlier = _anchors(found, settings, trust)
        trail, catalog = found.trail(earlier), found.identity()
    if trail.reasons:
        click.echo(pages.trail(trail), nl=False)
        raise RefusedError(["the audit trail is not as it was written, and was not anchored"])
    if not trail.rows:
        raise CouldNotCheckError("the audit trail holds no row that could be anchored")
    made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = _sign(anchors.build(catalog, trail.heads, made), settings, policy, trust)
    number = len(earlier) + 1
    anchors.read(data, number, catalog, trust)
    there = anchors.store(Registry.of(settings), catalog, number, data)
    click.echo(f"anchored {pages.in_streams(trail)}: {there.reference}")


def _trust(settings: Settings) -> tuple[Policy, Trust]:
    from gates.evidence.keys import Trust
    from gates.settings import load_policy

    policy = load_policy(Path.cwd() / "catalog", settings.policy)
    return policy, Trust.of(policy, settings, datetime.now(UTC).date())


def _anchors(found: Catalog, settings: Settings, trust: Trust) -> tuple[Anchor, ...]:
    """Read before the trail is: what is anchored meanwhile must not seem to be cut off."""
    from gates.catalog import anchors
    from gates.registry import Registry

    catalog = found.identity()
    stored = anchors.stored(Registry.of(settings), catalog)
    return tuple(anchors.read(data, n, catalog, trust) for n, data in enumerate(stored, 1))


def _sign(payload: bytes, settings: Settings, policy: Policy, trust: Trust) -> bytes:
    if settings.keyless:
        from gates.evidence.keyless import sign as sign_keyless

        return sign_keyless(payload, policy, trust, offline=settings.offline).to_bytes()
    from gates.evidence.envelope import sign
    from gates.evidence.keys import signing_key

    return sign(payload, signing_key(settings.key)).to_bytes()
