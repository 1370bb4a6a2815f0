"""Concurrent submissions share a commit, but not each other's fate."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import psycopg
import pytest
from psycopg import sql

from gateway.config import GatewaySettings
from gateway.customers.problems import KeyGone
from gateway.database import Pool, connection_pool
from gateway.problems import DatabaseUnavailable, InvalidFields
from gateway.tasks.acceptance import AcceptanceWriter, NewTask
from warren.contracts.ids import new_id

pytestmark = pytest.mark.postgres


def _task(payload: bytes = b'{"text":"a"}') -> NewTask:
    task_id = new_id()
    columns = {
        "id": task_id,
        "customer_id": new_id(),
        "actor": "key:test",
        "kind": "tts.synthesize",
        "version": 1,
        "queue": "tts.default",
        "lane": "default",
        "payload": orjson.Fragment(payload),
        "max_attempts": 4,
    }
    return NewTask(task_id, columns)


def _run(
    settings: GatewaySettings, scenario: Callable[[AcceptanceWriter, Pool], Awaitable[None]]
) -> None:
    async def main() -> None:
        async with connection_pool(settings) as pool:
            writer = AcceptanceWriter(pool, batch=settings.submission_batch)
            writer.start()
            try:
                await scenario(writer, pool)
            finally:
                await writer.close()

    asyncio.run(main())


def test_a_task_that_cannot_be_stored_does_not_fail_its_neighbours(
    settings: GatewaySettings, database: Any
) -> None:
    # Given twenty tasks, one of which PostgreSQL cannot store, and one of an erased customer's key
    tasks = [_task() for _ in range(20)]
    tasks[7] = _task(b'{"text":"a\\u0000b"}')
    tasks[8].columns["key_id"] = new_id()

    async def scenario(writer: AcceptanceWriter, _: Pool) -> None:
        # When they are handed in at once
        outcomes = await asyncio.gather(
            *[writer.accept(task) for task in tasks], return_exceptions=True
        )
        # Then only these are refused
        assert isinstance(outcomes.pop(8), KeyGone)
        assert isinstance(outcomes.pop(7), InvalidFields)
        assert all(not isinstance(outcome, BaseException) for outcome in outcomes)

    _run(settings, scenario)
    expected = {task.id for task in tasks} - {tasks[7].id, tasks[8].id}
    assert {row[0] for row in database.ask("SELECT id FROM tasks")} == expected
    assert {row[0] for row in database.ask("SELECT task_id FROM outbox")} == expected


def test_tasks_that_arrive_together_share_transactions(
    settings: GatewaySettings, database: Any
) -> None:
    async def scenario(writer: AcceptanceWriter, _: Pool) -> None:
        await asyncio.gather(*[writer.accept(_task()) for _ in range(200)])

    _run(settings, scenario)
    ((transactions,),) = database.ask("SELECT count(DISTINCT xmin::text) FROM outbox")
    assert transactions <= 5


def test_a_commit_wakes_the_relay(settings: GatewaySettings, database: Any) -> None:
    async def scenario(writer: AcceptanceWriter, _: Pool) -> None:
        await writer.accept(_task())

    with psycopg.connect(database.url, autocommit=True) as listener:
        listener.execute("LISTEN warren_outbox")
        _run(settings, scenario)
        assert [n.channel for n in listener.notifies(timeout=5, stop_after=1)] == ["warren_outbox"]


def test_a_task_written_again_after_a_lost_connection_stays_one_task(
    settings: GatewaySettings, database: Any
) -> None:
    # Given a task that was committed, whose row the relay has already taken
    task = _task()

    async def scenario(writer: AcceptanceWriter, pool: Pool) -> None:
        first = await writer.accept(task)
        async with pool.connection() as connection:
            await connection.execute("DELETE FROM outbox")
        # When it is written again, as after a connection that broke before the answer came
        again, other = await asyncio.gather(writer.accept(task), writer.accept(_task()))
        # Then the answer is the same
        assert again == first != other

    _run(settings, scenario)
    # And nothing is issued a second time
    assert database.count("tasks") == 2
    assert database.count("outbox") == 1


def test_without_a_database_submissions_fail_within_the_time_out(
    settings: GatewaySettings,
) -> None:
    nowhere = settings.model_copy(
        update={"database_url": "postgresql://x@127.0.0.1:1/x", "database_timeout": 0.3}
    )

    async def scenario(writer: AcceptanceWriter, _: Pool) -> None:
        async with asyncio.timeout(3):
            with pytest.raises(DatabaseUnavailable):
                await writer.accept(_task())

    _run(nowhere, scenario)


def test_a_connection_to_what_became_a_standby_is_given_up_for_another(
    settings: GatewaySettings, database: Any
) -> None:
    async def scenario(writer: AcceptanceWriter, pool: Pool) -> None:
        # Given a pool whose one connection leads to a server that takes no writes any more
        async with pool.connection() as connection:
            await connection.execute("SET default_transaction_read_only = on")
        # Then the submission finds a server that does
        await writer.accept(_task())

    _run(settings, scenario)
    assert database.count("tasks") == 1


def test_while_there_are_only_standbys_callers_may_come_back(
    settings: GatewaySettings, database: Any
) -> None:
    async def scenario(writer: AcceptanceWriter, _: Pool) -> None:
        with pytest.raises(DatabaseUnavailable):
            await writer.accept(_task())

    setting = sql.SQL("ALTER DATABASE {} {} default_transaction_read_only {}")
    with psycopg.connect(database.url, autocommit=True) as administrator:
        name = sql.Identifier(administrator.info.dbname)
        administrator.execute(setting.format(name, sql.SQL("SET"), sql.SQL("TO on")))
        try:
            _run(settings, scenario)
        finally:
            administrator.execute(setting.format(name, sql.SQL("RESET"), sql.SQL("")))


def test_a_task_that_breaks_its_writer_costs_neither_the_writer_nor_its_neighbours(
    settings: GatewaySettings, database: Any
) -> None:
    def unthinkable() -> NewTask:
        task = _task()
        return NewTask(task.id, task.columns | {"metadata": object()})

    async def scenario(writer: AcceptanceWriter, _: Pool) -> None:
        for _round in range(3):  # as there are two writers
            outcomes = await asyncio.gather(
                writer.accept(_task()), writer.accept(unthinkable()), return_exceptions=True
            )
            assert [isinstance(outcome, TypeError) for outcome in outcomes] == [False, True]

    _run(settings, scenario)
    assert database.count("tasks") == 3


def test_closing_lets_nobody_wait_for_ever(settings: GatewaySettings) -> None:
    async def scenario() -> None:
        # Given submissions that no writer has looked at yet
        writer = AcceptanceWriter(connection_pool(settings), batch=1)
        waiting = [asyncio.create_task(writer.accept(_task())) for _ in range(3)]
        await asyncio.sleep(0)
        # When the writer is closed / Then each of them ends
        await writer.close()
        outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)

    asyncio.run(scenario())
