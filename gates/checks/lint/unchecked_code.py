"""No code is hidden from the type checker."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT, language="python")
def unchecked_code(module: Module) -> Iterator[Finding]:
    """Python code has no branch and no function that mypy passes over.

    mypy takes TYPE_CHECKING, MYPY, PY2 and PY3 for constants, and knows sys.platform and
    sys.version_info: of a condition on them it reads one branch, and no error in the other is seen.
    Allowed is `if TYPE_CHECKING:` without else, for imports that only types need.
    `@no_type_check` is not allowed. The compiler of TypeScript has nothing of this kind.

    Why: a type error in there is found by a tenant.
    Bad: `if not TYPE_CHECKING: limit = "10" + 1`
    Good: `if TYPE_CHECKING: from collections.abc import Sequence`
    Fix: remove the condition or the decorator.
    """
    from gates.toolchains.languages.python.sources.unchecked import find_unchecked

    for problem in find_unchecked(module):
        yield unchecked_code.finding(problem.message, problem.location, fix=problem.fix)
