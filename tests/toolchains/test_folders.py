"""What a folder of platform packages is known by."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.toolchains.folders import digest_folder


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    (folder / "core").mkdir(parents=True)
    (folder / "core" / "core.py").write_text("A = 1\n")
    return folder


def test_content_and_names_count(packages: Path) -> None:
    before = digest_folder(packages)
    (packages / "core" / "core.py").write_text("A = 2\n")
    changed = digest_folder(packages)
    (packages / "core" / "core.py").rename(packages / "core" / "other.py")
    assert len({before, changed, digest_folder(packages)}) == 3


@pytest.mark.parametrize("name", [".git", ".mypy_cache", "node_modules", "__pycache__"])
def test_what_tools_leave_does_not(packages: Path, name: str) -> None:
    before = digest_folder(packages)
    (packages / "core" / name).mkdir()
    (packages / "core" / name / "x").write_text("x")
    assert digest_folder(packages) == before


def test_what_begins_with_a_dot_counts(packages: Path) -> None:
    before = digest_folder(packages)
    (packages / "core" / ".types").mkdir()
    (packages / "core" / ".types" / "index.d.ts").write_text("export type A = 1;")
    assert digest_folder(packages) != before


def test_a_link_counts_as_what_it_leads_to(packages: Path, tmp_path: Path) -> None:
    before = digest_folder(packages)
    (packages / "core").rename(tmp_path / "elsewhere")
    (packages / "core").symlink_to(tmp_path / "elsewhere")
    assert digest_folder(packages) == before
    (tmp_path / "elsewhere" / "py.typed").touch()
    assert digest_folder(packages) != before


def test_a_link_to_a_folder_around_it_ends(packages: Path) -> None:
    before = digest_folder(packages)
    (packages / "core" / "up").symlink_to(packages)
    (packages / "core" / "gone").symlink_to(packages / "nothing")
    assert digest_folder(packages) == before
