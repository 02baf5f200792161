"""Acts about released versions: made, signed, held against what the catalog knows, and recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from gates.catalog import Catalog, ReleasedVersion
from gates.catalog.standing import is_good
from gates.catalog.versions import Precedence
from gates.errors import RefusedError, UsageError
from gates.evidence import envelope as dsse
from gates.evidence import keys
from gates.evidence.act import LIFTED, Act, Verb, build, read_stored, version_subject
from gates.evidence.envelope import MalformedError, shown
from gates.records import dataclass, replace

if TYPE_CHECKING:
    from gates.catalog.model import ActRow
    from gates.catalog.verify import Verified
    from gates.governance.signers import Signers
    from gates.settings import Settings


@dataclass(frozen=True)
class Recorded:
    """One act of the catalog, and whether its signature counts."""

    row: ActRow
    act: Act | None
    """None where it cannot be read."""
    problems: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why not to rely on it, one sentence each."""
        what = f"the {self.row.verb} of {self.row.version} (act {self.row.id})"
        return tuple(f"{what} {each}" for each in self.problems)


def now_text() -> str:
    """The time it is, as acts say it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def sign(act: Act, settings: Settings) -> dsse.Envelope:
    """An act, signed with this installation's key. Raises as `signing_key` does."""
    return dsse.sign(build(act), keys.signing_key(settings.key))


def decide_about(
    catalog: Catalog,
    signers: Signers,
    settings: Settings,
    slug: str,
    versions: Sequence[str],
    act: Act,
    *,
    undo: Verb | None = None,
) -> None:
    """Sign an act over versions of a module, and record it in the catalog: for all or for none.

    `act` says what and why; subjects, time and catalog are added here, and what `undo` lifts. Each
    version that is to be lifted gets an act of its own, since each names another one. Raises
    `UsageError` for a version that the catalog does not hold and `RefusedError` where the signer
    does not count or the database refuses.
    """
    rows = find_rows(catalog, slug, versions)
    groups = [rows] if undo is None else [[each] for each in rows]
    standing = standing_acts(catalog.acts(slug))
    for group in groups:
        lifts = act.lifts if undo is None else _lifted(standing, group[0], undo)
        made = replace(
            act,
            subjects=tuple(version_subject(slug, each.version, each.digest) for each in group),
            made=now_text(),
            catalog=catalog.identity(),
            lifts=lifts,
        )
        envelope = sign(made, settings)
        if problems := signers.problems(envelope, made):
            raise RefusedError(
                [f"the act {problems[0]}"],
                hint="sign with a key that the policy names: --key, or trust.keys and approvers",
            )
        catalog.record(slug, [each.version for each in group], envelope.value)


def find_rows(catalog: Catalog, slug: str, versions: Sequence[str]) -> list[ReleasedVersion]:
    """The rows of some versions. Raises `UsageError` for one that is not there."""
    known = {each.version: each for each in catalog.versions(slug)}
    if missing := [each for each in versions if each not in known]:
        listed = ", ".join([*known][:8])
        raise UsageError(
            f"the catalog holds no {slug} {missing[0]}",
            hint=f"versions of {slug}: {listed}" if known else "gates catalog list",
        )
    return [known[each] for each in dict.fromkeys(versions)]


def standing_acts(rows: Sequence[ActRow]) -> Mapping[tuple[str, str], ActRow]:
    """The acts that no other one has lifted, by version and verb."""
    lifted = {each.lifts for each in rows}
    return {(each.version, each.verb): each for each in rows if each.id not in lifted}


def _lifted(standing: Mapping[tuple[str, str], ActRow], row: ReleasedVersion, undo: Verb) -> str:
    found = standing.get((row.version, undo.value))
    if found is None or undo not in LIFTED:
        raise RefusedError([f"{row.slug} {row.version} is under no {undo} [nothing-to-lift]"])
    return found.payload_sha256


def version_before(catalog: Catalog, row: ReleasedVersion) -> ReleasedVersion:
    """The newest good version below one: what a tenant goes back to.

    Raises `RefusedError` where there is none.
    """
    own = Precedence(row.version)
    for each in catalog.versions(row.slug):
        if Precedence(each.version) < own and is_good(each):
            return each
    raise RefusedError(
        [f"there is no good version of {row.slug} before {row.version} [no-version-before]"],
        hint=f"gates catalog quarantine {row.slug} {row.version} --reason ...",
    )


def verify_acts(
    slug: str, rows: Sequence[ActRow], versions: Sequence[ReleasedVersion], signers: Signers
) -> tuple[Recorded, ...]:
    """Hold each act of a module against its signature, its row and the version that it is about."""
    digests = {each.version: each.digest for each in versions}
    by_id = {each.id: each for each in rows}
    found = []
    for row in rows:
        try:
            act, envelope = read_stored(row.envelope)
        except (MalformedError, ValueError) as error:
            why = f"cannot be read: {shown(str(error), 200)} [unreadable]"
            found.append(Recorded(row, None, (why,)))
            continue
        problems = list(signers.problems(envelope, act))
        subject = version_subject(slug, row.version, digests.get(row.version, ""))
        problems += _about_row(row, act, by_id)
        if not act.is_about(subject):
            problems.append("is about another version or other content [wrong-subject]")
        found.append(Recorded(row, act, tuple(problems)))
    return tuple(found)


def with_acts(verified: Sequence[Verified], acts: Sequence[Recorded]) -> tuple[Verified, ...]:
    """What was found about versions, with what was found about the acts that name them."""
    return tuple(
        replace(
            each,
            reasons={
                **each.reasons,
                "acts": tuple(
                    reason
                    for one in acts
                    if one.row.version == each.version
                    for reason in one.reasons
                ),
            },
        )
        for each in verified
    )


def _about_row(row: ActRow, act: Act, by_id: Mapping[int, ActRow]) -> Iterator[str]:
    if row.verb != act.verb.value or row.payload_sha256 != act.sha256:
        yield "is in a row with another verb or digest [wrong-row]"
    if row.key_id not in act.key_ids:
        yield "is in a row with another key [wrong-row]"
    undone = by_id.get(row.lifts) if row.lifts is not None else None
    if act.lifts != (undone.payload_sha256 if undone else ""):
        yield "lifts another act than its row says [wrong-row]"


def until_of(text: str | None, today: date) -> date | None:
    """A day in the future, from an option. Raises `UsageError`."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no date such as 2027-01-31") from error
    if day < today:
        raise UsageError(f"{day} is over")
    return day
