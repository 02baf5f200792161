"""No secret is in the module's files."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.records import replace
from gates.toolchains import Tools


@check(Stage.SCAN)
def secrets(tools: Tools) -> Iterator[Finding]:
    """Nothing that looks like a secret is in any file of the module, `.env.example` included.

    Every file is read, whatever its name and encoding, archives with their members; what cannot be
    read is named, and the check is inconclusive. JSON and YAML are searched as written and as
    meant: escapes, texts over several lines, JSON in a text of JSON. kingfisher looks, with its own
    rules and those of the standard. Comments that allow a line have no effect, and the finding
    never shows what was found. The digests in requirements.lock and package-lock.json are none.

    Why: what is committed once can be read for ever, by everyone who installs the module.
    Bad: `SMTP_PASSWORD=` followed by a real one in .env.example
    Good: `SMTP_PASSWORD=change-me`, and the secret in the platform's secret store
    Fix: take it out, and change the secret: it is no longer one.
    """
    from gates.toolchains.secrets.scan import scan

    found, unread = scan(tools)
    for each in found:
        where = f" at {each.inside} in this file" if each.inside else ""
        finding = secrets.finding(
            f"this looks like a secret ({each.kind}){where}",
            each.location,
            fix="take it out of the file, and change the secret itself",
            rule=each.kind,
        )
        yield replace(finding, excerpt=f"(not shown) {each.digest[:12]}")
    if unread:
        names = "; ".join(f"{each.path} {each.reason}" for each in unread[:10])
        more = f"; and {len(unread) - 10} more" if len(unread) > 10 else ""
        raise CouldNotCheckError(
            f"not every file could be searched for secrets: {names}{more}",
            hint="take these files out of the module, or put what they hold there unpacked",
        )
