"""The commands that decide about released versions: yank, quarantine, revoke, lift."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gates.commands.catalog import CATALOG, POLICY
from gates.commands.options import settings_of
from gates.errors import UsageError

if TYPE_CHECKING:
    from gates.evidence.act import Verb
    from gates.governance.signers import Signers
    from gates.settings import Settings

KEY = click.option("--key", type=click.Path(path_type=Path), help="Private signing key (PEM).")
_REASON = click.option("--reason", required=True, help="Why, in a sentence that people will read.")
_VERSIONS = click.argument("versions", metavar="VERSION...", nargs=-1, required=True)
_REPLACEMENT = click.option(
    "--replacement", default="", metavar="VERSION", help="A good version to go to; SLUG@VERSION"
    " for one of another module.",
)  # fmt: skip


def signers_of(slug: str, settings: Settings) -> Signers:
    """Who may sign acts about a module, by the policy of today."""
    from gates.governance.signers import Signers
    from gates.settings import load_policy

    policy = load_policy(Path.cwd() / slug, settings.policy)
    return Signers.of(policy, settings, datetime.now(UTC).date())


def _decide(
    verb: Verb,
    slug: str,
    versions: tuple[str, ...],
    reason: str,
    replacement: str = "",
    until: date | None = None,
    undo: Verb | None = None,
    **given: Any,
) -> None:
    from gates.catalog import Catalog
    from gates.evidence.act import Act
    from gates.governance.acts import decide_about
    from gates.report.governance import holders

    if not reason.strip():
        raise UsageError("the reason is empty", hint="--reason says why, to those who are affected")
    settings = settings_of(**given)
    act = Act(verb, (), reason.strip(), "", until=until, replacement=replacement)
    with Catalog.open(settings) as found:
        signers = signers_of(slug, settings)
        decide_about(found, signers, settings, slug, versions, act, undo=undo)
        held = [(each, found.holdings(slug, each)) for each in versions]
    done = f"{verb} of {undo}" if undo else verb.value
    for version, holdings in held:
        mine = [each for each in holdings if (each.slug, each.version) == (slug, version)]
        told = sum(each.unseen > 0 for each in mine)
        click.echo(
            f"{slug} {version}: {done} recorded; {holders(len(mine))}"
            + (f", {told} to be told: gates catalog affected {slug} {version}" if told else "")
        )


def _withdrawal(name: str, short: str, text: str) -> click.Command:
    @click.command(name, short_help=short, help=text)
    @click.argument("slug")
    @_VERSIONS
    @_REASON
    @_REPLACEMENT
    @CATALOG
    @KEY
    @POLICY
    def command(slug: str, versions: tuple[str, ...], **given: Any) -> None:
        from gates.evidence.act import Verb

        _decide(Verb(name), slug, versions, **given)

    return command


yank = _withdrawal(
    "yank",
    "No new installs.",
    "Keep released versions from new installs; who has or pins them goes on.\n\n"
    "The act is signed and recorded with its reason; `gates catalog lift yank` undoes it.",
)
quarantine = _withdrawal(
    "quarantine",
    "Nothing is served.",
    "Serve nothing of released versions while somebody looks at them.\n\n"
    "Neither resolved nor fetched nor switched on; `gates catalog lift quarantine` undoes it.",
)
revoke = _withdrawal(
    "revoke",
    "Found bad: tenants are told.",
    "Say that released versions are bad. Everything refuses them, and each tenant that holds one"
    " gets a notice.\n\n`gates catalog lift revoke` undoes it, and the tenants are told that, too.",
)


@click.command(short_help="Still there until a day.")
@click.argument("slug")
@_VERSIONS
@click.option("--sunset", required=True, metavar="DATE", help="The last day of new installs.")
@_REASON
@_REPLACEMENT
@CATALOG
@KEY
@POLICY
def deprecate(slug: str, versions: tuple[str, ...], sunset: str, **given: Any) -> None:
    """Set the day after which released versions get no new installs; tenants are told.

    Until then a dependency on one is a warning. `gates catalog lift deprecate` undoes it.
    """
    from gates.evidence.act import Verb
    from gates.governance.acts import until_of

    until = until_of(sunset, datetime.now(UTC).date())
    _decide(Verb.DEPRECATE, slug, versions, until=until, **given)


@click.command(short_help="Undo a yank, quarantine, ...")
@click.argument("what", type=click.Choice(["yank", "quarantine", "revoke", "deprecate"]))
@click.argument("slug")
@_VERSIONS
@_REASON
@CATALOG
@KEY
@POLICY
def lift(what: str, slug: str, versions: tuple[str, ...], **given: Any) -> None:
    """Undo what was decided about released versions, by an act that names the one it undoes."""
    from gates.evidence.act import Verb

    _decide(Verb.LIFT, slug, versions, undo=Verb(what), **given)


@click.command(short_help="Take a release back, in its window.")
@click.argument("slug")
@click.argument("version")
@_REASON
@CATALOG
@KEY
@POLICY
def rollback(slug: str, version: str, **given: Any) -> None:
    """Take a release back within its `rollback_window_hours`; after that it is refused.

    The version gets no new installs, and the tenants that hold it are told the newest good version
    before it. It cannot be undone: release a new version.
    """
    from gates.catalog import Catalog
    from gates.evidence.act import Verb
    from gates.governance.acts import find_rows, version_before

    settings = settings_of(**{name: given[name] for name in ("catalog", "key", "policy")})
    with Catalog.open(settings) as found:
        before = version_before(found, find_rows(found, slug, [version])[0])
    _decide(Verb.ROLL_BACK, slug, (version,), replacement=before.version, **given)


WITHDRAWALS: tuple[click.Command, ...] = (yank, quarantine, revoke, deprecate, rollback, lift)
