"""The environment of a Python module: its own locked packages, beside the platform's."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from gates.errors import CouldNotCheckError
from gates.model import RanRecord
from gates.module import Module
from gates.records import dataclass
from gates.toolchains.cache import install_once
from gates.toolchains.folders import digest_folder
from gates.toolchains.languages.python.lock import (
    LOCK_COMMAND,
    LOCK_FILE,
    check_asked,
    read_lock,
    write_requirements,
)
from gates.toolchains.languages.python.tree import (
    DamagedError,
    check_files,
    compare,
    compare_outside,
    digests_outside,
    find_installed,
)
from gates.toolchains.locks import Locked, LockError
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.session import Session
from gates.toolchains.tools import Program, Tools

CONFIG = Path(__file__).with_name("config")
TOOLS_LOCK = CONFIG / "python-tools.txt"
"""Coverage and build, pinned; they come last on the path, behind what the module has locked."""

PROJECT = "pyproject.toml"
LAYOUT = b"5"
"""Goes up where environments are made in another way."""


@dataclass(frozen=True)
class PythonEnvironment:
    """An installed environment in the cache. It holds nothing of the module itself."""

    folder: Path
    record: RanRecord | None = None
    """What proves that it is there; None while it is being made."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where its packages lie."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def program(self) -> Program:
        """Its interpreter, to be run; only ever in a sandbox: packages are not ours."""
        return Program("python", (str(self.python),), sys.version.split()[0])

    def sandbox(self, *, network: bool = False) -> Sandbox:
        """What code that runs in this environment may reach."""
        return Sandbox(read=(self.folder,), network=network)


def source_root(module: Module) -> str:
    """The folder that the module's package is imported from: "src", or "" for the root itself."""
    parts = PurePosixPath(module.entrypoint or "").parts
    inside = len(parts) > 2 or (len(parts) == 2 and "src/__init__.py" not in module.files)
    return "src" if parts[:1] == ("src",) and inside else ""


def sources(module: Module) -> list[str]:
    """The module's Python files that are not tests, in order."""
    parts = PurePosixPath(module.entrypoint or "src/x").parts
    top = parts[0] if len(parts) > 1 else "src"
    return sorted(
        path for path in module.files if path.endswith(".py") and path.startswith(f"{top}/")
    )


def install_packages(tools: Tools) -> PythonEnvironment:
    """The module's environment, from the cache or made now; its record goes to `tools`.

    Raises `CouldNotCheckError` without a usable requirements.lock, `OutdatedLockError` where it is
    not what pyproject.toml asks for, and `ToolFailedError` where a package cannot be installed as
    it is locked.
    """
    session = tools.session
    made = session.once("python-environment", lambda: _install(session))
    tools.records += [made.record] if made.record else []
    return made


def _install(session: Session) -> PythonEnvironment:
    try:
        packages = read_lock(session)
    except LockError as error:
        raise CouldNotCheckError(f"{LOCK_FILE}:{error.line}: {error}", hint=LOCK_COMMAND) from error
    lock, count = write_requirements(packages).encode(), len(packages)
    platform = session.policy.python_packages
    parts = [lock, TOOLS_LOCK.read_bytes(), sys.version.encode(), LAYOUT]
    parts += [os.path.realpath(sys.executable).encode()]
    parts += [digest_folder(folder).encode() for folder in platform]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    place = session.settings.cache / "environments" / f"python-{digest.hexdigest()[:32]}"

    def install() -> Path:
        try:
            return _install_into(Tools(session), packages, platform)
        except DamagedError as error:
            tools = Tools(session)
            tools.run("uv", ["cache", "clean", error.name], env=tools.install_environment())
            return _install_into(tools, packages, platform)

    made = install_once(place, install)
    environment = PythonEnvironment(made.place, made.record("python-environment", count))
    if PROJECT in session.module.files:
        installed = dict(find_installed(environment.site_packages))
        check_asked(session.module.text(PROJECT), packages, installed)
    return environment


def _install_into(tools: Tools, packages: Sequence[Locked], platform: Sequence[Path]) -> Path:
    folder, work = tools.folder / "environment", tools.folder / "install"
    work.mkdir()
    own = work / LOCK_FILE
    own.write_text(write_requirements(packages), "utf-8")
    # A file that is one with uv's own would be damaged there, too.
    environ = {**tools.install_environment(), "UV_LINK_MODE": "copy"}
    made = PythonEnvironment(folder)

    def uv(*args: str | Path) -> None:
        tools.run("uv", [*args, "--quiet"], cwd=work, env=environ)

    def install(*args: str | Path) -> None:
        offline = ["--offline"] if tools.session.settings.offline else []
        # Hard links would let whatever writes here later change the caller's own cache of packages.
        uv("pip", "install", "--link-mode", "copy", "--python", made.python, *offline, *args)

    uv("venv", "--python", sys.executable, "--relocatable", folder)
    extra = folder / "gates-tools"
    install("--target", extra, "--require-hashes", "--no-build", "-r", TOOLS_LOCK)
    check_files(extra)
    for package in platform:
        copy = work / package.name
        shutil.copytree(package, copy, symlinks=True)
        install("--no-deps", copy)
    before = find_installed(made.site_packages)
    outside = digests_outside(folder, made.site_packages)
    # The module's packages come last: from here on, starting the interpreter may run their code.
    install("--require-hashes", "--no-build", "-r", own)
    compare(find_installed(made.site_packages), packages, before)
    check_files(made.site_packages)
    compare_outside(outside, digests_outside(folder, made.site_packages), extra.name)
    # A path in a .pth file goes behind site-packages: what the module locked comes first.
    relative = os.path.relpath(extra, made.site_packages)
    (made.site_packages / "gates-tools.pth").write_text(f"{relative}\n", "utf-8")
    # Nothing may be written there later, so what is not compiled now is compiled in every run.
    tools.run(
        made.program,
        # Without `site`, and so without the .pth files of packages that nobody has looked at.
        ["-I", "-S", "-m", "compileall", "-q", made.site_packages, extra],
        cwd=folder,
        ok=(0, 1),
        sandbox=Sandbox(write=(folder,)),
    )
    return folder
