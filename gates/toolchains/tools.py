"""Runs the programs of one check, and keeps a record of each run."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sysconfig
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from gates.errors import ToolFailedError, ToolMissingError
from gates.model import RanRecord
from gates.module.parts import PARTS, Part, digest_part
from gates.recorder import LATER, note
from gates.records import dataclass, replace
from gates.toolchains.folders import inherited
from gates.toolchains.processes import Ran, disk
from gates.toolchains.sandbox import Sandbox, interpreter
from gates.toolchains.session import Session

EXTRAS = {"kingfisher": "secrets", "opengrep": "injection", "squawk": "database"}
"""The extra of this distribution that brings a program which is no language's own."""

DISTRIBUTIONS = {"kingfisher": "kingfisher-bin", "squawk": "squawk-cli"}
"""The distribution of a program, where it has another name."""

PACKED = {"opengrep": ("tackbox-opengrep", "tackbox_opengrep/bin/opengrep")}
"""The distribution of a program that lies in a package, and where it lies there."""

SOURCE_DATE_EPOCH = 1577836800
"""What every build takes for the time (2020-01-01), in seconds since 1970."""
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Program:
    """A program and how to start it."""

    name: str
    command: tuple[str, ...]
    version: str = ""


class Tools:
    """Runs programs for one check. `records` says what ran; `module_copy` is the check's own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.records: list[RanRecord] = []
        self.sandbox = ""
        """The layers of the sandbox in which a program ran last; "" before the first."""
        self._folder: Path | None = None
        self._copy: Path | None = None
        self._place = "module"
        self.part: Part = "program"
        """What the module's copy holds of it."""

    @property
    def folder(self) -> Path:
        """A private folder for what the check writes; `home` and `tmp` in it are its programs'."""
        if self._folder is None:
            self._folder = self.session.new_folder()
            with disk():
                for name in ("home", "tmp"):
                    (self._folder / name).mkdir()
        return self._folder

    def move_to(self, place: str) -> None:
        """Put the module's copy elsewhere in the folder: for what must not depend on its path."""
        self._place = place

    def take(self, part: Part) -> None:
        """Have the module's copy hold this part of it, and not all but its documentation."""
        self.part = part

    @property
    def module_copy(self) -> Path:
        """A copy of a part of the module's files that is this check's own."""
        if self._copy is None:
            copy, module = self.folder / self._place, self.session.module.plain
            note(f"part:{self.part}", digest_part(module, self.part))
            with disk():
                copy.parent.mkdir(parents=True, exist_ok=True)
                module.write_to(copy, PARTS[self.part])
            self._copy = copy
        return self._copy

    def changed(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Those of the module's files that a program has changed in the copy; a link is none."""
        module = self.session.module
        found = {}
        for path in paths:
            if module.files[path].link is None:
                data = (self.module_copy / path).read_bytes()
                if data != module.data(path):
                    found[path] = data
        return found

    def environment(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """The scrubbed environment of a program: nothing of the caller's but what is `given`."""
        scripts = sysconfig.get_path("scripts")
        return {
            "PATH": f"{scripts}:{_SYSTEM_PATH}",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "CI": "1",
            "NO_COLOR": "1",
            "SOURCE_DATE_EPOCH": str(SOURCE_DATE_EPOCH),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONNOUSERSITE": "1",
            "PYTHONSAFEPATH": "1",
            **(given or {}),
        }

    def install_environment(self) -> dict[str, str]:
        """The environment of an install step: scrubbed, with the configuration of registries."""
        kept = inherited(os.environ)
        note("environment:", LATER)
        own = self.environment()
        kept["PATH"] = f"{own['PATH']}:{kept.get('PATH', '')}"
        return {**own, **kept}

    def run(
        self,
        program: str | Program,
        args: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        ok: Collection[int] = (0,),
        timeout: float | None = None,
        subjects: int = 0,
        env: Mapping[str, str] | None = None,
        sandbox: Sandbox | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Ran:
        """Run a program and keep its record.

        `cwd` is the module's copy unless told, `timeout` (seconds) the policy's, `env` all of the
        environment that it gets (the scrubbed one unless told), `subjects` the number of files,
        tests or packages that it is given to look at. Code of the module needs a `sandbox`.

        Raises `ToolMissingError` for a program that is not there, `ToolFailedError` for one that
        ends with a status outside `ok`, takes too long or prints too much.
        """
        if isinstance(program, str):
            program = self.resolve(program)
        if sandbox is not None:
            sandbox = replace(
                sandbox,
                read=(*interpreter(), *sandbox.read),
                write=(self.folder, *sandbox.write),
            )
        ran = self.session.processes.run(
            [*program.command, *(str(each) for each in args)],
            cwd=cwd or self.module_copy,
            env=self.environment() if env is None else env,
            timeout=timeout or self.session.policy.tool_timeout,
            sandbox=sandbox,
            pass_fds=pass_fds,
        )
        if sandbox is not None:
            self.sandbox = ran.sandbox
        self.records.append(
            RanRecord(
                program.name,
                program.version,
                ran.exit_status,
                subjects,
                round(ran.seconds, 3),
                sandbox=ran.sandbox,
            )
        )
        if ran.exit_status not in ok:
            raise ToolFailedError(
                f"{program.name} ended with exit status {ran.exit_status}, which it does not use "
                f"for findings: {ran.end() or 'it printed nothing'}"
            )
        return ran

    def resolve(self, name: str) -> Program:
        """A program of this installation, or of the PATH; with its version.

        Raises `ToolMissingError`, with the command that installs it.
        """
        return self.session.once(("program", name), lambda: self._noted(name))

    def _noted(self, name: str) -> Program:
        program = self._resolve(name)
        for each in program.command:
            if each.startswith("/"):
                note(f"program:{each}", LATER)
        return program

    def _resolve(self, name: str) -> Program:
        from gates.toolchains.languages import LANGUAGES

        for language in LANGUAGES.values():
            if (own := language.find_bundled(name)) is not None:
                return own
        if (packed := _packed(name)) is not None:
            return packed
        ours = Path(sysconfig.get_path("scripts"), name)
        if ours.is_file():
            try:
                distribution = DISTRIBUTIONS.get(name, name)
                version = importlib.metadata.version(distribution)
                note(f"distribution:{distribution}", LATER)
                return Program(name, (str(ours),), version)
            except importlib.metadata.PackageNotFoundError:
                pass
        path = str(ours) if ours.is_file() else shutil.which(name)
        if path != str(ours):
            note(f"which:{name}", LATER)
        if path is None:
            owners = (each.name for each in LANGUAGES.values() if name in each.programs)
            extra = EXTRAS.get(name) or next(owners, None)
            raise ToolMissingError(
                f"the program {name} is not installed"
                + (f" (it comes with axon-gates[{extra}])" if extra else ""),
                hint=f"pip install 'axon-gates[{extra}]'" if extra else f"install {name}",
            )
        ran = self.session.processes.run(
            [path, "--version"],
            cwd=self.folder,
            env=self.environment(),
            timeout=self.session.policy.tool_timeout,
        )
        if ran.exit_status:
            raise ToolFailedError(f"{name} --version ended with status {ran.exit_status}")
        words = ran.stdout.decode("utf-8", "replace").split()
        version = next((word for word in words if word.lstrip("v")[:1].isdigit()), "")
        return Program(name, (path,), version.strip("v,"))


def _packed(name: str) -> Program | None:
    distribution, inside = PACKED.get(name, ("", ""))
    try:
        found = importlib.metadata.distribution(distribution) if distribution else None
    except importlib.metadata.PackageNotFoundError:
        return None
    if found is None:
        return None
    note(f"distribution:{distribution}", LATER)
    return Program(name, (str(found.locate_file(inside)),), found.version)
