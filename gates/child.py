"""`gates` as a child that ends with its parent: standard input is a pipe that the parent holds."""

from __future__ import annotations

import os
import signal
import sys
import threading

from gates.cli import main


def _end_with_parent() -> None:
    while os.read(0, 1):  # not sys.stdin, whose lock would be held at the end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    main(sys.argv[1:])
