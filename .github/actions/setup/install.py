"""Installs axon-gates into an environment of its own; needs Python and nothing else.

install.py key        the key of the cache, from everything that decides what is installed
install.py install    install, and put the command on the PATH of the job's later steps

What is installed is the commit that this file is from, or GATES_INSTALL_VERSION, whose wheel has
to have the SHA-256 GATES_INSTALL_DIGEST. What it depends on comes from the lock that each of them
holds, every file by its digest, and is not built but comes as wheels.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
LOCK = "gates/requirements.txt"
"""In the sources and in a wheel: written by ci/lock.py."""
LARGEST_LOCK = 8 * 1024 * 1024
VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+((a|b|rc)[0-9]+)?")
DIGEST = re.compile(r"[0-9a-f]{64}")


class InstallError(Exception):
    """What was asked for cannot be installed."""


def wanted() -> tuple[str, str]:
    """Version and digest, both empty for this commit. Raises `InstallError` for half of it."""
    version = os.environ.get("GATES_INSTALL_VERSION", "")
    digest = os.environ.get("GATES_INSTALL_DIGEST", "").removeprefix("sha256:")
    if not version and not digest:
        return "", ""
    if not VERSION.fullmatch(version):
        raise InstallError(f"gates-version is an exact version such as 1.2.3, not {version!r}")
    if not DIGEST.fullmatch(digest):
        raise InstallError("gates-version needs gates-digest, the SHA-256 of its wheel in hex")
    return version, digest


def cache_key() -> str:
    """The key of the cache: it changes with whatever decides which packages are downloaded."""
    version, digest = wanted()
    content = (SOURCE / LOCK).read_bytes()
    total = hashlib.sha256(b"\0".join([content, version.encode(), digest.encode()])).hexdigest()
    python = ".".join(platform.python_version_tuple()[:2])
    return f"gates-{platform.system()}-{platform.machine()}-{python}-{total[:32]}"


def cache_folder() -> Path:
    """Where pip keeps what it downloads."""
    return Path.home() / ".cache" / "axon-gates-packages"


def install(environment: Path) -> None:
    """Make the environment anew. Raises `InstallError` for a wheel of another digest."""
    version, digest = wanted()
    venv.create(environment, with_pip=True, clear=True)
    target, lock = SOURCE, SOURCE / LOCK
    if version:
        folder = environment / "wheel"
        pip(environment, "download", "--no-deps", "--only-binary", ":all:", "--dest", str(folder),
            f"axon-gates=={version}")  # fmt: skip
        target, lock = checked_wheel(folder, digest), environment / "requirements.txt"
        lock.write_bytes(lock_of(target))
    pip(environment, "install", "--require-hashes", "--only-binary", ":all:", "-r", str(lock))
    pip(environment, "install", "--no-index", "--no-deps", "--no-build-isolation", str(target))
    pip(environment, "check")


def lock_of(wheel: Path) -> bytes:
    """The lock that a wheel holds. Raises `InstallError` where it has none."""
    try:
        with zipfile.ZipFile(wheel) as opened, opened.open(LOCK) as file:
            return file.read(LARGEST_LOCK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise InstallError(f"{wheel.name} holds no lock of what it depends on") from error


def checked_wheel(folder: Path, digest: str) -> Path:
    """The one wheel in a folder, if it has the digest."""
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise InstallError(f"there are {len(wheels)} wheels, and not one")
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != digest:
        raise InstallError(f"{wheels[0].name} has the SHA-256 {found}, and not {digest}")
    return wheels[0]


def pip(environment: Path, command: str, *arguments: str) -> None:
    """Run pip of the environment, with the cache."""
    program = [str(environment / "bin" / "python"), "-m", "pip", "--quiet"]
    options = ["--disable-pip-version-check", "--cache-dir", str(cache_folder())]
    subprocess.run([*program, command, *options, *arguments], check=True)


def append(variable: str, line: str) -> None:
    """A line for the runner."""
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def main() -> int:
    try:
        if sys.argv[1:] == ["key"]:
            append("GITHUB_OUTPUT", f"key={cache_key()}")
            append("GITHUB_OUTPUT", f"cache={cache_folder()}")
        elif sys.argv[1:] == ["install"]:
            environment = Path(os.environ["RUNNER_TEMP"]) / "gates-environment"
            install(environment)
            append("GITHUB_PATH", str(environment / "bin"))
        else:
            print(__doc__)
            return 2
    except (InstallError, subprocess.CalledProcessError) as error:
        print(f"::error title=gates could not be installed::{error}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
