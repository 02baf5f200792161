"""The same sources give the same bundle, byte for byte."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Bundle, Tools, make_bundle


@check(Stage.BUILD)
def bundle_reproducible(module: Module, bundle: Bundle, tools: Tools) -> Iterator[Finding]:
    """The module is built a second time, elsewhere, and gives the same bundle byte for byte.

    The second build runs in another folder, another time zone and with another hash seed.

    Why: only then does a digest say which sources it was made from, and anyone can check it.
    Bad: a build that writes the time, a random id or its own folder into a file
    Good: a build that depends on the sources and the locked packages alone
    Fix: take the difference out of the build; `SOURCE_DATE_EPOCH` holds a time that is fixed.
    """
    first = bundle.contents
    again = make_bundle(tools.session, again=True)
    tools.records += again.records
    second = again.contents
    if again.sha256 == bundle.sha256:
        return
    for path in sorted(first.keys() | second.keys()):
        if first.get(path) != second.get(path):
            how = "differs between two builds"
            if path not in second or path not in first:
                near = difflib.get_close_matches(path, second.keys() ^ first.keys(), 2)
                how = f"is in one of two builds only (see {', '.join(near)})"
            yield bundle_reproducible.finding(
                f"{path} {how} of the same sources",
                "pyproject.toml" if module.language == "python" else "package.json",
                fix="make the build depend on the sources and the locked packages alone",
                detail=f"first {first.get(path)}\nsecond {second.get(path)}",
            )
