"""The wheel holds what the stages looked at."""

from __future__ import annotations

from collections.abc import Iterator

from gates.check import check
from gates.errors import CouldNotCheckError
from gates.model import Finding, Stage
from gates.module import Module
from gates.toolchains import Bundle


@check(Stage.BUILD, language="python")
def wheel_matches_sources(module: Module, bundle: Bundle) -> Iterator[Finding]:
    """Every file in the wheel is the module's own file under src, byte for byte.

    Only the metadata that the build backend writes, the wheel's folder `*.dist-info`, has no
    source. Files that install elsewhere (`*.data`) are reported: nothing under src is like them.

    Why: a build backend can add code or change it; no other stage ever looks at what it made.
    Bad: a build hook that writes sample_module/backdoor.py into the wheel
    Good: src/sample_module/countries.txt, committed, which the wheel holds as it is
    Fix: commit what the build would make under src, and take the step out of the build.
    """
    import hashlib
    import io
    import zipfile
    import zlib

    name = bundle.entry
    wheel = bundle.read(name)
    broken = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
    seen: set[str] = set()
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            for member in archive.infolist():
                path = member.filename
                top, _, inner = path.partition("/")
                if path in seen:
                    message = f"{name} holds {path} twice"
                elif (top.endswith(".dist-info") and inner) or (
                    member.is_dir() and not member.file_size
                ):
                    message = ""
                elif (source := module.files.get(f"src/{path}")) is None:
                    message = f"{name} holds {path}, and there is no src/{path}"
                # Sizes come first: no more is unpacked than the module's own file is long.
                elif (
                    member.file_size != source.size
                    or hashlib.sha256(archive.read(member)).hexdigest() != source.sha256
                ):
                    message = f"{path} in {name} is not what src/{path} is"
                else:
                    message = ""
                seen.add(path)
                if message:
                    yield wheel_matches_sources.finding(
                        message,
                        "pyproject.toml",
                        fix=f"commit src/{path} as the wheel should hold it, and take the build "
                        "step that makes it out of the build",
                    )
    except broken as error:
        raise CouldNotCheckError(f"{name} cannot be read as a wheel: {error}") from error
