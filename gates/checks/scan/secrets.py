"""No secret is in the module's files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gates.check import check
from gates.model import Finding, Location, Stage
from gates.toolchains import Tools


@check(Stage.SCAN)
def secrets(tools: Tools) -> Iterator[Finding]:
    """detect-secrets finds nothing in any file of the module, `.env.example` included.

    Comments that allow a line have no effect, and the finding never shows what was found.

    Why: what is committed once can be read for ever, by everyone who installs the module.
    Bad: `SMTP_PASSWORD=` followed by a real one in .env.example
    Good: `SMTP_PASSWORD=change-me`, and the secret in the platform's secret store
    Fix: take it out, and change the secret: it is no longer one.
    """
    from gates.toolchains import detect_secrets as tool

    for path, line, kind, digest in tool.run(tools):
        finding = secrets.finding(
            f"this looks like a secret ({kind})",
            Location(path, line),
            fix="take it out of the file, and change the secret itself",
            rule=kind,
        )
        yield replace(finding, excerpt=f"(not shown) {digest[:12]}")
