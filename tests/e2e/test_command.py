"""The command line: help, exit codes, what it imports, what it says to bad input."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from gates import __version__
from gates.model import Stage
from tests.conftest import ROOT

HEAVY = (
    "jsonschema",
    "psycopg",
    "rich",
    "pglast",
    "cryptography",
    "securesystemslib",
    "requests",
    "sigstore",
)


def test_version(gates):
    ended = gates("--version", json_report=False)
    assert (ended.code, ended.out) == (0, f"gates, version {__version__}\n")


@pytest.mark.parametrize("command", ["run", "explain", "checks", "verify", "catalog", "doctor"])
def test_every_command_has_help(gates, command):
    ended = gates(command, "--help", json_report=False)
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: gates {command}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "nowhere"],
        ["run", ".", "--stage", "deploy"],
        ["run", ".", "--output", "yaml=x"],
        ["explain", "no-such-check"],
        ["frobnicate"],
    ],
)
def test_wrong_usage_is_exit_code_2_without_a_traceback(gates, arguments):
    ended = gates(*arguments, json_report=False)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert ended.err


def test_a_near_miss_is_suggested(gates):
    ended = gates("explain", "tenant-isolatio", json_report=False)
    assert "did you mean tenant-isolation?" in ended.err


def test_explain_prints_the_page(gates):
    ended = gates("explain", "tenant-isolation", json_report=False)
    for heading in ("Why:", "Bad:", "Good:", "Fix:"):
        assert heading in ended.out


def test_checks_lists_every_stage(gates):
    ended = gates("checks", json_report=False)
    assert [line for line in ended.out.splitlines() if not line.startswith(" ")] == list(Stage)


def test_version_imports_only_what_it_uses():
    code = (
        "import sys, gates.cli\n"
        "try: gates.cli.main(['--version'])\n"
        "except SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"


def test_generated_pages_are_up_to_date():
    ended = subprocess.run(
        [sys.executable, "ci/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout


def test_not_a_module(gates, folder):
    (folder / "empty").mkdir()
    ended = gates("run", folder / "empty", json_report=False)
    assert ended.code == 2
    assert "module.json" in ended.err


def test_signing_by_identity_outside_of_a_workflow_is_inconclusive(gates, folder, make_module):
    pinned = folder / "root.json"
    pinned.write_text("{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    policy = folder / "gates-policy.toml"
    policy.write_text(
        f'[trust.root]\npath = "root.json"\nsha256 = "{digest}"\nfetched = 2026-11-01\n'
    )
    module = make_module("python")
    ended = gates(
        "lint-manifest", module, "--policy", policy, "--offline", "--sign", "keyless",
        json_report=False,
    )  # fmt: skip
    assert ended.code == 3
    assert "no evidence was written: evidence cannot be signed by identity" in ended.out
    assert not (module / ".gates" / "evidence" / "lint-manifest.dsse.json").exists()
