"""Advisory snapshots in the registry: what comes back is what the evidence of a scan names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.cli import cli
from gates.errors import CouldNotCheckError, RefusedError, UsageError
from gates.registry import Content, Registry
from gates.registry.advisories import KIND, REPOSITORY, pull_snapshot, push_snapshot
from gates.registry.artifacts import put
from gates.registry.remote import Remote
from tests.registry.server import Store, serving
from tests.registry.test_remote import QUICK

DATA = b'{"a snapshot": 1}' * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "advisories.json"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry.open(str(tmp_path / "registry"))


def test_a_snapshot_comes_back_by_its_digest(registry: Registry, file: Path) -> None:
    assert push_snapshot(registry, file) == push_snapshot(registry, file) == DIGEST
    for named in (DIGEST, f"sha256:{DIGEST}"):
        got = file.with_name(f"got-{len(named)}.json")
        pull_snapshot(registry, named, got)
        assert got.read_bytes() == DATA
    assert [each.name for each in file.parent.glob(".*")] == []


def test_on_a_server(file: Path) -> None:
    store = Store()
    with serving(store) as url:
        server = Registry(Remote.open(f"oci+{url}/m", patience=QUICK, chunk=2000))
        with pytest.raises(RefusedError, match="holds no advisory snapshot"):
            pull_snapshot(server, DIGEST, file.with_name("got"))
        assert push_snapshot(server, file) == DIGEST
        pull_snapshot(server, DIGEST, file.with_name("got"))
    assert file.with_name("got").read_bytes() == DATA


def test_what_is_something_else_is_refused_and_nothing_is_written(
    registry: Registry, file: Path
) -> None:
    """Other bytes under the digest, another media type or kind, a truncated blob, no digest."""
    out = file.with_name("out.json")
    push_snapshot(registry, file)
    (blob,) = (e for e in Path(registry.where).rglob(DIGEST))
    blob.write_bytes(DATA[:-1])
    cases: list[tuple[Callable[[], object], str]] = [(lambda: None, "was changed")]
    other = Content.of_bytes(b"other")
    for kind, said in (
        (KIND, f"as the advisory snapshot {DIGEST} is sha256:"),
        (replace(KIND, layer_type="text/plain"), "no single layer"),
        (replace(KIND, artifact_type="application/vnd.axon.module.v1"), "another kind"),
    ):

        def change(kind: object = kind) -> object:
            return put(registry.place, REPOSITORY, DIGEST, other, kind)  # type: ignore[arg-type]

        cases.append((change, said))
    for change_it, said in cases:
        change_it()
        with pytest.raises(RefusedError, match=said):
            pull_snapshot(registry, DIGEST, out)
    with pytest.raises(UsageError, match="no SHA-256"):
        pull_snapshot(registry, "../../etc", out)
    assert sorted(each.name for each in file.parent.iterdir()) == ["advisories.json", "registry"]
    with pytest.raises(CouldNotCheckError, match="cannot be written"):
        pull_snapshot(registry, DIGEST, file.with_name("missing") / "out.json")


def test_the_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Push reads the snapshot as a scan does, and an old one is not stored."""
    monkeypatch.chdir(tmp_path)
    sample = json.loads((Path(__file__).parents[2] / "examples" / "advisories.json").read_bytes())
    registry = str(tmp_path / "registry")
    for days, stored in ((1, True), (400, False)):
        sample["created"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        file = tmp_path / f"{days}.json"
        file.write_text(json.dumps(sample))
        arguments = ["advisories", "push", str(file), "--registry", registry]
        if not stored:
            with pytest.raises(CouldNotCheckError, match="400 days old"):
                cli.main(arguments, standalone_mode=False)
            continue
        cli.main(arguments, standalone_mode=False)
        digest = capsys.readouterr().out.strip()
        assert digest == hashlib.sha256(file.read_bytes()).hexdigest()
        cli.main(
            ["advisories", "pull", digest, "out.json", "--registry", registry],
            standalone_mode=False,
        )
        assert (tmp_path / "out.json").read_bytes() == file.read_bytes()
