"""A session over a base module that was changed for one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from gates.module import load
from gates.module.load import from_files
from gates.settings import Policy
from gates.toolchains import Session, Tools


@pytest.fixture
def open_session(make_module, settings) -> Iterator[Callable[..., Session]]:
    """Makes a session: base, files to write (None deletes one), values of the policy."""
    with ExitStack() as stack:

        def make(
            base: str, files: Mapping[str, str | None] | None = None, **policy: object
        ) -> Session:
            root = make_module(base)
            for path, text in (files or {}).items():
                if text is None:
                    (root / path).unlink()
                    continue
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, "utf-8")
            return stack.enter_context(Session(load(root), Policy(**policy), settings))

        yield make


@pytest.fixture
def open_tools(settings) -> Iterator[Callable[[Mapping[str, bytes]], Tools]]:
    """Makes the tools of a check over a module in memory: a manifest without a word, and files."""
    with ExitStack() as stack:

        def make(files: Mapping[str, bytes]) -> Tools:
            module = from_files("memory", {"module.json": b"{}", **files})
            return Tools(stack.enter_context(Session(module, Policy(), settings)))

        yield make
