"""What the jobs of a pipeline leave for each other: a folder a module, a few files a stage.

```text
RESULTS/<module>/<stage>.json .sarif .html .md     reports, one stage in each
RESULTS/<module>/evidence/<stage>.dsse.json        signed evidence, verified by whoever uses it
RESULTS/<module>/evidence/build.tgz                the bundle, held against the build's evidence
```

Jobs that ran a module's code wrote these files, so none is believed to be what it is called: no
link is followed, and sizes are bounded.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates.ci.plan import folder_name
from gates.errors import CouldNotCheckError
from gates.model import Stage, Verdict
from gates.records import dataclass

FORMATS = {"json": "json", "sarif": "sarif", "html": "html", "summary": "md"}
"""The reports that a stage leaves, and the endings of their names."""
LARGEST = 64 * 1024 * 1024
"""Bytes of one report."""


@dataclass(frozen=True)
class Results:
    """The folder of all results."""

    root: Path

    def folder(self, module: str) -> Path:
        """The folder of a module."""
        return self.root / folder_name(module)

    def evidence(self, module: str) -> Path:
        """The folder of its envelopes."""
        return self.folder(module) / "evidence"

    def outputs(self, module: str, stage: Stage) -> tuple[tuple[str, Path], ...]:
        """Format and file of each report of a stage."""
        folder = self.folder(module)
        return tuple((form, folder / f"{stage}.{end}") for form, end in FORMATS.items())

    def read(self, module: str, stage: Stage, form: str) -> bytes:
        """The bytes of a report.

        Raises `CouldNotCheckError` where there is none, where it is no plain file, or too large.
        """
        path = self.folder(module) / f"{stage}.{FORMATS[form]}"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                state = os.fstat(descriptor)
                if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST:
                    raise CouldNotCheckError(f"the {form} report is no plain file of a usual size")
                return file.read(LARGEST)
        except FileNotFoundError as error:
            raise CouldNotCheckError("there is no report: the stage did not run") from error
        except OSError as error:
            raise CouldNotCheckError(f"the report cannot be read: {error.strerror}") from error


@dataclass(frozen=True)
class StageReport:
    """What one report says of one stage of one module."""

    verdict: Verdict
    identity: tuple[str, ...]
    """Slug, version, content digest, policy digest and version of the gate: one for all stages."""
    document: Mapping[str, Any]
    """The whole report."""


def read_report(results: Results, module: str, stage: Stage) -> StageReport:
    """The JSON report of a stage. Raises `CouldNotCheckError` where it is not one."""
    try:
        value = json.loads(results.read(module, stage, "json"))
        (found,) = value["stages"]
        if found["stage"] != stage.value or value["schema_version"] != 1:
            raise CouldNotCheckError("the report is one of another stage")
        names = ("slug", "version", "digest")
        identity = [*(value["module"][each] for each in names), value["policy"]["digest"]]
        identity.append(value["gates_version"])
        verdicts = [*(Verdict(each["verdict"]) for each in found["checks"])]
        said = {Verdict(found["verdict"]), Verdict(value["verdict"]), Verdict.worst(verdicts)}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CouldNotCheckError("the report cannot be read") from error
    if len(said) != 1 or not all(isinstance(each, str) for each in identity):
        raise CouldNotCheckError("the report contradicts itself")
    return StageReport(said.pop(), tuple(identity), value)
