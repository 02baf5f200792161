"""`--output FORMAT=FILE`: which reports are asked for, and the files that they become."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gates.errors import UsageError
from gates.report import FORMATS, Report

STANDARD_OUTPUT = Path("-")


def prepare(outputs: Sequence[tuple[str, Path]]) -> None:
    """Remove reports of earlier runs, so that none is taken for one of a run that broke off.

    Raises `UsageError` for two reports in one file, and where an old one can't be removed.
    """
    files = [file.absolute() for _, file in outputs if file != STANDARD_OUTPUT]
    for file in {each for each in files if files.count(each) > 1}:
        raise UsageError(f"two reports cannot be one file: {file}")
    for file in files:
        try:
            if file.is_file() or file.is_symlink():
                file.unlink()
        except OSError as error:
            raise UsageError(f"the report of an earlier run is in the way: {error}") from error


def write(outputs: Sequence[tuple[str, Path]], report: Report) -> bool:
    """Write each report, a file whole or not at all; whether standard output was one of them.

    One that fails keeps no other from being written. Raises `UsageError` for those that failed.
    """
    failed = []
    for form, file in outputs:
        text = FORMATS[form].render(report)
        if file == STANDARD_OUTPUT:
            import click

            click.echo(text, nl=False)
            continue
        try:
            _write(file, text.encode("utf-8", "replace"))
        except OSError as error:
            failed.append(str(error))
    if failed:
        raise UsageError(f"the report could not be written: {'; '.join(failed)}")
    return any(file == STANDARD_OUTPUT for _, file in outputs)


def _write(file: Path, data: bytes) -> None:
    if file.exists() and not file.is_file():
        file.write_bytes(data)  # a device or a pipe: there is nothing to put in its place
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
