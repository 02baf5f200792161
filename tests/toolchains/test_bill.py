"""Bills of materials: the same bytes each time, as the schema says, and held against the lock."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.errors import CouldNotCheckError
from gates.model import Location
from gates.module.load import from_files
from gates.toolchains.bill_lock import compare_lock, compare_required
from gates.toolchains.bundle import Bundle
from gates.toolchains.languages.python.components import find_required as of_wheel
from gates.toolchains.languages.typescript import components as typescript
from gates.toolchains.locks import Locked
from gates.toolchains.sbom import Part, read_bill, read_digest, validate_bill, write_bill
from tests.passing import packed

MODULE = from_files("notes", {"module.json": b'{"slug": "notes", "version": "1.0.0"}'})
DIGEST, OTHER = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
BILL = [
    Part("npm", "zod", "4.0.0", (DIGEST,), "MIT"),
    Part("npm", "@babel/parser", "7.29.0", (OTHER,), development=True),
    Part("npm", "@axon/core", "1.0.0", supplied=True),
]
LOCK = [
    Locked("npm", "zod", "4.0.0", 3, "", (DIGEST,)),
    Locked("npm", "@babel/parser", "7.29.0", 9, "", (OTHER,)),
]
SUPPLIED = BILL[2:]


def test_the_order_of_the_lock_changes_no_byte():
    data = write_bill(MODULE, BILL)
    assert data == write_bill(MODULE, [*BILL[::-1], BILL[0]])
    document = json.loads(data)
    assert document["specVersion"] == "1.6"
    assert document["metadata"]["timestamp"] == "2020-01-01T00:00:00+00:00"
    changed = json.loads(write_bill(MODULE, BILL[1:]))
    assert document["serialNumber"] != changed["serialNumber"]


NAMES = st.from_regex(r"(@[a-z0-9][a-z0-9._-]{0,5}/)?[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True)
VERSIONS = st.from_regex(
    r"([1-9]!)?[0-9]{1,3}(\.[0-9]{1,3}){2}([-+][a-z0-9.]{1,6})?", fullmatch=True
)


@settings(max_examples=20)
@given(st.lists(st.tuples(NAMES, VERSIONS, st.booleans()), max_size=4, unique_by=lambda e: e[:2]))
def test_what_is_written_is_read(entries):
    parts = [Part("npm", *each[:2], (DIGEST,), development=each[2]) for each in entries]
    read = read_bill(write_bill(MODULE, parts))
    assert sorted(read, key=repr) == sorted(parts, key=repr)


@pytest.mark.parametrize("base", [b"{}", b'{"a": 1}', b"[]", b"", b"\xff"])
def test_what_is_no_bill_is_inconclusive(base):
    with pytest.raises(CouldNotCheckError, match="bill of materials"):
        validate_bill(base)


def test_the_schema_is_held_as_the_library_holds_it():
    document = json.loads(write_bill(MODULE, BILL))
    broken = [dict(document, serialNumber="1"), dict(document, extra=1), dict(document, version=0)]
    for path, value in {("hashes", 0, "content"): "zz", ("purl",): 1, ("type",): "thing"}.items():
        changed = json.loads(json.dumps(document))
        place = next(each for each in changed["components"] if each["name"] == "zod")
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        broken.append(changed)
    theirs = JsonStrictValidator(SchemaVersion.V1_6)
    for each in (document, *broken):
        text = json.dumps(each)
        refused = theirs.validate_str(text) is not None
        assert refused == (each is not document)
        if refused:
            with pytest.raises(CouldNotCheckError, match=r"CycloneDX 1\.6"):
                validate_bill(text.encode())
        else:
            validate_bill(text.encode())


def test_digests_of_locks():
    assert read_digest("sha512-" + "q" * 86 + "==").startswith("sha512:aa")
    assert read_digest(DIGEST.upper().replace("SHA", "sha")) == DIGEST
    assert [read_digest(text) for text in ("", "md5-aa", "sha512-?", "sha256")] == [""] * 4


def test_a_bill_that_says_what_the_lock_says():
    assert list(compare_lock(BILL, LOCK, SUPPLIED)) == []


@pytest.mark.parametrize(
    ("bill", "lock", "message"),
    [
        (BILL[1:], LOCK, "the bill of materials lacks zod 4.0.0, which the lock holds"),
        (BILL, LOCK[1:], "the bill of materials holds zod 4.0.0, which the lock lacks"),
        (
            [replace(BILL[0], digests=(OTHER,)), *BILL[1:]], LOCK,
            "the lock has other digests of zod 4.0.0 than the bill",
        ),
        (
            [replace(BILL[0], digests=()), *BILL[1:]], LOCK,
            "the lock has other digests of zod 4.0.0 than the bill",
        ),
        (
            BILL, [*LOCK, replace(LOCK[0], digests=(OTHER,))],
            "the lock has other digests of zod 4.0.0 than the bill",
        ),
    ],
)  # fmt: skip
def test_each_difference_is_one_finding(bill, lock, message):
    assert [each for each, _ in compare_lock(bill, lock, SUPPLIED)] == [message]


def test_another_version_is_two():
    changed = [replace(BILL[0], version="4.0.1"), *BILL[1:]]
    assert [line for _, line in compare_lock(changed, LOCK, SUPPLIED)] == [3, None]
    assert len(list(compare_lock(BILL, LOCK, []))) == 1  # the platform's package is in no lock


def test_what_the_bundle_needs():
    where = Location("src/index.ts")
    needed = dict.fromkeys(["zod", "@axon/core", "@babel/parser", "left-pad"], where)
    assert [message for message, _ in compare_required(BILL, needed)] == [
        "the bundle needs @babel/parser, which is locked for development alone",
        "the bundle needs left-pad, which is not locked",
    ]


def wheel(tmp_path, metadata: str) -> Bundle:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("notes-1.0.0.dist-info/METADATA", metadata)
    path = tmp_path / "notes.tgz"
    path.write_bytes(packed({"dist/notes.whl": stream.getvalue()}))
    return Bundle(path, files={}, entry="dist/notes.whl")


def test_what_a_wheel_asks_for(tmp_path, open_tools):
    session = open_tools({}).session
    lines = [
        "Metadata-Version: 2.4", "Requires-Dist: Pydantic_Settings>=2", "Requires-Dist: a[b] (>1)",
        'Requires-Dist: c; python_version < "3"', 'Requires-Dist: d; extra == "more"',
    ]  # fmt: skip
    found = of_wheel(session, wheel(tmp_path, "\n".join(lines) + "\n\ntext\n"))
    assert sorted(found) == ["a", "pydantic-settings"]
    with pytest.raises(CouldNotCheckError):
        of_wheel(session, wheel(tmp_path, "Requires-Dist: ==\n"))


def npm(open_tools, source: str, **more: dict[str, object]) -> object:
    root = {"dependencies": {"zod": "4", "short": "npm:long@1"}, "devDependencies": {"events": "1"}}
    entries = {
        "": root,
        "node_modules/zod": {"version": "4.0.0"},
        "node_modules/short": {"name": "long", "version": "1.0.0"},
        "node_modules/events": {"version": "1.0.0", "dev": True},
        **more,
    }
    lock = json.dumps({"lockfileVersion": 3, "packages": entries}, indent=2)
    return open_tools(
        {
            "module.json": b'{"entrypoint": "src/index.ts"}',
            "package.json": json.dumps({"name": "notes", **root}).encode(),
            "package-lock.json": lock.encode(),
            "src/index.ts": source.encode(),
        }
    ).session


def test_what_typescript_imports(open_tools):
    source = 'import "events"; import "node:fs"; import "short/x"; import type {A} from "b"; '
    session = npm(open_tools, source + 'import "c/d"; import "./e.js"; import "notes";')
    found = typescript.find_required(session, Bundle(None))
    assert {name: str(where) for name, where in found.items()} == {
        "c": "src/index.ts", "long": "package.json", "zod": "package.json",
    }  # fmt: skip
    parts = {each.name: each for each in typescript.list_components(session, [])}
    assert {name: each.development for name, each in parts.items()} == {
        "zod": False, "long": False, "events": True,
    }  # fmt: skip
    with pytest.raises(CouldNotCheckError, match="only a run"):
        typescript.find_required(npm(open_tools, "import(name);"), Bundle(None))


def test_what_nothing_asks_for(open_tools):
    assert typescript.list_unneeded(npm(open_tools, "")) == []
    more = {"node_modules/zod/node_modules/left-pad": {"version": "1.3.0"}}
    (found,) = typescript.list_unneeded(npm(open_tools, "", **more))
    assert (found.name, found.version, found.line) == ("left-pad", "1.3.0", 24)
