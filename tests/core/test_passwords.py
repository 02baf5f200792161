"""No password on a command line: every program on the machine can read it."""

from __future__ import annotations

import subprocess

import pytest
from click.testing import CliRunner

from gates.cli import cli
from gates.commands.options import refuse_passwords, settings_of
from gates.database.server.programs import Programs
from gates.errors import UsageError


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://gates:hush@db.example/catalog",
        "postgres://gates:hu:sh@db.example",
        "postgres://:hush@/catalog?host=/run/postgresql",
        "postgres://gates:hu?sh@db.example",
        "postgresql+psycopg://gates:hush@db.example/catalog",
        "postgresql://db.example/catalog?user=gates&password=hush",
        "host=db.example password=hush user=gates",
        "host=db.example PASSWORD = 'hush'",
        "host=db.example sslpassword=hush",
    ],
)
@pytest.mark.parametrize("option", ["catalog", "database_url"])
def test_refused_with_the_advice_and_without_the_password(option, text):
    with pytest.raises(
        UsageError, match=f"--{option.replace('_', '-')} holds a password"
    ) as raised:
        settings_of(**{option: text})
    assert raised.value.exit_code == 2
    assert "GATES_CATALOG" in (raised.value.hint or "")
    assert "passfile" in (raised.value.hint or "")
    assert "hush" not in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://gates@db.example:5432/catalog",
        "postgresql://db.example/catalog?passfile=/home/me/.pgpass",
        "postgresql://?service=catalog",
        "service=catalog",
        "host=db.example passfile=/home/me/.pgpass",
        "postgresql://[::1]:5432/catalog",
        "/var/lib/passwords:of@nobody/catalog",
    ],
)
def test_let_by(text):
    refuse_passwords("--catalog", text)


def test_of_the_environment_it_is_taken(monkeypatch):
    url = "postgresql://gates:hush@db.example/catalog"
    monkeypatch.setenv("GATES_CATALOG", url)
    assert settings_of().catalog == url


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--catalog"], ["release", "--catalog"], ["test", "--database-url"],
        ["catalog", "list", "--catalog"], ["catalog", "show", "x", "--catalog"],
        ["catalog", "psql"], ["doctor", "--database-url"], ["diff", "--catalog"],
        ["cost", "--catalog"],
    ],
)  # fmt: skip
def test_every_command_refuses_it(command):
    ran = CliRunner().invoke(cli, [*command, "postgresql://gates:hush@db.example/catalog"])
    assert isinstance(ran.exception, UsageError), ran.output
    assert "hush" not in ran.output


@pytest.mark.database
def test_psql_gets_it_by_the_environment(monkeypatch, settings):
    started = []

    def run(command, *, env, check):
        started.append((command, env.get("PGPASSWORD")))
        return subprocess.CompletedProcess(command, 0)

    programs = Programs.find(settings.cache)
    monkeypatch.setattr("gates.database.server.programs.subprocess.run", run)
    assert programs.interactive("postgresql://gates:hush@db.example/catalog", "-c", "x") == 0
    ((command, password),) = started
    assert password == "hush"
    assert "hush" not in " ".join(map(str, command))
    assert "db.example" in " ".join(map(str, command))
