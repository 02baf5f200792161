"""`gates trust`, as a person uses it: root keys on one side, the file on the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from gates.cli import cli
from gates.errors import RefusedError, UsageError
from gates.evidence import keys
from gates.settings import load_policy
from tests.evidence.trust_files import TrustFiles

Trust = Callable[..., str]


@pytest.fixture
def trust(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Trust:
    """Runs a command in a folder with keys, and gives back what it says."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GATES_STATE_DIR", str(folder / "state"))
    for name in ("root-a", "root-b", "root-c", "ci", "ci-2", "stranger"):
        keys.signing_key(folder / f"{name}.pem")

    def run(command: str) -> str:
        ended = CliRunner().invoke(cli, ["trust", *command.split()], catch_exceptions=False)
        assert ended.exit_code == 0, ended.output
        return ended.output

    return run


def signed(trust: Trust, *roots: str) -> str:
    for each in roots:
        said = trust(f"sign trust.jsonl --key {each}.pem")
    return said


def test_a_year_of_a_trust_file(trust: Trust, folder: Path) -> None:
    ids = TrustFiles(folder).id
    said = trust("init trust.jsonl --root root-a.pem.pub --root root-b.pem.pub --threshold 2")
    assert "version 1 is signed by 0 of the root keys of version 1, and needs 2" in said
    assert not (folder / "trust.jsonl").exists()
    assert "is signed by 1 of" in trust("sign trust.jsonl --key root-a.pem")
    said = trust("sign trust.jsonl --key root-b.pem")
    (line,) = (each for each in said.splitlines() if each.startswith("trust.file"))
    policy = folder / "gates-policy.toml"
    policy.write_text(line)
    assert load_policy(folder / "module").trust_file

    trust("add trust.jsonl ci.pem.pub --role test --role lint --from 2026-01-01T00:00:00Z")
    said = trust("show trust.jsonl")
    assert said.startswith("version 1, until ")
    assert "draft, which is signed by 0 of the root keys of version 2, and needs 2" in said
    assert f"  key {ids('ci')}  ci.pem\n    signs lint, test\n    from 2026-01-01T" in said
    trust("add trust.jsonl stranger.pem.pub --role release --name releases")
    signed(trust, "root-a", "root-b")
    assert trust("verify").count("  key ") == 2, "two changes, one version"

    trust("rotate trust.jsonl ci.pem ci-2.pem.pub")
    trust("revoke trust.jsonl " + ids("stranger")[:8] + " --reason compromised")
    trust(f"rotate trust.jsonl {ids('root-b')[:12]} root-c.pem.pub")
    assert "needs 2" in signed(trust, "root-a", "root-c")
    assert "version 3 counts" in signed(trust, "root-b")
    said = trust("verify")
    assert said.count("    signs lint, test\n") == 2
    assert said.count(": superseded\n") == said.count(": compromised\n") == 1
    assert ids("root-c") in said
    assert ids("root-b") not in said

    trust("renew trust.jsonl --days 3650")
    assert "version 4 counts" in signed(trust, "root-a", "root-c")
    identity = folder / "workflow.toml"
    identity.write_text(
        'issuer = "https://token.actions.githubusercontent.com"\n'
        'workflow = "https://github.com/a/b/.github/workflows/c.yml"\n'
        f'signer_digests = ["{"c" * 40}"]\nrepositories = ["https://github.com/a/*"]\n'
    )
    trust("add trust.jsonl workflow.toml --role build")
    signed(trust, "root-a", "root-c")
    assert "  identity https://github.com/a/b/.github/workflows/c.yml\n" in trust("verify")


def test_what_is_asked_wrongly(trust: Trust, folder: Path) -> None:
    trust("init trust.jsonl --root root-a.pem.pub")
    for command, said in {
        "init trust.jsonl --root root-a.pem.pub": "there is .*draft already",
        "add trust.jsonl ci.pem.pub --role everything": "there is no role 'everything'",
        "revoke trust.jsonl ci --reason retired": "0 keys or identities 'ci'",
        "sign trust.jsonl --key ci.pem": "is no root key",
        "sign other.jsonl --key root-a.pem": "there is no draft",
    }.items():
        with pytest.raises(UsageError, match=said):
            trust(command)
    with pytest.raises(RefusedError, match="the threshold is not from 1"):
        trust("init more.jsonl --root root-a.pem.pub --threshold 2")
    assert not list(folder.glob("more.*"))
    signed(trust, "root-a")
    with pytest.raises(RefusedError, match="is a root key as well"):
        trust("add trust.jsonl root-a.pem.pub --role test")


def test_a_file_that_was_touched(trust: Trust, folder: Path) -> None:
    trust("init trust.jsonl --root root-a.pem.pub")
    said = signed(trust, "root-a")
    (folder / "gates-policy.toml").write_text(said.splitlines()[-1])
    file = folder / "trust.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"sig":"', b'"sig":"A', 1))
    for command in ("verify", "show trust.jsonl", "renew trust.jsonl"):
        with pytest.raises(RefusedError):
            trust(command)
