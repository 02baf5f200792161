"""A version's page: from which content, checked by what, with which exceptions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from gates.catalog.resolve import read_dependency
from gates.catalog.standing import describe
from gates.evidence.envelope import shown as shortened
from gates.model import Stage
from gates.report.escaping import cut
from gates.report.html.element import Child, code, element, fact, section, table
from gates.report.site.places import link, module_place, page, version_place
from gates.report.why import exceptions, facts, signer

if TYPE_CHECKING:
    from gates.catalog import ReleasedVersion
    from gates.catalog.verify import Verified
    from gates.report.site import ModuleOnSite

UP = 2
"""Folders between this page and the top of the site."""
LONGEST = 2_000
"""Characters of a text of the module that are shown."""


def version(on_site: ModuleOnSite, row: ReleasedVersion, made: str) -> str:
    """The page of one released version."""
    found = on_site.verified[row.version]
    kind = "fail" if found.all_reasons else "pass"
    said = "not proved" if found.all_reasons else "proved: signatures, row and bundle agree"
    banner = element(
        "div",
        element("h1", f"{row.slug} {row.version}"),
        element("p", said, class_=f"verdict {kind}"),
        element(
            "dl",
            fact("maturity", row.status),
            fact("standing", describe(row) or "good"),
            fact("released", row.released_at),
            fact("by", row.released_by),
            class_="facts",
        ),
        class_=f"banner {kind}",
    )
    return page(
        f"{row.slug} {row.version}: catalog",
        _doubts(found),
        _stages(found),
        _chain(row, found),
        _exceptions(found),
        _contract(on_site, row),
        _needs(row),
        _database(row),
        _changelog(row),
        banner=banner,
        made=made,
        above=link(row.slug, module_place(row.slug), up=UP),
    )


def _doubts(found: Verified) -> Element | None:
    if not found.all_reasons:
        return None
    items = [element("li", cut(each, LONGEST)) for each in found.all_reasons]
    return section("doubts", "Why it is not proved", element("ul", *items))


def _stages(found: Verified) -> Element:
    rows: list[tuple[Child, ...]] = []
    for stage in Stage.RELEASE.before:
        one = found.statements.get(stage)
        if one is None:
            rows.append((stage.value, "nothing that counts is signed", "", "", "", ""))
            continue
        reused = sum(1 for each in one.checks if each.reused)
        rows.append(
            (
                stage.value,
                element("span", one.verdict.value, class_=f"verdict {one.verdict}"),
                shortened(one.started),
                f"{len(one.checks)}",
                f"{reused}",
                signer(one),
            )
        )
    heads = ("stage", "verdict", "begun", "checks", "of them reused", "signed by")
    checks = [
        element(
            "details",
            element("summary", f"Checks of {stage}"),
            table(
                f"Checks of {stage}",
                ("check", "verdict", "from"),
                [
                    (code(shortened(e.id)), e.verdict.value, shortened(e.provider))
                    for e in one.checks
                ],
            ),
        )
        for stage, one in found.statements.items()
    ]
    caption = "The stages before the release, as they were signed"
    return section("stages", "Stages", table(caption, heads, rows), *checks)


def _chain(row: ReleasedVersion, found: Verified) -> Element:
    named: list[tuple[str, str]] = [
        ("content", row.digest),
        ("bundle", row.bundle),
        ("registry", row.registry_reference),
        ("policy", row.policy),
    ]
    named += [(name, value) for name, values in facts(found).items() for value in values]
    rows: list[tuple[Child, ...]] = [(name, code(cut(value, LONGEST))) for name, value in named]
    caption = "What the version stands on; digests are SHA-256"
    return section("chain", "Evidence", table(caption, ("what", "value"), rows))


def _exceptions(found: Verified) -> Element:
    items = [element("li", cut(each.strip(), LONGEST)) for each in exceptions(found)]
    shown = element("ul", *items) if items else element("p", "None: every finding counted.")
    return section("exceptions", "Exceptions", shown)


def _contract(on_site: ModuleOnSite, row: ReleasedVersion) -> Element | None:
    difference = on_site.differences.get(row.version)
    if difference is None:
        return None
    rows: list[tuple[Child, ...]] = [
        (
            code(cut(each.change.symbol, LONGEST)),
            str(each.bump),
            cut(each.change.message, LONGEST),
            code(cut(each.change.example, LONGEST)) if each.change.example else "",
        )
        for each in difference.demands
    ]
    before = difference.old.version
    heads = ("what", "asks for", "change", "counter-example")
    told = (
        table(f"What changed since {before}", heads, rows) if rows else element("p", "No change.")
    )
    missing = [element("p", f"{each.part}: not compared: {each.reason}", class_="more")
               for each in difference.missing]  # fmt: skip
    return section(
        "contract",
        "Contract",
        element("p", "Against ", link(before, version_place(row.slug, before), up=UP),
                ", in what manifest and settings declare. The largest step that a change asks"
                " for is ",
                element("strong", str(difference.bump)), "."),
        told,
        *missing,
    )  # fmt: skip


def _needs(row: ReleasedVersion) -> Element | None:
    listed = row.manifest.get("dependencies")
    read = [read_dependency(each) for each in listed] if isinstance(listed, list) else []
    rows: list[tuple[Child, ...]] = [
        (each.slug, each.range or "any", "optional" if each.optional else "needed")
        for each in read
        if each is not None
    ]
    if not rows:
        return None
    heads = ("module", "accepts", "is")
    return section("needs", "Needs", table("Modules that it depends on", heads, rows))


def _database(row: ReleasedVersion) -> Element | None:
    if not (row.tables_created or row.migrations):
        return None
    rows: list[tuple[Child, ...]] = [
        (code(each.path), code(each.sha256), code(each.rollback_path or "none"))
        for each in row.migrations
    ]
    tables = ", ".join(row.tables_created) or "none"
    caption = "Migrations in the order in which they run"
    return section(
        "database",
        "Database",
        element("p", f"Tables: {tables}."),
        table(caption, ("file", "SHA-256", "rollback"), rows) if rows else None,
    )


def _changelog(row: ReleasedVersion) -> Element | None:
    if not row.changelog.strip():
        return None
    return section("changelog", "Changes", element("pre", cut(row.changelog, 100_000)))
