"""Packages that other packages carry: what identifies them, and what does not."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Mapping

import pytest

from gates.toolchains.carried import archives
from gates.toolchains.carried.found import Carrier, Findings
from gates.toolchains.carried.identify import reader_of
from gates.toolchains.carried.scan import Entry, files_below, find_carried
from tests.toolchains.secret_files import packed_tar, packed_zip

OUTER = Carrier("outer", "1.0.0", "outer")


def look(files: Mapping[str, bytes | str]) -> Findings:
    """What a package named outer carries that holds these files."""
    data = {
        f"outer/{path}": each.encode() if isinstance(each, str) else each
        for path, each in files.items()
    }
    entries = [
        Entry(path, lambda content=content: io.BytesIO(content)) for path, content in data.items()
    ]
    return find_carried(entries, lambda _: OUTER, lambda path: path == "outer/package.json")


def named(files: Mapping[str, bytes | str]) -> list[str]:
    return sorted(f"{each.ecosystem} {each}" for each in look(files).named)


def manifest(name: str, version: str | None = "1.0.0", **more: object) -> str:
    return json.dumps({"name": name, **({"version": version} if version else {}), **more})


METADATA = "Metadata-Version: 2.1\nName: Inner_Package\nVersion: 1.26\n"
BILL = {
    "bomFormat": "CycloneDX",
    "components": [
        {"purl": "pkg:pypi/inner-package@1.26?file_name=x.whl",
         "components": [{"purl": "pkg:npm/%40a/b@2.0.0"}]},
        {"purl": "pkg:rpm/almalinux/zlib@1.3"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("dist/vendor/inner/package.json", manifest("inner"), ["npm inner 1.0.0"]),
        ("lib/node_modules/@a/b/package.json", manifest("@a/b", "v2.0.0"), ["npm @a/b 2.0.0"]),
        ("_vendor/inner-1.26.dist-info/METADATA", METADATA, ["PyPI inner-package 1.26"]),
        ("_vendor/inner.egg-info/PKG-INFO", METADATA, ["PyPI inner-package 1.26"]),
        ("_vendor/vendor.txt", "# which\nurllib3[socks]==1.26.4  # via x\nnone>=1\n  idna==3.4\n",
         ["PyPI idna 3.4", "PyPI urllib3 1.26.4"]),
        ("_vendor/bom.cdx.json", json.dumps(BILL), ["PyPI inner-package 1.26", "npm @a/b 2.0.0"]),
    ],
)  # fmt: skip
def test_what_names_a_release_identifies_it(path, text, found):
    assert named({path: text}) == found
    assert look({path: text}).unnamed == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", manifest("outer")),
        ("dist/esm/package.json", '{"type": "module"}'),
        ("dist/package.json", manifest("outer", "0.9.0")),
        ("ajax/package.json", manifest("outer/ajax")),
        ("hooks/package.json", manifest("inner", private=True)),
        ("broken/package.json", "{"),
        ("list/package.json", "[1]"),
        ("METADATA", METADATA),
        ("data/bom.json", '{"bomFormat": "CycloneDX", "components": {"a": 1}}'),
        ("data/other.cdx.json", json.dumps({"components": BILL["components"]})),
    ],
)
def test_what_is_of_the_package_itself_is_no_other(path, text):
    found = look({path: text})
    assert (found.named, found.unnamed, found.closed) == ([], [], [])


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("dist/compiled/inner/package.json", manifest("inner", None), "inner"),
        ("dist/inner/package.json", manifest("inner", "0.0.0-development"), "inner"),
        ("dist/inner/package.json", manifest("inner", "not a version"), "inner"),
        ("test/fixtures/x/package.json", manifest("benchmarks"), "benchmarks"),
        ("examples/x/package.json", manifest("x"), "x"),
        ("dist/templates/app/package.json", manifest("my-app"), "my-app"),
        ("vendor/inner.js", "export {};", "inner"),
        ("_vendor/inner/core.py", "x = 1\n", "inner"),
    ],
)
def test_what_is_there_and_names_no_release_is_said(path, text, name):
    found = look({path: text})
    assert (found.named, [each.name for each in found.unnamed]) == ([], [name])


def test_code_that_calls_itself_a_version_is_doubtful():
    files = {
        "_vendor/__init__.py": "",
        "_vendor/urllib3/__init__.py": "import x\n",
        "_vendor/urllib3/_version.py": '__version__ = "1.26.4"\n',
        "externals/six.py": "__version__: str = '1.16.0'\n",
        "externals/inner/__init__.py": '__version__ = "9"',
        "externals/inner-1.26.dist-info/METADATA": METADATA.replace("Inner_Package", "inner"),
    }
    found = look(files)
    assert [(str(each), each.certain) for each in found.named] == [
        ("inner 1.26", True), ("urllib3 1.26.4", False), ("six 1.16.0", False),
    ]  # fmt: skip
    described = {**files, "_vendor/vendor.txt": "urllib3==1.26.4\n"}
    assert [str(each) for each in look(described).named if each.name == "urllib3"] == [
        "urllib3 1.26.4"
    ]


WHEEL = packed_zip({"inner-1.26.dist-info/METADATA": METADATA.encode(), "inner/a.py": b""})


def shown(value: object) -> str | None:
    """The id of a parameter: archives have the time of packing in them."""
    return "data" if isinstance(value, bytes) else None


TGZ = gzip.compress(packed_tar({"package/package.json": manifest("inner").encode()}))


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("wheels/inner-1.26-py3-none-any.whl", WHEEL, ["PyPI inner-package 1.26"]),
        ("inner.tgz", TGZ, ["npm inner 1.0.0"]),
        ("data.bin", TGZ, ["npm inner 1.0.0"]),
        ("setup.exe", b"MZ program" * 9 + WHEEL, ["PyPI inner-package 1.26"]),
        ("a.tar.bz2", bz2.compress(packed_tar({"a.whl": WHEEL})), ["PyPI inner-package 1.26"]),
        ("a.tar.xz", lzma.compress(packed_tar({"a.whl": WHEEL})), ["PyPI inner-package 1.26"]),
        ("a.jar", packed_zip({"lib/b.zip": packed_zip({"c.tgz": TGZ})}), ["npm inner 1.0.0"]),
        ("a.zip.gz", gzip.compress(packed_zip({"c.tgz": TGZ})), ["npm inner 1.0.0"]),
        ("a.txt.gz", gzip.compress(b"a text"), []),
        ("program.exe", b"MZ program" * 9, []),
        ("headers.js", b" " * 257 + b"ustar\0" + b" " * 300, []),
        ("empty.zip", b"", []),
    ],
    ids=shown,
)
def test_archives_are_looked_into(name, data, found):
    assert named({name: data}) == found
    assert look({name: data}).closed == []


def test_an_archive_of_code_that_names_nothing_is_said():
    files = {"lib/a.jar": packed_zip({"org/A.class": b"x", "b.txt": b""}), "b.zip": packed_zip({})}
    found = look({**files, "c.whl": WHEEL, "d.npz": packed_zip({"x.npy": b"x"})})
    assert [(str(each), each.path) for each in found.unnamed] == [("a.jar", "outer/lib/a.jar")]


def test_a_way_into_an_archive_is_said():
    (inner,) = look({"a.jar": packed_zip({"lib/b.tgz": TGZ})}).named
    assert inner.path == "outer/a.jar > lib/b.tgz > package/package.json"


def encrypted() -> bytes:
    data = bytearray(packed_zip({"package.json": manifest("inner").encode()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def nested(depth: int) -> bytes:
    data = TGZ
    for _ in range(depth):
        data = packed_zip({"a.zip": data})
    return data


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c1234", "is compressed as 7z, which is not read"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00", "is compressed as RAR, which is not read"),
        ("a.tar.zst", b"\x28\xb5\x2f\xfd1234", "is compressed as zstd, which is not read"),
        ("cut.zip", WHEEL[:-30], "cannot be read (BadZipFile)"),
        ("cut.tgz", TGZ[:-12], "cannot be read (EOFError)"),
        ("cut.tar.xz", lzma.compress(packed_tar({"a.whl": WHEEL}))[:90],
         "cannot be read (EOFError)"),
        ("not.whl", b"<html>404</html>", "has the name of an archive, and is none"),
        ("locked.zip", encrypted(), "cannot be read (RuntimeError)"),
        ("deep.zip", nested(archives.MAX_DEPTH), "lies more than 4 archives deep"),
    ],
    ids=shown,
)  # fmt: skip
def test_an_archive_that_cannot_be_read_is_named(name, data, reason):
    found = look({name: data, "b.whl": WHEEL})
    ((closed),) = found.closed
    assert closed.path.startswith(f"outer/{name}")
    assert closed.reason == reason
    assert [str(each) for each in found.named][-1:] == ["inner-package 1.26"]


def test_an_archive_that_tests_are_made_with_may_be_broken():
    assert look({"tests/data/cut.zip": WHEEL[:-30]}).closed == []


def test_limits(monkeypatch):
    """Of members, of bytes, and of one member: what lies behind a limit is named."""
    monkeypatch.setattr(archives, "MAX_ARCHIVE", 2_000_000)
    bomb = packed_zip({"a.zip": packed_zip({"x": b""}) + bytes(3_000_000)})
    many = packed_zip({str(number): b"" for number in range(12)})
    large = gzip.compress(packed_tar({"a": bytes(5_000_000), "package.json": b"{}"}))
    for data, budget, reason in (
        (bomb, archives.Budget(), "holds a member of more than 1 MiB"),
        (bomb, archives.Budget(size=1_000_000), "unpacks to more than is looked at in one tree"),
        (many, archives.Budget(members=10), "holds more members than are looked at in one tree"),
        (large, archives.Budget(size=4_000_000), "unpacks to more than is looked at in one tree"),
    ):
        assert list(archives.manifests("a", io.BytesIO(data), budget)) == []
        assert [why for _, why in budget.closed] == [reason]


def test_a_size_that_a_tar_only_claims_ends_it():
    data = bytearray(packed_tar({"a": b"x", "package.json": b"{}"}))
    data[124:136] = b"77777777777\0"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    budget = archives.Budget()
    assert list(archives.manifests("a.tar", io.BytesIO(data), budget)) == []
    assert [why for _, why in budget.closed] == ["unpacks to more than is looked at in one tree"]


class Asked(io.BytesIO):
    """A file that knows how much was read of it at once."""

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size >= 0, "all of it was asked for"
        return super().read(size)


def test_what_comes_after_the_limit_is_not_read_whole():
    """A tar goes over the limit; a member behind it is not unpacked as if there were none."""
    budget = archives.Budget(size=4_000)
    tar = packed_tar({"a": bytes(5_000)})
    assert list(archives.manifests("a.tar", io.BytesIO(tar), budget)) == []
    for size in (1_000, 4_000):
        assert len(budget.read(Asked(bytes(size)), archives.MAX_ARCHIVE)) == size
        budget.size = 4_000
    with pytest.raises(Exception, match="unpacks to more than is looked at in one tree"):
        budget.read(Asked(bytes(4_001)), archives.MAX_ARCHIVE)
    assert budget.size == 4_000


def test_a_header_of_a_tar_is_not_held_in_memory_whatever_it_claims():
    """A long name is read before its member; this one goes on for as long as there are bytes."""
    tar = packed_tar({"a": b"x", "b" * 200: b"{}"})
    long_name = tar.index(b"././@LongLink") if b"././@LongLink" in tar else tar.index(b"PaxHeader")
    start = long_name - long_name % 512
    header = bytearray(tar[start : start + 512])
    header[124:136] = b"00777777777\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    bomb = gzip.compress(tar[:start] + header + bytes(20_000_000))
    budget = archives.Budget()
    assert list(archives.manifests("a.tgz", io.BytesIO(bomb), budget)) == []
    assert budget.closed == [("a.tgz", "has a header of more than 1024 KiB")]


def test_a_manifest_of_which_only_the_beginning_would_be_read_is_named():
    padding = " " * archives.MAX_MANIFEST
    found = look({"vendor/a/package.json": manifest("inner") + padding})
    assert [(each.path, each.reason) for each in found.closed] == [
        ("outer/vendor/a/package.json", "is a manifest of more than 8 MiB")
    ]


def test_a_manifest_that_is_a_bomb_is_not_unpacked():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package.json", bytes(20_000_000))
    (closed,) = look({"a.zip": made.getvalue()}).closed
    assert closed.reason == "holds a member of more than 8 MiB"


def test_links_are_not_followed(folder):
    (folder / "outside").mkdir()
    (folder / "outside" / "package.json").write_text(manifest("inner"))
    (folder / "tree" / "outer").mkdir(parents=True)
    (folder / "tree" / "outer" / "link").symlink_to(folder / "outside")
    (folder / "tree" / "outer" / "package.json").symlink_to(folder / "outside" / "package.json")
    assert list(files_below(folder / "tree", ["outer"])) == []


@pytest.mark.parametrize("end", ["", "/", "/.", "//./"])
@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("a/package.json", True),
        ("a-1.dist-info/METADATA", True),
        ("a/METADATA", False),
        ("PKG-INFO", True),
        ("_vendor/vendor.txt", True),
        ("vendored.txt", True),
        ("sboms/a.cdx.json", True),
        ("a-bom.json", True),
        ("tsconfig.json", False),
        ("my-package.json", False),
        ("package.json.", False),
        ("a.py", False),
    ],
)
def test_what_is_read_is_known_by_its_name_however_an_archive_writes_its_path(path, read, end):
    assert (reader_of(f"{path}{end}") is not None) is read
