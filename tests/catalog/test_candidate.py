"""A catalog with a candidate answers as it would after the release, and nothing is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.catalog import Catalog
from gates.catalog.candidate import Candidate, WithCandidate, candidate_of
from gates.digests import digest_of
from gates.errors import UsageError
from gates.release import release_version
from tests.passing import World


@pytest.fixture
def candidate(world: World, catalog: Catalog) -> Candidate:
    """Version 1.1.0 of the sample module, of which 1.0.0 is released."""
    world.published()
    release_version(world.release(catalog))
    made = candidate_of(world.module)
    return replace(made, version=replace(made.version, version="1.1.0"))


def test_it_answers_as_after_the_release(world: World, catalog: Catalog, candidate: Candidate):
    with WithCandidate.of(world.settings, candidate) as imagined:
        assert [each.version for each in imagined.versions("sample-module")] == ["1.1.0", "1.0.0"]
        assert imagined.newest("sample-module") == candidate.version
        assert imagined.find("sample-module", "1.1.0") == candidate.version
        assert imagined.previous("sample-module", "1.2.0").version == "1.1.0"
        assert imagined.slugs() == ("sample-module",)
        (row,) = imagined.modules()
        assert (row.newest, row.versions) == ("1.1.0", 2)
        assert imagined.identity() == catalog.identity()
        question = '["versions", "sample-module"]'
        assert imagined.answer(question) == digest_of(imagined.versions("sample-module"))
        assert imagined.answer(question) != catalog.answer(question)
        assert imagined.module("other") is None
        with pytest.raises(UsageError, match="releases nothing"):
            imagined.register()
    assert [each.version for each in catalog.versions("sample-module")] == ["1.0.0"]


def test_a_module_that_nobody_released(world: World, catalog: Catalog):
    candidate = candidate_of(world.module)
    with WithCandidate.of(world.settings, candidate) as imagined:
        assert imagined.slugs() == ("sample-module",)
        assert imagined.newest("sample-module") == candidate.version
    assert catalog.slugs() == ()


def test_what_is_released_is_no_candidate(world: World, candidate: Candidate):
    there = replace(candidate, version=replace(candidate.version, version="1.0.0"))
    with pytest.raises(UsageError, match=r"sample-module 1\.0\.0 is released already"):
        WithCandidate.of(world.settings, there)
