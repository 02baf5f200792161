"""The type of `--output`, and what the help says of its formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gates.report import FORMATS


class Output(click.ParamType[tuple[str, Path]]):
    """`FORMAT=FILE`; `-` is standard output."""

    name = "format=file"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """The name of the format and the file."""
        if isinstance(value, tuple):
            return value
        form, equals, file = str(value).partition("=")
        if form not in FORMATS or not equals or not file:
            self.fail(f"{value!r} is not FORMAT=FILE with FORMAT one of {', '.join(FORMATS)}")
        return form, Path(file)


def formats_page() -> str:
    """The formats and what each is for, as part of a command's help."""
    width = max(map(len, FORMATS))
    lines = [f"  {name:<{width}}  {each.summary}" for name, each in FORMATS.items()]
    return "\n".join(["\b", "Formats of --output:", *lines])
