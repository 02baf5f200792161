"""The command lines that are read without click are read as click reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.cli import cli
from gates.commands import plain, run
from gates.model import Stage

UNDERSTOOD = """
run
run {here}
run -q {here}
run {here} --quiet --verbose
run -v --fresh --fail-fast --offline
run --stage lint {here}
run --stage test --stage lint-manifest --stage test
run --catalog postgresql://localhost/catalog {here}
run {here} --registry oci://localhost/r --database-url postgresql://localhost/d --stage build
lint-manifest
lint-manifest --quiet {here}
lint -v
test {here} --fresh
build --offline {here}
scan --fail-fast --fail-fast {here}
publish --registry {here}
release --catalog {here} -q {here}
"""
LEFT_TO_CLICK = """

--version
--help
run --help
run -h
lint -qv
run --qui {here}
run --quiet=1
run --catalog={here}
run --catalog
run --catalog --quiet
run --catalog a --catalog b
run --stage nothing
run --check readable
run --candidate {here}
run --output json=-
run --policy p.toml
run --key k.pem
run --sign key
run --evidence {here}
run --audit-reuse 3
run --effective-time 2027-01-31
run -- {here}
run {here} {here}
run {here}/absent
lint --stage lint
--quiet run
doctor
checks
why-run readable
nothing
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "module.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(text: str) -> list[str]:
    return text.strip("\n").splitlines()


def by_click(arguments: list[str], monkeypatch) -> tuple[Path, list[Stage], dict[str, object]]:
    """What click hands to the function that runs stages."""
    called = []
    monkeypatch.setattr(run, "run", lambda *given, **named: called.append((*given, named)))
    cli.main(arguments, prog_name="gates", standalone_mode=False)
    return called[0]


@pytest.mark.parametrize("line", lines(UNDERSTOOD))
def test_what_is_understood_is_what_click_understands(here, monkeypatch, line):
    arguments = line.format(here=here).split()
    ours = plain.read(arguments)
    assert ours is not None
    path, stages, options = by_click(arguments, monkeypatch)
    options = {"only": frozenset(), **options} if arguments[0] == "run" else options
    assert ours == (path, stages, options)


@pytest.mark.parametrize("line", lines(LEFT_TO_CLICK))
def test_whatever_else_there_is_is_left_to_click(here, line):
    assert plain.read(line.format(here=here).split()) is None


def test_the_shell_is_completed_by_click(here, monkeypatch):
    monkeypatch.setenv("_GATES_COMPLETE", "bash_source")
    assert plain.read(["run"]) is None


def test_a_folder_that_cannot_be_read_is_told_by_click(here, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    assert plain.read(["run", str(here)]) is None


def test_the_nearest_module_is_found_and_told_by_both(here, monkeypatch, capsys):
    (here / "src").mkdir()
    monkeypatch.chdir(here / "src")
    ours, said = plain.read(["lint"]), capsys.readouterr().err
    assert ours is not None
    assert (ours[0], said) == (by_click(["lint"], monkeypatch)[0], capsys.readouterr().err)
    assert "the module is" in said
