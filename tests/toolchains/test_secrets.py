"""Secrets are found in every form and in every kind of file, or the file is named as unread."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import string
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping

import pytest

from gates.check import find
from gates.errors import CouldNotCheckError, ToolFailedError
from gates.module.load import from_files
from gates.settings import Policy
from gates.toolchains import Session, Tools
from gates.toolchains.secrets import kingfisher, unpack
from gates.toolchains.secrets import scan as scanning
from gates.toolchains.secrets.scan import CANARY, SAMPLES, scan

chance = random.Random(7)
WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits


def some(characters: str, length: int) -> str:
    return "".join(chance.choice(characters) for _ in range(length))


def part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


TOKENS = {
    "github_pat": "github_pat_" + some(WORD, 22) + "_" + some(WORD, 59),
    "ghp": "ghp_" + some(WORD, 36),
    "gho": "gho_" + some(WORD, 36),
    "ghs": "ghs_" + some(WORD, 36),
    "ghr": "ghr_" + some(WORD, 36),
    "glpat": "glpat-" + some(WORD, 20),
    "supabase secret": "sb_secret_" + some(WORD, 22) + "_" + some(WORD, 8),
    "supabase access": "sbp_" + some(HEX, 40),
    "supabase oauth": "sbp_oauth_" + some(HEX, 40),
    "supabase service role": ".".join(
        (part({"alg": "HS256", "typ": "JWT"}), part({"role": "service_role"}), some(WORD, 43))
    ),
    "anthropic": "sk-ant-api03-" + some(WORD, 93) + "AA",
    "anthropic admin": "sk-ant-admin01-" + some(WORD, 93) + "AA",
    "openai project": "sk-proj-" + some(WORD, 74) + "T3BlbkFJ" + some(WORD, 74),
    "openai": "sk-" + some(WORD, 20) + "T3BlbkFJ" + some(WORD, 20),
    "google": "AIza" + some(WORD, 35),
    "google client": "GOCSPX-" + some(WORD, 28),
    "npm": "npm_" + some(WORD, 36),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + some(WORD, 150),
    "aws": "AKIA" + some(UPPER, 16),
    "aws temporary": "ASIA" + some(UPPER, 16),
    "stripe": "sk_live_" + some(WORD, 24),
    "stripe restricted": "rk_live_" + some(WORD, 99),
    "stripe webhook": "whsec_" + some(WORD, 32),
    "slack bot": "xoxb-"
    + some("123456789", 12)
    + "-"
    + some("123456789", 13)
    + "-"
    + some(WORD, 24),
    "sendgrid": "SG." + some(WORD, 22) + "." + some(WORD, 43),
    "telegram": some("123456789", 10) + ":AA" + some(WORD, 33),
    "digitalocean": "dop_v1_" + some(HEX, 64),
    "hugging face": "hf_" + some(string.ascii_letters, 34),
    "shopify": "shpat_" + some(HEX, 32),
    "vault": "hvs." + some(WORD, 95),
    "linear": "lin_api_" + some(WORD, 40),
    "grafana": "glsa_" + some(WORD, 32) + "_" + some(HEX, 8),
    "pulumi": "pul-" + some(HEX, 40),
    "notion": "ntn_" + some("123456789", 11) + some(WORD, 35),
    "figma": "figd_" + some(WORD, 40),
    "docker": "dckr_pat_" + some(WORD, 27),
    "groq": "gsk_" + some(WORD, 20) + "WGdyb3FY" + some(WORD, 24),
    "xai": "xai-" + some(WORD, 80),
    "redis": "redis://default:" + some(WORD, 24) + "@cache.example.net:6379/0",
    "deploy": "https://deploy:" + some(WORD, 16) + "@git.example.net/axon.git",
    "postgres": "postgresql://postgres.abc:" + some(WORD, 16) + "@db.example.net:6543/postgres",
}
PLACES = {
    "notes.md": "Use the token {} for this.\n",
    "Dockerfile": "FROM scratch\nENV VALUE={}\n",
    "migrations/000_init.sql": "-- the value is {}\nSELECT 1;\n",
    "src/values.json": '{{"value": "{}"}}\n',
}
ASSIGNED = [
    'PASSWORD = "hunter2-tr0ub4dor"',
    'password: "correcthorse"',
    "SMTP_PASSWORD=hunter-two-three",
    "ALTER ROLE app PASSWORD '" + some(WORD, 16) + "';",
    "db_password: Xk9" + some(WORD, 13),
    "JWT_SECRET=" + some(WORD, 40),
    "aws_secret_access_key = " + some(WORD, 40),
    "AccountName=axonfiles;AccountKey=" + some(WORD, 86) + "==;EndpointSuffix=core.windows.net",
    "-----BEGIN RSA PRIVATE KEY-----\n" + some(WORD, 300) + "\n-----END RSA PRIVATE KEY-----",
]
NONE = """DATABASE_URL=postgresql://postgres:postgres@localhost:5432/postgres
REDIS_URL=redis://:change-me@localhost:6379
OTHER_URL=postgresql://axon:${DB_PASSWORD}@db:5432/axon
SMTP_PASSWORD=change-me
API_KEY=your-api-key-here
JWT_SECRET=<put yours here>
SUPABASE_SECRET_KEY=sb_secret_...
GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
PUBLIC_KEY_PATH=/etc/ssl/keys/server1.pem
CACHE_KEY=tenant:module:v1
TOKEN_SECONDS=86400000
const apiKey = process.env.API_KEY;
const tokenKind = "access_token_v1";
password: z.string().min(8),
ALTER ROLE app PASSWORD 'change-me';
"""
KEY = TOKENS["aws"]
LINE = f"é😀 the key is {KEY}."
TEXT = f"first\r\n{LINE}\nlast"
COLUMN = LINE.index(KEY) + 1

Scan = Callable[[Mapping[str, bytes]], tuple[list[scanning.Secret], list[unpack.Unread]]]


@pytest.fixture
def open_tools(settings):
    sessions = []

    def make(files: Mapping[str, bytes]) -> Tools:
        sessions.append(
            Session(from_files("memory", {"module.json": b"{}", **files}), Policy(), settings)
        )
        return Tools(sessions[-1])

    yield make
    for session in sessions:
        session.close()


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


def test_every_kind_of_file(open_tools):
    plain = {name: TEXT.encode() for name in NAMES}
    found, unread = scan(open_tools({**plain, **ENCODED, **BINARY, **INSIDE}))
    assert unread == []
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


def test_a_long_line_and_one_key_twice(open_tools):
    filler = "".join(f"a({number});" for number in range(100_000))
    found, _ = scan(open_tools({"a.js": f"{filler}{KEY} {KEY}\n{KEY}\n".encode()}))
    assert [(each.location.line, each.location.column) for each in found] == [
        (1, len(filler) + 1), (1, len(filler) + len(KEY) + 2), (2, 1),
    ]  # fmt: skip


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
    pattern = scanning._DIGESTS["package-lock.json"]
    assert not pattern.match(line.decode().splitlines()[1])


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
    assert bool(scanning._DIGESTS["requirements.lock"].match(line)) is matches


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


def test_what_cannot_be_read_is_named_and_the_rest_is_searched(open_tools):
    encrypted = bytearray(packed_zip({"a.txt": TEXT.encode()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(mark) + place] |= 1
    files = {name: data for name, (data, _) in UNREADABLE.items()}
    tools = open_tools({"a.txt": TEXT.encode(), **files, "encrypted.zip": bytes(encrypted)})
    found, unread = scan(tools)
    assert [str(each.location) for each in found] == [f"a.txt:2:{COLUMN}"]
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
    list(unpack.unpack("deep", deep, unpack.Budget(members=99, size=99_999) if False else budget))
    assert [each.path for each in budget.unread] == ["bomb", "many", "deep"]
    budget = unpack.Budget()
    list(unpack.unpack("deep", deep, budget))
    assert [each.path for each in budget.unread] == ["deep (unpacked > unpacked)"]


def test_a_check_that_did_not_read_everything_keeps_its_findings(open_tools):
    check = find("secrets")
    assert check is not None
    findings = check.run(tools=open_tools({"a.txt": TEXT.encode(), "b.7z": b"7z\xbc\xaf\x27\x1c"}))
    finding = next(iter(findings))
    assert str(finding.location) == f"a.txt:2:{COLUMN}"
    assert KEY not in repr(finding)
    with pytest.raises(CouldNotCheckError, match=r"b\.7z is compressed as 7z"):
        next(iter(findings))


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
    with pytest.raises(ToolFailedError, match="samples of Supabase secret key"):
        scan(open_tools({"a.txt": b"a"}))


def test_what_is_not_understood_is_not_shown():
    with pytest.raises(ToolFailedError) as caught:
        kingfisher.parse(json.dumps({"findings": [{"snippet": KEY}]}).encode())
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
