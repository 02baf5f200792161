"""What refers to a manifest: the registry's own list, or an index under a tag where it has none.

Source: distribution specification 1.1, "Listing Referrers" and "Referrers Tag Schema". That tag
is a file that everybody writes whole, so jobs that attach at once overwrite each other: what was
written is read back, and written again until it stays.
"""

from __future__ import annotations

import random
import re
import time
from typing import Any
from urllib.parse import urljoin

from gates.errors import CouldNotCheckError
from gates.records import dataclass
from gates.registry.documents import INDEX_TYPE, Descriptor, index_of, read_object
from gates.registry.remote.answers import Answer
from gates.registry.remote.manifests import Manifests

TRIES = 8
MOST_PAGES = 100
MOST_ENTRIES = 10_000
_NEXT = re.compile(r'<([^<>]*)>\s*;[^<,]*\brel\s*=\s*"?next"?', re.IGNORECASE)


@dataclass(frozen=True)
class Referrers:
    """The referrers of manifests in one repository."""

    manifests: Manifests
    settles: float
    """Seconds after which an index under a tag is looked at once more."""

    def of(self, subject: Descriptor) -> list[Descriptor]:
        """Descriptors of what refers to `subject`, in the registry's order, each once.

        Raises `CouldNotCheckError` for an answer that is no index.
        """
        found = self._by_list(subject)
        return _once(self._by_tag(subject) if found is None else found)

    def settle(self, subject: Descriptor, described: Descriptor, answer: Answer) -> None:
        """After a manifest that names `subject` was written: let it be among the referrers.

        Raises `CouldNotCheckError` where others keep overwriting the index, or the registry's own
        list does not have it.
        """
        # A registry that has a list says so as it takes the manifest.
        if answer.headers.get("oci-subject") == subject.digest:
            for attempt in range(TRIES):
                if described in (self._by_list(subject) or ()):
                    return
                self._pause(attempt)
            raise answer.odd(f"its list of referrers lacks {described.digest}")
        if self._by_list(subject) is not None:
            if described in self.of(subject):
                return
            raise answer.odd(f"its list of referrers lacks {described.digest}")
        for attempt in range(TRIES):
            entries = self._by_tag(subject)
            if described not in entries:
                self._write(subject, [*entries, described])
            # Seen twice: somebody who had read the index before may write it in between.
            elif attempt:
                return
            self._pause(attempt)
        raise CouldNotCheckError(
            f"{described.digest} is not among the referrers of {subject.digest} after {TRIES}"
            " tries: others keep overwriting their list",
            hint="gates publish, once the other jobs are over",
        )

    def _write(self, subject: Descriptor, entries: list[Descriptor]) -> None:
        every = [
            each.to_json(artifactType=each.artifact_type, annotations=each.annotations)
            for each in _once(entries)
        ]
        self.manifests.put(_tag(subject), INDEX_TYPE, index_of(every))

    def _pause(self, attempt: int) -> None:
        grown = self.settles * 2 ** min(attempt, 4)
        time.sleep(grown * random.uniform(0.5, 1.5))  # noqa: S311 - jitter

    def _by_list(self, subject: Descriptor) -> list[Descriptor] | None:
        """The registry's own list; None where it has none."""
        client, repository = self.manifests.client, self.manifests.repository
        url = client.url(f"{repository}/referrers/{subject.digest}")
        found: list[Descriptor] = []
        for page in range(MOST_PAGES):
            answer = client.ask("GET", url, repository, {"Accept": INDEX_TYPE})
            if answer.status == 404 and page == 0:
                if answer.media_type == "text/html":
                    raise answer.odd("that is no error of a registry; is the address right?")
                return None
            answer.require(200)
            if answer.media_type != INDEX_TYPE:
                raise answer.odd(f"it is of the media type {answer.media_type or 'none'}")
            found += _entries(answer, answer.body)
            following = _NEXT.search(answer.headers.get("link", ""))
            if following is None:
                return found
            url = urljoin(url, following[1])
            if not client.is_own(url):
                raise answer.odd("its next page is on another host")
            if len(found) > MOST_ENTRIES:
                break
        raise answer.odd("its list of referrers does not end")

    def _by_tag(self, subject: Descriptor) -> list[Descriptor]:
        held = self.manifests.get(_tag(subject))
        # Some registries give the subject itself under this name: it is no index of anything.
        if held is None or held.described.digest == subject.digest:
            return []
        if held.described.media_type != INDEX_TYPE:
            raise held.answer.odd("it is no index of referrers")
        return _entries(held.answer, held.data)


def _tag(subject: Descriptor) -> str:
    return subject.digest.replace(":", "-")


def _entries(answer: Answer, data: bytes) -> list[Descriptor]:
    try:
        index: dict[str, Any] = read_object(data)
        listed = [Descriptor.read(each) for each in index["manifests"] or ()]
    except (ValueError, KeyError, TypeError):
        raise answer.odd("it is no index") from None
    found = [each for each in listed if each is not None]
    if len(found) < len(listed) or index.get("mediaType", INDEX_TYPE) != INDEX_TYPE:
        raise answer.odd("it is no index of descriptors")
    return found


def _once(entries: list[Descriptor]) -> list[Descriptor]:
    return list({each.digest: each for each in reversed(entries)}.values())[::-1]
