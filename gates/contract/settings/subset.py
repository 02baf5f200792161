"""Proofs that whatever one schema accepts, another accepts too.

A proof is by structure and errs on one side only: what is proved holds, what is not proved may
hold all the same. Two rules are the platform's and not JSON Schema's: defaults of missing
properties are filled in, and a key that the old schema does not name is no setting, so a new
setting may take its name.
"""

from __future__ import annotations

from typing import Any

from gates.contract.settings.canon import Canon
from gates.contract.settings.implied import scalar_implied
from gates.contract.settings.rules_choices import RULES as CHOICES
from gates.contract.settings.rules_members import RULES as MEMBERS
from gates.contract.settings.side import ANNOTATIONS, Side, UnknownAnswerError, text_of
from gates.contract.settings.view import ALL, KIND_OF_KEYWORD, Conj, Rule, View, kind_of
from gates.module.subschemas import Place

MOST_STEPS = 1_000
"""Steps of one comparison, and four more for each schema, after which nothing is proved."""
BRANCHING = ("anyOf", "oneOf")
PRESENCE = frozenset(
    {
        "maxProperties", "dependentRequired", "dependentSchemas", "not", "if", "oneOf",
        "propertyNames", "unevaluatedProperties",
    }
)  # fmt: skip
"""Keywords by which filling in a default can make a valid object invalid."""

Question = tuple[Conj, Conj, frozenset[str], bool]


RULES: dict[str, Rule] = {**MEMBERS, **CHOICES}

SAME = ("enum", "const", "not", "if", "dependentSchemas", "unevaluatedItems")
"""Keywords of which only the very same is known to demand no more."""

MOST_LISTED = 300
"""Choices that are tried one by one."""


class Prover:
    """Proves that `new` accepts what `old` accepts."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self.canon_old, self.canon_new = Canon(old), Canon(new)
        self.steps = 0
        self.most = MOST_STEPS + 4 * len(old.found.schemas)
        self.apart: dict[tuple[Place, frozenset[str]], bool] = {}
        self._known: dict[Question, bool] = {}
        self._assumed: dict[Question, bool] = {}
        self.fills_safely = not any(PRESENCE & set(each.value) for each in new.found.schemas)

    def subset(
        self, old: Conj, new: Conj, only: frozenset[str] = ALL, *, sure: bool = True
    ) -> bool:
        """Whether every value of these kinds that fits `old` fits `new`.

        `sure`: the values stand where defaults of missing properties are filled in.
        """
        question = (old, new, only, sure)
        if question in self._known:
            return self._known[question]
        if question in self._assumed:
            self._assumed[question] = True
            return True
        self.steps += 1
        if self.steps > self.most or len(self._assumed) > 150:
            return False
        self._assumed[question] = False
        answer = self._subset(old, new, only, sure=sure)
        if self._assumed.pop(question) and not answer:
            self._known = {each: known for each, known in self._known.items() if not known}
        if answer or self.steps <= self.most:
            self._known[question] = answer
        return answer

    def _subset(self, old: Conj, new: Conj, only: frozenset[str], *, sure: bool) -> bool:
        before, after = self.old.view(old, only), self.new.view(new)
        if before.never or not before.kinds or (not after.nodes and not after.never):
            return True
        said = self.canon_new.schema(new[0]) if len(new) == 1 else None
        if said is not None and any(
            self.canon_old.schema(each) == said for each in (*old, *before.pointers)
        ):
            return True
        if before.listed is not None and len(before.listed) <= MOST_LISTED:
            return self._each_valid(before.listed, old, new, before.kinds)
        if not after.never and all(
            self.implied(before, after, pointer, keyword, sure=sure)
            for pointer, node in after.nodes
            for keyword in node
        ):
            return True
        return self._by_case(before, old, new, only)

    def _each_valid(self, values: list[Any], old: Conj, new: Conj, left: frozenset[str]) -> bool:
        try:
            return all(
                self.new.valid(new, value)
                for value in values
                if kind_of(value) in left and self.old.valid(old, value)
            )
        except UnknownAnswerError:
            return False

    def _by_case(self, before: View, old: Conj, new: Conj, only: frozenset[str]) -> bool:
        """Every branch of one choice of the old schema by itself, or every kind of value."""
        for pointer, node in before.nodes:
            for keyword in BRANCHING:
                places = [(*pointer, keyword, n) for n in range(len(node.get(keyword, ())))]
                if places and not any(each in old for each in places):
                    return all(self.subset((*old, each), new, only, sure=False) for each in places)
            tested = (*pointer, "if")
            if {"if", "else"} <= set(node) and not {tested, (*pointer, "else")} & set(old):
                chosen = (tested, (*pointer, "then")) if "then" in node else (tested,)
                return self.subset((*old, *chosen), new, only, sure=False) and self.subset(
                    (*old, (*pointer, "else")), new, only, sure=False
                )
        numbers = frozenset({"integer", "fraction"})
        parts = [before.kinds & numbers, *(frozenset({each}) for each in before.kinds - numbers)]
        parts = [each for each in parts if each]
        return len(parts) > 1 and all(self.subset(old, new, each, sure=False) for each in parts)

    def implied(
        self, before: View, after: View, pointer: Place, keyword: str, *, sure: bool
    ) -> bool:
        """Whether what fits `before` fits this keyword of the new schema."""
        if keyword in ANNOTATIONS or keyword in ("$ref", "$dynamicRef", "allOf", "then", "else"):
            return True
        if keyword in ("minContains", "maxContains"):
            return True  # with contains
        if not before.kinds & KIND_OF_KEYWORD.get(keyword, ALL):
            return True
        value = self.new.schema(pointer)[keyword]
        if before.listed is not None:
            few = len(before.listed) <= MOST_LISTED
            if few and self._each_valid(before.listed, before.pointers, (pointer,), before.kinds):
                return True
            if keyword == "enum":
                return {text_of(each) for each in before.listed} <= {text_of(e) for e in value}
        rule = RULES.get(keyword)
        if rule is not None:
            return rule(self, before, after, pointer, value, sure)
        if keyword in SAME:
            return self.same(before, pointer, keyword)
        answer = scalar_implied(before, keyword, value)
        return answer if answer is not None else keyword not in KIND_OF_KEYWORD

    def same(self, before: View, pointer: Place, keyword: str) -> bool:
        """Whether the old schema says the very same with this keyword, in the same company."""
        wanted = self.canon_new.keyword(pointer, keyword)
        return wanted is not None and any(
            self.canon_old.keyword(place, keyword) == wanted for place, _ in before.every(keyword)
        )

    def means_something(self, before: View, name: str) -> bool:
        """Whether the old schema names a key, if only in a branch."""
        conj = tuple(pointer for pointer, _ in before.nodes)
        return self.old.view(conj, loose=True).mentions(name)


def _pointers(view: View) -> Conj:
    return tuple(pointer for pointer, _ in view.nodes)
