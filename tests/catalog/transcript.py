"""The transcript in docs/catalog-transcript.md: three modules, five versions each, four tenants.

The commands are run as a user runs them, on a catalog with signed evidence; only the checks of the
stages are stand-ins. What differs from run to run (digests, times, keys) is shown as `…`.
`TRANSCRIPT=write pytest tests/catalog/test_transcript.py` writes it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gates import cli
from gates.catalog import Catalog
from gates.catalog.candidate import module_row
from gates.release import evidence_rows, version_row
from gates.settings import Settings
from tests.passing import EXAMPLES, World

VERSIONS = ("1.0.0", "1.0.1", "1.1.0", "1.2.0", "2.0.0")
NEEDS = {
    "contacts": [],
    "mail": [{"slug": "contacts", "version": "^1.0.0"}],
    "campaigns": [{"slug": "mail", "version": "^1.0.0"}],
}
TENANTS = {
    name: f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}"
    for digit, name in zip("1234", ("acme", "bolt", "cora", "dune"), strict=True)
}
STORY = """\
# What is released, and is it what was signed?
list
verify
matrix mail
# Four tenants get modules. `$ACME` and the others stand for the ids of tenants.
provision $ACME contacts 1.1.0
provision $ACME mail 1.1.0
provision $BOLT contacts 1.1.0
provision $CORA contacts 1.2.0
provision $CORA campaigns 1.2.0
provision $DUNE mail
stats
health $ACME contacts
# A version is slow: no new installs, and who has it goes on.
yank contacts 1.1.0 --reason "queries of a minute" --replacement 1.2.0
resolve contacts ^1.0.0
resolve contacts 1.1.0
provision $DUNE contacts 1.1.0
# Something may be wrong with another: nothing of it is served while somebody looks.
quarantine campaigns 1.2.0 --reason "a report of a leak"
fetch campaigns 1.2.0
lift quarantine campaigns 1.2.0 --reason "nothing was found"
fetch campaigns 1.2.0
# And one was found bad: its tenants are told. Who holds it, and where to go?
revoke contacts 1.2.0 --reason "tenants can read each other's notes" --replacement 1.0.1
affected contacts 1.2.0
# A version goes out of use on a day.
deprecate mail 1.0.0 --sunset 2099-12-31 --reason "use 1.2.0" --replacement 1.2.0
# The newest release was a mistake, and its window is open.
rollback mail 2.0.0 --reason "drops a column too early"
show mail
# Tenants move on by themselves, to the newest that stands against nothing.
set-upgrades $ACME mail on
upgrade-tenants
stats
# Is the audit trail as it was written? Without an anchor, a cut end leaves no trace.
audit verify
audit anchor
audit verify
# Pages for release managers.
site pages
"""
_CHANGING = (
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "…"),
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "…"),
    (re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00(:00)?)?"), "<time>"),
    (re.compile(r"\(row \d+\)"), "(row …)"),
)


def released(folder: Path, url: str) -> Settings:
    """Release the versions of each module; the settings of that installation."""
    environment = {**os.environ, "GATES_STATE_DIR": str(folder / "state")}
    settings = replace(Settings.from_environment(environment), catalog=url)
    with Catalog.open(settings) as catalog:
        for slug, needs in NEEDS.items():
            root = _module(folder / slug, slug, needs)
            before = VERSIONS[0]
            for version in VERSIONS:
                _raise(root, before, version)
                before = version
                _register(World(root, settings), catalog)
    return settings


def _register(world: World, catalog: Catalog) -> None:
    world.tables = (f"tenant_{world.module.slug}_notes",)
    world.published()
    work = world.release(catalog)
    catalog.register(module_row(work.module), version_row(work), evidence_rows(work.statements))


def _module(root: Path, slug: str, needs: list[dict[str, str]]) -> Path:
    """A copy of the sample module under another name."""
    shutil.copytree(EXAMPLES / "_base" / "python", root)
    (root / "src/sample_module").rename(root / "src" / slug)
    for path in (each for each in root.rglob("*") if each.is_file()):
        text = path.read_text("utf-8").replace("sample-module", slug).replace("sample_module", slug)
        path.write_text(text.replace("Sample Module", slug.title()), "utf-8")
    manifest = json.loads((root / "module.json").read_text("utf-8"))
    manifest |= {"dependencies": needs, "rollback_window_hours": 48}
    (root / "module.json").write_text(json.dumps(manifest, indent=2), "utf-8")
    return root


def _raise(root: Path, before: str, version: str) -> None:
    if before == version:
        return
    for name, key in (("module.json", "version"), ("module_schema.json", "schema_version")):
        value = json.loads((root / name).read_text("utf-8"))
        (root / name).write_text(json.dumps(value | {key: version}, indent=2), "utf-8")
    changes = root / "CHANGELOG.md"
    entry = f"## [{version}] - 2026-02-01\n\n- More.\n\n## [{before}]"
    changes.write_text(changes.read_text("utf-8").replace(f"## [{before}]", entry, 1), "utf-8")


def transcript(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the story on the catalog at the URL; the page."""
    settings = released(folder, url)
    monkeypatch.setenv("GATES_STATE_DIR", str(settings.state))
    monkeypatch.setenv("GATES_CATALOG", url)
    monkeypatch.setenv("GATES_REGISTRY", settings.registry)
    work = folder / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    # The sample evidence is older than what a policy allows.
    (work / "gates-policy.toml").write_text("[evidence]\nmax_age_hours = 100000\n")
    lines = [
        "# The catalog, from the first release to the last page",
        "",
        "Three modules with five versions each, and four tenants. A test runs these commands and",
        "compares; digests, keys and times are shown as `…` and `<time>`, since they differ.",
    ]
    open_block = False
    for line in STORY.splitlines():
        if line.startswith("# "):
            lines += ["```"] * open_block + ["", line.removeprefix("# "), "", "```text"]
            open_block = True
            continue
        status, said = _run(_with_ids(line))
        ended = f"   # exit code {status}" if status else ""
        lines += [f"$ gates catalog {line}{ended}", *_steady(said, folder).splitlines(), ""]
    return "\n".join([*lines, "```", ""]).replace("\n\n```\n", "\n```\n")


def _with_ids(line: str) -> list[str]:
    for name, tenant in TENANTS.items():
        line = line.replace(f"${name.upper()}", tenant)
    return shlex.split(line)


def _run(arguments: list[str]) -> tuple[int, str]:
    said = io.StringIO()
    with (
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main(["catalog", *arguments])
    code = ended.value.code
    return int(code or 0), said.getvalue()


def _steady(text: str, folder: Path) -> str:
    """Without what differs from run to run."""
    for name, tenant in TENANTS.items():
        short = f"${name.upper()}"
        text = text.replace(f"{tenant}  ", f"{short:<{len(tenant)}}  ").replace(tenant, short)
    text = text.replace(str(folder), "")
    for pattern, shown in _CHANGING:
        text = pattern.sub(shown, text)
    return "\n".join(line.rstrip() for line in text.splitlines())
