"""A catalog that notes what is asked of it; apart from the other views, since a run that asks
nothing of the catalog does not import it."""

from __future__ import annotations

import json
from typing import Any

from gates.catalog import Catalog
from gates.catalog.catalog import IDENTITY
from gates.catalog.model import QUESTIONS
from gates.digests import digest_of
from gates.recorder import UNREPEATABLE, note


class RecordedCatalog(Catalog):
    """A catalog that notes what it is asked, and what it answered.

    What is not among the calls that can be asked again makes the result one that is not kept.
    """

    @classmethod
    def of(cls, catalog: Catalog) -> RecordedCatalog:
        """A view of a catalog, which stays the one that is connected and closed."""
        made = cls(catalog.settings)
        made.__dict__["_catalog"] = catalog
        return made

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - as the attribute is
        if name.startswith("__") or name == "of":
            return object.__getattribute__(self, name)
        catalog: Catalog = object.__getattribute__(self, "__dict__")["_catalog"]
        value = getattr(catalog, name)
        if name not in QUESTIONS:
            if name != "where":
                note(UNREPEATABLE, name)
                note(f"catalog:{json.dumps([name])}", UNREPEATABLE)
            return value

        def call(*arguments: str) -> Any:  # noqa: ANN401 - as the method's
            answer = value(*arguments)
            question = json.dumps([name, *arguments])
            catalog.asked.add(question)
            note(f"catalog:{question}", digest_of(answer))
            catalog.asked.add(IDENTITY)
            note(f"catalog:{IDENTITY}", digest_of(catalog.identity()))
            return answer

        return call
