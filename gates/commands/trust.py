"""The commands about the trust file: whose signatures count, for what, from when until when."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gates.commands.options import settings_of
from gates.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from gates.evidence.trust_draft import Draft

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_DAYS = click.option(
    "--days", type=click.IntRange(1, 3650), default=365, help="How long it holds. Default: 365."
)


def _time(_context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    from gates.evidence.freshness import read_time

    if value is not None and read_time(value) is None:
        raise click.BadParameter("must be such as 2027-01-31T12:00:00Z", param=parameter)
    return read_time(value) if value else None


def _at(*names: str, what: str) -> Callable[[Any], Any]:
    return click.option(*names, callback=_time, help=f"{what} Default: now.")


@click.group(short_help="Whose signatures count.")
def trust() -> None:
    """Keep the trust file: keys and identities with roles, signed by root keys.

    Each change makes a draft beside the file, FILE.draft. It counts once `gates trust sign` was run
    on it with enough root keys, which may be kept on machines without a network.
    """


@trust.command("init")
@_FILE
@click.option(
    "--root", "roots", type=click.Path(path_type=Path, exists=True, dir_okay=False), multiple=True,
    required=True, help="A root key: its public part, PEM. Repeatable.",
)  # fmt: skip
@click.option(
    "--threshold", type=click.IntRange(1), default=1, help="How many have to sign. Default: 1."
)
@_DAYS
def trust_init(file: Path, roots: tuple[Path, ...], threshold: int, days: int) -> None:
    """Begin a trust file. Make the root keys before: openssl genpkey -algorithm ed25519."""
    from gates.evidence.trust_draft import begin

    texts = [_public(each) for each in roots]
    _keep(begin(file.absolute(), texts, threshold, _now() + timedelta(days=days)))


@trust.command("add")
@_FILE
@click.argument("signer", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--role", "roles", multiple=True, required=True, help="A stage, or another role.")
@click.option("--name", help="For people. Default: the name of the file.")
@_at("--from", "since", what="From when it counts.")
@_DAYS
def trust_add(
    file: Path,
    signer: Path,
    roles: tuple[str, ...],
    name: str | None,
    since: datetime | None,
    days: int,
) -> None:
    """Let SIGNER sign: a public key (PEM), or a workflow's identity (TOML, as trust.identities).

    Roles are lint-manifest, lint, test, build, scan, publish, release, approval, status, anchor.
    """
    from gates.evidence.grants import ROLES
    from gates.evidence.trust_draft import adds, changed, open_draft

    if unknown := sorted(set(roles) - set(ROLES)):
        raise UsageError(f"there is no role {unknown[0]!r}", hint=f"roles are {', '.join(ROLES)}")
    begins = since or _now()
    change = adds(_signer(signer, name), [*roles], begins, begins + timedelta(days=days))
    _keep(changed(open_draft(file.absolute()), change))


@trust.command("revoke")
@_FILE
@click.argument("signer")
@click.option(
    "--reason", type=click.Choice(["retired", "superseded", "compromised"]), required=True
)
@_at("--at", what="From when it no longer counts.")
def trust_revoke(file: Path, signer: str, reason: str, at: datetime | None) -> None:
    """Let SIGNER (a name, an id, or a workflow) sign no more.

    What it had signed before stays good; of a compromised key, nothing does.
    """
    from gates.evidence.trust_draft import changed, open_draft, revokes

    _keep(changed(open_draft(file.absolute()), revokes(signer, reason, at or _now())))


@trust.command("rotate")
@_FILE
@click.argument("old")
@click.argument("new", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_DAYS
def trust_rotate(file: Path, old: str, new: Path, days: int) -> None:
    """Put the key or identity in NEW in the place of OLD, with its roles. OLD may be a root key.

    A version with another root key needs the signatures of both: the old ones and the new.
    """
    from gates.evidence.trust_draft import (
        changed,
        is_root,
        open_draft,
        replaces_root,
        supersedes,
    )

    draft = open_draft(file.absolute())
    if is_root(draft, old):
        _keep(changed(draft, replaces_root(old, _public(new))))
        return
    now = _now()
    change = supersedes(old, _signer(new, None), now, now + timedelta(days=days))
    _keep(changed(draft, change))


@trust.command("renew")
@_FILE
@_DAYS
def trust_renew(file: Path, days: int) -> None:
    """Let the file hold for longer, and change nothing else."""
    from gates.evidence.trust_draft import changed, open_draft

    expires = (_now() + timedelta(days=days)).isoformat()
    _keep(changed(open_draft(file.absolute()), lambda payload: payload.update(expires=expires)))


@trust.command("sign")
@_FILE
@click.option(
    "--key", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True,
    help="A private root key, PEM.",
)  # fmt: skip
def trust_sign(file: Path, key: Path) -> None:
    """Sign the draft with a root key; with enough of them it becomes the newest version.

    Read what `gates trust show` says of it first.
    """
    from gates.evidence.key_files import read_private
    from gates.evidence.trust_draft import draft_path, open_draft, signed

    if not draft_path(file.absolute()).exists():
        raise UsageError(f"there is no draft of {file} to sign")
    _keep(signed(open_draft(file.absolute()), read_private(key.absolute())))


@trust.command("show")
@_FILE
def trust_show(file: Path) -> None:
    """Show the newest version, the draft where there is one, and the digest that a policy pins.

    Signatures are verified from the first version on; that the first one is the right
    one is said by the policy alone: see `gates trust verify`.
    """
    from gates.evidence.trust_draft import draft_path, open_draft
    from gates.evidence.trust_file import read_bytes, read_history
    from gates.report.trust import render

    path = file.absolute()
    if path.exists() or not draft_path(path).exists():
        history = read_history(read_bytes(path))
        click.echo(render(history[-1], history[0].digest), nl=False)
    if draft_path(path).exists():
        draft = open_draft(path)
        click.echo(f"draft, which {draft.lacks or 'is signed'}:\n{render(draft.version)}", nl=False)


@trust.command("verify")
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Default: gates-policy.toml above the working folder.",
)
def trust_verify(**given: Any) -> None:
    """Verify the trust file that the policy names. Exit code 4 where it does not hold."""
    from gates.evidence.trust_file import load
    from gates.report.trust import render
    from gates.settings import load_policy

    settings = settings_of(**given)
    pinned = load_policy(Path.cwd() / "module", settings.policy).trust_file
    if pinned is None:
        raise ConfigurationError("the policy names no trust.file", hint="docs/evidence.md")
    newest = load(pinned, settings.state, _now().date())
    click.echo(render(newest, pinned.first), nl=False)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _public(path: Path) -> str:
    """The public key in a file, in the one form in which PEM is written."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from gates.evidence.key_files import LARGEST_KEY, parse_public

    public = parse_public(path.read_bytes()[:LARGEST_KEY], str(path))
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _signer(path: Path, name: str | None) -> dict[str, Any]:
    from gates.identities import read_identity
    from gates.records import asdict

    if path.suffix != ".toml":
        return {"name": name or path.name.removesuffix(".pub"), "public": _public(path)}
    try:
        identity = read_identity(tomllib.loads(path.read_text("utf-8")), path.parent)
    except ValueError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return {
        each: list(value) if isinstance(value, tuple) else value
        for each, value in asdict(identity).items()
    }


def _keep(draft: Draft) -> None:
    from gates.evidence.trust_draft import draft_path

    draft.write()
    number = draft.version.number
    if lacks := draft.lacks:
        click.echo(f"{draft_path(draft.path)}: version {number} {lacks}")
        click.echo(f"next: gates trust sign {draft.path} --key ROOT.pem")
        return
    first = draft.history[0].digest if draft.history else draft.version.digest
    click.echo(f"{draft.path}: version {number} counts")
    click.echo(f'trust.file = {{ path = "{draft.path.name}", first = "{first}" }}')
