"""The packages that run with a module have licences that the policy allows."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Level, Location, Stage
from gates.settings import Policy
from gates.toolchains import Tools


@check(Stage.SCAN)
def dependency_licenses(tools: Tools, policy: Policy) -> Iterator[Finding]:
    """The packages that run with a module have licences that the policy allows.

    Read from the packages as they are installed. `[licenses] allowed` in the policy lists SPDX
    ids; without it, the permissive licences and the weak copyleft ones (MPL, LGPL, EPL) are. A
    package that states none, or one that is no SPDX licence, is not allowed either; of one that
    states several (`license` and `licenses`; an expression, a name and classifiers) all must be. A
    package that another one carries (see dependency-advisories) is asked for what it states; one
    that is locked for other machines is not installed here, which is a note.

    Why: a licence such as AGPL-3.0 or SSPL-1.0 obliges whoever offers the software as a service,
        and that is what a platform does with every module.
    Bad: a lock with a package under AGPL-3.0-only
    Good: a lock with packages under MIT, Apache-2.0, "GPL-2.0-only OR MIT"
    Fix: take another package, buy another licence and have it waived, or have the policy changed.
    """
    from gates.toolchains.licenses import find_fault, read_licenses

    packages, path = read_licenses(tools)
    for each in packages:
        package, fault = each.package, find_fault(each, policy.allowed_licenses)
        if not fault:
            continue
        line = package.line if path != "package.json" and package.line else None
        yield dependency_licenses.finding(
            f"{each.title} {fault}",
            Location(path, line),
            fix="take another package, or ask for a waiver that says why it may be used",
        )
    if absent := sorted({each.title for each in packages if each.absent}):
        names = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" * (len(absent) > 5))
        yield dependency_licenses.finding(
            f"locked for other machines, so that nobody here knows their licences: {names}",
            Location(path),
            level=Level.NOTE,
            fix="nothing has to be done where the module runs on machines like this one",
            rule="other-machines",
        )
