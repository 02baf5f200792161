"""The commands about advisory snapshots in the registry: push and pull."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gates.commands.options import REGISTRY_HELP, settings_of

_REGISTRY = click.option("--registry", help=f"Registry: {REGISTRY_HELP}")


@click.group(short_help="Advisory snapshots in the registry.")
def advisories() -> None:
    """Keep the advisory snapshots that scans rest on in the registry, by their digests."""


@advisories.command("push")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@_REGISTRY
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False))
def advisories_push(file: Path, **given: Any) -> None:
    """Store the snapshot FILE, and print its SHA-256.

    It is read first as a scan reads it: one that is too old, or whose canaries are not found, is
    not stored (exit code 3).
    """
    from gates.errors import CouldNotCheckError
    from gates.registry import Registry
    from gates.registry.advisories import push_snapshot
    from gates.settings import load_policy
    from gates.toolchains.advisories import read_snapshot

    settings = settings_of(**given)
    limit = load_policy(Path.cwd() / "module", settings.policy).advisories_max_age_days
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CouldNotCheckError(f"{file} cannot be read: {error.strerror}") from error
    read_snapshot(data, today=datetime.now(UTC).date(), max_age_days=limit)
    click.echo(push_snapshot(Registry.of(settings), file))


@advisories.command("pull")
@click.argument("digest", metavar="SHA256")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_REGISTRY
def advisories_pull(digest: str, file: Path, **given: Any) -> None:
    """Write the snapshot of this SHA-256 to FILE, as a policy's advisories.snapshot names it.

    The evidence of a scan names the digest of what it had. Exit code 4 where the registry has no
    such snapshot, or other bytes under its name.
    """
    from gates.registry import Registry
    from gates.registry.advisories import pull_snapshot

    pull_snapshot(Registry.of(settings_of(**given)), digest, file)
    click.echo(str(file))
