"""The module as every other part of the package sees it: read once, immutable."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from gates.errors import CouldNotCheckError
from gates.lazy import pattern
from gates.model import Location
from gates.module.document import Document
from gates.module.links import resolve
from gates.module.paths import inside
from gates.recorder import Once
from gates.records import dataclass

T = TypeVar("T")

KEBAB = pattern(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
"""What a slug looks like. It ends up in table, role and queue names, so nothing else is used."""

SEMVER = pattern(
    r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)"
    r"(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
"""A strict SemVer 2.0.0 version: the expression that semver.org recommends, without its groups."""


@dataclass(frozen=True)
class File:
    """One file of a module."""

    path: str
    """Relative to the root, with forward slashes."""
    size: int
    """In bytes; of a link, the length of its target."""
    sha256: str
    """Of the content, in hex; of a link, of the word "symlink", a zero byte and the target."""
    data: bytes | None
    """The content, kept for small files; None for large ones and links (see `Module.data`)."""
    link: str | None = None
    """The target as written, where it is a symbolic link; it stays inside the module."""


@dataclass(frozen=True)
class Migration:
    """One step of the schema, with its rollback."""

    number: int
    name: str
    """The file's name without number and suffix: `init` of `000_init.sql`."""
    path: str
    sql: str
    rollback_path: str | None
    rollback_sql: str | None


@dataclass(frozen=True)
class Problem:
    """What loading found wrong."""

    message: str
    location: Location
    fix: str | None = None
    unread: bool = False
    """Something could not be looked at at all: inconclusive, not only wrong."""


@dataclass(frozen=True)
class Module:
    """A module repo: everything that would be committed, minus build output."""

    root: Path
    files: Mapping[str, File]
    """By path, sorted."""
    manifest: Document | None
    """module.json; None where it cannot be read (see `problems`)."""
    settings: Document | None
    """The settings schema that the manifest names; None where there is none to read."""
    migrations: tuple[Migration, ...]
    """The files in migrations/, by number; not what the manifest lists."""
    hooks: Mapping[str, str]
    """Paths of `pre_upgrade` and `post_upgrade`, where the module has them."""
    problems: tuple[Problem, ...]
    digest: str
    """SHA-256 in hex over the sorted lines "<sha256>  <path>" of all files: in-toto's dirHash1.

    Of a module that could not be read whole it is never the same twice.
    """
    names: tuple[str, ...] = ()
    """What the slug may equal: the folder's name, then the repo's, from the remote `origin`."""

    def _text_of(self, key: str) -> str:
        value = self.manifest.get(key) if self.manifest else None
        return value if isinstance(value, str) else ""

    @property
    def slug(self) -> str:
        """The slug; "" unless it is in kebab-case and at most 40 characters long."""
        slug = self._text_of("slug")
        return slug if KEBAB.fullmatch(slug) and len(slug) <= 40 else ""

    @property
    def version(self) -> str:
        """The version; "" unless it is strict SemVer."""
        version = self._text_of("version")
        return version if SEMVER.fullmatch(version) and len(version) <= 128 else ""

    @property
    def name(self) -> str:
        """The name for people; "" where there is none."""
        return self._text_of("name")

    @property
    def entrypoint(self) -> str:
        """The entrypoint's path in normal form; "" unless it lies inside the module."""
        return inside(self._text_of("entrypoint")) or ""

    @property
    def table_prefix(self) -> str:
        """What the names of all its tables begin with; `tenant__` where the slug is unusable."""
        return f"tenant_{self.slug.replace('-', '_')}_"

    @cached_property
    def links(self) -> Mapping[str, str]:
        """Where each symbolic link leads, by its path."""
        return {path: file.link for path, file in self.files.items() if file.link is not None}

    def has_digest(self, digest: str) -> bool:
        """Whether its digest is this one: all that who compares with a released version asks."""
        return self.digest == digest

    def require_manifest(self) -> Document:
        """The manifest. Raises `CouldNotCheckError` where it could not be read."""
        if self.manifest is None or not isinstance(self.manifest.value, dict):
            raise CouldNotCheckError(
                "module.json could not be read", hint="fix what `readable` reports first"
            )
        return self.manifest

    def require_settings(self) -> Document:
        """The settings schema. Raises `CouldNotCheckError` where it could not be read."""
        if self.settings is None:
            raise CouldNotCheckError(
                "the settings schema could not be read",
                hint="fix what `readable` and `standard-files` report first",
            )
        return self.settings

    def data(self, path: str) -> bytes:
        """The content of a file, through links inside the module.

        Raises `CouldNotCheckError` where the module has no such file, or a large file is no longer
        what it was when the module was loaded.
        """
        from gates.module.tree import read_again

        real = resolve(path, self.links)
        file = self.files.get(real) if real is not None else None
        if file is None:
            raise CouldNotCheckError(f"{path} is not a file of the module")
        if file.data is not None:
            return file.data
        data = read_again(self.root, file)
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise CouldNotCheckError(f"{path} was changed while it was being looked at")
        return data

    def text(self, path: str) -> str:
        """The content of a UTF-8 file. Raises `CouldNotCheckError` as `data`, and for others."""
        try:
            return self.data(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise CouldNotCheckError(f"{path} is not UTF-8 text") from error

    def lines(self, path: str) -> tuple[str, ...]:
        """The lines of a UTF-8 file without their ends; line 1 is the first.

        As positions count them: only a line feed ends a line, and a byte order mark is no column.
        """
        text = self.text(path).removeprefix("\ufeff")
        return tuple(line.removesuffix("\r") for line in text.split("\n"))

    @property
    def plain(self) -> Module:
        """The module itself, where this is a view of one that notes what is asked of it."""
        return self

    def once(self, make: Callable[..., T], *more: Hashable) -> T:
        """What a function makes of the module and of `more`, made by the first who asks for it.

        Whoever asks depends on all that it asked; what making it raised, each call raises.
        """
        made: Once[T] = self._made.setdefault((make, *more), Once(partial(make, self, *more)))
        return made()

    @cached_property
    def _made(self) -> dict[tuple[object, ...], Once[Any]]:
        return {}

    def write_to(self, folder: Path, wanted: Callable[[str], bool] = lambda _: True) -> None:
        """Write a private copy of the files with wanted paths into a folder that is new or empty.

        Every file gets the same mode, whatever it had and whatever the umask is: modes are no part
        of the content, and what is built from equal content has to be equal.
        Raises `CouldNotCheckError` as `data`, and where the folder is not empty.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CouldNotCheckError(f"{folder} is not empty")
        made: set[str] = set()
        for path, file in self.files.items():
            if not wanted(path):
                continue
            if (above := path.rpartition("/")[0]) not in made:
                (folder / above).mkdir(parents=True, exist_ok=True)
                made.add(above)
            target = f"{folder}/{path}"
            if file.link is not None:
                Path(target).symlink_to(file.link)
                continue
            with os.fdopen(
                os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb"
            ) as out:
                os.fchmod(out.fileno(), 0o644)
                out.write(file.data if file.data is not None else self.data(path))
