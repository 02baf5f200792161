"""No package that runs with the module has a known vulnerability."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gates.check import check
from gates.model import Finding, Stage
from gates.settings import Policy
from gates.toolchains import Tools


@check(Stage.SCAN)
def dependency_advisories(tools: Tools, policy: Policy, today: date) -> Iterator[Finding]:
    """No package that the module has locked falls under a published advisory, nor one inside it.

    With `[advisories] snapshot` in the policy, packages are matched with that snapshot of the OSV
    database, offline. Without, the registries' services are asked, by pip-audit or npm audit. A
    service that does not answer for every package, and a snapshot that is too old or fails its
    own canaries, are inconclusive: nobody was asked, so nothing is known. `gates doctor` tries it.

    A snapshot is one JSON file: schema_version (1), created (a time), source, record_count, records
    (advisories as osv.dev gives them out) and canaries, each an ecosystem, name, version and the
    id of the advisory that has to be found for it. The organisation makes it each day from osv.dev;
    `gates new --with-stand-ins` writes a sample.

    Packages carry others that no lock lists: vendored, bundled, or in archives. Asked about is what
    a package.json, METADATA, PKG-INFO, vendor.txt or CycloneDX bill in there names with a version,
    in archives of archives too; what the module's own files carry is asked about as well. Code
    that only calls itself a version, in a folder of vendored code, is a warning: it may be a part
    of that release. What nothing identifies, what lies among a package's tests and examples, and
    packages of an ecosystem that nobody can be asked about here, are notes. An archive that cannot
    be read is inconclusive.

    Why: a known hole in a package is a hole in every tenant that runs the module.
    Bad: a lock with pyyaml 5.3
    Good: a lock with the fixed version, or with another package
    Fix: raise the package to the fixed version in the finding and lock again.
    """
    from gates.toolchains.advisory_search import find_advisories, said
    from gates.toolchains.carried.problems import find_problems

    for hit in find_advisories(tools, policy, today):
        package, fixed = hit.advisory.package, hit.advisory.fixed
        yield dependency_advisories.finding(
            f"{package.name} {package.version}: {said(hit.advisory)}",
            hit.location,
            fix=(
                f"raise {package.name} to {fixed} or later and lock again"
                if fixed
                else f"no version of {package.name} is fixed: use another package"
            ),
            rule=hit.advisory.id,
        )
    for each in find_problems(tools, policy, today):
        yield dependency_advisories.finding(
            each.message, each.location, level=each.level, fix=each.fix, rule=each.rule
        )
