"""The same module by command, by nox and by the workflow, with the real gates, to a catalog row."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from gates.ci.plan import folder_name
from gates.model import Stage
from tests.conftest import ROOT
from tests.workflows.conftest import prepared
from tests.workflows.running import BIN

STAGES = ("lint-manifest", "lint", "scan")
"""Without tests and build, whose times of days and random ports stand in records."""


def test_five_lines_lead_to_a_row_in_the_catalog(folder):
    act = prepared(folder, str(BIN))
    (folder / "state").mkdir()
    (folder / "state").chmod(0o755)
    act.call({"path": "retention-report", "publish": True,
              "policy": "gates-policy.toml",
              "catalog": str(folder / "state" / "catalog"),
              "registry": str(folder / "state" / "registry")}, ["signing-key"])  # fmt: skip
    shutil.copytree(ROOT / "examples", act.repo, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("node_modules", "alert-engine"))  # fmt: skip
    act.commit()
    # Records tell whether an environment was made or came from the cache: it is there for all.
    warm = {**os.environ, "GATES_STATE_DIR": str(folder / "other-state")}
    subprocess.run(
        [BIN / "gates", "lint", act.repo / "retention-report", "-q"], check=True, env=warm
    )
    ran = act.run(secrets={"signing-key": _key()})
    assert ran.code == 0, _why(act) or ran.text[-3000:]
    assert set(ran.results) == {"plan", *Stage, "conclude"}
    listed = _gates(folder, "catalog", "list", "--json", "--catalog", folder / "state" / "catalog")
    assert [each["slug"] for each in json.loads(listed)] == ["retention-report"]
    _same_by_command_and_nox(act, folder)


def _same_by_command_and_nox(act, folder: Path) -> None:
    """Byte-identical, after removing times and what names the runner."""
    (folder / "noxfile.py").write_text("from gates.nox import register\n\nregister()\n")
    results = act.artefacts / "pipeline-report" / folder_name("retention-report")
    state = {"GATES_STATE_DIR": str(folder / "other-state")}
    for stage in STAGES:
        by_workflow = (results / f"{stage}.json").read_text()
        path = act.repo / "retention-report"
        for number, command in enumerate(
            ([BIN / "gates", stage], [BIN / "nox", "-s", stage, "-f", folder / "noxfile.py", "--"])
        ):
            report = folder / f"{stage}-{number}.json"
            subprocess.run(
                [*command, path, "--policy", act.repo / "gates-policy.toml", "-q", "--output",
                 f"json={report}"],
                check=True, env={**os.environ, **state}, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            assert normal(report.read_text()) == normal(by_workflow), (stage, number)


def normal(text: str) -> bytes:
    """A report without times and without where the runner had the policy."""
    value = json.loads(text)
    value["policy"]["files"] = [Path(each).name for each in value["policy"]["files"]]

    def strip(node):
        if isinstance(node, dict):
            return {k: strip(v) for k, v in node.items() if k not in ("seconds", "started")}
        return [strip(each) for each in node] if isinstance(node, list) else node

    return json.dumps(strip(value), indent=2).encode()


def _why(act) -> list[str]:
    """What spoke against a pass."""
    folder = act.artefacts / "pipeline-report" / folder_name("retention-report")
    stages = [s for each in folder.glob("*.json") for s in json.loads(each.read_text())["stages"]]
    checks = [check for stage in stages for check in stage["checks"] if check["verdict"] != "pass"]
    return [f"{c['id']}: {c['reason']} {[f['message'] for f in c['findings']]}" for c in checks]


def _key() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _gates(folder: Path, *arguments: object) -> str:
    command = [sys.executable, "-m", "gates", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
