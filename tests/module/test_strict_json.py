"""Reading JSON: strict, with every position, and never a traceback."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gates.module.document import Document, Lines, label
from gates.module.strict_json import MAX_DEPTH, parse, scan

BROKEN = [
    ("", "1:1", "the file is empty"),
    (" \n\t\n", "1:1", "the file is empty"),
    ('{"a":1,}', "1:7", "a comma after the last entry"),
    ('{"a":1,\n}', "1:7", "a comma after the last entry"),
    ("[1, ]", "1:3", "a comma after the last entry"),
    ("[1,,2]", "1:4", "a comma where a value is expected"),
    ("{,}", "1:2", "a comma where a value is expected"),
    ('{"a" 1}', "1:5", "a colon is missing here"),
    ('{"a":1 "b":2}', "1:7", "a comma is missing here"),
    ("[1,\n  2\n  3]", "2:4", "a comma is missing here"),
    ("{a:1}", "1:2", "a key must be a text in double quotes"),
    ("{'a':1}", "1:2", "a text in single quotes"),
    ('{"é😀":NaN}', "1:7", "NaN is no JSON value"),
    ('{"a":-Infinity}', "1:6", "-Infinity is no JSON value"),
    ('{"a":1e999}', "1:6", "a number that is too large"),
    ('{"a":-1e999}', "1:6", "a number that is too large"),
    ('{"a":' + "1" * 5000 + "}", "1:6", "a number with more digits"),
    ('{"a":"\\ud800x"}', "1:7", "half of a surrogate pair"),
    ('{"\\udfff":1}', "1:3", "half of a surrogate pair"),
    ('{"a":"x\ny"}', "1:8", "a text runs over the end of its line"),
    ('{"a":"x\ty"}', "1:8", "a text runs over the end of its line"),
    ('{"a":"x', "1:6", "a text without a closing quote"),
    ('{"a":"\\q"}', "1:7", "\\q is no escape of JSON"),
    ('{"a":"\\u12"}', "1:7", "\\u is no escape of JSON"),
    ('{"a":tru}', "1:6", "tru is no JSON value"),
    ('{"a":True}', "1:6", "True is no JSON value"),
    ("[01]", "1:2", "01 is no JSON value"),
    ("[.5]", "1:2", ".5 is no JSON value"),
    ("[+1]", "1:2", "+1 is no JSON value"),
    ("// x\n{}", "1:1", "a comment"),
    ("[1 /* c */,2]", "1:4", "a comment"),
    ('{"a":1} x', "1:9", "text after the end"),
    ('{"a":1}}', "1:8", "text after the end"),
    ('{"a":1', "1:7", "the file ends before"),
    ("[[[", "1:4", "the file ends before"),
    ("\x00", "1:1", "\\x00 is no JSON value"),
    ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"1:{MAX_DEPTH + 1}", "nested more than"),
    ("[" * 100_000, f"1:{MAX_DEPTH + 1}", "nested more than"),
    ('{"a":' * 100_000, None, "nested more than"),
]


@pytest.mark.parametrize(("text", "place", "message"), BROKEN, ids=lambda each: str(each)[:20])
def test_broken(text, place, message):
    value, faults = parse(text)
    assert value is None
    assert message in faults[0].message
    located = Lines(text).locate("m", faults[0].start, faults[0].end)
    assert place is None or str(located) == f"m:{place}"
    assert faults[0].fix


def test_a_key_given_twice_still_leaves_a_value():
    text = '{"a": 1,\n "b": {"a": 1, "a": 2},\n "a": 3, "\\u0061": 4}'
    value, faults = parse(text)
    assert value == {"a": 4, "b": {"a": 2}}
    lines = Lines(text)
    assert [str(lines.locate("m", each.start, each.end)) for each in faults] == [
        "m:2:16",
        "m:3:2",
        "m:3:10",
    ]
    assert not any(each.fatal for each in faults)


def test_every_fault_is_told():
    _, faults = parse('[NaN, 1e400, {"a": 1, "a": "\\udc00"}]')
    assert len(faults) == 4


def test_brackets_in_texts_are_no_nesting():
    assert parse(json.dumps(["[" * 500, "{" * 500])) == (["[" * 500, "{" * 500], [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**300), 10**300)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


def places(value, pointer=()):
    yield pointer, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*pointer, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*pointer, index))


@given(JSON, st.sampled_from([None, 0, 2]), st.booleans())
@example({"": {"": [""]}}, None, True)
def test_what_stands_at_a_position_is_the_value(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    parsed, faults = parse(text)
    assert (parsed, faults) == (value, [])
    document = Document("m", text, parsed)
    root, _ = scan(text)
    lines = text.split("\n")
    for pointer, expected in places(value):
        node = root
        for part in pointer:
            node = node.children[part]
        assert json.loads(text[node.start : node.end]) == expected
        assert document.get(*pointer) == expected
        located = document.at(*pointer)
        assert located.line is not None
        assert located.column is not None
        rest = "\n".join(lines[located.line - 1 :])[located.column - 1 :]
        assert rest == text[node.start :]
        if located.end_column is not None:
            shown = lines[located.line - 1][located.column - 1 : located.end_column - 1]
            assert json.loads(shown) == expected
        if pointer and isinstance(pointer[-1], str):
            key = document.key(*pointer)
            line = lines[(key.line or 0) - 1]
            assert (
                json.loads(line[(key.column or 0) - 1 : (key.end_column or 0) - 1]) == pointer[-1]
            )


@given(st.text(alphabet='{}[]",:\\/ntu0123456789.eE+-\n \tabNaIfy\ud83dé😀', max_size=80))
def test_the_same_texts_are_json_as_for_the_standard_library(text):
    value, faults = parse(text)
    try:
        expected = json.loads(text, parse_constant=lambda _: math.nan)
    except (ValueError, RecursionError):
        assert value is None
        assert faults
        return
    if not any(fault.fatal for fault in faults):
        assert value == expected


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text):
    value, faults = parse(text)
    assert value is not None or faults or text.strip() == "null"
    lines = Lines(text)
    for fault in faults:
        lines.locate("m", fault.start, fault.end)


@given(JSON, st.data())
def test_cut_and_changed_documents_have_an_answer(value, data):
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 3))
    new = data.draw(st.text(alphabet='{}[]",:\\1 a\n\x00', max_size=3))
    parse(text[:at] + new + text[at + length :])


def test_get_and_at_for_what_is_not_there():
    document = Document("m", '{"a": [1, "xy"]}', {"a": [1, "xy"]})
    assert document.get("b", default=7) == 7
    assert document.get("a", 1, 0) is None
    assert document.get("a", -1) is None
    assert document.get("a", "0") is None
    assert str(document.at("a", 9)) == "m:1:7"
    assert str(document.at("b", "c")) == "m:1:1"
    assert str(document.key("a")) == "m:1:2"


def test_lines_end_as_in_editors():
    document = Document("m", '{\r\n "a": "\u2028",\r\n "b": 1}', {"a": "\u2028", "b": 1})
    assert str(document.at("b")) == "m:3:7"


def test_labels():
    assert label(()) == ""
    assert label(("api_endpoints", 0, "path")) == "api_endpoints[0].path"
    assert label(("a b", "c", 0)) == '["a b"].c[0]'
    assert label(("a", "[]", "*", "b")) == "a[].*.b"
