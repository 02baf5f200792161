"""Compares settings schemas in a bounded time, whatever patterns they hold.

A regular expression can take for ever on a text, and Python cannot interrupt one. So schemas whose
patterns may are compared in a process of its own, which this file is the program of: `python -m
gates.contract.settings.bounded OLD NEW PATH PATH` reads both from open files. It prints the break
that a plain search finds first, and then everything.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import gates
from gates.contract.model import Bump, Change
from gates.contract.settings.compare import as_text, compare_here, symbol
from gates.contract.settings.samples import Samples
from gates.contract.settings.side import Side, text_of
from gates.errors import CouldNotCheckError, ToolFailedError
from gates.model import Location
from gates.module import Document
from gates.module.references import references
from gates.module.strict_json import parse
from gates.module.values import QUICK_TEXT, grows, needs_process, patterns
from gates.records import asdict

MAX_SECONDS = 20
"""Of processor time, that a comparison with patterns of the slow kind may take."""
MAX_WAIT = 60
"""Seconds on the clock, however busy the machine is."""
_LENGTHS = ("minLength", "maxLength")


def compare_settings(old: Document | None, new: Document | None) -> list[Change]:
    """What changed between two settings schemas, and the smallest bump that each change allows.

    Settings that a tenant stored under `old` must stay valid under `new` and mean the same, as
    they are or with defaults filled in (see `Side.filled`). A change is major only with a
    document that shows it in `Change.example`. Where neither a break nor its absence could be
    shown, `proved` is false.

    Raises `CouldNotCheckError` where a schema is no JSON Schema, leads out of its file, is too
    large or too deep, or where a pattern takes too long.
    """
    if new is None:
        return [] if old is None else [_all_gone(old)]
    if old is None:
        message = "the module has settings now"
        return [Change("settings", symbol(()), Bump.MINOR, message, None, new.at())]
    if isinstance(new.value, dict) and _without_version(old) == _without_version(new):
        return []
    if _may_take_long(old) or _may_take_long(new):
        return _in_process(old, new)
    return compare_here(old, new)


def _without_version(document: Document) -> str:
    value = document.value
    if isinstance(value, dict):
        value = {key: each for key, each in value.items() if key != "schema_version"}
    return text_of(value)


def _all_gone(old: Document) -> Change:
    side = Side(old)
    example = next(iter(Samples(side).some(((),))), None)
    message = "the module has no settings any more: what tenants stored means nothing"
    return Change(
        "settings", symbol(()), Bump.MAJOR, message, old.at(), None,
        None if example is None else as_text(example),
    )  # fmt: skip


def _may_take_long(document: Document) -> bool:
    found = references(document) if isinstance(document.value, dict) else None
    if found is None:
        return False
    if grows(found):
        return True
    if not any(True for _ in patterns(found.schemas)):
        return False
    lengths = [each.value.get(key) for each in found.schemas for key in _LENGTHS]
    longest = max((each for each in lengths if isinstance(each, int | float)), default=0)
    return longest > QUICK_TEXT or needs_process(found)


def _in_process(old: Document, new: Document) -> list[Change]:
    from gates.toolchains.processes import Processes, disk

    home = Path(gates.__file__).parents[1]
    with disk(), tempfile.TemporaryFile() as first, tempfile.TemporaryFile() as second:
        for stream, document in ((first, old), (second, new)):
            stream.write(document.text.encode("utf-8"))
            stream.seek(0)
        command = [
            sys.executable, "-s", "-P", "-m", "gates.contract.settings.bounded",
            str(first.fileno()), str(second.fileno()), old.path, new.path,
        ]  # fmt: skip
        try:
            ran = Processes().run(
                command,
                cwd=home,
                env={"PYTHONPATH": str(home)},
                timeout=MAX_WAIT + 5,
                pass_fds=[first.fileno(), second.fileno()],
            )
        except ToolFailedError as error:
            raise _too_slow(new) from error
    lines = ran.stdout.splitlines()
    try:
        if ran.exit_status > 128:
            first = json.loads(lines[0])["changes"] if lines else []
            if not first:
                raise _too_slow(new)
            return [*map(_from_json, first), _unseen(new)]
        answer = json.loads(lines[-1]) if ran.exit_status == 0 else {}
        if "refused" in answer:
            raise CouldNotCheckError(answer["refused"], hint=answer["hint"])
        return [_from_json(each) for each in answer["changes"]]
    except (ValueError, TypeError, LookupError) as error:
        raise CouldNotCheckError(
            f"the versions of {new.path} could not be compared:"
            f" the program that does it ended with status {ran.exit_status}"
        ) from error


def _from_json(each: dict[str, Any]) -> Change:
    places = {key: Location(**each[key]) if each[key] else None for key in ("old", "new")}
    return Change(**{**each, **places, "bump": Bump(each["bump"])})


def _unseen(new: Document) -> Change:
    message = (
        f"not all that is different could be looked at in {MAX_SECONDS} seconds; could not show"
        " that the rest breaks stored settings, nor that it does not"
    )
    return Change("settings", symbol(()), Bump.MINOR, message, None, new.at(), proved=False)


def _too_slow(document: Document) -> CouldNotCheckError:
    return CouldNotCheckError(
        f"a pattern or the references of {document.path} take longer than {MAX_SECONDS} seconds",
        hint="write patterns without a repeat inside a repeat, such as (a+)+, and schemas that do"
        " not refer to the same schema over and over",
    )


def main(descriptors: list[int], paths: list[str]) -> None:
    """The program: see the top of this file."""
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
    signal.alarm(MAX_WAIT)
    documents = []
    for descriptor, path in zip(descriptors, paths, strict=True):
        with os.fdopen(descriptor, "rb") as stream:
            text = stream.read().decode("utf-8")
        documents.append(Document(path, text, parse(text)[0]))

    def tell(changes: list[Change]) -> None:
        sys.stdout.write(json.dumps({"changes": [asdict(each) for each in changes]}) + "\n")
        sys.stdout.flush()

    try:
        tell(compare_here(documents[0], documents[1], tell))
    except CouldNotCheckError as error:
        sys.stdout.write(json.dumps({"refused": str(error), "hint": error.hint}) + "\n")


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:3]], sys.argv[3:5])
