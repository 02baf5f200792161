"""Stages that passed, with signed evidence, without running any: for tests of what comes after."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from gates.catalog import Catalog
from gates.check import Check
from gates.evidence import EvidenceSet
from gates.model import CheckResult, RanRecord, Stage, StageResult, Verdict
from gates.module import Module, load
from gates.publish import Publication, publish_bundle
from gates.registry import Content, Registry
from gates.release import Release
from gates.settings import Policy, Settings
from gates.stages import Outcome
from gates.toolchains.bundle import Read, collect_shipped, pack

DAY = date(2026, 6, 1)
EXAMPLES = Path(__file__).resolve().parent / "examples"
TABLES = "tenant_sample_module_notes"
RAN = RanRecord("python", "3.13.1", sandbox="landlock+seccomp")
"""Of code of the module."""


def checks_of(stage: Stage) -> tuple[Check, ...]:
    """Two checks for each stage, one of them for Python only."""
    names = (f"{stage.value}-works", None), (f"{stage.value}-python", "python")
    return tuple(Check(name, stage, "It works.", (), lambda: (), lang) for name, lang in names)


def result_of(stage: Stage, verdict: Verdict = Verdict.PASS, **changes: object) -> StageResult:
    """A stage with the result of every check, the last one with `verdict`."""
    checks = [CheckResult(each.id, Verdict.PASS) for each in checks_of(stage)]
    records = {
        Stage.TEST: (RanRecord("tables-created", "PostgreSQL 18.6", detail=TABLES), RAN),
        Stage.BUILD: (RAN,),
    }
    checks[-1] = replace(checks[-1], verdict=verdict, records=records.get(stage, ()))
    result = StageResult(stage, tuple(checks), 1.25, {}, "2026-06-01T10:00:00Z")
    return replace(result, **changes)  # type: ignore[arg-type]


def packed(files: Mapping[str, bytes | Read]) -> bytes:
    """An archive as bundles are: files by path, or what gives them."""
    target = io.BytesIO()
    read = {
        name: partial(bytes, each) if isinstance(each, bytes) else each
        for name, each in files.items()
    }
    pack(read, target)
    return target.getvalue()


@dataclass
class World:
    """One installation and one module in it."""

    root: Path
    settings: Settings
    policy: Policy = field(default_factory=Policy)
    bundle: bytes = b""
    """By default a real archive of what ships of the module, without built code."""
    measured: tuple[RanRecord, ...] = ()
    """Of the tests: what the evidence says of the coverage."""
    tables: tuple[str, ...] = (TABLES,)
    """Of the tests: the tables that they saw."""

    def __post_init__(self) -> None:
        shutil.rmtree(self.root / ".gates", ignore_errors=True)
        self.bundle = self.bundle or packed(collect_shipped(self.module))

    @property
    def module(self) -> Module:
        return load(self.root)

    @property
    def evidence(self) -> EvidenceSet:
        return EvidenceSet(self.module, self.policy, self.settings, today=DAY, checks=checks_of)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.bundle).hexdigest()

    @property
    def registry(self) -> Registry:
        return Registry.open(self.settings.registry)

    def passed(self, stages: Iterable[Stage] = Stage.RELEASE.before) -> EvidenceSet:
        """Write passing evidence for these stages."""
        evidence = self.evidence
        for stage in stages:
            result = result_of(stage)
            if stage is Stage.TEST:
                *before, last = result.checks
                seen, ran = last.records
                seen = replace(seen, detail=", ".join(self.tables))
                last = replace(last, records=(seen, ran, *self.measured))
                result = replace(result, checks=(*before, last))
            evidence.write(result, bundle=self.digest)
        return evidence

    def published(self) -> Outcome:
        """Write evidence for all six stages and publish the bundle."""
        self.passed()
        return publish_bundle(self.publication())

    def publication(self) -> Publication:
        """A publication, ready to run its steps."""
        bundle = Content.of_bytes(self.bundle)
        return Publication(self.module, self.evidence, self.registry, bundle)

    def release(self, catalog: Catalog) -> Release:
        """A release, ready to run its steps."""
        return Release(self.module, self.evidence, self.registry, catalog)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in a file of the module."""
        file = self.root / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def next_version(self, version: str) -> None:
        """Raise the version everywhere, from 1.0.0."""
        self.edit("module.json", '"version": "1.0.0"', f'"version": "{version}"')
        self.edit(
            "CHANGELOG.md", "## [1.0.0]", f"## [{version}] - 2026-02-01\n\n- More.\n\n## [1.0.0]"
        )
