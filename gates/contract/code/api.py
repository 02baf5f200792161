"""The built code of one version: what its bundle holds for those who import it."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from gates.errors import CouldNotCheckError
from gates.records import dataclass

MAX_SOURCES = 64 * 1024 * 1024
"""Bytes of sources in one wheel, unpacked, that are looked at."""
_DECLARATIONS = {".ts": ".d.ts", ".tsx": ".d.ts", ".mts": ".d.mts", ".cts": ".d.cts"}


@dataclass(frozen=True)
class Api:
    """The exported code of one version; plain data, not looked into yet."""

    language: str
    """"python" or "typescript"."""
    version: str
    slug: str
    entry: str
    """How the entrypoint is imported ("sample_module.main"), or the path of its declarations."""
    files: Mapping[str, bytes]
    """Python: the wheel's sources; TypeScript: the declarations, and package.json; by path."""
    folder: str = ""
    """What stands before the paths of `files` in the module's repo: "src/" for most wheels."""


def exported(files: Mapping[str, bytes], language: str) -> Api:
    """The exported code of a bundle, given as its files by path.

    Raises `CouldNotCheckError` where the bundle does not hold it.
    """
    return READERS[language](files)


def exported_python(files: Mapping[str, bytes]) -> Api:
    """The sources in the wheel of a bundle. Raises `CouldNotCheckError` without a readable one."""
    manifest = _manifest(files)
    wheels = sorted(path for path in files if path.endswith(".whl"))
    if len(wheels) != 1:
        raise CouldNotCheckError(
            f"the bundle of {_name(manifest)} holds {len(wheels)} wheels, not one",
            hint="build the version again and publish its bundle",
        )
    sources: dict[str, bytes] = {}
    size = 0
    try:
        with zipfile.ZipFile(io.BytesIO(files[wheels[0]])) as archive:
            for member in archive.infolist():
                parts = PurePosixPath(member.filename).parts
                if not member.filename.endswith((".py", ".pyi")) or not _plain(parts):
                    continue
                size += member.file_size
                if size > MAX_SOURCES:
                    raise CouldNotCheckError(f"{wheels[0]} holds more than {MAX_SOURCES:,} bytes")
                sources[member.filename] = archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise CouldNotCheckError(f"{wheels[0]} cannot be read as a wheel: {error}") from error
    parts = PurePosixPath(_entrypoint(manifest)).with_suffix("").parts
    folder = "src/" if parts[:1] == ("src",) and "/".join(parts[1:]) + ".py" in sources else ""
    parts = parts[1:] if folder else parts
    if "/".join(parts) + ".py" not in sources:
        raise CouldNotCheckError(
            f"the wheel of {_name(manifest)} does not hold its entrypoint {_entrypoint(manifest)}",
            hint="gates build",
        )
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Api("python", *_named(manifest), name, sources, folder)


def exported_typescript(files: Mapping[str, bytes]) -> Api:
    """The declarations that the compiler wrote into a bundle.

    Raises `CouldNotCheckError` where there are none for the entrypoint.
    """
    manifest = _manifest(files)
    source = PurePosixPath(_entrypoint(manifest))
    stem = source.with_suffix(_DECLARATIONS.get(source.suffix, ".d.ts")).as_posix()
    entry = f"dist/{stem.removeprefix('src/')}"
    if entry not in files:
        raise CouldNotCheckError(
            f"the bundle of {_name(manifest)} does not hold {entry}, the declarations of its code",
            hint="build the version again and publish its bundle",
        )
    kept = {
        path: data
        for path, data in files.items()
        if path == "package.json"
        or (
            path.endswith((".d.ts", ".d.mts", ".d.cts", ".json"))
            and path.startswith("dist/")
            and _plain(PurePosixPath(path).parts)
        )
    }
    return Api("typescript", *_named(manifest), entry, kept)


def _plain(parts: tuple[str, ...]) -> bool:
    """Whether a path stays below where it is written, and is no hook of an installer."""
    return bool(parts) and not any(
        part in ("", ".", "..") or part.startswith("/") or "\\" in part or "__editable__" in part
        for part in parts
    )


def _manifest(files: Mapping[str, bytes]) -> Mapping[str, object]:
    try:
        manifest = json.loads(files["module.json"])
    except (KeyError, ValueError, RecursionError) as error:
        raise CouldNotCheckError("the bundle holds no readable module.json") from error
    if not isinstance(manifest, dict):
        raise CouldNotCheckError("the bundle holds no readable module.json")
    return manifest


def _entrypoint(manifest: Mapping[str, object]) -> str:
    entry = manifest.get("entrypoint")
    if not isinstance(entry, str) or not _plain(PurePosixPath(entry).parts):
        raise CouldNotCheckError("the module.json of the bundle names no entrypoint")
    return entry


def _named(manifest: Mapping[str, object]) -> tuple[str, str]:
    return str(manifest.get("version", "")), str(manifest.get("slug", ""))


def _name(manifest: Mapping[str, object]) -> str:
    version, slug = _named(manifest)
    return f"{slug} {version}".strip() or "the module"


READERS = {"python": exported_python, "typescript": exported_typescript}
"""What reads the exported code of a bundle, by language."""
