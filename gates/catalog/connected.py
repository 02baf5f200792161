"""The catalog's database: connected on first use, and what its errors mean."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gates.catalog import migrate
from gates.catalog.patience import connect, locked
from gates.errors import CatalogUnavailableError, DatabaseUnavailableError, RefusedError
from gates.records import dataclass, field
from gates.settings import Settings

if TYPE_CHECKING:
    from typing import Self

    import psycopg

T = TypeVar("T")
AtEnd = Callable[[str], Callable[[], object]]
"""What is done before an embedded server stops, given its URL, and then once it has."""
_SESSION = """
SET application_name TO 'axon-gates catalog';
SET statement_timeout TO '60s';
SET lock_timeout TO '30s';
SET idle_in_transaction_session_timeout TO '60s';
SET timezone TO 'UTC';
SET default_transaction_isolation TO 'read committed';
SET search_path TO public
"""


@dataclass
class Connected:
    """A PostgreSQL database, connected on first use; or the folder of an embedded server.

    Safe to use from several threads. What asks raises `CatalogUnavailableError` where it cannot be
    asked.
    """

    settings: Settings
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _connection: psycopg.Connection | None = field(default=None, repr=False)
    _url: str = field(default="", repr=False)
    _unavailable: psycopg.Error | None = field(default=None, repr=False)
    """What a server that never answered raised: asked once, it is not asked again."""

    def close(self) -> None:
        """Disconnect, and stop the embedded server if nobody else uses it."""
        with self._lock:
            self._connection = None
            self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def where(self) -> str:
        """The catalog's place for messages, without a password."""
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", self.settings.catalog)

    @property
    def is_new(self) -> bool:
        """Whether it is a folder in which no server was ever set up: an empty catalog."""
        folder = self._folder
        return folder is not None and self._connection is None and not folder.exists()

    def work(self, ask: Callable[[psycopg.Connection], T]) -> T:
        """What a function of the catalog's connection (in autocommit mode) answers, for those who
        do more than read. Raises `RefusedError` with the database's own reason."""
        return self._ask(ask)

    @property
    def url(self) -> str:
        """Of the server, for further sessions; it may hold a password."""
        self._ask(lambda _: None)
        return self._url

    def psql(self, arguments: Sequence[str]) -> int:
        """Open the catalog in PostgreSQL's own client, on this terminal; its exit status."""
        from gates.database.server.programs import Programs

        self._ask(lambda _: None)
        programs = Programs.find(self.settings.cache)
        return programs.interactive(self._url, *arguments)

    def _starting(self, folder: Path) -> AtEnd | None:
        """Called before the embedded server in a folder starts."""
        del folder
        return None

    @property
    def _folder(self) -> Path | None:
        return self.settings.catalog_folder

    def _read(self, read: Callable[[psycopg.Connection], T], empty: T) -> T:
        """An answer; of a catalog in which nothing was ever written, without starting a server."""
        with self._lock:
            return empty if self.is_new else self._ask(read)

    def _ask(self, ask: Callable[[psycopg.Connection], T]) -> T:
        with self._lock, self._errors():
            if self._unavailable is not None:
                raise self._unavailable
            if self._connection is None:
                self._connection = self._connect()
            return ask(self._connection)

    def _connect(self) -> psycopg.Connection:
        import psycopg

        with ExitStack() as stack:
            folder = self._folder
            if folder is None:
                url = self.settings.catalog
            else:
                from gates.database.server.embedded import durable_server

                at_end = self._starting(folder)
                url = stack.enter_context(durable_server(folder, self.settings, at_end))
            self._url = url
            try:
                # Our own server answers; on a busy machine late.
                usual = 10 if folder is None else 60
                limit = psycopg.conninfo.conninfo_to_dict(url).get("connect_timeout") or usual
                opened = connect(url, timeout=int(limit))
            except psycopg.errors.ConnectionTimeout as error:
                self._unavailable = error
                raise
            connection = stack.enter_context(contextlib.closing(opened))
            connection.execute(_SESSION)
            migrate.migrate(connection)
            self._stack = stack.pop_all()
            return connection

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        from gates.database.server.driver import psycopg_modules

        psycopg = psycopg_modules()
        try:
            yield
        except DatabaseUnavailableError as error:
            raise CatalogUnavailableError(
                f"the catalog {self.where} cannot be reached: {error.message}", hint=error.hint
            ) from error
        except psycopg.IntegrityError as error:
            said = error.diag.message_primary or str(error)
            raise RefusedError([said.removeprefix("the catalog refuses this version: ")]) from error
        except psycopg.errors.LockNotAvailable as error:
            raise locked(self.where, self._connection) from error
        except psycopg.Error as error:
            if self._connection is not None and self._connection.broken:
                self.close()
            first = str(error).strip().partition("\n")[0]
            raise CatalogUnavailableError(
                f"the catalog {self.where} cannot be asked: {first}",
                hint="check GATES_CATALOG; `gates doctor` shows what it reaches",
            ) from error
