"""Archives that are made to hide what they hold, or to fill the memory of whoever reads them."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator

import pytest

from gates.toolchains.carried.found import Findings
from gates.toolchains.secrets import unpack
from tests.toolchains.secret_files import packed_zip
from tests.toolchains.test_carried import look, manifest

INNER = manifest("inner").encode()
END = bytes(1024)
BELOW_ZERO = b"\xff" * 8 + struct.pack(">i", -512)


def header(
    name: str, size: int = 0, kind: bytes = b"0", *, field: bytes = b"", old: bool = False
) -> bytes:
    """A header of a tar; `field` is its size as it is written, `old` leaves out the word ustar."""
    block = bytearray(512)
    block[: len(name)] = name.encode()
    for place, text in ((100, b"0000644"), (108, b"0000000"), (116, b"0000000"), (136, b"0" * 11)):
        block[place : place + len(text)] = text
    block[124:136] = field or b"%011o\0" % size
    block[156:157] = kind
    if not old:
        block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def member(name: str, data: bytes, kind: bytes = b"0", *, old: bool = False) -> bytes:
    return header(name, len(data), kind, old=old) + data + bytes(-len(data) % 512)


PACKAGE = member("package/package.json", INNER)


def packed(parts: Iterable[bytes]) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(each) for each in parts), packer.flush()])


def said(found: Findings) -> list[str]:
    """The packages that were found, and what could not be looked into."""
    return [*(str(each) for each in found.named), *(each.reason for each in found.closed)]


def record(text: str) -> bytes:
    """A record of an extended header, with its length before it."""
    return f"{len(text) + 4} {text}\n".encode()


@pytest.mark.parametrize(
    ("tar", "expected"),
    [
        (PACKAGE + END, ["inner 1.0.0"]),
        (PACKAGE, ["inner 1.0.0"]),
        (member("package/package.json", INNER, old=True) + END, ["inner 1.0.0"]),
        (header("package.json", kind=b"2") + header("b", kind=b"3") + header("c/", kind=b"5")
         + PACKAGE + END, ["inner 1.0.0"]),
        (member("x", record("path=package/package.json"), b"x") + member("y", INNER) + END,
         ["inner 1.0.0"]),
        (member("x", b"package/package.json\0", b"L") + member("y", INNER) + END, ["inner 1.0.0"]),
        (member("g", record("comment=a comm"), b"g") + PACKAGE + END, ["inner 1.0.0"]),
        (member("a", b"a") + b"\1" * 512 + PACKAGE + END, ["is damaged"]),
        (member("a", b"a") + bytes(512) + PACKAGE + END, ["goes on behind its end"]),
        (member("a", b"a") + header("b", field=BELOW_ZERO) + PACKAGE + END, ["is damaged"]),
        (member("a", b"a") + header("b", kind=b"Z", field=BELOW_ZERO) + END, ["is damaged"]),
        (member("x", record("size=-512777"), b"x") + PACKAGE + END, ["is damaged"]),
        (header("package.json", kind=b"S") + END, ["holds a sparse file, which is not read"]),
        (member("x", record("GNU.sparse.major=1"), b"x") + PACKAGE + END,
         ["holds a sparse file, which is not read"]),
        (member("x", b"1" * 2_000_000, b"x") + PACKAGE, ["has a header of more than 1024 KiB"]),
        (header("a", 4096) + b"a", ["is cut off"]),
    ],
    ids=[
        "plain", "without an end", "older than ustar", "links and devices", "name in records",
        "long name", "comment for all", "damaged header", "one block of zeros", "size below zero",
        "kind and size below zero", "record with a size below zero", "sparse", "sparse by record",
        "header of digits", "cut off",
    ],
)  # fmt: skip
def test_tars(tar, expected):
    """Programs that unpack go on behind what is damaged, so what is there is found, or is said not
    to be; plain or packed is the same."""
    assert said(look({"a.tar": tar})) == expected
    assert said(look({"a.tgz": gzip.compress(tar)})) == expected
    budget = unpack.Budget()
    members = [each.data for each in unpack.unpack("a.tar", tar, budget) if each.member]
    if tar[257:262] == b"ustar":  # What lies in an older one is read with the tar itself.
        assert (INNER in members, [each.reason for each in budget.unread]) == (
            (True, []) if expected == ["inner 1.0.0"] else (False, expected)
        )


def zeros(kind: bytes) -> Iterator[bytes]:
    yield header("a", 1 << 29, kind)
    yield from (bytes(1 << 20) for _ in range(1 << 9))


def list_of_entries(number: int) -> bytes:
    """A zip that is its list alone."""
    entry = tarfile.NUL * 42
    listed = (b"PK\x01\x02" + entry) * number
    return listed + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 0, 0, len(listed), 0, 0)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.tgz", packed(zeros(b"x")), "has a header of more than 1024 KiB"),
        ("a.tgz", packed(zeros(b"L")), "has a header of more than 1024 KiB"),
        ("a.tgz", packed(header("a/", kind=b"5") * 1000 for _ in range(210)),
         "holds more members than are looked at in one tree"),
        ("a.zip", packed_zip({"b.zip": list_of_entries(210_000)}),
         "holds more members than are looked at in one tree"),
    ],
    ids=["records", "name", "folders", "list of a zip"],
)  # fmt: skip
def test_what_is_kept_of_an_archive_is_little(name, data, reason):
    """A small file whose headers unpack to gigabytes, or to millions of objects."""
    assert said(look({name: data})) == [reason]


def test_a_list_of_a_zip_among_secrets():
    budget = unpack.Budget()
    data = list_of_entries(unpack.MAX_MEMBERS + 1)
    assert [each.member for each in unpack.unpack("a.zip", data, budget)] == [""]
    assert [each.reason for each in budget.unread] == ["lists more than 20,000 members"]


def test_a_manifest_that_is_padded_is_named():
    padded = INNER[:-1] + b" " * 9_000_000 + b"}"
    assert said(look({"lib/node_modules/inner/package.json": padded})) == [
        "is a manifest of more than 8 MiB"
    ]


def test_a_zip_with_its_word_in_a_text_is_read():
    text = b"PK\x01\x02" * 1000
    archive = io.BytesIO(packed_zip({"a.txt": text, "package.json": INNER}))
    assert said(look({"a.zip": archive.getvalue()})) == ["inner 1.0.0"]
