"""What the texts of JSON and YAML mean is searched, too, and told where it is written."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gates.toolchains.secrets import values as meant
from gates.toolchains.secrets.pdf import UnreadableError
from gates.toolchains.secrets.scan import scan
from gates.toolchains.secrets.values import values

SECRET = "kT9vQ2mZx7LpR4sWn8Yd" + "B1cHf6GjUe3AoI5XtVqM"
NAME = "aws_secret_access_key"
PAIR = {NAME: SECRET}
SHOWN = f'"{NAME}": "{SECRET}"'


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(each):04x}" for each in text)


def nested(depth: int, inner: object = PAIR) -> str:
    for _ in range(depth):
        inner = {"a": json.dumps(inner)}
    return json.dumps(inner)


FOUND = {
    "nested.json": (nested(1), 1, 7),
    "deep.json": (nested(4), 1, 7),
    "twice.json": (json.dumps({"a": json.dumps(json.dumps(PAIR))}), 1, 7),
    "unicode.json": (f'{{\n  "{NAME}": "{escaped(SECRET)}"\n}}', 2, 28),
    "name.json": (f'{{"{escaped(NAME)}": "{SECRET}"}}', 1, len(escaped(NAME)) + 6),
    "noname": (f'[1, {{"{NAME}": "{escaped(SECRET)}"}}]', 1, 31),
    "lines.jsonl": (f'{{"a": 1}}\n{{"{NAME}": "{escaped(SECRET)}"}}', 2, 27),
    "comments.jsonc": (f'// "\n{{"{NAME}": "{escaped(SECRET)}", }}', 2, 27),
    "index.js.map": (json.dumps({"sourcesContent": [f'a;\nconst password = "{SECRET}"\n']}), 1, 21),
    "env.json": (json.dumps({"file": f"A=1\nSMTP_PASSWORD={SECRET}\nB=2"}), 1, 10),
    "folded.yaml": (f'{NAME}: "{SECRET[:20]}\\\n  {SECRET[20:]}"\n', 1, 24),
    "block.yaml": (f"a: 1\n{NAME}: >-\n  {SECRET}\n", 2, 24),
    "literal.yml": (f"{NAME}: |\n  {SECRET}\n", 1, 24),
    "next.yml": (f"{NAME}:\n    {SECRET}\n", 2, 5),
    "escapes.yml": (f'{NAME}: "{escaped(SECRET)}"\n', 1, 24),
    "hex.yml": (f'{NAME}: "\\x6B{SECRET[1:]}"\n', 1, 25),
    "key.yml": (f'"{escaped(NAME)}": {SECRET}\n', 1, len(escaped(NAME)) + 5),
    "anchor.yml": (f"x: &x {SECRET}\n{NAME}: *x\n", 2, 24),
    "inside.yml": (f"a:\n  - b: >-\n      {json.dumps(PAIR)}\n", 3, 34),
    "of-json.yml": (f"a:\n  b: '{nested(1)}'\n", 2, 6),
    "map.yml": (f"a.yaml: |\n  x:\n    {NAME}: >-\n      {SECRET}\n", 1, 9),
    "fault.yml": (f"a: b: c\nd: 1\n{NAME}: >-\n  {SECRET}\n", 3, 24),
    "second.yaml": (f"a: 1\n---\n{NAME}: >-\n  {SECRET}\n", 3, 24),
    "template.yaml": (f"{{% if a %}}\nx: 1\n{{% end %}}\n{NAME}: >-\n  {SECRET}\n", 4, 24),
    "bell.yaml": (f"a: \a\n{NAME}: >-\n  {SECRET}\n", 2, 24),
    "crlf.yaml": (f"a: 1\r\n{NAME}: >-\r\n  {SECRET}\r\n", 2, 24),
    "next-line.yaml": (f'a: "\x85b"\n{NAME}: >-\n  {SECRET}\n', 2, 24),
    "openapi.yaml": (f"a: 😀é\nb: {{c: 1, {NAME}: \"{escaped(SECRET)}\"}}\n", 2, 34),
}  # fmt: skip
"""The text, and where it is found."""

CLEAN = {
    "a.json": json.dumps({"a": json.dumps({"password": "change-me", "b": "c\n\td\\e"})}),
    "b.json": json.dumps({"password": 'must have 8 characters\nand a "sign"', "c": "\u00e9"}),
    "package.json": json.dumps({"scripts": {"test": 'TOKEN="$TOKEN" vitest \\"a\\"'}}),
    "c.yaml": "password: >-\n  ${SMTP_PASSWORD}\ntoken:\n  your-token-here\n",
    "d.yaml": "key: |\n  This is a text of several\n  words.\nsecret:\n  - db_password\n",
    "e.yaml": "x: &x change-me\npassword: *x\ntoken:\n  name: access_token_v1\n",
    "f.yml": "env:\n  TOKEN: >-\n    ${{ secrets.GITHUB_TOKEN }}\n",
}


def test_what_is_meant_is_found_where_it_is_written(open_tools):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("lib/a.json", FOUND["unicode.json"][0])
    files = {name: text.encode() for name, (text, _, _) in FOUND.items()}
    files["wide.json"] = FOUND["unicode.json"][0].encode("utf-16")
    files |= {name: text.encode() for name, text in CLEAN.items()}
    found, unread = scan(open_tools({**files, "a.zip": archive.getvalue()}))
    assert unread == []
    places = sorted(
        (each.location.path, each.location.line, each.location.column) for each in found
    )
    expected = [(name, *place) for name, (_, *place) in FOUND.items()]
    expected += [("wide.json", 2, 28), ("a.zip", None, None)]
    assert sorted(set(map(str, expected)) ^ set(map(str, places))) == []
    assert len(places) == len(expected)
    assert [each.inside for each in found if each.inside] == ["lib/a.json:2:28"]


def test_what_is_found_as_it_is_written_is_not_told_twice(open_tools):
    pem = "-----BEGIN RSA PRIVATE KEY-----\n" + "k" + SECRET * 8 + "\n-----END RSA PRIVATE KEY-----"
    files = {
        "a.yml": f"{NAME}: &a {SECRET}\nb: *a\n",
        "b.yml": f"run: |\n  set -e\n  SMTP_PASSWORD={SECRET}\n",
        "c.json": json.dumps({"a": "b\n", "key": pem}),
        "d.json": json.dumps({**PAIR, "c": "d\n"}),
    }
    found, _ = scan(open_tools({name: text.encode() for name, text in files.items()}))
    assert [each.location.path for each in found] == [*files]
    assert [each.location.line for each in found] == [1, 3, 1, 1]


def shown(name: str, text: str) -> list[str]:
    return [each.shown for each in values(name, text)]


def test_what_stands_there_as_it_is_needs_no_second_look():
    assert shown("a.json", json.dumps({**PAIR, "c": ["é", 1, None]}, ensure_ascii=False)) == []
    assert shown("a.yaml", f"{NAME}: {SECRET}\n'a': \"b\"\nc: 'd e'\n- f\n") == []
    assert shown("a.txt", nested(1)[1:]) == []


def test_texts_in_texts_end():
    limit = meant.MAX_DEPTH
    assert SHOWN in shown("a.json", nested(limit - 1))[-1]
    with pytest.raises(UnreadableError, match="deep"):
        shown("a.json", nested(limit + 2))
    faults = "a: b: c\n" * (meant.MAX_RESUMED + 1)
    with pytest.raises(UnreadableError, match="faults"):
        shown("a.yaml", faults)
    with pytest.raises(UnreadableError, match="nested"):
        shown("a.yaml", "[\n" * (meant.MAX_NESTED + 2))
    shown("a.yaml", "[" * 20_000)
    assert shown("a.json", '{"a": "' + "\\" * 20_000) == []


def test_what_could_not_be_read_is_named(open_tools):
    _, unread = scan(open_tools({"a.json": nested(12).encode()}))
    assert [(each.path, each.reason.partition(" more")[0]) for each in unread] == [
        ("a.json", "holds texts in texts")
    ]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(WORDS, WORDS)
def test_any_text_of_json_is_seen(name, value):
    text = json.dumps({name: value})
    plain = json.dumps([name, value], ensure_ascii=False) == json.dumps([name, value])
    assert shown("a.json", text) in ([f'"{name}": "{value}"'], [] if plain else [None])


@given(
    st.text("ab \"'\\\n\t:#-{}[]>|&*!%é", min_size=1), st.sampled_from(["'", '"', ">", "|", None])
)
def test_any_text_of_yaml_is_seen_or_stands_there(value, style):
    text = yaml.safe_dump({"name": value}, default_style=style, allow_unicode=True, width=20)
    (read,) = yaml.safe_load(text).values()
    found = shown("a.yaml", text)
    assert f'"name": "{read.strip()}"' in found or read.strip() in text


@given(st.text("ab:- \"'\\\n\t{}[],&*!|>%@`#?"))
def test_any_text_is_read(text):
    for name in ("a.json", "a.yaml"):
        try:
            for each in values(name, text):
                assert 0 <= each.start <= each.end <= len(text)
        except UnreadableError:
            pass
