"""What the module's code wrote is read without being led anywhere."""

from __future__ import annotations

import os

import pytest

from gates.errors import ToolFailedError
from gates.toolchains.untrusted import read_untrusted


def test_a_plain_file_is_read_and_an_absent_one_is_none(tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "tests.json").write_bytes(b"{}")
    assert read_untrusted(tmp_path, tmp_path / "reports" / "tests.json") == b"{}"
    assert read_untrusted(tmp_path, tmp_path / "reports" / "other.json") is None
    assert read_untrusted(tmp_path, tmp_path / "none" / "other.json") is None


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "report").symlink_to(tmp_path / "secret")
    with pytest.raises(ToolFailedError, match="report cannot be read"):
        read_untrusted(tmp_path, tmp_path / "report")


def test_a_linked_folder_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "report").write_text("secret")
    (tmp_path / "reports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ToolFailedError, match="report cannot be read"):
        read_untrusted(tmp_path, tmp_path / "reports" / "report")


def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "report")
    with pytest.raises(ToolFailedError, match="no plain file"):
        read_untrusted(tmp_path, tmp_path / "report")


def test_a_huge_file_is_not_read(tmp_path):
    (tmp_path / "report").write_bytes(b"x" * 11)
    with pytest.raises(ToolFailedError, match="larger"):
        read_untrusted(tmp_path, tmp_path / "report", limit=10)
