"""The search for a settings document that was valid and is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gates.contract.settings.placing import Focus
from gates.contract.settings.shrink import smallest
from gates.contract.settings.side import Side, UnknownAnswerError
from gates.contract.settings.variants import Edges
from gates.contract.settings.view import Conj
from gates.module.subschemas import Place

MOST_DOCUMENTS = 8_000
"""Documents tried in one comparison."""
MOST_EACH = 600
"""Documents tried for one difference."""

About = Callable[[Place, object], bool]
"""Whether a refusal, at a keyword of the new schema and for a part of the document, is the one
that is looked for."""


class Search:
    """Looks for counter-examples; the same ones every time."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self.edges = Edges(old, new)
        self.samples, self.placing = self.edges.samples, self.edges.placing
        self.tried = 0

    def counter_example(self, focus: Focus, old: Conj, new: Conj, about: About) -> Any | None:  # noqa: ANN401 - a settings document
        """A smallest document that is valid under the old and refused by the new schema."""
        tried = 0
        for value in self.edges.values(old, new):
            for document in self.placing.documents(focus, value):
                tried += 1
                self.tried += 1
                if tried > MOST_EACH or self.tried > MOST_DOCUMENTS:
                    return None
                if self.breaks(document, about):
                    return self.smallest(document, about)
        return None

    def among(self, documents: list[Any], about: About) -> Any | None:  # noqa: ANN401
        """A smallest of documents that break, in the way looked for."""
        found = next((each for each in documents if self.breaks(each, about)), None)
        return None if found is None else self.smallest(found, about)

    def breaks(self, document: object, about: About = lambda _where, _what: True) -> bool:
        """Whether a document was accepted, counts, and is refused in the way looked for."""
        try:
            if not isinstance(document, dict) or not self.old.accepts(document):
                return False
            if self.new.accepts(document) or not self.counts(document):
                return False
            errors = self.new.errors(self.new.filled(document))
            return (
                any(about(*error) for error in errors)
                and self.old.surely_accepts(document)
                and not self.new.surely_accepts(document)
            )
        except UnknownAnswerError:
            return False

    def counts(self, document: object) -> bool:
        """Whether a document holds no key that only the new schema names.

        A key that the old schema left open and did not name was no setting.
        """
        waiting: list[tuple[Any, Conj, Conj]] = [(document, ((),), ((),))]
        while waiting:
            value, old, new = waiting.pop()
            before, after = self.old.view(old, loose=True), self.new.view(new, loose=True)
            if isinstance(value, dict):
                for key, inner in value.items():
                    there = before.of_key(key)
                    if not there and not before.mentions(key) and after.says(key):
                        return False
                    waiting.append((inner, there, after.of_key(key)))
            elif isinstance(value, list):
                waiting += [
                    (inner, before.of_item(index), after.of_item(index))
                    for index, inner in enumerate(value)
                ]
        return True

    def smallest(self, document: Any, about: About) -> Any:  # noqa: ANN401
        """The document without what it does not need to break in the way looked for."""
        return smallest(document, lambda smaller: self.breaks(smaller, about))
