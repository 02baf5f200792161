"""Signals without the standard module around `_signal`: its enums take as long as all the rest.

Source: Lib/signal.py of CPython, which gives the same functions and numbers other names and types.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    try:
        import _signal as signal
    except ImportError:  # another Python
        import signal

__all__ = ["signal"]
