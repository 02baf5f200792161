"""What the gates ask of a language: one protocol, which each folder beside this file fulfils."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from gates.model import Location
from gates.module import Module
from gates.records import dataclass

if TYPE_CHECKING:
    from gates.toolchains.advisories import Advisory
    from gates.toolchains.bundle import Built, Bundle
    from gates.toolchains.carried.found import Findings
    from gates.toolchains.code_rules import CodeRules
    from gates.toolchains.ecosystem import Ecosystem
    from gates.toolchains.licenses import Licensed
    from gates.toolchains.locks import Locked
    from gates.toolchains.problem import Problem
    from gates.toolchains.registration import Call
    from gates.toolchains.sbom import Part
    from gates.toolchains.session import Session
    from gates.toolchains.sources.offers import Offers
    from gates.toolchains.sources.variables import Read
    from gates.toolchains.tests import TestRun
    from gates.toolchains.tools import Program, Tools


@dataclass(frozen=True)
class Words:
    """How findings speak of things that each language calls otherwise."""

    throw: str
    """What sources do with an error: "raise"."""
    logger: str
    """The platform's loggers: "structlog or axon_logger"."""
    environment_file: str
    """The file that reads the environment: "env.py"."""
    environment_place: str
    """The same with where it has to lie: "env.py in the package"."""
    environment_fix: str
    """How to read the environment there."""
    test_file: str
    """A file of tests that the test runner collects: "tests/unit/test_<name>.py"."""


class Language(Protocol):
    """One language that modules are written in. It has no state: all it is told, it is given.

    Every method raises `CouldNotCheckError` (or one of its subclasses) where it cannot answer, for
    example without the lock file or the program that it needs. None returns "nothing found" then.
    """

    name: str
    """In results, evidence and `@check(language=...)`: "python"."""
    title: str
    """In messages: "Python"."""
    suffixes: tuple[str, ...]
    """Those of an entrypoint in this language; no other language may have one of them."""
    project_file: str
    """Where a module says what it needs and how it is built: "pyproject.toml"."""
    lock_file: str
    """Where it pins its packages: "requirements.lock"."""
    lock_command: str
    """The command that writes the lock file."""
    lock_digest: re.Pattern[str]
    """A line of the lock file with a digest, in exactly its form and length; matched as a whole."""
    ecosystem: Ecosystem
    """Where its packages come from."""
    programs: tuple[str, ...]
    """The programs that the extra of the language's name brings."""
    words: Words

    def find_bundled(self, name: str, /) -> Program | None:
        """One of these where it lies in a package; None where it lies among the scripts."""

    # What the sources say. Nothing is run.

    def find_register(self, module: Module, path: str) -> Problem | None:
        """Why the source file does not define `register()`, callable without arguments; or None."""

    def find_environment_files(self, module: Module) -> list[str]:
        """The files that may read the environment, of those that there are."""

    def read_variables(self, module: Module) -> Read:
        """The environment variables that these files read."""

    def read_offers(self, module: Module) -> Offers:
        """The routes, jobs, events and permissions that the sources write."""

    def find_suppressions(self, module: Module) -> Iterator[Problem]:
        """Each comment that switches a tool off and must not."""

    def is_code(self, text: str) -> bool:
        """Whether the language would load a text as code that does something.

        Names, literals and what operators make of them do nothing.
        """

    def find_build_code(self, module: Module) -> Iterator[Problem]:
        """Each place where building or installing the module would run code of its own."""

    def find_computed_answers(self, module: Module) -> Iterator[Problem]:
        """Each place where what `register()` answers with is not written out."""

    # What the type checker says, with the types of the module's packages.

    def check_code(self, tools: Tools) -> CodeRules:
        """The type checker and the platform's rules for code, once in a run.

        Its record goes to `tools`. Raises `ToolFailedError` where the checker fails for another
        reason than the module.
        """

    # Tests and build. The module's own code runs, in the sandbox.

    def is_test(self, path: PurePosixPath) -> bool:
        """Whether the test runner would collect a file under the folders of tests."""

    def run_tests(self, tools: Tools) -> TestRun:
        """The module's tests with their coverage; raises `ToolFailedError` without a report."""

    def find_idle_tests(self, module: Module, run: TestRun) -> Iterator[Problem]:
        """What looks like a test, and decided nothing in this run: not collected, or returning."""

    def build(self, tools: Tools, *, again: bool) -> Built:
        """The built files. `again` says that the same sources were built before: whatever may
        differ between two builders (time zone, hash seed, ...) then has to.
        """

    def prepare_call(
        self, tools: Tools, bundle: Bundle, folder: Path, answers: Path, seconds: float
    ) -> Call:
        """How to load the bundle, unpacked in `folder`, and call `register()` in a sandbox.

        The program appends its answers to the file `answers`, one JSON object on each line as
        `gates.toolchains.registration.Event` describes them, and ends itself after `seconds`.
        """

    def find_source(self, module: Module, path: str, line: int | None) -> Location | None:
        """Where a built file, as that program names it, stands in the module's sources."""

    # The packages that the module has locked.

    def read_lock(self, session: Session) -> list[Locked]:
        """The locked packages. Raises `NoLockError`, or `LockError` for what a lock must not hold.

        `LockError` is a `ValueError`: whoever asks says which file it is about.
        """

    def write_lock(self, tools: Tools) -> bytes:
        """A lock file made anew, from what the registry has. Runs no code of any package."""

    def can_write_lock(self, session: Session) -> bool:
        """Whether all that the module asks for is known to be had from the registry."""

    def install_packages(self, tools: Tools) -> object:
        """Install the locked packages, or find them installed; what is there is what is locked.

        Raises `TreeError` where it is not: another package, one more, or one less.
        """

    def find_carried(self, tools: Tools) -> Findings:
        """The packages that lie inside of installed ones, and so in no lock."""

    def list_components(self, session: Session, packages: Sequence[Locked]) -> list[Part]:
        """The parts of the bill of materials; `packages` are those of `read_lock`."""

    def list_unneeded(self, session: Session) -> list[Locked]:
        """What the module's own lock holds beside these, and nothing in it asks for."""

    def find_required(self, session: Session, bundle: Bundle) -> dict[str, Location]:
        """The packages that the bundle cannot run without, and where it asks for each."""

    def read_licenses(self, tools: Tools, packages: Sequence[Locked]) -> list[Licensed]:
        """What the packages that run with the module state as their licence, as installed."""

    def parse_licenses(self, package: Locked, manifest: str, /) -> Licensed:
        """What the text of a package's manifest states as its licence."""

    def ask_advisories(self, tools: Tools, packages: Sequence[Locked]) -> list[Advisory]:
        """What the registry's own service knows about every one of the locked packages."""

    def ask_about(self, tools: Tools, packages: Sequence[Locked]) -> list[Advisory]:
        """The same for any packages of its ecosystem, each with a name and a version."""
