"""The bill of materials says what the lock says, and what the bundle runs with."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, RanRecord, Stage
from gates.toolchains import Bundle, Tools


@check(Stage.BUILD)
def bill_matches_lock(bundle: Bundle, tools: Tools) -> Iterator[Finding]:
    """The bill of materials says what the lock says, and what the bundle runs with.

    The bill (sbom.cdx.json) is read from the bundle, held against the schema of CycloneDX 1.6, and
    compared with the lock: name, version and digests of each package; the platform's own packages
    are in no lock. What the lock holds and nothing in it asks for is reported, and so is a package
    that the bundle needs (its imports, the dependencies of package.json, the requirements of the
    wheel) and that is not locked, or locked as a development dependency alone.

    Why: advisories and licences are matched with the bill for as long as a version is in use.
    Bad: src/index.ts imports "@babel/parser", which is there because a test tool needs it
    Good: `"dependencies": {"@babel/parser": "^7.29.0"}` in package.json, and in the lock
    Fix: list the package among the dependencies, and write the lock anew.
    """
    from gates.toolchains.bill_lock import find_differences
    from gates.toolchains.locks import LockError

    try:
        for each in find_differences(tools.session, bundle):
            yield bill_matches_lock.finding(each.message, each.location, fix=each.fix)
    except (LockError, ValueError, KeyError) as error:
        raise CouldNotCheckError(f"the bill of materials cannot be compared: {error}") from error
    tools.records.append(RanRecord("bill-of-materials", subjects=1))
