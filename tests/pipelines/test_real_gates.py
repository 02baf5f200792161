"""The same module by command, by nox and by the workflow, with the real gates, to a catalog row."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from gates.ci.plan import folder_name
from gates.evidence import signed
from gates.model import Stage
from tests.conftest import ROOT
from tests.evidence.sigstore_instance import CLAIMS, Instance, trusting
from tests.evidence.sigstore_services import SECRET, Services, serving
from tests.workflows.conftest import prepared
from tests.workflows.running import BIN, Act, Ran


def test_five_lines_lead_to_a_row_in_the_catalog_and_every_way_says_the_same(folder):
    act = _module_repo(folder, ["signing-key"])
    # Records tell whether an environment was made or came from the cache: it is there for all.
    warm = {**os.environ, "GATES_STATE_DIR": str(folder / "other-state")}
    subprocess.run(
        [BIN / "gates", "lint", act.repo / "retention-report", "-q"], check=True, env=warm
    )
    key = folder / "key.pem"
    key.touch(mode=0o600)
    key.write_text(_key())
    _released(act, act.run(secrets={"signing-key": key.read_text()}))
    differences = _differences(act, folder, key)
    assert not differences, "\n".join(differences)


def test_the_identity_of_the_workflow_leads_to_a_row_in_the_catalog(folder):
    """Signed by a stand-in for Sigstore, whose limits tests/ci/test_signing.py names.

    act gives jobs no identity, so every step has the variables that GitHub gives to those that may
    ask for a token."""
    instance = Instance()
    act = _module_repo(folder, [], signing="keyless")
    policy = act.repo / "gates-policy.toml"
    root = instance.trusted_root(folder / "root.json", datetime.now(UTC).date())
    with serving(Services(instance)) as services:
        configuration = services.configuration(folder / "services.json")
        policy.write_text(policy.read_text() + trusting(root, configuration))
        act.commit()
        ran = act.run(variables=services.environment())
    _released(act, ran)
    assert services.asked == ["token", "certificate", "entry"] * len(Stage)
    made = [signed.parse(each.read_bytes()) for each in act.artefacts.rglob("*.dsse.json")]
    assert len(made) == 2 * len(Stage), "of each job, and in the report of all"
    assert {each.claims for each in made} == {CLAIMS}
    assert services.token() not in ran.text
    assert SECRET not in ran.text


def _module_repo(folder: Path, secrets: list[str], **inputs: object) -> Act:
    """A repo made from nothing, with a module, a policy and the lines that call the workflow."""
    act = prepared(folder, str(BIN))
    state = folder / "state"
    state.mkdir()
    state.chmod(0o755)
    act.call({"path": "retention-report", "publish": True, "policy": "gates-policy.toml",
              "catalog": str(state / "catalog"), "registry": str(state / "registry"),
              **inputs}, secrets)  # fmt: skip
    shutil.copytree(ROOT / "examples", act.repo, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("node_modules", "alert-engine"))  # fmt: skip
    act.commit()
    return act


def _released(act: Act, ran: Ran) -> None:
    """Every job ran, and the catalog has the row of the version with the evidence of six stages."""
    assert ran.code == 0, _why(act) or ran.text[-3000:]
    assert ran.results == dict.fromkeys(["plan", *Stage, "conclude"], "success")
    assert ran.output("verdict") == "pass"
    command = ["catalog", "show", "retention-report", "--json", "--catalog"]
    shown = json.loads(_gates(act.folder, *command, act.folder / "state" / "catalog"))
    (version,) = shown["versions"]
    assert version["version"] == "1.0.0"
    evidence = {each["stage"]: each["verdict"] for each in version["evidence"]}
    assert evidence == dict.fromkeys(Stage.RELEASE.before, "pass")


def _differences(act: Act, folder: Path, key: Path) -> list[str]:
    """How reports by command and by nox differ from those of the workflow, after removing times and
    what names the runner. Each way releases into a catalog of its own."""
    (folder / "noxfile.py").write_text("from gates.nox import register\n\nregister()\n")
    results = act.artefacts / "pipeline-report" / folder_name("retention-report")
    found = []
    for way in ("command", "nox"):
        state = folder / f"by-{way}"
        state.mkdir(mode=0o755)
        for stage in Stage:
            report = state / f"{stage}.json"
            program = (
                [BIN / "gates", stage]
                if way == "command"
                else [BIN / "nox", "-s", stage, "-f", folder / "noxfile.py", "--"]
            )
            ended = subprocess.run(
                [*program, act.repo / "retention-report", "--policy",
                 act.repo / "gates-policy.toml", "-q", "--output", f"json={report}",
                 "--catalog", state / "catalog", "--registry", state / "registry", "--key", key],
                check=False, env={**os.environ, "GATES_STATE_DIR": str(folder / "other-state"),
                                  "GATES_REUSE": "off"},
                capture_output=True, text=True,
            )  # fmt: skip
            assert ended.returncode == 0, (way, stage, ended.stdout[-3000:], ended.stderr[-3000:])
            sides = [
                normal(file.read_text("utf-8"), place / "registry").splitlines()
                for file, place in ((results / f"{stage}.json", folder / "state"), (report, state))
            ]
            found += difflib.unified_diff(*sides, "workflow", f"{stage} by {way}", lineterm="")
    return found


def normal(text: str, registry: Path) -> str:
    """A report without times, and without where the runner had the policy and the registry."""
    value = json.loads(text.replace(f"oci:{registry}:", "oci:REGISTRY:"))
    value["policy"]["files"] = [Path(each).name for each in value["policy"]["files"]]
    times = ("seconds", "started", "released_at")

    def strip(node):
        if isinstance(node, dict):
            return {k: strip(v) for k, v in node.items() if k not in times}
        return [strip(each) for each in node] if isinstance(node, list) else node

    return json.dumps(strip(value), indent=2)


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
