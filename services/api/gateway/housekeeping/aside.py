"""What a housekeeper does again and again beside its rounds, in a thread of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from gateway.database_session import DatabaseSession

#: Seconds to wait for the last look.
_PATIENCE = 5.0


@contextmanager
def running_aside(
    url: str, name: str, stop: Event, run: Callable[[DatabaseSession], None]
) -> Iterator[None]:
    """`run` until it returns, which it must once `stop` is set, as at the end of the block."""
    session = DatabaseSession(url, name=f"warren-housekeeper-{name}")
    thread = Thread(target=run, args=[session], name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_PATIENCE)
        session.close()
