"""What a command does with the terminal, and without arguments."""

from __future__ import annotations

import io

import nox.registry
import pytest
from click.testing import CliRunner

from gates.cli import cli
from gates.commands.options import wants_colour
from gates.model import Stage
from gates.nox import register


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Terminal, {}, True),
        (io.StringIO, {}, False),
        (io.StringIO, {"FORCE_COLOR": "1"}, True),
        (io.StringIO, {"FORCE_COLOR": ""}, False),
        (Terminal, {"NO_COLOR": "1"}, False),
        (Terminal, {"NO_COLOR": ""}, True),
        (Terminal, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
        (Terminal, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colour(monkeypatch, stream, environment, colour):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(stream()) is colour


def test_explain_alone_lists_the_checks():
    listed = CliRunner().invoke(cli, ["explain"])
    assert listed.exit_code == 0
    assert listed.output == CliRunner().invoke(cli, ["checks"]).output
    assert "tenant-isolation" in listed.output


def test_nox_alone_writes_to_no_registry_and_no_catalog(monkeypatch):
    monkeypatch.setattr(nox.registry, "_REGISTRY", type(nox.registry._REGISTRY)())
    register()
    made = nox.registry.get()
    assert list(made) == list(Stage)
    alone = [name for name, session in made.items() if session.default]
    assert alone == [each for each in Stage if each not in (Stage.PUBLISH, Stage.RELEASE)]
