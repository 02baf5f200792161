"""The forms of `python -m tests.truth secrets` are found in each run of the tests, too."""

from __future__ import annotations

from tests.truth.secrets import ASSIGNED, PLACES, find_missed, made_files, read_forms


def test_every_form_is_found_in_every_kind_of_file(settings):
    assert len(read_forms()) >= 200
    assert len(made_files()) == len(read_forms()) * len(PLACES)
    assert len(PLACES) == len(ASSIGNED)
    missed = find_missed(settings)
    assert [f"{form.source}: {form.name} in {path}" for form, path in missed] == []
