"""What folders hold, in one digest, and which variables say where packages come from.

Apart from what installs and runs, since a run that reuses everything asks for no more than this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from gates.recorder import note

SEAL = ".gates-seal"
"""The file in a folder that holds the digest of all others, as 64 hexadecimal digits."""

LEFT_BY_TOOLS = frozenset({
    ".DS_Store", ".git", ".hypothesis", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache",
    ".venv", "__pycache__", "node_modules",
})  # fmt: skip
"""Files and folders in packages that nothing installs."""
_INSTALL_PREFIXES = ("UV_", "PIP_", "npm_config_", "NPM_CONFIG_")
_INSTALL_NAMES = {
    "HOME", "PATH", "NETRC", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
}  # fmt: skip


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """What an install step gets of the caller's environment: how registries are reached."""
    return {
        name: value
        for name, value in environment.items()
        if name in _INSTALL_NAMES or name.startswith(_INSTALL_PREFIXES)
    }


def named_registries(environment: Mapping[str, str]) -> list[str]:
    """The package registries that the environment tells npm of: the only ones that count, however
    the variable is written."""
    found = (value for name, value in environment.items() if name.lower() == "npm_config_registry")
    return sorted(found)


def read_seal(place: Path) -> str | None:
    """The digest that an installed folder is said to have; None without a seal."""
    try:
        return (place / SEAL).read_text("ascii")
    except (OSError, ValueError):
        return None


def note_seal(place: Path, digest: str) -> None:
    """Note that something depends on an installed folder."""
    note(f"seal:{place}", digest)


def digest_folder(folder: Path) -> str:
    """SHA-256 over the names and bytes of the files in a folder, without what tools leave there.

    A link counts as what it leads to, a folder too: that is what is installed.
    """
    total = hashlib.sha256()
    for path in sorted(_files(folder, ())):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{content}  {path.relative_to(folder).as_posix()}\n".encode())
    note(f"folder:{folder}", total.hexdigest())
    return total.hexdigest()


def _files(folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """All files of a folder but those in `LEFT_BY_TOOLS`; `above` are the folders around it by
    device and number, so that a link to one of them is not entered again."""
    state = folder.stat()
    own = (state.st_dev, state.st_ino)
    if own in above:
        return
    for path in folder.iterdir():
        if path.name in LEFT_BY_TOOLS:
            continue
        if path.is_dir():
            yield from _files(path, (*above, own))
        elif path.is_file():
            yield path
