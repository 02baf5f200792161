"""Names that look alike and are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.check import find
from gates.module import load
from gates.module.twins import looks, mixed, twins

TWINS = [
    ("café", "cafe\u0301", "is the same text in another Unicode form"),
    ("Å", "\u212b", "is the same text in another Unicode form"),
    ("password", "pаssword", "looks the same, and is written with CYRILLIC SMALL LETTER A"),
    ("file", "ﬁle", "looks the same, and is written with LATIN SMALL LIGATURE FI"),
    ("KEY", "ΚΕΥ", "looks the same, and is written with GREEK CAPITAL LETTER KAPPA"),
    ("а", "a", "looks the same, and is written with CYRILLIC SMALL LETTER A"),
    ("notes.ts", "nоtеs.ts", "looks the same, and is written with CYRILLIC SMALL LETTER O"),
    ("ｉd", "id", "looks the same, and is written with FULLWIDTH LATIN SMALL LETTER I"),
]


@pytest.mark.parametrize(("first", "second", "reason"), TWINS)
def test_twins(first, second, reason):
    assert list(twins([first, "other", second])) == [(first, second, reason)]


@pytest.mark.parametrize(
    "names",
    [["a", "b"], ["a", "A"], ["ключ", "key"], ["id", "ids"], ["naïve", "naive"], ["a", "a"], []],
)
def test_names_that_differ(names):
    assert list(twins(names)) == []


@pytest.mark.parametrize(
    ("name", "scripts"),
    [
        ("pаssword", ("LATIN", "CYRILLIC")), ("Ωmega", ("GREEK", "LATIN")), ("api_ключ", ()),
        ("ключ", ()), ("naïve", ()), ("名字a", ()), ("日本ご", ()), ("limit_µs", ()), ("x²", ()),
        ("a1б", ()), ("ｆull", ()), ("", ()), ("1_2", ()),
    ],
)  # fmt: skip
def test_words_of_two_alphabets(name, scripts):
    assert mixed(name) == scripts


@given(st.text(max_size=8))
def test_every_form_of_a_name_looks_the_same(name):
    for form in ("NFC", "NFD", "NFKC"):
        assert looks(unicodedata.normalize(form, name)) == looks(name)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=8))
def test_plain_names_look_like_themselves(name):
    assert (looks(name), mixed(name)) == (name, ())


def test_twins_among_files(make_module):
    root = make_module("python")
    (root / "src" / "sample_module" / "nоtes.py").write_text("")
    (root / "src" / "sample_module" / "notes.py").write_text("")
    (root / "tests" / "a\u0301.txt").write_text("")
    (root / "tests" / "\u00e1.txt").write_text("")
    check = find("names-distinct")
    assert check is not None
    said = sorted(each.message for each in check.run(module=load(root)))
    assert said == [
        'the file "src/sample_module/n\\u043etes.py" beside "src/sample_module/notes.py": it looks '
        "the same, and is written with CYRILLIC SMALL LETTER O",
        'the file "src/sample_module/n\\u043etes.py" mixes Latin and Cyrillic letters',
        'the file "tests/\\u00e1.txt" beside "tests/a\\u0301.txt": it is the same text in another '
        "Unicode form",
    ]
