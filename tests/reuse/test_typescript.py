"""Kept results of a TypeScript module, attacked: what is changed runs what stands on it.

Only the questions are asked again here; docs/reuse.md lists what fresh runs gave beside them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.evidence import envelope
from gates.evidence.keys import key_id, own_public_key
from gates.model import Stage
from gates.module import load
from gates.needs import Needs
from gates.pipeline import run_pipeline
from gates.reuse import Reuse
from gates.reuse.entry import read
from gates.reuse.identity import Identities
from gates.reuse.store import TOGETHER
from gates.settings import Settings, load_policy
from gates.toolchains.languages.typescript.compiler import reads_elsewhere
from tests.conftest import ROOT
from tests.reuse.conftest import DAY, checks_of

PACKAGES = {"oxlint", "dependencies-locked"}
"""Checks that stand on the module's installed packages."""
ALL = {*PACKAGES, "prettier"}


@dataclass(frozen=True)
class Kept:
    """A module in its workspace whose checks have run, and where their results are kept."""

    root: Path
    settings: Settings

    @property
    def workspace(self) -> Path:
        """The folder around the modules and the platform's packages."""
        return self.root.parent

    def holds(self, **changes: object) -> set[str]:
        """The checks that would be answered from what is kept; `changes` are of the reuse."""
        needs = Needs(load(self.root), load_policy(self.root), self.settings, today=DAY)
        try:
            reuse = replace(Reuse.of(needs), **changes)
            return {each for each in ALL if reuse.find(each)}
        finally:
            needs.close()

    def entry(self, check: str) -> Path:
        """The kept result of a check; all count one by one from now on."""
        key = own_public_key(self.settings.key)
        assert key is not None
        of_key = self.settings.cache / "results" / key_id(key)[:16] / self.root.name
        (of_key / TOGETHER).unlink(missing_ok=True)
        (found,) = (of_key / check).glob("*.dsse.json")
        return found


@pytest.fixture(scope="module")
def once() -> Iterator[Kept]:
    folder = Path(tempfile.mkdtemp(prefix="gates-test-"))
    folder.chmod(0o755)
    skipped = shutil.ignore_patterns("node_modules", ".gates", "dist", "__pycache__")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=skipped)
    settings = Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(folder / "state")})
    kept = Kept(folder / "examples" / "alert-engine", settings)
    stages = (Stage.LINT,)
    report = run_pipeline(kept.root, stages, settings, today=DAY, only=frozenset(ALL))
    assert report.verdict == "pass", report
    yield kept
    shutil.rmtree(folder)


@pytest.fixture
def kept(once: Kept) -> Iterator[Kept]:
    """The same for a test that changes files: they are put back, by content and not by time."""
    assert once.holds() == ALL
    aside = once.workspace.with_name("aside")
    subprocess.run(["cp", "-a", once.workspace, aside], check=True)
    yield once
    shutil.rmtree(once.workspace)
    aside.rename(once.workspace)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def same_size_and_time(kept: Kept) -> None:
    path = kept.root / "src/lib/errors.ts"
    before = path.stat()
    edit(path, "class", "clasS")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def options(kept: Kept) -> None:
    edit(
        kept.root / "tsconfig.json", '"compilerOptions"', '"extends": "/x.json", "compilerOptions"'
    )


def kind_of_modules(kept: Kept) -> None:
    edit(kept.root / "package.json", '"module"', '"commonjs"')


def npm_settings(kept: Kept) -> None:
    (kept.workspace / ".npmrc").write_text("registry=https://packages.example.net/\n")


def own_npm_settings(kept: Kept) -> None:
    (kept.root / ".npmrc").write_text("registry=https://packages.example.net/\n")


def lock(kept: Kept) -> None:
    edit(kept.workspace / "package-lock.json", '"integrity": "sha512-', '"integrity": "sha512-A')


def platform_package(kept: Kept) -> None:
    with (kept.workspace / "platform/npm/core/index.d.ts").open("a") as file:
        file.write("export declare const more: string;\n")


def platform_package_by_a_link(kept: Kept) -> None:
    package = kept.workspace / "platform/npm/core"
    package.rename(kept.workspace / "other")
    package.symlink_to(kept.workspace / "other")
    with (package / "index.js").open("a") as file:
        file.write("// more\n")


def link_in_place_of_a_file(kept: Kept) -> None:
    path = kept.root / "src/lib/errors.ts"
    path.rename(path.with_name("other.txt"))
    path.symlink_to("other.txt")


@pytest.mark.parametrize(("attack", "runs"), [
    (same_size_and_time, ALL),
    (options, ALL),
    (kind_of_modules, ALL),
    (npm_settings, PACKAGES),
    (own_npm_settings, ALL),
    (lock, PACKAGES),
    (platform_package, PACKAGES),
    (platform_package_by_a_link, PACKAGES),
    (link_in_place_of_a_file, ALL),
], ids=lambda each: getattr(each, "__name__", ""))  # fmt: skip
def test_what_is_changed_runs_what_stands_on_it(
    kept: Kept, attack: Callable[[Kept], None], runs: set[str]
):
    attack(kept)
    assert ALL - kept.holds() == runs


@pytest.mark.parametrize("name", ["npm_config_registry", "Npm_Config_Registry"])
def test_a_registry_that_the_environment_names_is_asked_for(once, monkeypatch, name):
    monkeypatch.setenv(name, "https://packages.example.net")
    assert ALL - once.holds() == PACKAGES


@pytest.mark.parametrize(
    "name", ["NODE_OPTIONS", "NODE_PATH", "NODE_ENV", "TS_NODE_PROJECT", "PATH"]
)
def test_a_variable_that_no_tool_is_given_changes_nothing(once, monkeypatch, name):
    monkeypatch.setenv(name, "--require /nowhere/x.cjs")
    assert once.holds() == ALL


def test_packages_and_tools_count_by_their_seals(once, monkeypatch):
    signed = envelope.parse(json.loads(once.entry("oxlint").read_bytes()))
    trace = read(signed.payload).trace
    assert sum(each.startswith("seal:") for each in trace) == 2
    assert any(each.startswith("program:") and each.endswith("/node") for each in trace)
    monkeypatch.setattr("gates.reuse.questions.read_seal", lambda _: "0" * 64)
    assert once.holds() == set()
    monkeypatch.undo()
    monkeypatch.setattr(Identities, "program", lambda *_: "another node")
    assert once.holds() == set()


@pytest.mark.parametrize("moved", [timedelta(hours=25), timedelta(hours=-1)])
def test_a_clock_that_was_set_ends_it(once, moved):
    assert once.holds(now=datetime.now(UTC) + moved) == set()


def test_a_cut_or_foreign_entry_is_none(once):
    entry, other = once.entry("oxlint"), once.entry("prettier")
    data = entry.read_bytes()
    for written in (data[:-1], data[: len(data) // 2], b"", other.read_bytes()):
        entry.write_bytes(written)
        assert once.holds() == ALL - {"oxlint"}
    entry.write_bytes(data)


def test_another_key_reads_nothing(once):
    other = Kept(once.root, replace(once.settings, key=once.settings.state / "other.pem"))
    assert other.holds() == set()


def test_types_of_a_file_elsewhere_are_a_finding_and_never_kept(make_module, settings, folder):
    """Whoever changed that file would change what the compiler says, and nothing of the module."""
    root = make_module("typescript")
    (folder / "global.d.ts").write_text("declare type Far = number;\n")
    (folder / "shape.d.ts").write_text("export type Shape = number;\n")
    (root / "src/lib/far.ts").write_text(
        f'/// <reference path="{folder}/global.d.ts" />\n'
        f'import type {{ Shape }} from "{folder}/shape.js";\n\n'
        "export const one: Shape = 1;\nexport const two: Far = 2;\n"
        f'export const three: import("{folder}/shape.js").Shape = 3;\n'
    )
    only = frozenset({"tsc", "imports-inside"})
    report = run_pipeline(root, (Stage.LINT,), settings, today=DAY, only=only)
    found = {each.check: each for each in checks_of(report)}
    assert found["tsc"].verdict == "pass"
    lines = [each.location.line for each in found["imports-inside"].findings]
    assert lines == [1, 2, 6]
    assert own_public_key(settings.key) is None, "nothing was signed, and so nothing kept"


@pytest.mark.parametrize(("listed", "elsewhere"), [
    ("/copy/src/a.ts", False), ("/cache/environments/npm/node_modules/a/index.d.ts", False),
    ("/tmp/shape.d.ts", True), ("/copying/a.ts", True), ("src/a.ts(1,1): error TS1: no", False),
    ("/outside/a.d.ts(1,1): error TS1: no", False), ("", False),
])  # fmt: skip
def test_a_build_says_whether_it_read_elsewhere(listed, elsewhere):
    places = (Path("/copy"), Path("/cache"))
    assert reads_elsewhere(listed.encode(), places) is elsewhere
