"""The environment of a Python module: its own locked packages, beside the platform's."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gates.errors import CouldNotCheckError
from gates.model import RanRecord
from gates.module import Module
from gates.toolchains.locks import PYTHON_LOCK, LockError, read_requirements
from gates.toolchains.processes import disk
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.session import Session
from gates.toolchains.tools import Program, Tools

CONFIG = Path(__file__).with_name("config")
TOOLS_LOCK = CONFIG / "python-tools.txt"
"""Coverage and build, pinned; they come last on the path, behind what the module has locked."""

LAYOUT = b"2"
"""Goes up where environments are made in another way."""

LOCK_HINT = "uv pip compile --universal --generate-hashes pyproject.toml -o requirements.lock"


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
        """The walls for code that runs in this environment."""
        return Sandbox(read=(self.folder,), network=network)

    @property
    def record(self) -> RanRecord:
        """What proves that it is there."""
        detail = "made now" if self.seconds else "from the cache"
        return RanRecord("python-environment", "", 0, self.packages, self.seconds, detail)


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


def environment(tools: Tools) -> PythonEnvironment:
    """The module's environment, from the cache or made now; its record goes to `tools`.

    Raises `CouldNotCheckError` without a usable requirements.lock, and `ToolFailedError` where a
    package cannot be installed as it is locked.
    """
    session = tools.session
    made = session.once("python-environment", lambda: _make(session))
    tools.records.append(made.record)
    return made


def _make(session: Session) -> PythonEnvironment:
    lock, count = _lock(session.module)
    platform = session.policy.python_packages
    parts = [lock, TOOLS_LOCK.read_bytes(), sys.version.encode(), LAYOUT]
    parts += [os.path.realpath(sys.executable).encode()]
    parts += [tree_digest(folder).encode() for folder in platform]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    place = session.settings.cache / "environments" / f"python-{digest.hexdigest()[:32]}"
    if place.is_dir():
        return PythonEnvironment(place, count, 0.0)
    started = time.monotonic()
    tools = Tools(session)
    with disk():
        folder = _install(tools, lock, platform, count)
    into_cache(folder, place)
    return PythonEnvironment(place, count, round(time.monotonic() - started, 3))


def _lock(module: Module) -> tuple[bytes, int]:
    if PYTHON_LOCK not in module.files:
        raise CouldNotCheckError(
            f"there is no {PYTHON_LOCK}, so nobody knows which packages the module runs with",
            hint=LOCK_HINT,
        )
    lock = module.data(PYTHON_LOCK)
    try:
        return lock, len(read_requirements(lock.decode("utf-8")))
    except (UnicodeDecodeError, LockError) as error:
        line = f":{error.line}" if isinstance(error, LockError) else ""
        raise CouldNotCheckError(f"{PYTHON_LOCK}{line}: {error}", hint=LOCK_HINT) from error


def _install(tools: Tools, lock: bytes, platform: Sequence[Path], count: int) -> Path:
    folder, work = tools.folder / "environment", tools.folder / "install"
    work.mkdir()
    own = work / PYTHON_LOCK
    own.write_bytes(lock)
    environ = tools.install_environment()
    made = PythonEnvironment(folder, count, 0.0)

    def uv(*args: str | Path) -> None:
        tools.run("uv", [*args, "--quiet"], cwd=work, env=environ)

    def install(*args: str | Path) -> None:
        offline = ["--offline"] if tools.session.settings.offline else []
        uv("pip", "install", "--python", made.python, *offline, *args)

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


def into_cache(folder: Path, place: Path) -> None:
    """Move a finished folder to its place, whole or not at all; another run's copy is as good."""
    with disk():
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(place)
        except OSError:
            if not place.is_dir():
                raise


def tree_digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of the files in a folder, without dot and build folders."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(
            part.startswith(".") or part in ("node_modules", "__pycache__") for part in parts
        ):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{content}  {'/'.join(parts)}\n".encode())
    return total.hexdigest()
