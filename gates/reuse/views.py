"""A module and a policy that note what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gates.module import File, Module
from gates.recorder import note
from gates.records import fields
from gates.reuse import questions
from gates.settings import Policy


class RecordedFiles(Mapping[str, File]):
    """The files of a module; notes each that is looked at, and the list where it is read."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._files = module.files
        self._paths: str | None = None

    def __getitem__(self, path: str) -> File:
        note(f"file:{path}", questions.of_file(self._module, path))
        return self._files[path]

    def __contains__(self, path: object) -> bool:
        found = path in self._files
        note(f"exists:{path}", str(found))
        return found

    def __iter__(self) -> Iterator[str]:
        self._note_paths()
        return iter(self._files)

    def __len__(self) -> int:
        self._note_paths()
        return len(self._files)

    def _note_paths(self) -> None:
        if self._paths is None:
            self._paths = questions.of_paths(self._module)
        note("paths:", self._paths)


class RecordedModule(Module):
    """A module that notes which of its members are asked for."""

    @classmethod
    def of(cls, module: Module) -> RecordedModule:
        """A view of a module. It shares all that the module holds."""
        made = cls(**{each.name: getattr(module, each.name) for each in fields(Module)})
        object.__setattr__(made, "files", RecordedFiles(module))
        object.__setattr__(made, "_plain", module)
        object.__setattr__(made, "_answers", {})
        return made

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - as the attribute is
        if name in questions.MEMBERS:
            known: dict[str, str] = object.__getattribute__(self, "_answers")
            if name not in known:
                known[name] = questions.of_member(object.__getattribute__(self, "_plain"), name)
            note(f"module:{name}", known[name])
        elif name == "links":
            note("links:", questions.of_links(object.__getattribute__(self, "_plain")))
            return object.__getattribute__(self, "_plain").links
        return object.__getattribute__(self, name)

    def has_digest(self, digest: str) -> bool:
        """As of any module; noted is the answer, and not the digest, which any edit changes."""
        found = self.plain.has_digest(digest)
        note(f"content:{digest}", str(found))
        return found

    @property
    def plain(self) -> Module:
        """The module itself, of which nothing is noted; for those who note it in another way."""
        found: Module = object.__getattribute__(self, "_plain")
        return found


class RecordedPolicy(Policy):
    """A policy that notes which of its values are asked for."""

    @classmethod
    def of(cls, policy: Policy) -> RecordedPolicy:
        """A view of a policy."""
        made = cls(**{each.name: getattr(policy, each.name) for each in fields(Policy)})
        object.__setattr__(made, "_plain", policy)
        object.__setattr__(made, "_answers", {})
        return made

    @property
    def plain_policy(self) -> Policy:
        """The policy itself, of which nothing is noted; for those who note it in another way."""
        found: Policy = object.__getattribute__(self, "_plain")
        return found

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - as the attribute is
        if name in _POLICY_MEMBERS:
            known: dict[str, str] = object.__getattribute__(self, "_answers")
            if name not in known:
                plain: Policy = object.__getattribute__(self, "_plain")
                known[name] = questions.of_policy(plain, name)
            note(f"policy:{name}", known[name])
        return object.__getattribute__(self, name)


_POLICY_MEMBERS = frozenset(each.name for each in fields(Policy)) - {"sources"}
