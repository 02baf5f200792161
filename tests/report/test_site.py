"""The site of the catalog: what each page says, and that hostile text stays text in its folder."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from gates.catalog import EvidenceRow, ModulePage, ModuleRow, ReleasedVersion
from gates.catalog.model import MigrationDigest
from gates.catalog.verify import Verified
from gates.commands.site import _dependants, _differences, _replace
from gates.errors import UsageError
from gates.evidence.statement import CheckEntry, Statement, Waived
from gates.model import Stage, Verdict
from gates.report.html.style import policy
from gates.report.site import ModuleOnSite, render
from gates.report.site.places import file_name
from tests.report.samples import HOSTILE
from tests.report.test_hostile import Tags

MADE = "2026-11-24T00:00:00Z"
TEXT = re.compile(r"<[^>]*>")


def manifest(version: str, *endpoints: str, needs: object = ()) -> dict[str, object]:
    return {
        "module": "sample-notes",
        "version": version,
        "schema_file": "module_schema.json",
        "api_endpoints": [{"method": "GET", "path": each} for each in endpoints],
        "dependencies": list(needs),
        "compatibility_matrix": {"min_axon_version": "2.0.0", "max_axon_version": "3.0.0"},
    }


def row(version: str, **changes: object) -> ReleasedVersion:
    made = ReleasedVersion(
        slug="sample-notes",
        version=version,
        digest="ab" * 32,
        bundle="cd" * 32,
        status="GA",
        manifest=manifest(version, "/api/sample-notes"),
        settings_schema={"type": "object", "properties": {}},
        migrations=(MigrationDigest("migrations/000_notes.sql", "ef" * 32),),
        tables_created=("tenant_sample_notes_notes",),
        changelog=f"## {version}\n\nFirst words.",
        registry_manifest="sha256:" + "12" * 32,
        registry_reference="oci:registry:sample-notes",
        policy="34" * 32,
        released_at=MADE,
        released_by="gates_releaser",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def statement(stage: Stage, text: str = "", waived: tuple[Waived, ...] = ()) -> Statement:
    checks = (CheckEntry(f"ruff{text}", f"axon-gates{text}", Verdict.PASS, waived=waived),)
    return Statement(
        stage, Verdict.PASS, f"sample-notes@1.0.0{text}", "ab" * 32, None, None, "34" * 32, checks,
        f"{MADE}{text}", 1.0, tools={f"ruff{text}": "0.15"}, key_ids=("56" * 32,),
        environment={"commit": f"a1b2{text}"},
    )  # fmt: skip


def verified(version: str, *reasons: str, text: str = "") -> Verified:
    waived = (Waived(f"ruff{text}", f"src/a.py{text}", "fp", ""),)
    stages = {each: statement(each, text, waived) for each in Stage.RELEASE.before}
    return Verified("sample-notes", version, {"": reasons}, stages)


def page(*rows: ReleasedVersion, slug: str = "sample-notes", text: str = "") -> ModulePage:
    module = ModuleRow(slug, f"Notes{text}", f"Notes of tenants{text}", "tools", "GA")
    evidence: dict[str, tuple[EvidenceRow, ...]] = {}
    return ModulePage(module, rows, evidence)


def sample_site() -> dict[str, str]:
    """Two modules, one of which needs the other; of one version something is not proved."""
    newer = row("1.1.0", manifest=manifest("1.1.0", "/api/sample-notes", "/api/sample-notes/tags"))
    notes = page(newer, row("1.0.0"))
    needs = [{"slug": "sample-notes", "version": "^1.0.0"}]
    other = row("2.0.0", slug="other", manifest=manifest("2.0.0", needs=needs))
    others = page(other, slug="other")
    named = _dependants([notes, others])
    modules = [
        ModuleOnSite(
            notes,
            {"1.1.0": verified("1.1.0"), "1.0.0": verified("1.0.0", "it was edited [x]")},
            _differences(notes.versions),
            named["sample-notes"],
        ),
        ModuleOnSite(others, {"2.0.0": verified("2.0.0")}),
    ]
    return dict(render(modules, platform="2.4.0", made=MADE))


def text_of(markup: str) -> str:
    return re.sub(r"\s+", " ", TEXT.sub(" ", markup))


def test_what_each_page_says():
    site = sample_site()
    assert sorted(site) == [
        "catalog.json",
        "index.html",
        "modules/other/2.0.0.html",
        "modules/other/index.html",
        "modules/sample-notes/1.0.0.html",
        "modules/sample-notes/1.1.0.html",
        "modules/sample-notes/index.html",
    ]
    first = text_of(site["index.html"])
    assert "1 of 3 versions not proved" in first
    assert "sample-notes 1.0.0 it was edited [x]" in first
    module = text_of(site["modules/sample-notes/index.html"])
    assert "1.1.0 GA 2026-11-24T00:00:00Z gates_releaser minor proved" in module
    assert "1.0.0 GA 2026-11-24T00:00:00Z gates_releaser first not proved" in module
    assert "2.4.0 (in use)" in module
    assert "other 2.0.0 ^1.0.0" in module
    version = text_of(site["modules/sample-notes/1.1.0.html"])
    assert "endpoint:GET /api/sample-notes/tags minor" in version
    assert "lint-manifest ruff in src/a.py, by a waiver (fp)" in version
    assert "lint pass 2026-11-24T00:00:00Z 1 0 key 565656565656" in version
    assert "migrations/000_notes.sql" in version
    assert "sample-notes ^1.0.0 needed" in text_of(site["modules/other/2.0.0.html"])
    listed = json.loads(site["catalog.json"])["versions"]
    assert [(each["version"], each["proved"]) for each in listed] == [
        ("1.1.0", True),
        ("1.0.0", False),
        ("2.0.0", True),
    ]


def test_every_link_leads_to_a_page():
    site = sample_site()
    for path, markup in site.items():
        for target in re.findall(r'href="([^"#]+)"', markup):
            assert "://" not in target
            parts: list[str] = []
            for part in (PurePosixPath(path).parent / target).parts:
                if part == "..":
                    parts.pop()
                else:
                    parts.append(part)
            assert "/".join(parts) in site, (path, target)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    hostile = row(
        "1.0.0", status=text, changelog=text, released_by=text, registry_reference=text,
        tables_created=(text,), migrations=(MigrationDigest(text, text, text, text),),
        manifest={"dependencies": [text, {"slug": text, "version": text}]},
    )  # fmt: skip
    shown = ModuleOnSite(
        page(hostile, text=text),
        {"1.0.0": verified("1.0.0", text, text=text)},
        dependants=[(text, text, text)],
    )
    tags = {"html", "head", "meta", "title", "style", "body", "a", "header", "p", "div", "h1", "dl",
            "dt", "dd", "nav", "ul", "li", "main", "section", "h2", "table", "caption", "thead",
            "tr", "th", "tbody", "td", "span", "code", "details", "summary", "pre", "footer",
            "strong"}  # fmt: skip
    for path, markup in render([shown], platform=text, made=MADE):
        if path.endswith(".html"):
            found = Tags(markup).found
            assert {tag for tag, _ in found} <= tags
            assert policy() in [attributes.get("content") for _, attributes in found]


@pytest.mark.parametrize("name", ["..", ".", "a/../b", "/etc", "a\0b", "", "~", "ä"])
def test_no_name_leaves_its_folder(name):
    made = file_name(name)
    assert made not in ("", ".", "..")
    assert "/" not in made
    assert "\0" not in made


def test_a_site_replaces_a_site_and_nothing_else(folder: Path):
    site = folder / "site"
    assert _replace(site, [("a/b.html", "1"), ("catalog.json", "{}")], marker="catalog.json") == 2
    assert _replace(site, [("c.html", "2"), ("catalog.json", "{}")], marker="catalog.json") == 2
    assert sorted(each.name for each in site.iterdir()) == ["c.html", "catalog.json"]
    assert [each.name for each in folder.iterdir()] == ["site"]

    def broken():
        yield "d.html", "3"
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        _replace(site, broken(), marker="catalog.json")
    assert (site / "c.html").read_text() == "2"
    (folder / "mine").mkdir()
    (folder / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="which would be lost"):
        _replace(folder / "mine", [("catalog.json", "{}")], marker="catalog.json")
    assert (folder / "mine" / "letter.txt").read_text() == "dear"
