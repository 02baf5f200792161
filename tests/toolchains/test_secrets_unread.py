"""What was not searched for secrets is named, and never clean."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable

import pytest

from gates.checks.scan.secrets import secrets
from gates.errors import CouldNotCheckError, ToolFailedError
from gates.toolchains.secrets import kingfisher, unpack
from gates.toolchains.secrets import scan as scanning
from gates.toolchains.secrets.scan import CANARY, SAMPLES, scan
from tests.toolchains.secret_files import packed_zip, pdf
from tests.toolchains.secret_forms import COLUMN, KEY, TEXT

UNREADABLE = {
    "a.zst": (b"\x28\xb5\x2f\xfd1234", "zstd"),
    "a.7z": (b"7z\xbc\xaf\x27\x1c1234", "7z"),
    "a.rar": (b"Rar!\x1a\x07\x01\x00", "RAR"),
    "cut.gz": (gzip.compress(TEXT.encode())[:-9], "cannot be unpacked"),
    "cut.zip": (packed_zip({"a": b"a" * 99})[:-30], "cannot be unpacked"),
    "cut.xz": (lzma.compress(bytes(99))[:-9], "cannot be unpacked"),
    "inner.zip": (packed_zip({"b.7z": b"7z\xbc\xaf\x27\x1c1234"}), "inner.zip (b.7z)"),
    "encrypted.pdf": (pdf(b"", more=b"trailer <</Encrypt 5 0 R>>\n"), "encrypted"),
    "glyphs.pdf": (pdf(b"/Encoding /Identity-H"), "codes of a font"),
    "lzw.pdf": (pdf(b"", b"[/LZWDecode /FlateDecode]"), "stream 1"),
}


def test_what_cannot_be_read_is_named_and_the_rest_is_searched(open_tools, monkeypatch):
    encrypted = bytearray(packed_zip({"a.txt": TEXT.encode()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(mark) + place] |= 1
    files = {name: data for name, (data, _) in UNREADABLE.items()}
    files = {"a.txt": TEXT.encode(), **files, "encrypted.zip": bytes(encrypted)}
    kept = []
    monkeypatch.setattr(scanning, "scan", lambda tools: kept.append(scan(tools)) or kept[0])
    findings = iter(secrets.run(tools=open_tools(files)))
    finding = next(findings)
    assert str(finding.location) == f"a.txt:2:{COLUMN}"
    assert KEY not in repr(finding)
    with pytest.raises(CouldNotCheckError, match=r"a\.zst is compressed as zstd.*; and 1 more"):
        next(findings)
    ((found, unread),) = kept
    assert len(found) == 1
    reasons = {each.path.partition(" ")[0]: f"{each.path} {each.reason}" for each in unread}
    assert set(reasons) == {*UNREADABLE, "encrypted.zip"}
    for name, (_, reason) in UNREADABLE.items():
        assert reason in reasons[name], name


def test_limits(monkeypatch):
    bomb = gzip.compress(bytes(3_000_000))
    monkeypatch.setattr(unpack, "MAX_DEPTH", 2)
    budget = unpack.Budget(members=2, size=1_000_000)
    many = packed_zip({"a": b"a", "b": b"b", "c": b"c"})
    deep = gzip.compress(gzip.compress(gzip.compress(b"deep")))
    for path, data in {"bomb": bomb, "many": many}.items():
        list(unpack.unpack(path, data, budget))
    assert [each.path for each in budget.unread] == ["bomb", "many"]
    budget = unpack.Budget()
    list(unpack.unpack("deep", deep, budget))
    assert [each.path for each in budget.unread] == ["deep (unpacked > unpacked)"]


def test_a_member_is_unpacked_up_to_the_size_of_a_file(monkeypatch):
    monkeypatch.setattr(unpack, "MAX_FILE", 1000)
    budget = unpack.Budget()
    found = list(unpack.unpack("a.gz", gzip.compress(bytes(1000)), budget))
    assert (len(found), budget.unread) == (2, [])
    list(unpack.unpack("b.gz", gzip.compress(bytes(1001)), budget))
    assert [each.path for each in budget.unread] == ["b.gz"]


def stub(monkeypatch, matches: Callable[[str, int], bool], samples: bool = True) -> None:
    """Replace the engine by one that finds the canary of a text where `matches` says so."""
    found = [
        kingfisher.Match(SAMPLES, line, 0, "", rule.id, False)
        for line, rule in enumerate(scanning.RULES, 1)
    ]

    def run(_tools, folder, _files):
        for file in sorted(folder.glob("0*.txt")):
            end = file.read_bytes().count(b"\n")
            if matches(file.name, end):
                yield kingfisher.Match(file.name, end, 0, CANARY, "any", False)
        yield from found if samples else found[1:]

    monkeypatch.setattr(kingfisher, "run", run)


def test_an_engine_that_finds_nothing_saw_nothing(open_tools, monkeypatch):
    stub(monkeypatch, lambda *_: False)
    with pytest.raises(ToolFailedError, match="none of the keys"):
        scan(open_tools({"a.txt": b"a"}))


def test_a_file_that_the_engine_left_out_is_unread(open_tools, monkeypatch):
    stub(monkeypatch, lambda name, _: name != "000001.txt")
    _, unread = scan(open_tools({"a.txt": b"a", "b.txt": b"b"}))
    assert [(each.path, each.reason) for each in unread] == [
        ("a.txt", "was not read to its end by kingfisher")
    ]


def test_a_rule_of_ours_that_the_engine_did_not_take(open_tools, monkeypatch):
    stub(monkeypatch, lambda *_: True, samples=False)
    with pytest.raises(ToolFailedError, match=f"samples of {scanning.RULES[0].name}"):
        scan(open_tools({"a.txt": b"a"}))


def test_what_is_not_understood_is_not_shown():
    with pytest.raises(ToolFailedError) as caught:
        kingfisher.parse(json.dumps({"findings": [{"snippet": KEY}]}).encode())
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
