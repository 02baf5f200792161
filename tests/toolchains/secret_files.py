"""Files of many kinds and encodings that hold the same made-up key."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Mapping

from tests.toolchains.secret_forms import KEY, TEXT


def packed_zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def packed_tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def pdf(content: bytes, filters: bytes = b"/FlateDecode", more: bytes = b"") -> bytes:
    packed = zlib.compress(content)
    head = b"%%PDF-1.7\n4 0 obj <</Length %d /Filter %s>>\nstream\n" % (len(packed), filters)
    return head + packed + b"\nendstream\nendobj\n" + more + b"%%EOF\n"


NAMES = [
    "notes.md", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "package-lock.json", "go.sum",
    "requirements.lock", "logo.svg", "style.css", "index.js.map", "data.bin", "a.pdf", "x.min.js",
    "docs/swagger/a.json", "swagger.yaml", "picture.png", "font.woff2", "a.exe", "NONAME",
    ".hidden", "vendor/a.txt", "testdata/a.txt", "a.snap", "a.log", "a.zip",
]  # fmt: skip
ENCODED = {
    "utf-8-sig.txt": TEXT.encode("utf-8-sig"),
    "utf-16.txt": TEXT.encode("utf-16"),
    "utf-16-le.txt": TEXT.encode("utf-16-le"),
    "utf-16-be.txt": TEXT.encode("utf-16-be"),
    "utf-16-be-mark.sql": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "utf-32.txt": TEXT.encode("utf-32"),
    "utf-32-be.txt": TEXT.encode("utf-32-be"),
    "bad-byte.txt": b"\xff" + TEXT.encode() + b"\xe9\n",
    "latin-1.txt": f"\n\xe9\xe9 the key is {KEY}.".encode("latin-1"),
}
BINARY = {
    "wrong-mark.txt": b"\xff\xfe" + f"ab the key is {KEY} ".encode(),
    "program.exe": bytes(range(256)) + KEY.encode("utf-16-le") + bytes(range(256)),
    "odd.exe": b"\x80" + bytes(range(255)) + KEY.encode("utf-16-be") + bytes(300),
    "strings.bin": b"\0\0\1" + KEY.encode() + b"\0\0\0\xff",
}
INSIDE = {
    "a.whl": packed_zip({"lib/a.py": b"", "lib/b.py": TEXT.encode()}),
    "self.exe": b"MZ program" * 9 + packed_zip({"b.txt": TEXT.encode("utf-16")}),
    "a.txt.gz": gzip.compress(TEXT.encode()),
    "a.bz2": bz2.compress(TEXT.encode()),
    "a.xz": lzma.compress(TEXT.encode()),
    "a.lzma": lzma.compress(TEXT.encode(), lzma.FORMAT_ALONE),
    "a.tar": packed_tar({"b.txt": TEXT.encode()}),
    "a.tgz": gzip.compress(packed_tar({"b.jar": packed_zip({"c.txt": TEXT.encode()})})),
    "packed.pdf": pdf(f"BT ({KEY}) Tj ET".encode()),
    "drawn.pdf": pdf(f"BT [({KEY[:7]}) -20 ({KEY[7:]})] TJ ET".encode()),
}
