"""Logins: found for their own host alone, and asked for as servers want it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gates.errors import CouldNotCheckError
from gates.registry.remote.authentication import challenges
from gates.registry.remote.credentials import Credential, find_credential

AUTH = base64.b64encode(b"me:pass:word").decode()


def find(folder: Path, host: str, config: object, path: str = "/usr/bin:/bin") -> Credential | None:
    (folder / "config.json").write_text(json.dumps(config))
    return find_credential(host, {"DOCKER_CONFIG": str(folder), "PATH": path})


@pytest.mark.parametrize(
    ("key", "host"),
    [("a.example", "a.example"), ("a.example:5000", "a.example:5000"),
     ("https://a.example/v1/", "a.example"), ("https://index.docker.io/v1/", "docker.io")],
)  # fmt: skip
def test_a_login_in_the_file(tmp_path: Path, key: str, host: str) -> None:
    found = find(tmp_path, host, {"auths": {key: {"auth": AUTH}}})
    assert found == Credential("me", "pass:word")
    assert "pass" not in repr(found)


@pytest.mark.parametrize("host", ["a.example:5001", "b.example", "a.example.evil", "example"])
def test_a_login_is_for_no_other_host(tmp_path: Path, host: str) -> None:
    config = {"auths": {"a.example": {"auth": AUTH}, "a.example:5000": {"auth": AUTH}}}
    assert find(tmp_path, host, config) is None


def test_without_a_file_there_is_no_login(tmp_path: Path) -> None:
    assert find_credential("a.example", {"DOCKER_CONFIG": str(tmp_path)}) is None


@pytest.mark.parametrize(
    "config",
    [[], 1, {"auths": 1}, {"auths": {"a.example": {"auth": "%"}}}, {"auths": {"a.example": 1}},
     {"credsStore": "../evil"}, {"credHelpers": {"a.example": "x y"}}],
)  # fmt: skip
def test_a_broken_file_is_no_missing_login(tmp_path: Path, config: object) -> None:
    with pytest.raises(CouldNotCheckError, match="the file of logins"):
        find(tmp_path, "a.example", config)


@pytest.mark.parametrize("where", ["credsStore", "credHelpers"])
@pytest.mark.parametrize(
    ("does", "expected"),
    [("read h; printf '{\"Username\":\"%s\",\"Secret\":\"s\"}' $h", Credential("a.example", "s")),
     ('echo \'{"Username":"<token>","Secret":"r"}\'', Credential("<token>", refresh_token="r")),
     ("echo credentials not found in native keychain; exit 1", None),
     ("echo secret-that-leaks; exit 1", "gave no login for a.example: exit status 1"),
     ("echo secret-that-leaks", "that is understood")],
)  # fmt: skip
def test_helpers(tmp_path: Path, where: str, does: str, expected: object) -> None:
    program = tmp_path / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    config = (
        {"credsStore": "test"} if where == "credsStore" else {"credHelpers": {"a.example": "test"}}
    )
    path = f"{tmp_path}:/usr/bin:/bin"
    if isinstance(expected, str):
        with pytest.raises(CouldNotCheckError, match=expected) as caught:
            find(tmp_path, "a.example", config, path)
        assert "leaks" not in str(caught.value)
    else:
        assert find(tmp_path, "a.example", config, path) == expected


def test_a_helper_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(CouldNotCheckError, match="docker-credential-test"):
        find(tmp_path, "a.example", {"credsStore": "test"})


def test_challenges() -> None:
    found = challenges(
        'Basic realm="a, Bearer b", Bearer realm="https://t/x",service="s",'
        'scope="repository:m/mod:pull,push", Digest nonce=1'
    )
    assert [each.scheme for each in found] == ["basic", "bearer"]
    assert found[0].parameters["realm"] == "a, Bearer b"
    assert found[1].parameters["scope"] == "repository:m/mod:pull,push"
    assert challenges("") == challenges("Negotiate") == []


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@hypothesis_settings(max_examples=40)
@given(TEXT, TEXT)
def test_a_quoted_value_is_read_as_it_was_written(realm: str, scope: str) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    (found,) = challenges(f"Bearer realm={quoted(realm)}, scope={quoted(scope)}")
    assert found.parameters == {"realm": realm, "scope": scope}


@hypothesis_settings(max_examples=40)
@given(st.text(max_size=60))
def test_no_header_is_a_crash(text: str) -> None:
    challenges(text)
