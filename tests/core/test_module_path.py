"""A PATH that is left out is the nearest module at or above the working folder."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gates.cli import cli
from gates.commands.module_path import nearest_module
from gates.module import load


def test_the_nearest_module_above_is_taken_and_said_in_one_line(make_module, monkeypatch, capsys):
    root = make_module("python").resolve()
    inner = root / "src" / "sample_module"
    monkeypatch.chdir(inner)
    found = nearest_module(Path())
    assert load(found).root == root
    assert found == Path("../..")
    assert capsys.readouterr().err == f"gates: the module is {root}\n"
    monkeypatch.chdir(root)
    assert nearest_module(Path()) == Path()
    assert capsys.readouterr().err == ""


def test_the_search_ends_at_the_top_of_a_repo(make_module, monkeypatch, capsys):
    root = make_module("python")
    (root / "vendored" / ".git").mkdir(parents=True)
    monkeypatch.chdir(root / "vendored")
    assert nearest_module(Path()) == Path()
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_the_search_ends_before_a_folder_of_another_owner(make_module, monkeypatch):
    root = make_module("python")
    (root / "mine").mkdir()
    os.chown(root, 12345, 12345)
    monkeypatch.chdir(root / "mine")
    assert nearest_module(Path()) == Path()


def test_a_path_that_is_given_is_taken_as_it_is(make_module, monkeypatch):
    monkeypatch.chdir(make_module("python") / "src")
    ended = CliRunner().invoke(cli, ["lint-manifest", "-q", "."])
    assert ended.exit_code != 0
    assert "there is no module.json" in str(ended.exception)


CONTEXT = click.Context(cli)


def command_of(name: str) -> click.Command:
    command = cli.get_command(CONTEXT, name)
    assert command is not None
    return command


COMMANDS = [
    name
    for name in cli.list_commands(CONTEXT)
    if any(each.name == "path" for each in command_of(name).params) and name != "modules"
]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_with_a_path_searches(make_module, monkeypatch, name):
    root = make_module("python").resolve()
    monkeypatch.chdir(root / "src")
    command = command_of(name)
    arguments = ["mypy"] if name == "why-run" else []
    context = command.make_context(name, arguments)
    assert Path(context.params["path"]).resolve() == root
