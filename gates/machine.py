"""What a run is on, in words."""

from __future__ import annotations

import os


def operating_system() -> str:
    """The system, its release, the processor's kind and the C library, such as
    "Linux 6.12.1 x86_64, glibc 2.36"; of macOS without the last.

    Python's `platform` starts a program for it, which takes a twentieth of a run in which nothing
    has changed.
    """
    system = os.uname()
    library = os.confstr(_LIBRARY) if _LIBRARY in os.confstr_names else None
    said = f"{system.sysname} {system.release} {system.machine}"
    return f"{said}, {library}" if library else said


_LIBRARY = "CS_GNU_LIBC_VERSION"
