"""The same sources give the same bundle, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Bundle


@check(Stage.BUILD)
def bundle_reproducible(module: Module, rebuilt: Bundle, bundle: Bundle) -> Iterator[Finding]:
    """The module is built a second time, elsewhere, and gives the same bundle byte for byte.

    The second build runs in another folder, another time zone and with another hash seed.

    Why: only then does a digest say which sources it was made from, and anyone can check it.
    Bad: a build that writes the time, a random id or its own folder into a file
    Good: a build that depends on the sources and the locked packages alone
    Fix: take the difference out of the build; `SOURCE_DATE_EPOCH` holds a time that is fixed.
    """
    from gates.toolchains.bundle import find_differences
    from gates.toolchains.languages import language_of

    if rebuilt.sha256 == bundle.sha256:
        return
    place = language_of(module).project_file
    for path in find_differences(bundle, rebuilt):
        yield bundle_reproducible.finding(
            f"two builds of the same sources differ in {path}",
            place,
            fix="make the build depend on the sources and the locked packages alone",
            detail=f"bundles {bundle.sha256} and {rebuilt.sha256}",
        )
