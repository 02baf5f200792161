"""The seven stages as nox sessions, for a module repo's noxfile:

    from gates.nox import register

    register()

`nox -s lint -- [PATH] [OPTIONS]` then runs what `gates lint [PATH] [OPTIONS]` runs, with the same
verdict, report and evidence: the session starts that very command.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import nox

from gates.model import Stage


def register(stages: Iterable[Stage] = tuple(Stage)) -> None:
    """Register one session per stage, named like it, in the environment that nox runs in.

    `nox` without a session runs none of those that write to the registry or the catalog.
    """
    for stage in stages:
        default = stage not in (Stage.PUBLISH, Stage.RELEASE)
        nox.session(name=stage.value, venv_backend="none", default=default)(_session(stage))


def _session(stage: Stage) -> Callable[[nox.Session], None]:
    def session(session: nox.Session) -> None:
        session.run(sys.executable, "-m", "gates", stage.value, *session.posargs, external=True)

    session.__doc__ = f"The stage {stage.value} of the module in PATH (default: this folder)."
    return session
