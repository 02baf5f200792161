"""Building and installing run no code of the module."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.model import Finding, Stage
from gates.module import Module


@check(Stage.LINT)
def build_runs_no_code(module: Module) -> Iterator[Finding]:
    """Neither building the module nor installing it runs code that the module brings.

    A wheel is made by a known backend (hatchling, setuptools, flit_core, poetry-core, pdm-backend,
    uv_build) that pyproject.toml configures: no backend-path, no build hooks or scripts, no
    setup.py, setup.cfg, hatch.toml. A package.json has no script that npm runs on installation.

    Why: no stage reads a build step for what it does, and what it makes nobody has seen.
    Bad: backend-path = ["tools"]; [tool.hatch.build.hooks.custom]; "postinstall": "node setup.mjs"
    Good: build-backend = "hatchling.build", and packages = ["src/alert_engine"]
    Fix: commit what the step would make, and remove the step.
    """
    from gates.toolchains.languages import language_of

    for problem in language_of(module).find_build_code(module):
        yield build_runs_no_code.finding(problem.message, problem.location, fix=problem.fix)
