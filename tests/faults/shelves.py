"""What a registry holds, to be emptied, kept, restored and compared: in a folder or on a server."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gates.registry import Registry
from gates.registry.documents import Descriptor
from gates.registry.layout import Layout
from gates.registry.remote import Remote
from tests.faults.faults import CUT
from tests.registry.server import Asked, Reply, Store, serving, sha256
from tests.registry.test_remote import QUICK as SOON


class Shelf(Protocol):
    """A registry of these tests."""

    kind: str
    registry: Registry
    origin: str
    """Of a server."""

    def clear(self) -> None:
        """Nothing is in it."""

    def keep(self) -> None:
        """What is in it now is what `restore` puts back."""

    def restore(self) -> None:
        """As it was at `keep`."""

    def mend(self) -> None:
        """It answers again."""

    def contents(self) -> Any:
        """Everything that it holds."""

    def require_whole(self) -> None:
        """Raises where something that it names is missing or another."""


@dataclass
class Folder:
    """An image layout on disk."""

    root: Path
    kept: Path
    kind: str = "folder"
    origin: str = ""

    @property
    def registry(self) -> Registry:
        return Registry.open(str(self.root))

    def clear(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def keep(self) -> None:
        shutil.copytree(self.root, self.kept)

    def restore(self) -> None:
        self.clear()
        shutil.copytree(self.kept, self.root)

    def mend(self) -> None:
        pass

    def contents(self) -> Any:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    def require_whole(self) -> None:
        layout = self.registry.place
        assert isinstance(layout, Layout)
        for entry in layout.index():
            described = Descriptor.read(entry)
            assert described is not None
            for layer in json.loads(layout.manifest("", described))["layers"]:
                held = Descriptor.read(layer)
                assert held is not None
                layout.fetch("", held, len)


@dataclass
class Server:
    """A server of the distribution specification, in this process."""

    store: Store
    origin: str
    kind: str = "server"
    _kept: Any = field(default_factory=lambda: ({}, {}, {}))
    _is_cut: bool = False

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[Server]:
        """The server, until the context ends."""
        store = Store()
        with serving(store) as origin:
            made = cls(store, origin)
            store.fault = made._answer
            yield made

    @property
    def registry(self) -> Registry:
        return Registry(Remote.open(f"oci+{self.origin}/m", patience=SOON))

    def _answer(self, asked: Asked, true: Callable[[], Reply]) -> Reply | None:
        if asked.path == CUT:
            self._is_cut = True
            return Reply(200)
        return None if self._is_cut else true()

    def _set(self, blobs: Any, manifests: Any, tags: Any) -> None:
        store = self.store
        store.blobs, store.manifests, store.tags = dict(blobs), dict(manifests), dict(tags)
        store.uploads.clear()
        store.asked.clear()

    def clear(self) -> None:
        self._set({}, {}, {})

    def keep(self) -> None:
        self._kept = self.contents()

    def restore(self) -> None:
        self._set(*self._kept)

    def mend(self) -> None:
        self._is_cut = False

    def contents(self) -> Any:
        return dict(self.store.blobs), dict(self.store.manifests), dict(self.store.tags)

    def require_whole(self) -> None:
        for digest, (_, data) in self.store.manifests.items():
            assert sha256(data) == digest
            for layer in json.loads(data)["layers"]:
                assert sha256(self.store.blobs[layer["digest"]]) == layer["digest"]
