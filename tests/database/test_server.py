"""Servers of our own: they start, are shared, and leave nothing behind, whatever happens."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gates.database.server.embedded import durable_server, throwaway_server
from gates.database.server.folders import Lock, RunFolder, runs_folder
from gates.database.server.postmaster import postmaster
from gates.database.server.programs import Account, Programs
from gates.errors import DatabaseUnavailableError
from gates.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def own(folder: Path) -> Iterator[Settings]:
    """Settings with a cache of their own: run folders can be counted."""
    settings = Settings.from_environment(
        {"GATES_STATE_DIR": str(folder / "state"), "GATES_CACHE_DIR": str(folder / "cache")}
    )
    yield settings
    shutil.rmtree(runs_folder(settings.cache / "postgresql", Account.choose()), ignore_errors=True)


def child(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def runs(settings: Settings) -> list[Path]:
    folder = runs_folder(settings.cache / "postgresql", Account.choose())
    return [each for each in folder.iterdir() if each.is_dir()] if folder.exists() else []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    until = time.monotonic() + 10
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def removed(path: Path) -> bool:
    until = time.monotonic() + 10
    while path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return not path.exists()


def test_a_throwaway_server_comes_and_goes(own):
    with throwaway_server(own) as url, psycopg.connect(url) as connection:
        assert connection.info.server_version >= 180000
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        (folder,) = runs(own)
        pid = postmaster(folder / "data")
        assert pid is not None
        assert (folder / "data").stat().st_mode & 0o077 == 0
        assert (folder / "socket").stat().st_mode & 0o077 == 0
    assert runs(own) == []
    assert gone(pid)


def test_only_the_kernel_lets_the_superuser_in_and_others_need_a_password(own):
    with throwaway_server(own) as url, psycopg.connect(url, autocommit=True) as connection:
        rules = connection.execute("SELECT type, auth_method FROM pg_hba_file_rules").fetchall()
        assert rules == [("local", "peer"), ("local", "scram-sha-256")]
        connection.execute("CREATE ROLE visitor LOGIN PASSWORD 'secret'")
        guest = url.replace("postgres@", "visitor@")
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(guest)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(guest, password="wrong")
        psycopg.connect(guest, password="secret").close()
        with pytest.raises(psycopg.Error):
            connection.execute("ALTER ROLE visitor PASSWORD 'hidden' VALID UNTIL 'never'")
        (folder,) = runs(own)
        assert "hidden" not in (folder / "log").read_text()


def test_it_stops_when_the_work_fails(own):
    with pytest.raises(ZeroDivisionError), throwaway_server(own):
        raise ZeroDivisionError
    assert runs(own) == []


def test_what_kill_9_leaves_is_removed_without_a_next_run(own):
    killed = child(f"""
        import time
        from pathlib import Path
        from gates.database.server.embedded import throwaway_server
        from gates.settings import Settings
        settings = Settings.from_environment({{"GATES_CACHE_DIR": {str(own.cache)!r}}})
        with throwaway_server(settings) as url:
            print(url, flush=True)
            time.sleep(60)
    """)
    killed.stdout.readline()
    (left,) = runs(own)
    pid = postmaster(left / "data")
    with throwaway_server(own):
        assert left.exists(), "the folder of a run that lives is left alone"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert gone(pid)
    assert removed(left)


def test_a_stranger_with_the_number_of_an_old_server_is_not_stopped(own):
    with throwaway_server(own):
        pass
    account = Account.choose()
    run = RunFolder(runs_folder(own.cache / "postgresql", account), account)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (run.path / "data").mkdir()
        (run.path / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n")
        assert postmaster(run.path / "data") is None
        run.close()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_durable_server_keeps_its_rows_and_is_shared(own, folder):
    data = folder / "catalog"
    with durable_server(data, own) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        pid = postmaster(data / "data")
        with durable_server(data, own) as again:
            assert again == url
            assert postmaster(data / "data") == pid
        assert alive(pid), "the first user still needs it"
    assert gone(pid)
    with durable_server(data, own) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_durable_server_survives_kill_9_of_everybody(own, folder):
    data = folder / "catalog"
    program = f"""
        import time
        from pathlib import Path
        import psycopg
        from gates.database.server.embedded import durable_server
        from gates.settings import Settings
        settings = Settings.from_environment({{"GATES_CACHE_DIR": {str(own.cache)!r}}})
        with durable_server(Path({str(data)!r}), settings) as url:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
                connection.execute("INSERT INTO kept VALUES (1)")
            print("ready", flush=True)
            time.sleep(60)
    """
    for kill_server in (False, True):
        killed = child(program)
        assert killed.stdout.readline() == "ready\n"
        other = child(program)
        assert other.stdout.readline() == "ready\n"
        pid = postmaster(data / "data")
        other.kill()
        other.wait()
        time.sleep(0.3)
        assert alive(pid), "one still uses it"
        if kill_server:
            os.kill(pid, signal.SIGKILL)
        killed.kill()
        killed.wait()
        assert gone(pid), "nobody uses it any more"
        assert (data / "data" / "postmaster.pid").exists() == kill_server
    with durable_server(data, own) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (4,)
    assert postmaster(data / "data") is None


def test_the_number_of_an_old_durable_server_may_be_in_use(own, folder):
    data = folder / "catalog"
    with durable_server(data, own):
        pass
    account = Account.choose()
    stranger = subprocess.Popen(["sleep", "60"], **account.process_arguments())
    try:
        pid_file = data / "data" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{data / 'data'}\n1\n5432\n\n\n0 0\n")
        account.own(pid_file)
        with durable_server(data, own) as url, psycopg.connect(url):
            pass
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_half_an_initialisation_is_no_database(own, folder):
    data = folder / "catalog"
    with durable_server(data, own):
        pass
    (data / "data.new-left").mkdir()
    (data / "data").rename(data / "data.new-half")
    with durable_server(data, own) as url, psycopg.connect(url):
        pass
    assert sorted(each.name for each in data.iterdir() if "new" in each.name) == []


def test_several_processes_start_it_at_once(own, folder):
    data = folder / "catalog"
    program = f"""
        from pathlib import Path
        import psycopg
        from gates.database.server.embedded import durable_server
        from gates.settings import Settings
        settings = Settings.from_environment({{"GATES_CACHE_DIR": {str(own.cache)!r}}})
        for _ in range(3):
            with durable_server(Path({str(data)!r}), settings) as url:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute("SELECT pg_advisory_lock(1)")
                    connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
                    connection.execute("INSERT INTO kept VALUES (1)")
    """
    children = [child(program) for _ in range(4)]
    assert [each.wait(timeout=120) for each in children] == [0] * 4
    with durable_server(data, own) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (12,)


def test_a_folder_of_somebody_else_is_refused(own, folder):
    (folder / "catalog").mkdir()
    (folder / "catalog" / "letter.txt").write_text("dear")
    with pytest.raises(DatabaseUnavailableError, match=r"it holds letter\.txt"):
        durable_server(folder / "catalog", own).__enter__()


def test_a_long_path_gets_a_short_socket(own, folder):
    data = folder / ("long" * 20) / "catalog"
    with durable_server(data, own) as url:
        sockets = Path((data / "socket.path").read_text())
        assert str(sockets).startswith("/tmp/gates-")
        with psycopg.connect(url):
            pass
    assert not sockets.exists()


def test_a_cache_that_the_server_cannot_enter_is_gone_around(folder):
    if os.geteuid() != 0:
        pytest.skip("only root runs the server as another account")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    settings = Settings.from_environment({"GATES_CACHE_DIR": str(closed / "cache")})
    with throwaway_server(settings) as url, psycopg.connect(url):
        pass
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_data_directory_that_the_server_cannot_enter_is_named(folder, own):
    if os.geteuid() != 0:
        pytest.skip("only root runs the server as another account")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(DatabaseUnavailableError, match="cannot enter"):
        durable_server(closed / "catalog", own).__enter__()
    assert closed.stat().st_mode & 0o777 == 0o700


def test_programs_that_the_account_cannot_reach_are_copied(folder, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("only root runs the server as another account")
    monkeypatch.setattr(Account, "reaches", lambda self, path: "pginstall" not in str(path))
    programs = Programs.find(folder / "cache")
    assert programs.folder.is_relative_to(folder / "cache")
    programs.run(programs.command("postgres", "--version"), folder)


def test_an_ordinary_user_runs_it_as_themselves(folder):
    if os.geteuid() != 0:
        pytest.skip("the other tests are this one")
    nobody = pwd.getpwnam("nobody")
    home = folder / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    program = f"""
        import os
        from pathlib import Path
        import psycopg
        from gates.database.server.embedded import durable_server, throwaway_server
        from gates.settings import Settings
        settings = Settings.from_environment({{"GATES_CACHE_DIR": {str(home / "cache")!r}}})
        with throwaway_server(settings) as url, psycopg.connect(url) as connection:
            print(connection.execute("SELECT 1").fetchone())
        with durable_server(Path({str(home / "catalog")!r}), settings) as url:
            with psycopg.connect(url) as connection:
                print(connection.execute("SELECT 2").fetchone())
    """
    # An interpreter below root's home is one that nobody else may read. The account
    # stays an ordinary one: it may only read, which PostgreSQL does not mind.
    become_nobody = [
        "setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
        "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
    ]  # fmt: skip
    done = subprocess.run(
        [*become_nobody, sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("(1,)\n(2,)\n", "")


def test_locks_are_exclusive_and_say_who_waits(folder):
    with Lock(folder / "lock") as one, Lock(folder / "lock") as two:
        one.take()
        assert not two.try_take()
        with pytest.raises(DatabaseUnavailableError, match="has held"):
            two.take(timeout=0.05)


def test_a_missing_package_is_inconclusive(folder, monkeypatch):
    monkeypatch.setattr("gates.database.server.programs.PACKAGE", "embedded_postgres_of_nobody")
    with pytest.raises(DatabaseUnavailableError, match="not installed") as caught:
        Programs.find(folder)
    assert "axon-gates[database]" in caught.value.hint


def test_an_account_without_a_name_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container under an arbitrary number: `initdb` says "could not look up effective user"."""
    monkeypatch.setattr(os, "geteuid", lambda: 2_000_000_011)
    with pytest.raises(DatabaseUnavailableError, match="user id 2000000011 has no name") as told:
        Account.choose()
    assert told.value.hint == "add an entry, or set GATES_DATABASE_URL to a PostgreSQL server"
