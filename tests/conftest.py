"""Shared by all tests: modules made from the bases, settings that touch nothing outside."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from gates.settings import Settings
from tests.marks import mark

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = Path(__file__).resolve().parent / "examples"

for name in [each for each in os.environ if each.startswith(("GATES_", "GITHUB_"))]:
    if name != "GATES_CACHE_DIR":
        del os.environ[name]
os.environ["NO_COLOR"] = "1"

# The same examples every time: a green run stays green. --hypothesis-profile=explore looks on.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Who names files or folders, and no markers, means all tests in them."""
    if hasattr(config, "workerinput"):
        config.option.markexpr = config.workerinput["markexpr"]
        return
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    if named and not any(each.startswith("-m") for each in config.invocation_params.args):
        config.option.markexpr = ""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The processes of pytest-xdist run what the one that starts them chose."""
    node.workerinput["markexpr"] = node.config.option.markexpr


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark(items)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that every user may enter: PostgreSQL does not run as root."""
    made = Path(tempfile.mkdtemp(prefix="gates-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Keys, catalog and registry of its own; the cache is shared, being a cache."""
    return Settings.from_environment({**os.environ, "GATES_STATE_DIR": str(folder / "state")})


@pytest.fixture
def make_module(folder: Path) -> Callable[..., Path]:
    """A copy of a base ("python", "typescript", or an example module) with overlays on it."""

    def make(base: str, *overlays: Path) -> Path:
        root = folder / "modules" / "sample-module"
        if (ROOT / "examples" / base / "module.json").is_file():
            ignored = shutil.ignore_patterns("node_modules")
            shutil.copytree(ROOT / "examples", root.parent, ignore=ignored)
            root = root.with_name(base)
        else:
            shutil.copytree(EXAMPLES / "_base" / base, root, symlinks=True)
            shutil.copy(EXAMPLES / "_policy" / "gates-policy.toml", root.parent)
            shutil.copy(ROOT / "examples" / "advisories.json", root.parent)
        for overlay in overlays:
            overlay_on(root, overlay)
        return root

    return make


def overlay_on(root: Path, overlay: Path) -> None:
    """Lay the files of a folder over a module; `NAME.deleted` removes NAME."""
    shutil.copytree(
        overlay, root, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".keep")
    )
    for marker in root.rglob("*.deleted"):
        marker.unlink()
        target = marker.with_suffix("")
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()
