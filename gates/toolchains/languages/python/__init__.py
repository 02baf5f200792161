"""Python, as `gates.toolchains.languages.Language` asks for it.

pytest and coverage, a wheel by the module's own backend, packages from requirements.lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.lazy import load
from gates.toolchains.languages.protocol import Words
from gates.toolchains.languages.python.lock import LOCK_COMMAND, LOCK_DIGEST, LOCK_FILE, PYPI

if TYPE_CHECKING:
    from gates.toolchains.languages.python.advisories import ask_about as ask_about
    from gates.toolchains.languages.python.advisories import ask_advisories as ask_advisories
    from gates.toolchains.languages.python.build_code import (
        find_build_code as find_build_code,
    )
    from gates.toolchains.languages.python.carried import find_carried as find_carried
    from gates.toolchains.languages.python.code_rules import check_code as check_code
    from gates.toolchains.languages.python.components import find_required as find_required
    from gates.toolchains.languages.python.components import list_components as list_components
    from gates.toolchains.languages.python.components import list_unneeded as list_unneeded
    from gates.toolchains.languages.python.entrypoint import find_register as find_register
    from gates.toolchains.languages.python.environment import install_packages as install_packages
    from gates.toolchains.languages.python.idle_tests import find_idle_tests as find_idle_tests
    from gates.toolchains.languages.python.licenses import parse_licenses as parse_licenses
    from gates.toolchains.languages.python.licenses import read_licenses as read_licenses
    from gates.toolchains.languages.python.lock import read_lock as read_lock
    from gates.toolchains.languages.python.pytest import is_test as is_test
    from gates.toolchains.languages.python.pytest import run_tests as run_tests
    from gates.toolchains.languages.python.registration import find_source as find_source
    from gates.toolchains.languages.python.registration import prepare_call as prepare_call
    from gates.toolchains.languages.python.relock import can_write_lock as can_write_lock
    from gates.toolchains.languages.python.relock import write_lock as write_lock
    from gates.toolchains.languages.python.sources.answers import (
        find_computed_answers as find_computed_answers,
    )
    from gates.toolchains.languages.python.sources.code import (
        is_code as is_code,
    )
    from gates.toolchains.languages.python.sources.comments import (
        find_suppressions as find_suppressions,
    )
    from gates.toolchains.languages.python.sources.environment import (
        find_environment_files as find_environment_files,
    )
    from gates.toolchains.languages.python.sources.offers import read_offers as read_offers
    from gates.toolchains.languages.python.sources.variables import read_variables as read_variables
    from gates.toolchains.languages.python.wheel import build as build

name = "python"
title = "Python"
suffixes: tuple[str, ...] = (".py",)
project_file = "pyproject.toml"
lock_file = LOCK_FILE
lock_command = LOCK_COMMAND
lock_digest = LOCK_DIGEST
ecosystem = PYPI
programs: tuple[str, ...] = ("bandit", "mypy", "pip-audit", "ruff", "uv")
words = Words(
    throw="raise",
    logger="structlog or axon_logger",
    environment_file="env.py",
    environment_place="env.py in the package",
    environment_fix=(
        "read and validate the environment with pydantic-settings in env.py of the package"
    ),
    test_file="tests/unit/test_<name>.py",
)

_FILES = {
    "ask_about": "advisories",
    "ask_advisories": "advisories",
    "check_code": "code_rules",
    "build": "wheel",
    "find_build_code": "build_code",
    "find_carried": "carried",
    "find_computed_answers": "sources.answers",
    "find_environment_files": "sources.environment",
    "find_idle_tests": "idle_tests",
    "find_register": "entrypoint",
    "find_source": "registration",
    "find_suppressions": "sources.comments",
    "install_packages": "environment",
    "is_code": "sources.code",
    "is_test": "pytest",
    "find_required": "components",
    "list_components": "components",
    "list_unneeded": "components",
    "parse_licenses": "licenses",
    "prepare_call": "registration",
    "read_licenses": "licenses",
    "read_lock": "lock",
    "read_offers": "sources.offers",
    "read_variables": "sources.variables",
    "can_write_lock": "relock",
    "write_lock": "relock",
    "run_tests": "pytest",
}


def find_bundled(_name: str, /) -> None:
    """None: all of them lie among the scripts of the installation."""


def __getattr__(name: str) -> object:
    return load(__name__, _FILES, name)
