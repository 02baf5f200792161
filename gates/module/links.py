"""Symbolic links, resolved on the recorded targets alone: the disk is never asked to follow one."""

from __future__ import annotations

from collections.abc import Mapping

MAX_HOPS = 40
"""Most links on the way to one file, as on Linux."""


def resolve(path: str, links: Mapping[str, str]) -> str | None:
    """Where a path leads by the links (path to target); "" is the root.

    None where it leaves the module on the way, even if it comes back, or runs in circles.
    """
    waiting = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    done: list[str] = []
    hops = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            if not done:
                return None
            done.pop()
            continue
        done.append(part)
        target = links.get("/".join(done))
        if target is not None:
            hops += 1
            if hops > MAX_HOPS or target.startswith("/"):
                return None
            done.pop()
            waiting += [each for each in reversed(target.split("/")) if each not in ("", ".")]
    return "/".join(done)
