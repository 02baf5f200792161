"""The catalog as a folder of pages for release managers, who need neither it nor a server to read.

Every page stands for itself: no script, nothing from elsewhere, the same style as a run's report.
Pure: rows and what was proved about them in, files out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.records import dataclass, field
from gates.report.site.index import index
from gates.report.site.module import module
from gates.report.site.places import INDEX, MARKER, module_place, version_place
from gates.report.site.version import version

if TYPE_CHECKING:
    from gates.catalog import ModulePage
    from gates.catalog.verify import Verified
    from gates.contract.difference import Difference

FORMAT = 1
"""The version of the form of `MARKER`."""


@dataclass(frozen=True)
class ModuleOnSite:
    """A module, and what was found about its versions."""

    page: ModulePage
    verified: Mapping[str, Verified]
    """By version, one for each."""
    differences: Mapping[str, Difference] = field(default_factory=dict)
    """How what a version declares differs from the version before it, by version."""
    dependants: Sequence[tuple[str, str, str]] = ()
    """Slug, version and range of each released version that names this module."""


def render(
    modules: Sequence[ModuleOnSite], *, platform: str, made: str
) -> Iterator[tuple[str, str]]:
    """The files of the site: path below its folder, and content. `platform` is the version of the
    platform in use, `made` the time (RFC 3339)."""
    yield INDEX, index(modules, made)
    for each in modules:
        yield module_place(each.page.module.slug), module(each, platform, made)
        for row in each.page.versions:
            yield version_place(row.slug, row.version), version(each, row, made)
    yield MARKER, json.dumps(_data(modules, made), indent=2) + "\n"


def _data(modules: Sequence[ModuleOnSite], made: str) -> dict[str, Any]:
    """The site for programs: what is released, where its page is, and whether it is proved."""
    return {
        "format": FORMAT,
        "made": made,
        "versions": [
            {
                "slug": row.slug,
                "version": row.version,
                "maturity": row.status,
                "released": row.released_at,
                "content": row.digest,
                "bundle": row.bundle,
                "proved": not each.verified[row.version].all_reasons,
                "page": version_place(row.slug, row.version),
            }
            for each in modules
            for row in each.page.versions
        ],
    }
