"""The module builds."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.toolchains import Bundle


@check(Stage.BUILD)
def builds(bundle: Bundle) -> Iterator[Finding]:
    """The module compiles, type-checked, into a bundle.

    TypeScript is compiled by the platform's compiler under the platform's options, from src to
    dist. A Python module becomes one wheel, made by the build backend that its pyproject.toml
    names, in the environment of its requirements.lock and without network.

    Why: what tenants run is the built result, not the sources that were read by the other stages.
    Bad: a source that does not compile; a build backend that is not locked
    Good: `tsc` or `python -m build --wheel --no-isolation` succeeds in a clean copy
    Fix: mend the error at its place; lock the packages of `build-system.requires`.
    """
    for problem in bundle.problems:
        yield builds.finding(
            problem.message,
            problem.location,
            fix=problem.fix,
            detail=problem.detail,
            rule=problem.rule,
        )
