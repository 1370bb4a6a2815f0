"""One connection of a background process, which is made again when it was lost."""

from typing import Any

import orjson
import psycopg
from psycopg import Connection
from psycopg.types.json import set_json_loads

#: So that a server that vanished is noticed within some 20 s and never waited for longer.
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
#: Seconds after which rows are free again that a process locked before it froze.
_IDLE_IN_TRANSACTION = 30
_STATEMENT_TIMEOUT = "60s"
#: These processes look rows up by key, whatever the statistics of a young table say; planning
#: once is enough. Where all of a partition's indexes look alike, since it was empty when it was
#: analysed, a statement that wants tasks ordered by id still takes the primary key.
_KEY_LOOKUPS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}


class DatabaseSession:
    """A lazily made autocommit connection; statements are prepared on first use."""

    def __init__(
        self, url: str, *, name: str, idle_in_transaction: int = _IDLE_IN_TRANSACTION
    ) -> None:
        self._url = url
        self._idle_in_transaction = f"{idle_in_transaction}s"
        self._name = name
        self._connection: Connection[Any] | None = None

    def connection(self) -> Connection[Any]:
        """The open connection, made if need be. Raises psycopg.OperationalError."""
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def discard(self) -> None:
        """Close what is left of a connection that failed; the next use makes another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def close(self) -> None:
        """Close the connection."""
        self.discard()

    def _connect(self) -> Connection[Any]:
        settings = {
            "idle_in_transaction_session_timeout": self._idle_in_transaction,
            "statement_timeout": _STATEMENT_TIMEOUT,
            **_KEY_LOOKUPS,
        }
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            application_name=self._name,
            prepare_threshold=0,
            options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
            **_PATIENCE,
        )
        set_json_loads(orjson.loads, connection)
        return connection
