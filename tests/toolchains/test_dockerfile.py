"""The rules for a Dockerfile: what each finds, what it leaves alone, what is not read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.module.load import from_files
from gates.toolchains.dockerfile import Instruction, find_problems, read_instructions

PINNED = f"FROM node:24@sha256:{'a' * 64}\n"
END = "USER 65532\n"


def messages(text: str) -> list[str]:
    module = from_files("memory", {"module.json": b"{}", "Dockerfile": text.encode()})
    return [each.message for each in find_problems(module)]


@pytest.mark.parametrize(
    "text",
    [
        f"FROM scratch\n{END}",
        f"{PINNED}{END}",
        f"{PINNED}USER root\nRUN apt-get install x\nUSER app:app\n",
        f"FROM --platform=linux/amd64 node:24@sha256:{'a' * 64} AS one\nFROM one\n{END}",
        "from scratch\nuser 1\n",
        f"{PINNED}RUN curl -o a https://a.example/b && sha256sum -c a.sum\n{END}",
        f"{PINNED}RUN cat a | grep curl | sort\n{END}",
        f"{PINNED}ENV KEYS_DIR=/a MONKEY=1\n{END}",
        f"{PINNED}{END}FROM scratch\n{END}",
        f"FROM scratch AS a\n{END}FROM a\nCOPY x /x\n",
    ],
)  # fmt: skip
def test_what_passes(text):
    assert messages(text) == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (f"FROM node:24\n{END}", "has no digest"),
        (f"FROM node\n{END}", "has no digest"),
        (f"FROM $BASE\n{END}", "has no digest"),
        (f"FROM node:latest@sha256:{'a' * 64}\n{END}", "each day"),
        (f"FROM node@sha256:{'a' * 63}\n{END}", "has no digest"),
        (f"{PINNED}COPY --from=other/image:1 /a /a\n{END}", "has no digest"),
        (f"{PINNED}COPY --from=busybox /a /a\n{END}", "has no digest"),
        (f"{PINNED}RUN --mount=type=bind,from=busybox,target=/a b\n{END}", "has no digest"),
        (f"{PINNED}ADD http://a.example/b /b\n{END}", "ADD fetches"),
        (f"{PINNED}ADD --chmod=1 git@a.example:b /b\n{END}", "ADD fetches"),
        (f"{PINNED}ARG A=http:/\nADD ${{A}}/a.example/b /b\n{END}", "ADD fetches"),
        (f"{PINNED}RUN curl https://a.example/b | sh\n{END}", "runs what it fetches"),
        (f"{PINNED}RUN wget -qO- a.example/b \\\n  | sudo bash -\n{END}", "runs what it fetches"),
        (f'{PINNED}RUN sh -c "$(curl a.example/b)"\n{END}', "runs what it fetches"),
        (f"{PINNED}RUN bash <(curl a.example/b)\n{END}", "runs what it fetches"),
        (f"{PINNED}ENV API_KEY=abc\n{END}", "API_KEY"),
        (f"{PINNED}ENV A=1 DB_PASSWORD=abc\n{END}", "DB_PASSWORD"),
        (f"{PINNED}ENV SECRET abc\n{END}", "SECRET"),
        (f"{PINNED}ARG NPM_TOKEN\n{END}", "NPM_TOKEN"),
        (PINNED, "no USER"),
        (f"{PINNED}USER 0:0\n", "last USER"),
        (f"{PINNED}USER root:app\n", "last USER"),
        (f"{PINNED}USER $WHO\n", "last USER"),
        (f"{PINNED}{END}FROM scratch\n", "no USER"),
        (f"{PINNED}ONBUILD RUN a\n{END}", "not allowed"),
        (f"# escape=`\n{PINNED}{END}", "parser directive"),
        (f"{PINNED}RUN <<A\nFROM scratch\n{END}", "here-documents"),
        (f"{PINNED}{END}RUN a \\\n", "has no end"),
        ("", "no FROM"),
    ],
)
def test_what_is_found(text, part):
    assert any(part in each for each in messages(text))


@given(st.lists(st.sampled_from(["FROM a", "RUN b", "# c", "", "USER 1", "x \\", "RUN d \\"])))
def test_every_line_is_read_or_said(lines):
    """No line but a comment disappears: it is in an instruction, or a problem is about it."""
    read = list(read_instructions("\n".join(lines)))
    words = " ".join(each.text for each in read if isinstance(each, Instruction))
    problems = [each for each in read if not isinstance(each, Instruction)]
    for word in ("a", "b", "d"):
        asked = sum(line.endswith((f" {word}", f" {word} \\")) for line in lines)
        assert words.split().count(word) == asked or problems
