"""Rules for a module's Dockerfile, on its instructions; nothing of it is run."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Iterator

from gates.model import Location
from gates.module import Module
from gates.records import dataclass
from gates.toolchains.problem import Problem

NAME = "Dockerfile"
INSTRUCTIONS = frozenset(
    {
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
        "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    }
)  # fmt: skip
"""Those of the Dockerfile reference that a module may use. ONBUILD runs in another build, and
MAINTAINER is LABEL's old name."""
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_LATEST = re.compile(r":latest(?:@|$)")
_REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@", re.IGNORECASE)
_PIPED = re.compile(
    r"\b(?:curl|wget|fetch)\b.*\|\s*(?:\S*/)?(?:env\s+|sudo\s+)*(?:\S*/)?\w*sh\b", re.DOTALL
)
_TAKEN = re.compile(r"(?:--|[,=])from=([^\s,]+)")
_SUBSTITUTED = re.compile(r"(?:\$\(|`|<\()\s*(?:curl|wget)\b")
_SECRET = re.compile(
    r"(?:^|_)(?:PASS(?:WORD|WD|PHRASE)?|SECRET|TOKEN|CREDENTIALS?|(?:API|ACCESS|PRIVATE|AUTH)_?KEY)"
    r"(?:_|$)",
    re.IGNORECASE,
)
_ROOT = re.compile(r"(?:root|0+)(?::.*)?$")


@dataclass(frozen=True)
class Instruction:
    """One instruction, its lines put together."""

    line: int
    name: str
    """In capitals."""
    text: str
    """All that follows the name."""


def read_instructions(text: str) -> Iterator[Instruction | Problem]:
    """The instructions of a Dockerfile in order, and a problem for each line that is not read.

    Comments and empty lines inside of a continued instruction are left out, as Docker does. Not
    read are parser directives, by which a file changes what its lines mean, and here-documents.
    """
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if re.match(r"#\s*(?:syntax|escape|check)\s*=", line, re.IGNORECASE):
            yield _problem(number, "this parser directive changes what the file means", "remove it")
        if not line or line.startswith("#"):
            continue
        start = start if parts else number
        parts.append(line.removesuffix("\\"))
        if line.endswith("\\"):
            continue
        yield _instruction(start, " ".join(parts))
        parts = []
    if parts:
        yield _problem(start, "this instruction has no end", "remove the last backslash")


def _instruction(line: int, text: str) -> Instruction | Problem:
    name, _, rest = text.partition(" ")
    if name.upper() not in INSTRUCTIONS:
        return _problem(line, f"the instruction {name[:40]} is not allowed", "use another")
    if name.upper() in ("RUN", "COPY", "ADD") and "<<" in rest:
        return _problem(line, "here-documents are not read", "put the text into a file")
    return Instruction(line, name.upper(), rest.strip())


def find_problems(module: Module) -> Iterator[Problem]:
    """Everything that is wrong with the module's Dockerfile; nothing where it has none."""
    if NAME not in module.files:
        return
    try:
        read = list(read_instructions(module.text(NAME)))
    except ValueError:
        yield _problem(1, "this is not UTF-8 text", "write it anew")
        return
    yield from (each for each in read if isinstance(each, Problem))
    every = [each for each in read if isinstance(each, Instruction)]
    stages: set[str] = set()
    user: Instruction | None = None
    users: dict[str, Instruction | None] = {}
    base: Instruction | None = None
    name = ""
    for each in every:
        if each.name == "FROM":
            base = each
            words = [word for word in each.text.split() if not word.startswith("--")]
            image = words[0] if words else ""
            user = users.get(image.lower())
            yield from _from(each.line, image, stages)
            name = words[2].lower() if len(words) > 2 and words[1].upper() == "AS" else ""
            stages |= {name} if name else set()
        elif each.name == "USER":
            user = each
        users[name] = user
        yield from _judge(each, stages)
    if base is None:
        yield _problem(1, "there is no FROM", "name a base image by its digest, or scratch")
    elif user is None:
        yield _problem(base.line, "no USER is named, and root is who runs it", "name a user")
    elif _ROOT.match(user.text) or "$" in user.text:
        yield _problem(user.line, f"the last USER is {user.text[:40]}", "name another than root")


def find_images(text: str) -> list[str]:
    """The images that a Dockerfile is made from, besides scratch and its own stages."""
    found: list[str] = []
    stages: set[str] = {"scratch"}
    for each in read_instructions(text):
        if not isinstance(each, Instruction):
            continue
        words = [word for word in each.text.split() if not word.startswith("--")]
        named = words[:1] if each.name == "FROM" else []
        if each.name in ("COPY", "RUN"):
            named = _TAKEN.findall(each.text)
        found += [name for name in named if not (name.lower() in stages or name.isdecimal())]
        if each.name == "FROM" and len(words) > 2 and words[1].upper() == "AS":
            stages.add(words[2].lower())
    return sorted(set(found))


def find_missing(text: str, paths: Collection[str]) -> Iterator[Problem]:
    """Each source of a COPY or ADD that is in none of these paths; patterns are not looked at."""
    for each in read_instructions(text):
        if not isinstance(each, Instruction) or each.name not in ("COPY", "ADD"):
            continue
        if _TAKEN.search(each.text):
            continue
        for source in _sources(each.text):
            path = posixpath.normpath(source.lstrip("/"))
            inside = path == "." or any(f"{known}/".startswith(f"{path}/") for known in paths)
            if not inside and not re.search(r"[*?\[$]", source):
                message = f"the bundle, from which the image is built, does not hold {source[:80]}"
                yield _problem(each.line, message, "copy what the bundle holds, or all of it: .")


def _sources(text: str) -> list[str]:
    plain = " ".join(word for word in text.split() if not word.startswith("--"))
    if plain.startswith("["):
        try:
            return [str(each) for each in json.loads(plain)[:-1]]
        except (ValueError, TypeError):
            return [plain]
    return plain.split()[:-1]


def _from(line: int, image: str, stages: set[str]) -> Iterator[Problem]:
    if image.lower() in stages or image == "scratch":
        return
    if _LATEST.search(image):
        yield _problem(line, f"{image[:80]} is another image each day", "name a version")
    if not _DIGEST.search(image):
        yield _problem(
            line, f"the base image {image[:80]} has no digest", "name it as NAME:VERSION@sha256:.."
        )


def _judge(each: Instruction, stages: set[str]) -> Iterator[Problem]:
    # A variable may hold an address in parts, and the builder itself fetches what ADD names.
    if each.name == "ADD" and (_REMOTE.search(each.text) or "$" in each.text):
        yield _problem(each.line, "ADD fetches an address", "copy a file of the module")
    if each.name == "COPY" or (each.name == "RUN" and each.text.startswith("--")):
        for image in _TAKEN.findall(each.text):
            if not (image.lower() in stages or image.isdecimal() or _DIGEST.search(image)):
                message = f"the image {image[:80]} has no digest"
                yield _problem(each.line, message, "name its digest")
    if each.name == "RUN" and (_PIPED.search(each.text) or _SUBSTITUTED.search(each.text)):
        yield _problem(
            each.line, "this runs what it fetches", "copy the file, and compare its digest"
        )
    if each.name in ("ARG", "ENV"):
        names = re.findall(r"(?:^|\s)([A-Za-z_]\w*)(?==)", each.text) or each.text.split()[:1]
        for name in names:
            if _SECRET.search(name):
                yield _problem(
                    each.line, f"{name} would keep a secret in the image",
                    "mount it: RUN --mount=type=secret",
                )  # fmt: skip


def _problem(line: int, message: str, fix: str) -> Problem:
    return Problem(message, Location(NAME, line), fix=fix)
