"""The command `gates` with stages that cost nothing: each ends as verdicts.json in the module says.

All else is the real command. `{"lint": "fail", "test": "sleep"}`: what is not named passes, and
"sleep" tells that it began and waits to be interrupted.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import click

from gates import cli, pipeline
from gates.model import CheckResult, Stage, StageResult, Verdict
from gates.report import Report


def cheap(path, wanted, settings, **_):
    file = Path(path, "verdicts.json")
    verdicts = json.loads(file.read_text()) if file.is_file() else {}
    key = settings.key.read_text() if settings.key.is_file() else "none"
    said = f"signing key: {key.strip()[:20]!r}, catalog: {settings.catalog.rpartition('/')[2]}"
    click.echo(said)
    ended = []
    for stage in wanted:
        said = verdicts.get(stage, "pass")
        if said == "sleep":
            Path(os.environ["CHEAP_GATES_BEGAN"]).touch()
            time.sleep(30)
        if said == "crash":
            os._exit(0)
        ended.append(StageResult(Stage(stage), (CheckResult("cheap", Verdict(said)),)))
    return Report("0", str(path), Path(path).name, "1.0.0", "0" * 64, "1" * 64, (), tuple(ended))


pipeline.run_pipeline = cheap
cli.main()
