"""Where evidence is kept: one file a stage, in `.gates/evidence` of the module or a folder given,
and beside that of the build the bundle that it is about.

The module is untrusted, so no link in it is followed, and only plain files of bounded size are
read. Writing is whole or not at all.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gates.errors import CouldNotCheckError, RefusedError
from gates.evidence.envelope import LARGEST
from gates.lazy import pattern
from gates.model import Stage
from gates.records import dataclass

_FOLDERS = (".gates", "evidence")
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


_PIECE = 1024 * 1024
"""Bytes that are copied at a time."""
APPROVAL = pattern(r"approval-[0-9a-f]{16}\.dsse\.json")
"""The name of an approval beside the evidence."""
MOST = 100
_LARGEST_APPROVAL = 1 << 20
BUNDLE = f"{Stage.BUILD.value}.tgz"
"""The bundle, whatever its name will be: publish takes it from here, and builds nothing."""
LARGEST_BUNDLE = 2 * 1024**3
"""Bytes that a bundle may have."""


def _read_plain(folder: int, name: str) -> bytes | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode) or state.st_size > _LARGEST_APPROVAL:
            return None
        return file.read(_LARGEST_APPROVAL)


def file_name(stage: Stage) -> str:
    """The name of a stage's envelope in its folder."""
    return f"{stage.value}.dsse.json"


@dataclass(frozen=True)
class Store:
    """A folder of envelopes. `root` is the module's root, or the given folder itself."""

    root: Path
    inside: tuple[str, ...] = _FOLDERS

    @classmethod
    def of(cls, module_root: Path, folder: Path | None = None) -> Store:
        """The store of a module, or the folder that was given instead."""
        return cls(module_root) if folder is None else cls(folder.absolute(), ())

    @property
    def folder(self) -> Path:
        """The folder that holds the envelopes; it may not exist yet."""
        return self.root.joinpath(*self.inside)

    def path(self, stage: Stage) -> Path:
        """The path of the envelope of a stage."""
        return self.folder / file_name(stage)

    def read(self, stage: Stage) -> bytes | None:
        """The bytes of a stage's envelope, None where there is none.

        Raises `RefusedError` for a link, a special file or one that is too large.
        """
        return self._read(file_name(stage), f"evidence of {stage}", LARGEST)

    def open_bundle(self) -> io.BufferedReader | None:
        """The bundle that was built, None where there is none; not verified, and read by whoever
        asks, piece by piece. Raises as `read`."""
        return self._opened(BUNDLE, "bundle", LARGEST_BUNDLE)

    @property
    def bundle_digest(self) -> str | None:
        """SHA-256 of that bundle, in hex; None where there is none. Raises as `read`."""
        opened = self.open_bundle()
        if opened is None:
            return None
        with self._errors("bundle", "read"), opened as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def keep_bundle(self, bundle: Path) -> None:
        """Keep a bundle beside the evidence of its build. Raises as `write`."""
        with (
            self._errors("bundle", "written"),
            bundle.open("rb") as source,
            self._open(make=True) as folder,
        ):
            self._place(folder, BUNDLE, source)

    def _read(self, name: str, what: str, largest: int) -> bytes | None:
        opened = self._opened(name, what, largest)
        if opened is None:
            return None
        with self._errors(what, "read"), opened as file:
            return file.read(largest + 1)

    def _opened(self, name: str, what: str, largest: int) -> io.BufferedReader | None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with self._errors(what, "read"), contextlib.ExitStack() as unless_kept:
            try:
                with self._open() as folder:
                    number = os.open(name, flags, dir_fd=folder)
            except FileNotFoundError:
                return None
            unless_kept.callback(os.close, number)
            state = os.fstat(number)
            if not stat.S_ISREG(state.st_mode):
                raise RefusedError([f"the {what} is not a plain file [unreadable]"])
            if state.st_size > largest:
                raise RefusedError(
                    [f"the {what} is larger than {largest // 1024 // 1024} MiB [unreadable]"]
                )
            unless_kept.pop_all()
        return os.fdopen(number, "rb")

    def write(self, stage: Stage, data: bytes) -> Path:
        """Replace the envelope of a stage and return its path.

        Raises `RefusedError` where a link is in the way, `CouldNotCheckError` where it cannot be
        written.
        """
        with (
            self._errors(f"evidence of {stage}", "written"),
            self._open(make=True) as folder,
        ):
            self._place(folder, file_name(stage), io.BytesIO(data))
        return self.path(stage)

    def approvals(self) -> list[bytes]:
        """The bytes of the approvals that lie beside the evidence, at most `MOST` of them; what is
        no plain file of a bounded size is none."""
        try:
            with self._open() as folder:
                with os.scandir(folder) as listed:
                    names = sorted(each.name for each in listed if APPROVAL.fullmatch(each.name))
                return [data for each in names[:MOST] if (data := _read_plain(folder, each))]
        except OSError:
            return []  # no folder, or something else in its place: no approvals

    def write_approval(self, digest: str, data: bytes) -> Path:
        """Add an approval whose payload has the SHA-256 `digest`, in hex. Raises as `write` does
        where the folder cannot be written."""
        name = f"approval-{digest[:16]}.dsse.json"
        try:
            with self._open(make=True) as folder:
                self._place(folder, name, io.BytesIO(data))
        except OSError as error:
            raise CouldNotCheckError(
                f"the approval cannot be written to {self.folder}: {error.strerror}"
            ) from error
        return self.folder / name

    def remove(self, stage: Stage) -> None:
        """Remove the envelope of a stage, so that nothing older can be taken for it."""
        with (
            self._errors(f"evidence of {stage}", "removed"),
            contextlib.suppress(FileNotFoundError),
            self._open() as folder,
        ):
            os.unlink(file_name(stage), dir_fd=folder)
            os.fsync(folder)

    @staticmethod
    def _place(folder: int, name: str, data: IO[bytes]) -> None:
        aside = f".{name}.{os.urandom(8).hex()}"
        descriptor = os.open(
            aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=folder
        )
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, 0o644)  # whatever the umask is
                while piece := data.read(_PIECE):
                    file.write(piece)
                file.flush()
                os.fsync(descriptor)
            os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(aside, dir_fd=folder)
            raise

    @contextlib.contextmanager
    def _open(self, *, make: bool = False) -> Iterator[int]:
        if make and not self.inside:
            self.root.mkdir(parents=True, exist_ok=True)
        opened = os.open(self.root, _DIRECTORY)
        try:
            for name in self.inside:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, 0o755, dir_fd=opened)
                deeper = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=opened)
                os.close(opened)
                opened = deeper
                if make and name == _FOLDERS[0]:
                    self._ignore(opened)
            yield opened
        finally:
            os.close(opened)

    def _ignore(self, folder: int) -> None:
        """Keep the folder out of git, and so out of the module's content."""
        try:
            os.close(os.open(".gitignore", os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder))
        except FileNotFoundError:
            self._place(folder, ".gitignore", io.BytesIO(b"*\n"))

    @contextlib.contextmanager
    def _errors(self, named: str, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EISDIR):
                raise RefusedError(
                    [f"the {named} cannot be {what}: something else is in the way [unreadable]"],
                    hint=f"look at {self.folder}",
                ) from error
            raise CouldNotCheckError(
                f"the {named} cannot be {what}: {error.strerror}",
                hint=f"ls -la {self.folder}",
            ) from error
