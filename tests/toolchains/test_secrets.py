"""Secrets are found in every form, in every kind of file, at their place."""

from __future__ import annotations

import base64

import pytest

from gates.toolchains.languages import LANGUAGES
from gates.toolchains.secrets.scan import scan
from tests.toolchains.secret_files import BINARY, ENCODED, INSIDE, NAMES
from tests.toolchains.secret_forms import ASSIGNED, COLUMN, KEY, NONE, PLACES, TEXT, TOKENS


def test_every_form_in_every_place(open_tools):
    files = {
        f"{number:02}/{path}": text.format(token).encode()
        for number, token in enumerate(TOKENS.values())
        for path, text in PLACES.items()
    } | {f"assigned/{number}.txt": f"{line}\n".encode() for number, line in enumerate(ASSIGNED)}
    found, unread = scan(open_tools({**files, "none.txt": NONE.encode()}))
    paths = {each.location.path for each in found}
    assert [path for path in files if path not in paths] == []
    assert paths == set(files)
    assert unread == []
    places = [str(each.location) for each in found]
    assert len(places) == len(set(places))


FILLER = "".join(f"a({number});" for number in range(100_000))
BASE64 = b"\n" + base64.b64encode(f"the key is {KEY}, and no other".encode())
LONG = f"{FILLER}{KEY} {KEY}\n{KEY}\n".encode()


def test_every_kind_of_file(open_tools):
    plain = {name: TEXT.encode() for name in NAMES}
    found, unread = scan(
        open_tools({**plain, **ENCODED, **BINARY, **INSIDE, "long.js": LONG, "a.b64": BASE64})
    )
    assert unread == []
    places = [each.location for each in found if each.location.path == "long.js"]
    begin = len(FILLER) + 1
    assert [(at.line, at.column) for at in places] == [
        (1, begin), (1, begin + len(KEY) + 1), (2, 1),
    ]  # fmt: skip
    assert [str(each.location) for each in found if each.location.path == "a.b64"] == ["a.b64:2"]
    found = [each for each in found if each.location.path not in ("long.js", "a.b64")]
    assert len({each.digest for each in found}) == 1
    places = {each.location.path: each for each in found}
    assert set(places) == {*plain, *ENCODED, *BINARY, *INSIDE}
    for path in [*plain, *ENCODED]:
        at = places[path].location
        assert (path, at.line, at.column) == (path, 2, COLUMN), path
    for path in INSIDE:
        assert (places[path].location.line, bool(places[path].inside)) == (None, True)
    assert places["a.whl"].inside == f"lib/b.py:2:{COLUMN}"
    assert places["a.tgz"].inside == f"unpacked > b.jar > c.txt:2:{COLUMN}"


def integrity(length: int = 86, algorithm: str = "sha512", end: str = "==") -> bytes:
    digest = f"/{KEY}/" + "a1B" * 40
    return f'{{\n "integrity": "{algorithm}-{digest[:length]}{end}",\n}}'.encode()


def test_a_digest_is_exempt_in_its_lock_file_in_its_form_alone(open_tools):
    found, _ = scan(
        open_tools(
            {
                "package-lock.json": integrity() + integrity(43, "sha256", "="),
                "docs/package-lock.json": integrity(),
                "data.json": integrity(),
                "requirements.lock": integrity(),
            }
        )
    )
    paths = [each.location.path for each in found]
    assert paths == ["data.json", "docs/package-lock.json", "requirements.lock"]


@pytest.mark.parametrize(
    "line",
    [
        integrity(85),
        integrity(87),
        integrity(end=""),
        integrity(64, "sha256", ""),
        integrity(86, "md5"),
    ],
)
def test_another_length_is_no_digest_of_a_lock_file(line):
    pattern = LANGUAGES["typescript"].lock_digest
    assert not pattern.fullmatch(line.decode().splitlines()[1])


@pytest.mark.parametrize(
    ("line", "matches"),
    [
        ("    --hash=sha256:" + "a" * 64, True),
        ("    --hash=sha256:" + "a" * 64 + " \\", True),
        ("    --hash=sha512:" + "a" * 128 + " \\\r", True),
        ("    --hash=sha256:" + "a" * 40, False),
        ("    --hash=sha256:" + "a" * 128, False),
        ("    --hash=sha256:" + "a" * 64 + " # more", False),
        ("  x --hash=sha256:" + "a" * 64, False),
    ],
)
def test_digests_of_requirements(line, matches):
    assert bool(LANGUAGES["python"].lock_digest.fullmatch(line)) is matches
