"""Released versions under today's policy and advisories, from stored evidence and bundles alone.

Nothing of a module is run or installed: signatures, rows and bundles are verified again, the rules
of evidence asked with the policy of today, the packages of the bundle's bill of materials
matched with the advisory snapshot, and the licences that the scan had read with those allowed now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time

from gates import __version__
from gates.catalog import EvidenceRow, ReleasedVersion
from gates.catalog.standing import WITHDRAWN
from gates.catalog.verify import verify_version
from gates.check import Planned, outlines
from gates.errors import CouldNotCheckError, RefusedError
from gates.evidence import Statement, Trust, rules
from gates.evidence.act import Verb
from gates.evidence.freshness import check_gates_version
from gates.model import Stage, Verdict
from gates.records import dataclass
from gates.registry import Registry
from gates.registry.bundle import fetched, unpacked
from gates.settings import Policy
from gates.toolchains.advisories import Advisory, Snapshot, match, read_snapshot
from gates.toolchains.bundle import BILL
from gates.toolchains.licenses import RECORD, Licensed, find_fault, read_stated
from gates.toolchains.locks import Locked

TODAY: tuple[rules.Rule, ...] = (
    rules.check_required_checks,
    rules.check_sandbox,
    check_gates_version,
    rules.check_tree,
    rules.check_waivers,
)
"""The rules of evidence in which the policy of today has a say; ages count to the release."""
MALICIOUS = "MAL-"
"""How the ids of advisories about packages that are malicious themselves begin (OSV)."""


@dataclass(frozen=True)
class Problem:
    """One thing that speaks against a version today."""

    sentence: str
    proposal: Verb


@dataclass(frozen=True)
class Reverified:
    """What was found about one version today."""

    slug: str
    version: str
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...]
    """What could not be looked at, one sentence each."""
    standing: tuple[str, ...] = ()
    """What stands against it already."""

    @property
    def verdict(self) -> Verdict:
        """How it ended."""
        if self.problems:
            return Verdict.FAIL
        return Verdict.INCONCLUSIVE if self.unknown else Verdict.PASS

    @property
    def proposal(self) -> Verb | None:
        """The strongest verb that a problem asks for, where nothing as strong stands yet."""
        order = [*WITHDRAWN]
        found = max((order.index(each.proposal) for each in self.problems), default=-1)
        there = max((order.index(each) for each in self.standing if each in order), default=-1)
        return Verb(order[found]) if found > there else None


@dataclass(frozen=True)
class Today:
    """What versions are held against."""

    policy: Policy
    trust: Trust
    registry: Registry
    day: date
    checks: Callable[[Stage], Iterable[Planned]] = outlines

    def snapshot(self) -> Snapshot:
        """The advisories. Raises `CouldNotCheckError` where the policy names none, or they are too
        old."""
        if self.policy.advisories is None:
            raise CouldNotCheckError("the policy names no advisory snapshot")
        try:
            data = self.policy.advisories.read_bytes()
        except OSError as error:
            raise CouldNotCheckError(f"the advisory snapshot cannot be read: {error}") from error
        return read_snapshot(data, today=self.day, max_age_days=self.policy.advisories_max_age_days)


def reverify(version: ReleasedVersion, rows: Sequence[EvidenceRow], today: Today) -> Reverified:
    """Hold one version against the policy, the keys and the advisories of today."""
    problems: list[Problem] = []
    unknown: list[str] = []
    files: Mapping[str, bytes] | None = None
    statements: Mapping[Stage, Statement] = {}
    try:
        verified = verify_version(
            version,
            rows,
            today.trust,
            max_age_hours=today.policy.evidence_max_age_hours,
            registry=today.registry,
        )
        statements = verified.statements
        problems += [Problem(each, Verb.QUARANTINE) for each in verified.all_reasons]
        with fetched(today.registry, version.slug, version.version) as (_, archive):
            files = unpacked(archive)
    except CouldNotCheckError as error:
        unknown.append(f"the bundle: {error.message}")
    except RefusedError as error:
        problems += [Problem(each, Verb.QUARANTINE) for each in error.reasons]
    problems += [Problem(each, Verb.YANK) for each in _by_rules(version, statements, today)]
    parts: tuple[Callable[[], Iterable[Problem]], ...] = (
        lambda: _advisories(files, today),
        lambda: _licenses(statements.get(Stage.SCAN), today.policy),
    )
    for part in parts:
        try:
            problems += part()
        except CouldNotCheckError as error:
            unknown.append(error.message)
    kept = tuple(dict.fromkeys(problems))
    return Reverified(version.slug, version.version, kept, tuple(unknown), version.standing)


def _by_rules(
    version: ReleasedVersion, statements: Mapping[Stage, Statement], today: Today
) -> Iterator[str]:
    policy = today.policy
    expected = rules.Expected(
        slug=version.slug,
        version=version.version,
        digest=version.digest,
        policy=version.policy,
        checks={stage: _required(stage, version, today) for stage in statements},
        now=datetime.combine(today.day, time.min, UTC),
        sandbox=frozenset(policy.sandbox),
        waivers=policy.for_module(version.slug).waivers,
        least_gates=policy.least_gates or _oldest(statements),
        clean_tree=policy.clean_tree,
    )
    for stage, found in statements.items():
        for rule in TODAY:
            yield from rule(found, stage, expected)


def _oldest(statements: Mapping[Stage, Statement]) -> str:
    """Without a word of the policy every version of the gate counts: a newer one is no fault."""
    from semver import Version

    found = [each.environment.get("gates", "") for each in statements.values()]
    known = [Version.parse(each) for each in found if Version.is_valid(each)]
    return str(min(known)) if known else __version__


def _required(stage: Stage, version: ReleasedVersion, today: Today) -> frozenset[str]:
    from gates.module import from_files
    from gates.toolchains.languages import language_name

    manifest = json.dumps(dict(version.manifest)).encode()
    ours = (None, language_name(from_files(version.slug, {"module.json": manifest})))
    return frozenset(each.id for each in today.checks(stage) if each.language in ours)


def _advisories(files: Mapping[str, bytes] | None, today: Today) -> Iterator[Problem]:
    if files is None:
        raise CouldNotCheckError("advisories: the bundle cannot be had")
    try:
        snapshot = today.snapshot()
        packages = _locked(files[BILL], snapshot.ecosystems)
        if missing := {each.ecosystem for each in packages} - snapshot.ecosystems:
            raise CouldNotCheckError(f"the snapshot has no canary for {', '.join(sorted(missing))}")
        matches = match(snapshot, packages)
    except KeyError:
        raise CouldNotCheckError(f"advisories: the bundle holds no {BILL}") from None
    except (ValueError, TypeError, AttributeError, CouldNotCheckError) as error:
        raise CouldNotCheckError(f"advisories: {error}") from error
    yield from (_advisory(each) for each in matches.found)
    if matches.unclear:
        raise CouldNotCheckError(f"advisories: not understood: {'; '.join(matches.unclear[:3])}")


def _advisory(found: Advisory) -> Problem:
    names = (found.id, *found.aliases)
    bad = any(each.startswith(MALICIOUS) for each in names)
    return Problem(
        f"{found.package.name} {found.package.version}: {found.id}: {found.summary} [advisory]",
        Verb.REVOKE if bad else Verb.YANK,
    )


def _locked(bill: bytes, vouched: Collection[str]) -> list[Locked]:
    """The packages of a bill; of those that others carry, those that the snapshot knows about, as
    in the scan."""
    from gates.toolchains.languages import ECOSYSTEMS
    from gates.toolchains.sbom import read_bill

    names = {each.url_type: name for name, each in ECOSYSTEMS.items()}
    parts = read_bill(bill)
    if unknown := {each.url_type for each in parts} - names.keys():
        raise ValueError(f"packages of an unknown kind: {', '.join(sorted(unknown))}")
    return [
        Locked(names[each.url_type], each.name, each.version, 0)
        for each in parts
        if not each.carried_in or names[each.url_type] in vouched
    ]


def _licenses(scan: Statement | None, policy: Policy) -> Iterator[Problem]:
    records = [
        record
        for check in (scan.checks if scan else ())
        for record in check.records
        if record.name == RECORD
    ]
    try:
        stated = [read_stated(each.detail) for each in records]
    except ValueError:
        stated = []
    if not stated:
        raise CouldNotCheckError("licences: the evidence of the scan does not say what it read")
    for package, statements in stated[-1].items():
        name, _, version = package.rpartition(" ")
        licensed = Licensed(Locked("", name, version, 0), statements)
        if fault := find_fault(licensed, policy.allowed_licenses):
            yield Problem(f"{package} {fault} [license]", Verb.YANK)
