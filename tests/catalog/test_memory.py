"""An embedded catalog that nobody has touched is not started to say what it said."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from gates.catalog import Catalog
from gates.catalog.memory import NAME, recall
from gates.database.server.embedded import durable_server
from gates.digests import digest_of
from gates.settings import Settings

QUESTION = json.dumps(["versions", "sample-module"])


@pytest.fixture
def folder_of(settings: Settings) -> Path:
    """The catalog's folder."""
    return Path(settings.catalog)


def asked(settings: Settings) -> Catalog:
    """A catalog with a server, asked and closed again."""
    catalog = Catalog.open(settings)
    with catalog:
        catalog._ask(lambda _: None)  # start it: a catalog that is not there yet has no server
        catalog.answer(QUESTION)
    return catalog


def test_the_answer_holds_while_nobody_touches_the_catalog(settings, folder_of, monkeypatch):
    asked(settings)
    assert recall(folder_of) == {QUESTION: digest_of(())}
    catalog = Catalog.open(settings)
    monkeypatch.setattr(Catalog, "_connect", lambda _: pytest.fail("it was started"))
    assert catalog.answer(QUESTION) == digest_of(())


def test_nothing_is_recalled_while_a_server_runs_or_after_somebody_wrote(settings, folder_of):
    asked(settings)
    with Catalog.open(settings) as catalog:
        catalog._ask(lambda connection: connection.execute("CREATE TABLE somebody (id int)"))
        assert recall(folder_of) == {}
    before = json.loads((folder_of / NAME).read_text())
    assert QUESTION in before["answers"], "what was known is asked again before the server stops"


def test_a_server_that_was_started_by_others_invalidates_it(settings, folder_of):
    asked(settings)
    with durable_server(folder_of, settings) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE somebody (id int)")
    assert recall(folder_of) == {}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"control": 1}', '{"control": "x", "answers": {}}']
)
def test_a_memory_that_was_damaged_recalls_nothing(settings, folder_of, text):
    asked(settings)
    (folder_of / NAME).write_text(text)
    assert recall(folder_of) == {}
    assert asked(settings)
    assert recall(folder_of)


def test_what_has_no_lasting_answer_is_no_question(settings):
    with pytest.raises(ValueError, match="no lasting answer to psql"):
        Catalog.open(settings).answer('["psql"]')
    with pytest.raises(ValueError, match="no lasting answer"):
        Catalog.open(settings).answer('["__init__"]')
