"""TypeScript, as `gates.toolchains.languages.Language` asks for it.

vitest, jest or node:test, declarations and JavaScript by the platform's own compiler, packages
from package-lock.json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.lazy import load
from gates.toolchains.languages.protocol import Words
from gates.toolchains.languages.typescript.lock import LOCK_COMMAND, LOCK_DIGEST, LOCK_FILE, NPM

if TYPE_CHECKING:
    from gates.toolchains.languages.typescript.advisories import ask_about as ask_about
    from gates.toolchains.languages.typescript.advisories import ask_advisories as ask_advisories
    from gates.toolchains.languages.typescript.build_code import (
        find_build_code as find_build_code,
    )
    from gates.toolchains.languages.typescript.carried import find_carried as find_carried
    from gates.toolchains.languages.typescript.code_rules import check_code as check_code
    from gates.toolchains.languages.typescript.components import find_required as find_required
    from gates.toolchains.languages.typescript.components import list_components as list_components
    from gates.toolchains.languages.typescript.components import list_unneeded as list_unneeded
    from gates.toolchains.languages.typescript.dist import build as build
    from gates.toolchains.languages.typescript.entrypoint import find_register as find_register
    from gates.toolchains.languages.typescript.idle_tests import find_idle_tests as find_idle_tests
    from gates.toolchains.languages.typescript.install_files import read_lock as read_lock
    from gates.toolchains.languages.typescript.licenses import parse_licenses as parse_licenses
    from gates.toolchains.languages.typescript.licenses import read_licenses as read_licenses
    from gates.toolchains.languages.typescript.node import find_bundled as find_bundled
    from gates.toolchains.languages.typescript.packages import install_packages as install_packages
    from gates.toolchains.languages.typescript.registration import find_source as find_source
    from gates.toolchains.languages.typescript.registration import prepare_call as prepare_call
    from gates.toolchains.languages.typescript.relock import can_write_lock as can_write_lock
    from gates.toolchains.languages.typescript.relock import write_lock as write_lock
    from gates.toolchains.languages.typescript.runner import is_test as is_test
    from gates.toolchains.languages.typescript.runner import run_tests as run_tests
    from gates.toolchains.languages.typescript.sources.answers import (
        find_computed_answers as find_computed_answers,
    )
    from gates.toolchains.languages.typescript.sources.code import (
        is_code as is_code,
    )
    from gates.toolchains.languages.typescript.sources.comments import (
        find_suppressions as find_suppressions,
    )
    from gates.toolchains.languages.typescript.sources.environment import (
        find_environment_files as find_environment_files,
    )
    from gates.toolchains.languages.typescript.sources.offers import read_offers as read_offers
    from gates.toolchains.languages.typescript.sources.variables import (
        read_variables as read_variables,
    )

name = "typescript"
title = "TypeScript"
suffixes: tuple[str, ...] = (".ts", ".mts", ".cts", ".tsx")
project_file = "package.json"
lock_file = LOCK_FILE
lock_command = LOCK_COMMAND
lock_digest = LOCK_DIGEST
ecosystem = NPM
programs: tuple[str, ...] = ("node", "npm")
words = Words(
    throw="throw",
    logger="@axon/logger",
    environment_file="src/env.ts",
    environment_place="src/env.ts",
    environment_fix=("read and validate process.env with zod in src/env.ts, and nowhere else"),
    test_file="tests/unit/<name>.test.ts",
)

_FILES = {
    "ask_about": "advisories",
    "ask_advisories": "advisories",
    "check_code": "code_rules",
    "build": "dist",
    "find_build_code": "build_code",
    "find_carried": "carried",
    "find_bundled": "node",
    "find_computed_answers": "sources.answers",
    "find_environment_files": "sources.environment",
    "find_idle_tests": "idle_tests",
    "find_register": "entrypoint",
    "find_source": "registration",
    "find_suppressions": "sources.comments",
    "install_packages": "packages",
    "is_code": "sources.code",
    "is_test": "runner",
    "find_required": "components",
    "list_components": "components",
    "list_unneeded": "components",
    "parse_licenses": "licenses",
    "prepare_call": "registration",
    "read_licenses": "licenses",
    "read_lock": "install_files",
    "read_offers": "sources.offers",
    "read_variables": "sources.variables",
    "can_write_lock": "relock",
    "write_lock": "relock",
    "run_tests": "runner",
}


def __getattr__(name: str) -> object:
    return load(__name__, _FILES, name)
