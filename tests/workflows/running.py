"""Runs the workflows with `act` on this host, without containers, and reads which jobs really ran.

The product's workflow is taken as it is but for three things that act does not know: `uses: $/path`
names the product's repo, `cache-mode` is left out, and the actions of others (and `setup`, which
would install from a registry) are stand-ins under their own digests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ci.github_api import REPOSITORY, TOKEN
from tests.conftest import ROOT

PRODUCT = "axon-platform/axon-gates"
REF = "v0"
BIN = Path(sysconfig.get_path("scripts"))
HERE = Path(__file__).resolve().parent
USES = re.compile(r"uses: (actions/[\w/-]+)@([0-9a-f]{40})")
CALLER = """\
name: gates
on: [push, pull_request, pull_request_target]
jobs:
  gates:
    uses: axon-platform/axon-gates/.github/workflows/module-pipeline.yml@v0
{options}"""


@dataclass
class Ran:
    """How a run of act ended."""

    code: int
    results: dict[str, str] = field(default_factory=dict)
    """By job, with "#2" behind later jobs of a matrix: success or failure.

    Only jobs of which a step ran: act says nothing of those that it skips, and calls those
    successful that it cancels before their first step."""
    log: list[dict[str, Any]] = field(default_factory=list)

    @property
    def jobs(self) -> set[str]:
        """The jobs that ran, whatever came of them."""
        return {each.partition("#")[0] for each in self.results}

    @property
    def text(self) -> str:
        """What the steps printed."""
        return "\n".join(str(each.get("msg", "")).rstrip("\n") for each in self.log)

    def output(self, name: str) -> str | None:
        """The last value that a step gave an output."""
        given = [
            e["arg"] for e in self.log if e.get("command") == "set-output" and e["name"] == name
        ]
        return given[-1] if given else None


def render(target: Path, program: str) -> None:
    """Write the copy of the product's repo that act runs. `program` is the folder of `gates`."""
    shutil.copytree(ROOT / ".github", target / ".github")
    for path in (target / ".github").rglob("*.yml"):
        text = path.read_text("utf-8")
        text = re.sub(r"uses: \$/(\S+)", rf"uses: {PRODUCT}/\1@{REF}", text)
        path.write_text(re.sub(r"(?m)^ *cache-mode: .*\n", "", text), "utf-8")
    setup = target / ".github" / "actions" / "setup" / "action.yml"
    inputs = setup.read_text("utf-8").partition("runs:")[0]
    steps = f"""runs:
  using: composite
  steps:
    - shell: bash
      run: echo {program} >> "$GITHUB_PATH"
"""
    setup.write_text(inputs + steps, "utf-8")


def stand_ins(target: Path) -> list[str]:
    """Make the stand-ins for the actions of others; act's options that put them in place."""
    options = []
    text = "".join(each.read_text("utf-8") for each in (ROOT / ".github").rglob("*.yml"))
    for name, digest in sorted(set(USES.findall(text))):
        made = HERE / "stand_ins" / f"{name.rpartition('/')[2]}.yml"
        if made.is_file():
            folder = target / name.replace("/", "-")
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(made, folder / "action.yml")
            options += ["--local-repository", f"{name}@{digest}={folder}"]
    return options


@dataclass(frozen=True)
class Act:
    """A caller's repo and everything that act needs to run it."""

    folder: Path
    program: str = str(BIN)
    """The folder of the command `gates` that the jobs get."""
    api: str = "http://127.0.0.1:9"
    """GitHub's API; that nobody answers unless a test serves one."""

    @property
    def repo(self) -> Path:
        """The caller's repo."""
        return self.folder / "sample-module"

    @property
    def artefacts(self) -> Path:
        """A folder for each artefact."""
        return self.folder / "artefacts"

    def commit(self, message: str = "change") -> str:
        """Commit everything; the object id."""
        git = ["git", "-C", str(self.repo), "-c", "user.name=t", "-c", "user.email=t@example.org"]
        if not (self.repo / ".git").exists():
            subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", message], check=True)
        head = [*git, "rev-parse", "HEAD"]
        return subprocess.run(head, check=True, capture_output=True, text=True).stdout.strip()

    def call(self, inputs: Mapping[str, object], secrets: Sequence[str] = ()) -> None:
        """Write the caller's workflow."""
        lines = ["    with:", *(f"      {k}: {json.dumps(v)}" for k, v in inputs.items())]
        if secrets:
            lines.append("    secrets:")
            lines += [f"      {each}: ${{{{ secrets.{_secret(each)} }}}}" for each in secrets]
        path = self.repo / ".github" / "workflows" / "gates.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CALLER.format(options="\n".join(lines) + "\n"))

    def command(
        self, event: str, secrets: Mapping[str, str], payload: Mapping[str, object]
    ) -> list[str]:
        """The command line of act."""
        event_file = self.folder / "event.json"
        event_file.write_text(json.dumps(payload))
        product = self.folder / "product"
        if not product.exists():
            render(product, self.program)
        command = [
            str(BIN / "act"), event, "--json", "--no-cache-server",
            "-P", "ubuntu-24.04=-self-hosted",
            "--action-cache-path", str(self.folder / "act"), "--env", "GITHUB_RUN_ID=4711",
            "--env", f"STAND_IN_ARTEFACTS={self.artefacts}",
            "--env", f"GATES_STATE_DIR={self.folder / 'state'}", "-s", f"GITHUB_TOKEN={TOKEN}",
            "--eventpath", str(event_file), "--env", f"GITHUB_API_URL={self.api}",
            "--env", "NO_PROXY=127.0.0.1", "--env", f"GITHUB_REPOSITORY={REPOSITORY}",
            "--local-repository", f"{PRODUCT}@{REF}={product}",
            *stand_ins(self.folder / "stand-ins"),
        ]  # fmt: skip
        for name, value in secrets.items():
            command += ["-s", f"{_secret(name)}={value}"]
        return command

    def run(
        self,
        event: str = "push",
        *,
        secrets: Mapping[str, str] | None = None,
        payload: Mapping[str, object] | None = None,
        variables: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        interrupt_when: Path | None = None,
    ) -> Ran:
        """Run the caller's workflow to its end, or interrupt it when a file appears.

        `variables` are those of each step, `environment` those of act."""
        self.artefacts.mkdir(exist_ok=True)
        command = self.command(event, secrets or {}, payload or {})
        for name, value in (variables or {}).items():
            command += ["--env", f"{name}={value}"]
        log = self.folder / "act.log"
        with log.open("wb") as output:
            started = subprocess.Popen(
                command, cwd=self.repo, stdout=output,
                stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})},
                start_new_session=True,
            )  # fmt: skip
            if interrupt_when is not None:
                _wait_for(interrupt_when, started)
                started.send_signal(signal.SIGINT)
            code = started.wait(timeout=300)
        return read(log.read_text("utf-8", "replace"), code)


def read(text: str, code: int) -> Ran:
    """What the log of act says."""
    ran = Ran(code)
    began = set()
    for line in text.splitlines():
        if not line.startswith("{"):
            ran.log.append({"msg": line})
            continue
        entry = json.loads(line)
        ran.log.append(entry)
        which = (entry.get("job"), json.dumps(entry.get("matrix")))
        if entry.get("stage") == "Main" and "stepResult" in entry:
            began.add(which)
        if "jobResult" in entry and which in began:
            job, number = entry["jobID"], 1
            while (name := job if number == 1 else f"{job}#{number}") in ran.results:
                number += 1
            ran.results[name] = entry["jobResult"]
    return ran


def _secret(name: str) -> str:
    return name.upper().replace("-", "_")


def _wait_for(path: Path, started: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not path.exists() and started.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
