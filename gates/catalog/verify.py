"""Whether the evidence that a catalog holds proves what its rows say, without a network.

PostgreSQL has no Ed25519: it holds the content of evidence against the version's row, and that
somebody whom the policy trusts has signed it is found here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gates.catalog.candidate import candidate_of
from gates.catalog.lifecycle import MATURITIES
from gates.catalog.model import EvidenceRow, ModuleRow, ReleasedVersion
from gates.catalog.tables import tables_created, tables_seen
from gates.errors import GatesError, RefusedError
from gates.evidence import rules, signed, statement, together
from gates.evidence.envelope import MalformedError, canonical, shown
from gates.evidence.freshness import check_started, read_time
from gates.model import Stage
from gates.module import from_files
from gates.records import dataclass, field, replace
from gates.registry.bundle import fetched, unpacked

if TYPE_CHECKING:
    from gates.evidence.keys import Trust
    from gates.evidence.statement import Statement
    from gates.registry import Registry

RULES: tuple[rules.Rule, ...] = (
    rules.check_stage,
    rules.check_signer,
    rules.check_subject,
    rules.check_content_digest,
    rules.check_verdict,
    rules.check_policy,
    rules.check_bundle,
    check_started,
)
"""Those that a row can be held to: of the policy of then, the catalog keeps the digest."""


@dataclass(frozen=True)
class Verified:
    """What was found about one released version."""

    slug: str
    version: str
    reasons: Mapping[str, tuple[str, ...]]
    """Why not to rely on the evidence of a stage, by stage; under "" what is about no one stage."""
    statements: Mapping[Stage, Statement] = field(default_factory=dict)
    """What was signed, of the stages whose signatures count."""

    @property
    def all_reasons(self) -> tuple[str, ...]:
        """Every reason; none where all that the catalog says of the version is proved."""
        return tuple(reason for each in self.reasons.values() for reason in each)


def verify_version(
    version: ReleasedVersion,
    rows: Sequence[EvidenceRow],
    trust: Trust,
    *,
    max_age_hours: float,
    separate_keys: bool = False,
    registry: Registry | None = None,
) -> Verified:
    """Hold the evidence of a version against its row, the trusted keys and the bundle.

    Ages count to the time of the release. Without `registry` the bundle is not looked at, and so
    nothing that was made from the module's files. Raises `CouldNotCheckError` for a registry that
    cannot be read.
    """
    released = read_time(version.released_at) or datetime.max.replace(tzinfo=UTC)
    expected = rules.Expected(
        slug=version.slug,
        version=version.version,
        digest=version.digest,
        policy=version.policy,
        checks={},
        now=released,
        max_age_hours=max_age_hours,
        trust=trust,
    )
    reasons: dict[str, tuple[str, ...]] = {}
    found: dict[Stage, Statement] = {}
    by_stage = {row.stage: row for row in rows}
    for stage in Stage.RELEASE.before:
        row = by_stage.get(stage.value)
        if row is None:
            reasons[stage.value] = (f"the stage {stage} has no evidence [missing]",)
            continue
        read, problems = _read(stage, row, trust)
        if read is not None:
            found[stage] = read
            problems += [why for rule in RULES for why in rule(read, stage, expected)]
            problems += _about_row(stage, row, version, read)
        reasons[stage.value] = tuple(problems)
    across = [why for r in together.across(separate_keys=separate_keys) for why in r(found)]
    across += _about_statements(version, found)
    across += _about_bundle(version, found, registry) if registry else []
    reasons[""] = tuple(across)
    return Verified(version.slug, version.version, reasons, found)


def _read(stage: Stage, row: EvidenceRow, trust: Trust) -> tuple[Statement | None, list[str]]:
    try:
        envelope = signed.parse(canonical(row.envelope) + b"\n")
        if problems := envelope.problems(trust):
            return None, [f"the evidence of {stage} {problem}" for problem in problems]
        read = statement.read(envelope.payload)
    except (MalformedError, ValueError) as error:
        why = shown(str(error), 200)
        return None, [f"the evidence of {stage} cannot be read: {why} [unreadable]"]
    return replace(read, key_ids=envelope.key_ids, claims=envelope.claims), []


def _about_row(
    stage: Stage, row: EvidenceRow, version: ReleasedVersion, read: Statement
) -> Iterator[str]:
    """What the columns beside the envelope say, since those are what is queried."""
    if hashlib.sha256(read.payload).hexdigest() != row.payload_sha256:
        yield f"the row of {stage} has another digest than its evidence [wrong-row]"
    if row.key_id != read.key_ids[0]:
        yield f"the row of {stage} names another key than its evidence [wrong-row]"
    if row.verdict != read.verdict.value:
        yield f"the row of {stage} has another verdict than its evidence [wrong-row]"
    if read.bundle is not None and read.bundle != version.bundle:
        yield (
            f"the evidence of {stage} is for the bundle {read.bundle}, and the catalog's is"
            f" {version.bundle} [wrong-bundle]"
        )


def _about_statements(version: ReleasedVersion, found: Mapping[Stage, Statement]) -> Iterator[str]:
    """What the signed statements say of columns beside their digests."""
    seen = tables_seen(found[Stage.TEST]) if Stage.TEST in found else None
    if seen not in (None, version.tables_created):
        yield _differs("list of tables", "the one that the tests saw")
    said = found[Stage.PUBLISH].outputs.get("manifest", "") if Stage.PUBLISH in found else ""
    if said not in ("", version.registry_manifest):
        yield _differs("digest of the registry's manifest", "the one that was published")
    if not version.registry_reference.endswith(f"@{version.registry_manifest}"):
        yield _differs("reference in the registry", "one to its manifest")


def _about_bundle(
    version: ReleasedVersion, found: Mapping[Stage, Statement], registry: Registry
) -> Iterator[str]:
    try:
        with fetched(registry, version.slug, version.version) as (there, archive):
            if there.bundle != version.bundle:
                yield (
                    f"the registry {registry.where} holds the bundle {there.bundle}, and the"
                    f" catalog's is {version.bundle} [wrong-bundle]"
                )
                return
            files = unpacked(archive)
    except RefusedError as error:
        yield from (f"{each} [no-bundle]" for each in error.reasons)
        return
    if there.manifest != version.registry_manifest:
        yield _differs("digest of the registry's manifest", f"the one of {there.reference}")
    yield from _about_files(version, found.get(Stage.TEST), files)


def _about_files(
    version: ReleasedVersion, tested: Statement | None, files: Mapping[str, bytes]
) -> Iterator[str]:
    """What the bundle says of the columns that were made from the module's files."""
    try:
        module = from_files(f"{version.slug}-{version.version}.tgz", files)
        wanted = candidate_of(module).version
        tables = tables_created(module, tested) if tested else version.tables_created
    except GatesError as error:
        yield f"the bundle says nothing of the catalog's row: {error.message} [unreadable]"
        return
    for what, has, right in (
        ("manifest", version.manifest, wanted.manifest),
        ("settings schema", version.settings_schema, wanted.settings_schema),
        ("list of migrations", version.migrations, wanted.migrations),
        ("changelog", version.changelog, wanted.changelog),
        ("list of tables", version.tables_created, tables),
    ):
        if has != right:
            yield _differs(what, "the one of the bundle")
    if not _has_become(version.status, wanted.status):
        yield _differs("status", f"{wanted.status}, which it was released as, or a later one")


def verify_module(module: ModuleRow, newest: ReleasedVersion) -> tuple[str, ...]:
    """Hold a module's own row against the manifest of its newest version, which `verify_version`
    holds against the bundle. Gives a sentence for each column that says something else."""
    manifest = newest.manifest
    found = [
        f"the module's {name} in the catalog is not the one of {newest.version} [wrong-row]"
        for name in ("slug", "name", "description", "category")
        if getattr(module, name) != str(manifest.get(name) or "")
    ]
    if not _has_become(module.maturity_status, str(manifest.get("maturity_status"))):
        found.append(
            f"the module's maturity in the catalog does not follow that of {newest.version}"
            " [wrong-row]"
        )
    return tuple(found)


def _has_become(now: str, released_as: str) -> bool:
    """Whether a maturity is one that the life cycle leads to from another."""
    known = {now, released_as} <= set(MATURITIES)
    return known and MATURITIES.index(now) >= MATURITIES.index(released_as)


def _differs(what: str, right: str) -> str:
    return f"the catalog's {what} is not {right} [wrong-row]"
