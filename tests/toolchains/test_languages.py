"""Every language fulfils the protocol, and a module has the one that its entrypoint says."""

from __future__ import annotations

import inspect
import json

import pytest

from gates.check import all_checks
from gates.contract.code.api import READERS
from gates.contract.code.compare import COMPARISONS
from gates.errors import CouldNotCheckError
from gates.module import load
from gates.toolchains.languages import (
    LANGUAGES,
    Language,
    find_language,
    language_name,
    language_of,
)

METHODS = {
    name: each
    for name, each in vars(Language).items()
    if inspect.isfunction(each) and not name.startswith("_")
}


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("name", METHODS)
def test_a_language_takes_what_the_protocol_gives(language, name):
    _, *asked = inspect.signature(METHODS[name]).parameters.values()
    by_name = {each.name: None for each in asked if each.kind is each.KEYWORD_ONLY}
    inspect.signature(getattr(language, name)).bind(*asked[: len(asked) - len(by_name)], **by_name)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_language_says_what_the_protocol_asks(language):
    for name in inspect.get_annotations(Language):
        assert getattr(language, name), name
    assert all(suffix.startswith(".") for suffix in language.suffixes)


def test_another_name_is_no_part_of_a_language():
    for language in LANGUAGES.values():
        assert not hasattr(language, "colour")


def test_no_two_languages_have_a_suffix_in_common():
    suffixes = [suffix for each in LANGUAGES.values() for suffix in each.suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_the_exported_code_of_every_language_is_compared():
    assert set(READERS) == set(COMPARISONS) == set(LANGUAGES)


def test_checks_for_one_language_name_one_that_there_is():
    assert {each.language for each in all_checks()} <= {None, *LANGUAGES}


@pytest.mark.parametrize(
    ("entrypoint", "expected"),
    [
        ("src/index.ts", "typescript"),
        ("src/index.mts", "typescript"),
        ("src/index.cts", "typescript"),
        ("src/view.tsx", "typescript"),
        ("src/sample_module/__init__.py", "python"),
        ("src/stubs.pyi", None),
        ("src/index.js", None),
        ("../index.ts", None),
        ("src/ts", None),
        ("", None),
    ],
)
def test_the_suffix_of_the_entrypoint_says_the_language(tmp_path, entrypoint, expected):
    (tmp_path / "module.json").write_text(json.dumps({"entrypoint": entrypoint}), "utf-8")
    module = load(tmp_path)
    assert language_name(module) == expected
    if expected is not None:
        assert find_language(module) is language_of(module) is LANGUAGES[expected]
        return
    with pytest.raises(CouldNotCheckError) as caught:
        language_of(module)
    assert caught.value.message == "the entrypoint is neither Python nor TypeScript"
