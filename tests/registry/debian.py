"""Debian's docker-registry, fetched by `apt-get download` and unpacked without being installed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from gates.settings import Settings
from tests.registry.server import USER

HASH = "$2b$04$abcdefghijklmnopqrstuuPoaPXzWjiVz4HaNq2LJXksWbO79E.S6"
"""Of PASSWORD, by bcrypt, the only form that this registry reads."""
CONFIGURATION = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}/data}}}}
http:
  addr: 127.0.0.1:{port}
  tls: {{certificate: {root}/server.pem, key: {root}/server.pem}}
auth:
  htpasswd: {{realm: here, path: {root}/htpasswd}}
"""


def program() -> Path | None:
    """The server, from the cache or from Debian; None on a machine without apt-get.

    Raises `CalledProcessError` where it cannot be fetched.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return None
    folder = Settings.from_environment().cache / "tests" / "docker-registry"
    folder.mkdir(parents=True, exist_ok=True)
    found = folder / "unpacked" / "usr" / "bin" / "docker-registry"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            download = ["apt-get", "download", "docker-registry"]
            if subprocess.run(download, cwd=folder, capture_output=True).returncode:
                # A fresh image has no lists yet; without root, apt-get's own words are the failure.
                subprocess.run(["apt-get", "update"], check=True, capture_output=True)
                subprocess.run(download, cwd=folder, check=True, capture_output=True)
            (package,) = folder.glob("docker-registry_*.deb")
            aside = folder / f"unpacked-{os.getpid()}"
            subprocess.run(["dpkg", "-x", str(package), str(aside)], check=True)
            aside.rename(folder / "unpacked")
            package.unlink()
    return found


@contextlib.contextmanager
def running(server: Path, root: Path) -> Iterator[int]:
    """The server with TLS and basic authentication; gives its port. `root` holds server.pem."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (root / "htpasswd").write_text(f"{USER}:{HASH}\n")
    (root / "config.yml").write_text(CONFIGURATION.format(root=root, port=port))
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(
            [server, "serve", root / "config.yml"], stdout=log, stderr=log,
            env={"OTEL_TRACES_EXPORTER": "none"},
        )  # fmt: skip
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, (root / "log").read_text()
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(10)
