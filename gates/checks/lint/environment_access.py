"""The environment is read in one place."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def environment_access(module: Module) -> Iterator[Finding]:
    """Only src/env.ts, or a file env.py, reads the environment, and it validates what it reads.

    TypeScript: `process.env` in any spelling belongs in src/env.ts, which parses it with zod.
    Python: `os.environ`, `os.getenv` and their like belong in env.py, with pydantic-settings.

    Why: a missing variable then fails at one place with its name, and not deep in a request.
    Bad: `const url = process.env.REDIS_URL` in src/jobs/send.ts
    Good: `const url = env().REDIS_URL`, with REDIS_URL in the schema of src/env.ts
    Fix: add the variable to the schema in env.ts or env.py and read it from there.
    """
    from gates.toolchains.languages import language_of

    for problem in language_of(module).find_environment_reads(module):
        yield environment_access.finding(problem.message, problem.location, fix=problem.fix)
