"""Work that waits for the database, and fails only for its own data."""

from threading import Event
from typing import Any, cast

import psycopg
import pytest
from structlog.testing import capture_logs

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork, Stopping


class Session:
    """Hands out numbered connections."""

    def __init__(self) -> None:
        self.made = 0
        self.open = False

    def connection(self) -> int:
        if not self.open:
            self.made, self.open = self.made + 1, True
        return self.made

    def discard(self) -> None:
        self.open = False


class Operation:
    """Fails with the given errors, one after the other, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.connections: list[Any] = []

    def __call__(self, connection: Any) -> str:
        self.connections.append(connection)
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def work(session: Session) -> DatabaseWork:
    return DatabaseWork(cast("DatabaseSession", session), Event())


def test_a_lost_connection_is_replaced_and_the_work_done_again(
    work: DatabaseWork, session: Session
) -> None:
    operation = Operation(psycopg.OperationalError("gone"), psycopg.InterfaceError("closed"))

    with capture_logs() as lines:
        assert work.run(operation) == "done"

    assert operation.connections == [1, 2, 3]
    assert [line["log_level"] for line in lines] == ["error", "info"]


@pytest.mark.parametrize(
    "collision", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure]
)
def test_a_collision_is_run_again_on_the_same_connection_without_a_word(
    collision: type[psycopg.Error], work: DatabaseWork
) -> None:
    operation = Operation(collision(), collision())

    with capture_logs() as lines:
        assert work.run(operation) == "done"

    assert operation.connections == [1, 1, 1]
    assert lines == []


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.NumericValueOutOfRange("too much"),
        psycopg.errors.NotNullViolation("nothing"),
        psycopg.errors.StatementTooComplex("too deep"),
        KeyError("a projection's"),
    ],
)
def test_what_is_the_datas_fault_is_raised(error: Exception, work: DatabaseWork) -> None:
    with pytest.raises(type(error)):
        work.run(Operation(error))


def test_a_schema_that_is_not_migrated_yet_is_waited_for(work: DatabaseWork) -> None:
    with capture_logs():
        assert work.run(Operation(psycopg.errors.UndefinedTable("tasks"))) == "done"


def test_waiting_ends_when_the_process_is_told_to_stop(session: Session) -> None:
    stop = Event()
    stop.set()
    work = DatabaseWork(cast("DatabaseSession", session), stop)

    with capture_logs(), pytest.raises(Stopping):
        work.run(Operation(psycopg.OperationalError("gone")))
