"""Whether a function still does what it did, as far as its text says, and which others it reaches.

A body is compared by its words: white space, comments and the case of names without quotes say
nothing (PostgreSQL, "Lexical Structure"). Every other difference may be one to its callers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gates.contract.schema.pair import Pair, bare_name
from gates.contract.schema.probe import Formerly
from gates.database.catalog_state.snapshot import Snapshot

_PARTS = re.compile(r"(?P<head>.*?\n)AS \$(?P<tag>\w+)\$(?P<body>.*)\$(?P=tag)\$\s*", re.DOTALL)
_PRICE = re.compile(r" (?:COST|ROWS) [\d.e+]+")
_TRAITS = re.compile(
    r"(?: (?:WINDOW|IMMUTABLE|STABLE|LEAKPROOF|STRICT|SECURITY DEFINER|PARALLEL SAFE"
    r"|PARALLEL RESTRICTED|COST [\d.e+]+|ROWS [\d.e+]+))+"
)
_LANGUAGE = re.compile(r"^ LANGUAGE (?:sql|plpgsql)$", re.MULTILINE)
_COMMENTS = ("SQL_COMMENT", "C_COMMENT")
_WORD = re.compile(r'"[^"]+"|\w+')


def same_work(old: str, new: str) -> bool:
    """Whether two texts of `pg_get_functiondef` say the same but for layout and planner costs."""
    if old == new:
        return True
    one, other = _PARTS.fullmatch(old), _PARTS.fullmatch(new)
    if one is None or other is None:
        return _free(old) == _free(new)
    if _free(one["head"]) != _free(other["head"]):
        return False
    if one["body"] == other["body"]:
        return True
    words = _tokens(one["body"]) if _LANGUAGE.search(one["head"]) else None
    return words is not None and words == _tokens(other["body"])


def _free(head: str) -> list[str]:
    """The lines of a head, without what it is said to cost."""
    lines = (
        _PRICE.sub("", line) if _TRAITS.fullmatch(line) else line for line in head.splitlines()
    )
    return [line for line in lines if line]


def _tokens(body: str) -> list[tuple[str, str]] | None:
    """The words of a body; None where PostgreSQL's scanner does not take it."""
    from pglast.parser import ParseError, scan

    try:
        found = scan(body)
    except ParseError:
        return None
    tokens = []
    for each in found:
        text = body[each.start : each.end + 1]
        named = each.kind != "NO_KEYWORD" or (each.name == "IDENT" and not text.startswith('"'))
        if each.name not in _COMMENTS:
            tokens.append((each.name, text.lower() if named else text))
    return tokens


def changed_functions(pair: Pair) -> dict[str, str]:
    """Functions of both versions that work in another way, with their old definitions."""
    return {
        name: before["definition"]
        for name, before, after in pair.kept("function")
        if not same_work(before.get("definition", ""), after.get("definition", ""))
    }


def formerly(pair: Pair, texts: Iterable[str]) -> Formerly:
    """Old definitions of what some old expressions call and the new database has no more."""
    reached = _called(pair.old, texts)
    changed = {**changed_functions(pair), **_lost(pair)}
    names = [name for name in changed if name in reached]
    fresh = (pair.new.objects.get(f"function {name}", {}).get("definition", "") for name in names)
    return Formerly(
        tuple(changed[name] for name in names),
        " ".join((*(changed[name] for name in names), *fresh)), tuple(names),
    )  # fmt: skip


def _lost(pair: Pair) -> dict[str, str]:
    return {name: properties["definition"] for name, properties in pair.lost("function")}


def _called(side: Snapshot, texts: Iterable[str]) -> set[str]:
    """Functions that texts name, and those that these name, and so on."""
    known = {name: properties.get("definition", "") for name, properties in side.of("function")}
    found: set[str] = set()
    waiting = list(texts)
    while waiting:
        words = {each.strip('"') for each in _WORD.findall(waiting.pop())}
        for name in known.keys() - found:
            if bare_name(name) in words:
                found.add(name)
                waiting.append(known[name])
    return found
