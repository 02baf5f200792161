"""kingfisher, and how its report is read."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import sysconfig
from pathlib import Path

from gates.errors import ToolFailedError
from gates.records import dataclass
from gates.toolchains.cache import Installed, install_once
from gates.toolchains.processes import disk
from gates.toolchains.sandbox import Sandbox
from gates.toolchains.secrets.rules import RULES, rules_file
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
    are not tried out. Raises `ToolFailedError` for a report that is not understood.
    """
    rules, report = tools.folder / "rules.yml", tools.folder / "report.json"
    with disk():
        rules.write_bytes(rules_file())
    made = _compiled(tools, rules)
    tools.records.append(made.record("kingfisher's compiled rules", len(RULES)))
    _scan(
        tools, folder, report, rules, Sandbox(read=(*_installed(), made.place)), made.place, files
    )
    try:
        data = report.read_bytes()
    except OSError as error:
        raise ToolFailedError("kingfisher has written no report") from error
    return parse(data)


def _compiled(tools: Tools, rules: Path) -> Installed:
    """The engine's rules and ours, compiled once for each version of them: that takes ten seconds.
    Sealed, and read-only to the process that reads the module.

    The engine ignores a folder on whose way one is another user's, as in a sandbox where root
    becomes somebody else. For what others may not read it stays root's id: so this is private.
    It is compiled outside: nothing of the module is read.
    """
    version = tools.resolve("kingfisher").version
    name = hashlib.sha256(f"{version} {platform.machine()} ".encode() + rules_file()).hexdigest()

    def compile_rules() -> Path:
        texts, compiled = tools.folder / "nothing", tools.folder / "compiled"
        with disk():
            texts.mkdir()
            compiled.mkdir(0o700)
            (texts / "empty.txt").write_text("nothing\n", "ascii")
        report = tools.folder / "no-report.json"
        _scan(tools, texts, report, rules, None, compiled, 1)
        if not any(compiled.iterdir()):
            raise ToolFailedError("kingfisher has compiled no rules")
        return compiled

    return install_once(tools.session.settings.cache / "kingfisher" / name[:16], compile_rules)


def _scan(
    tools: Tools, folder: Path, report: Path, rules: Path, sandbox: Sandbox | None, compiled: Path,
    files: int,
) -> None:  # fmt: skip
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
        sandbox=sandbox,
    )  # fmt: skip


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
