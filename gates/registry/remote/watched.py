"""Connections whose exchanges end: a time-out of the socket begins anew with each byte, and a
server that sends one now and then would keep us for hours."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class Watch:
    """Closes the sockets of one exchange when its time is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    @contextlib.contextmanager
    def running(self) -> Iterator[Watch]:
        """Watch what this thread does."""
        before = _WATCH.set(self)
        self._timer.start()
        try:
            yield self
        finally:
            self._timer.cancel()
            _WATCH.reset(before)

    def take(self, connected: socket.socket | None) -> None:
        """Watch this socket."""
        with self._lock:
            self._socket = connected
            if self.over:
                self._shut()

    def _end(self) -> None:
        with self._lock:
            self.over = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it is closed already
                # That of the base class: a TLS socket would take its state from under the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


class _Watched:
    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._show()

    def request(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - the library's own
        self._show()
        super().request(*arguments, **named)  # type: ignore[misc]

    def _show(self) -> None:
        if (watch := _WATCH.get()) is not None:
            watch.take(self.sock)


class _PlainConnection(_Watched, HTTPConnection):
    pass


class _TlsConnection(_Watched, HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def pools(context: ssl.SSLContext | None) -> urllib3.PoolManager:
    """Connections to any host, with this trust; None is the system's, read where it is used."""
    manager = urllib3.PoolManager(num_pools=8, maxsize=4, ssl_context=context)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
    return manager
