"""The environment of a Python module: its own locked packages, beside the platform's."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gates.errors import CouldNotCheckError
from gates.model import RanRecord
from gates.module import Module
from gates.toolchains.cache import digest_folder, install_once, install_record
from gates.toolchains.languages.python.lock import LOCK_COMMAND, LOCK_FILE, read_requirements
from gates.toolchains.locks import LockError, NoLockError
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.session import Session
from gates.toolchains.tools import Program, Tools

CONFIG = Path(__file__).with_name("config")
TOOLS_LOCK = CONFIG / "python-tools.txt"
"""Coverage and build, pinned; they come last on the path, behind what the module has locked."""

LAYOUT = b"3"
"""Goes up where environments are made in another way."""


@dataclass(frozen=True)
class PythonEnvironment:
    """An installed environment in the cache. It holds nothing of the module itself."""

    folder: Path
    packages: int
    """How many packages are locked."""
    seconds: float
    """What it took to make; 0 where it was in the cache."""

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

    @property
    def record(self) -> RanRecord:
        """What proves that it is there."""
        return install_record("python-environment", self.packages, self.seconds)


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


def make_environment(tools: Tools) -> PythonEnvironment:
    """The module's environment, from the cache or made now; its record goes to `tools`.

    Raises `CouldNotCheckError` without a usable requirements.lock, and `ToolFailedError` where a
    package cannot be installed as it is locked.
    """
    session = tools.session
    made = session.once("python-environment", lambda: _install(session))
    tools.records.append(made.record)
    return made


def _install(session: Session) -> PythonEnvironment:
    lock, count = _lock(session.module)
    platform = session.policy.python_packages
    parts = [lock, TOOLS_LOCK.read_bytes(), sys.version.encode(), LAYOUT]
    parts += [os.path.realpath(sys.executable).encode()]
    parts += [digest_folder(folder).encode() for folder in platform]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    place = session.settings.cache / "environments" / f"python-{digest.hexdigest()[:32]}"
    seconds = install_once(place, lambda: _install_into(Tools(session), lock, platform, count))
    return PythonEnvironment(place, count, seconds)


def _lock(module: Module) -> tuple[bytes, int]:
    if LOCK_FILE not in module.files:
        raise NoLockError(
            f"there is no {LOCK_FILE}, so nobody knows which packages the module runs with",
            LOCK_FILE,
            hint=LOCK_COMMAND,
        )
    lock = module.data(LOCK_FILE)
    try:
        return lock, len(read_requirements(lock.decode("utf-8")))
    except (UnicodeDecodeError, LockError) as error:
        line = f":{error.line}" if isinstance(error, LockError) else ""
        raise CouldNotCheckError(f"{LOCK_FILE}{line}: {error}", hint=LOCK_COMMAND) from error


def _install_into(tools: Tools, lock: bytes, platform: Sequence[Path], count: int) -> Path:
    folder, work = tools.folder / "environment", tools.folder / "install"
    work.mkdir()
    own = work / LOCK_FILE
    own.write_bytes(lock)
    environ = tools.install_environment()
    made = PythonEnvironment(folder, count, 0.0)

    def uv(*args: str | Path) -> None:
        tools.run("uv", [*args, "--quiet"], cwd=work, env=environ)

    def install(*args: str | Path) -> None:
        offline = ["--offline"] if tools.session.settings.offline else []
        # Hard links would let whatever writes here later change the caller's own cache of packages.
        uv("pip", "install", "--link-mode", "copy", "--python", made.python, *offline, *args)

    uv("venv", "--python", sys.executable, "--relocatable", folder)
    extra = folder / "gates-tools"
    install("--target", extra, "--require-hashes", "--no-build", "-r", TOOLS_LOCK)
    for package in platform:
        copy = work / package.name
        shutil.copytree(package, copy, symlinks=True)
        install("--no-deps", copy)
    # The module's packages come last: from here on, starting the interpreter may run their code.
    install("--require-hashes", "--no-build", "-r", own)
    # A path in a .pth file goes behind site-packages: what the module locked comes first.
    relative = os.path.relpath(extra, made.site_packages)
    (made.site_packages / "gates-tools.pth").write_text(f"{relative}\n", "utf-8")
    # Nothing may be written there later, so what is not compiled now is compiled in every run.
    tools.run(
        made.program,
        ["-m", "compileall", "-q", made.site_packages, extra],
        cwd=folder,
        ok=(0, 1),
        sandbox=Sandbox(write=(folder,)),
    )
    return folder
