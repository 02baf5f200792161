"""kingfisher, and how its report is read."""

from __future__ import annotations

import json
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from gates.errors import ToolFailedError
from gates.toolchains.processes import disk
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.secrets.rules import rules_file
from gates.toolchains.tools import Tools

FOUND, NOTHING = 200, 0
"""The exit statuses of a scan; secrets that a provider confirms have another, and none is asked."""


@dataclass(frozen=True)
class Match:
    """What looks like a secret."""

    file: str
    """The name of the file in the folder."""
    line: int
    """From 1."""
    offset: int
    """Bytes from the begin of the line; of no use for a secret in Base64."""
    secret: str
    rule: str
    """The engine's id of the rule."""
    encoded: bool
    """Whether it was found in Base64."""


def run(tools: Tools, folder: Path, files: int) -> list[Match]:
    """What looks like a secret in the text files of a folder, by one process for all of them.

    No filter by comment, by name, by size or by confidence, and no question to anyone: the secrets
    are not tried out. The compiled rules are kept in the cache, since they take ten seconds.
    Raises `ToolFailedError` for a report that is not understood.
    """
    rules, report = tools.folder / "rules.yml", tools.folder / "report.json"
    compiled = tools.session.settings.cache / "kingfisher"
    with disk():
        rules.write_bytes(rules_file())
        compiled.mkdir(parents=True, exist_ok=True)
    tools.run(
        "kingfisher",
        [
            "scan", folder, "--rules-path", rules, "--rule-cache-dir", compiled,
            "--format", "json", "--output", report, "--quiet",
            "--no-validate", "--no-update-check", "--no-dedup", "--confidence", "low",
            "--no-ignore", "--no-ignore-if-contains", "--no-extract-archives",
            "--max-file-size", "0", "--git-history", "none",
        ],
        cwd=tools.folder,
        ok=(FOUND, NOTHING),
        subjects=files,
        sandbox=Sandbox(read=_installed(), write=(compiled,)),
    )  # fmt: skip
    try:
        data = report.read_bytes()
    except OSError as error:
        raise ToolFailedError("kingfisher has written no report") from error
    return parse(data)


def _installed() -> tuple[Path, ...]:
    """Where the engine is installed."""
    return (Path(sys.prefix), *(Path(sysconfig.get_path(name)) for name in ("scripts", "platlib")))


def parse(report: bytes) -> list[Match]:
    """What a report of `kingfisher scan --format json` holds; a summary after it is not read.

    Raises `ToolFailedError` for anything else, without a word of the report: it holds secrets.
    """
    try:
        document, _ = json.JSONDecoder().raw_decode(report.decode("utf-8").lstrip())
        return [
            Match(
                Path(str(each["finding"]["path"])).name,
                int(each["finding"]["line"]),
                int(each["finding"]["column_start"]),
                str(each["finding"]["snippet"]),
                str(each["rule"]["id"]),
                bool(each["finding"].get("encoding")),
            )
            for each in document["findings"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        kind = type(error).__name__
        raise ToolFailedError(f"kingfisher's report is not understood ({kind})") from None
