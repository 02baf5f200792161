"""Signs approvals: of modules in folders, of evidence, of published versions, of waivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gates.errors import CouldNotCheckError, RefusedError, UsageError
from gates.evidence import Trust, signed, statement
from gates.evidence.act import Act, Subject, Verb, read_signed, version_subject, waiver_subject
from gates.evidence.envelope import LARGEST, MalformedError, shown
from gates.evidence.store import Store
from gates.governance.acts import now_text, sign
from gates.governance.approvals import ANNOTATION, policy_folder
from gates.governance.signers import Signers
from gates.module import load
from gates.records import dataclass
from gates.registry import Registry
from gates.settings import Policy, Settings


@dataclass(frozen=True)
class Target:
    """Something that is approved, and where its approval goes."""

    subject: Subject
    keep: Callable[[str, bytes], str]
    """Takes the SHA-256 of the payload and the envelope; says where it was put."""


def of_path(path: Path, trust: Trust) -> Target:
    """A module's folder, or a file of evidence whose signature counts; kept beside the evidence.

    Raises `UsageError` for what is neither, `RefusedError` for evidence that nobody trusted signed.
    """
    if path.is_dir():
        module = load(path)
        module.require_manifest()
        store = Store.of(module.root)
        return Target(version_subject(module.slug, module.version, module.digest), _beside(store))
    try:
        with path.open("rb") as file:
            found = _version_in(file.read(LARGEST + 1), trust)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except MalformedError as error:
        raise UsageError(
            f"{path} is neither a module nor evidence: {shown(str(error), 200)}"
        ) from error
    return Target(found, _beside(Store.of(path.parent, path.parent)))


def of_published(slug: str, version: str, registry: Registry, trust: Trust) -> Target:
    """A version in the registry, by the evidence that was attached to it; kept there, too.

    Raises `RefusedError` where it is not published, or no evidence of it counts.
    """
    there = registry.find(slug, version)
    if there is None:
        raise RefusedError(
            [f"{slug} {version} is not published in the registry {registry.where} [no-bundle]"],
            hint="approve the folder of the module, or its evidence",
        )
    subjects: set[Subject] = set()
    for stage, data in registry.referrers(there):
        if stage != ANNOTATION:
            try:
                subjects.add(_version_in(data, trust))
            except (MalformedError, RefusedError):
                continue
    fit = [each for each in subjects if each.name == f"{slug}@{version}"]
    if len(fit) != 1:
        raise RefusedError(
            [f"the registry holds no evidence that says what {slug} {version} is [missing]"]
        )

    def keep(_digest: str, data: bytes) -> str:
        registry.attach(there, ANNOTATION, data)
        return there.reference

    return Target(fit[0], keep)


def of_waivers(policy: Policy, checks: Iterable[str]) -> list[Target]:
    """The waivers of a policy for some checks; kept in a folder beside the policy file.

    Raises `UsageError` for a check without a waiver.
    """
    folder = policy_folder(policy)
    found = []
    for check in checks:
        mine = [each for each in policy.waivers if each.check == check]
        if not mine or folder is None:
            raise UsageError(f"the policy has no waiver for {check!r}")
        found += [Target(waiver_subject(each), _in_folder(folder)) for each in mine]
    return found


def approve(
    targets: Sequence[Target], act: Act, signers: Signers, settings: Settings
) -> tuple[Act, list[str]]:
    """Sign one approval over all targets, and keep it with each; returns where.

    `act` says why and until when. Raises `RefusedError` where the key is no approver's.
    """
    subjects = tuple(dict.fromkeys(each.subject for each in targets))
    made = Act(Verb.APPROVE, subjects, act.reason, now_text(), until=act.until)
    data = sign(made, settings).to_bytes()
    done, envelope = read_signed(data)
    if problems := signers.problems(envelope, done):
        raise RefusedError(
            [f"the approval {problems[0]}"],
            hint="sign with the key of a person under approvers in the policy: --key",
        )
    return done, list(dict.fromkeys(each.keep(done.sha256, data) for each in targets))


def _version_in(data: bytes, trust: Trust) -> Subject:
    envelope = signed.parse(data)
    if problems := envelope.problems(trust):
        raise RefusedError([f"the evidence {each}" for each in problems])
    found = statement.read(envelope.payload)
    return Subject(found.subject, found.digest)


def _beside(store: Store) -> Callable[[str, bytes], str]:
    return lambda digest, data: str(store.write_approval(digest, data))


def _in_folder(folder: Path) -> Callable[[str, bytes], str]:
    def keep(digest: str, data: bytes) -> str:
        path = folder / f"approval-{digest[:16]}.dsse.json"
        try:
            folder.mkdir(exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise CouldNotCheckError(f"{path} cannot be written: {error.strerror}") from error
        return str(path)

    return keep
