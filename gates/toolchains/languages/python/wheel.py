"""Builds a Python module: one wheel, through the module's own build backend, without network."""

from __future__ import annotations

import re

from gates.errors import ToolFailedError
from gates.model import Location
from gates.toolchains.bundle import Built
from gates.toolchains.languages.python.environment import install_packages
from gates.toolchains.problem import Problem
from gates.toolchains.tools import Tools
from gates.toolchains.untrusted import read_untrusted

PROJECT = "pyproject.toml"
OTHERWISE = {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "4711"}
"""What is otherwise when a module is built again."""


def build(tools: Tools, *, again: bool) -> Built:
    """Build the wheel in the module's environment; its backend must be among the locked packages.

    Raises `CouldNotCheckError` where the environment cannot be made.
    """
    tools.take("all")  # a project may name its README
    module = tools.session.module
    if PROJECT not in module.files:
        fix = "add one with [build-system] and [project]"
        return Built({}, "", (Problem(f"there is no {PROJECT}", Location(PROJECT), fix=fix),))
    env = install_packages(tools)
    out = tools.folder / "wheel"
    # What the backend needs is the same both times, and asking it takes a process each.
    known = ["--skip-dependency-check"] if again else []
    ran = tools.run(
        env.program,
        ["-m", "build", "--wheel", "--no-isolation", *known, "--outdir", out, tools.module_copy],
        ok=(0, 1),
        subjects=1,
        env=tools.environment(OTHERWISE if again else None),
        sandbox=env.sandbox(),
    )
    wheels = sorted(out.glob("*.whl")) if out.is_dir() and not out.is_symlink() else []
    if ran.exit_status:
        output = (ran.stdout + ran.stderr).decode("utf-8", "replace")
        return Built({}, "", (_problem(output, str(tools.module_copy)),))
    if len(wheels) != 1:
        raise ToolFailedError(f"the build made {len(wheels)} wheels, not one")
    name = f"dist/{wheels[0].name}"
    wheel = read_untrusted(tools.folder, wheels[0])
    if wheel is None:
        raise ToolFailedError("the wheel is gone")
    return Built({name: lambda: wheel}, name)


def _problem(output: str, copy: str) -> Problem:
    output = output.replace(f"{copy}/", "")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if "dependencies" in output and (missing := re.findall(r"^\t(\S.*)$", output, re.MULTILINE)):
        return Problem(
            f"the build backend needs {', '.join(missing)}, which requirements.lock does not hold",
            Location(PROJECT),
            fix="add the packages of build-system.requires to a dependency group and lock again",
            detail=output[-4000:],
        )
    if backend := re.search(r"Backend '([^']+)' is not available", output):
        return Problem(
            f"the build backend {backend[1]} is not among the packages of requirements.lock",
            Location(PROJECT),
            fix="add the packages of build-system.requires to a dependency group and lock again",
        )
    last = lines[-1] if lines else "it printed nothing"
    return Problem(
        f"the wheel could not be built: {last[:300]}",
        Location(PROJECT),
        fix="run python -m build --wheel --no-isolation and fix what it reports",
        detail=output[-4000:],
    )
