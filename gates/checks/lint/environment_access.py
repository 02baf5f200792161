"""The environment is read in one place."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Tools


@check(Stage.LINT)
def environment_access(module: Module, tools: Tools) -> Iterator[Finding]:
    """Only src/env.ts, or a file env.py, reads the environment, and it validates what it reads.

    TypeScript: `process.env`, by whatever name the type checker finds it, belongs in src/env.ts,
    which parses it with zod. Python: `os.environ`, `os.getenv` and their like, and every class
    that comes from BaseSettings, belong in env.py. So do files of variables (`.env`), and what
    depends on variables: homes and users, `expandvars`, proxies.

    Why: a missing variable then fails at one place with its name, and not deep in a request.
    Bad: `const url = process.env.REDIS_URL` in src/jobs/send.ts
    Good: `const url = env().REDIS_URL`, with REDIS_URL in the schema of src/env.ts
    Fix: add the variable to the schema in env.ts or env.py and read it from there.
    """
    from gates.toolchains.languages import language_of

    language = language_of(module)
    for each in language.check_code(tools).of("environment-access"):
        yield environment_access.finding(
            each.message, each.location, fix=language.words.environment_fix
        )
