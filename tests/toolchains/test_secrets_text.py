"""Any bytes become text and members without an error, and what was written in them stays there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.toolchains.secrets.decode import views
from gates.toolchains.secrets.rules import RULES, accepts, is_name, is_placeholder, rules_file
from gates.toolchains.secrets.unpack import Budget, unpack
from tests.toolchains.secret_files import INSIDE
from tests.toolchains.secret_forms import KEY

TEXTS = st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]))
ENCODINGS = ["utf-8", "utf-16-le", "utf-16-be"]


@given(st.binary(), st.sampled_from(ENCODINGS), st.binary())
def test_a_key_in_any_bytes_is_in_a_view(before, encoding, after):
    seen = views(before + KEY.encode(encoding) + after)
    assert any(KEY in view.text for view in seen)
    assert not any("\0" in view.text for view in seen)
    assert [view.exact for view in seen][:1] == [True]


@given(TEXTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_a_text_with_a_mark_is_read_as_it_was_written(text, encoding):
    assert views(text.encode(encoding))[0].text == text


@given(st.text("abc é😀\n", min_size=1))
def test_wide_text_without_a_mark(text):
    text = f"{text}the key is {KEY}, and not another one"
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        if text.isascii():
            assert views(text.encode(encoding))[0].text == text


BEGINNINGS = [data[:40] for data in INSIDE.values()] + [b"%PDF-1.7 /Encrypt", b"PK\x03\x04", b""]


@given(st.sampled_from(BEGINNINGS), st.binary())
def test_any_bytes_are_unpacked_or_unread(beginning, data):
    budget = Budget()
    first, *_ = unpack("a", beginning + data, budget)
    assert (first.member, first.data) == ("", beginning + data)


@given(st.sampled_from(sorted(INSIDE)), st.data())
def test_a_broken_archive_is_never_an_error(name, data):
    whole = INSIDE[name]
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255))
    list(unpack(name, whole[:place] + bytes([byte]) + whole[place + 1 :], Budget()))
    list(unpack(name, whole[:place], Budget()))


@pytest.mark.parametrize(
    "value",
    ["change-me", "your-api-key-here", "${SECRET}", "<secret>", "xxxxxxxxxxxx", "password1"],
)
def test_placeholders(value):
    assert is_placeholder(value)


@pytest.mark.parametrize("value", ["hunter2-tr0ub4dor", "MyPassword123!", "Tr0ub4dor&3"])
def test_no_placeholders(value):
    assert not is_placeholder(value)
    assert not is_name(value)


@pytest.mark.parametrize(
    ("before", "accepted"),
    [('PASSWORD = "', True), ("SMTP_PASSWORD=", True), ('token_kind = "', False), ("KEY=", False)],
)
def test_words_alone_are_a_password_where_one_is_assigned(before, accepted):
    rule = "gates.secret-in-an-assignment"
    assert accepts(rule, "correct-horse", before) is accepted


def test_rules_have_ids_of_their_own():
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.id.encode() in rules_file() for rule in RULES)
