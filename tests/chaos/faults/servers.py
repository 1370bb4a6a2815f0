"""Servers that live, but end their clients' sessions, cancel their work, or take nothing in."""

import threading
from random import Random

import pika
import pika.exceptions
import psycopg

from tests.chaos.faults.system import Order, System
from warren.errors import Unavailable
from warren.stack.rabbitmq import RabbitMQNode

_OTHERS = "SELECT {what}(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s"
_DATABASE = "warren"
_JOB_QUEUES = ("chaos.default", "chaos.low")
_CANCEL_EVERY = 0.05
_NO_MEMORY, _USUAL_MEMORY = "0.00000001", "0.4"


def close_connections(system: System, order: Order) -> None:
    """The broker closes every connection, and says so."""
    _control(system, order, "close_all_connections", "chaos")


def block_publishers(system: System, order: Order) -> None:
    """The broker thinks that it is out of memory, and reads from no publisher for a while."""
    _control(system, order, "set_vm_memory_high_watermark", _NO_MEMORY)
    try:
        system.over.wait(order.seconds)
    finally:
        _control(system, order, "set_vm_memory_high_watermark", _USUAL_MEMORY)


def purge(system: System, order: Order) -> None:
    """All messages that wait in some of the job queues are gone, as after a mistake."""
    queue = Random(f"{system.plan.seed} purge {order.number}").choice(_JOB_QUEUES)
    try:
        connection = pika.BlockingConnection(pika.URLParameters(system.stack.descriptor.amqp_url))
        try:
            gone = connection.channel().queue_purge(queue).method.message_count
        finally:
            connection.close()
    except (pika.exceptions.AMQPError, OSError) as error:
        system.journal.write(event="not done", number=order.number, error=repr(error)[:200])
    else:
        system.journal.write(event="purged", queue=queue, messages=gone)


def end_sessions(system: System, order: Order) -> None:
    """The database ends every session, in whatever it is doing."""
    _to_others(system, order, "pg_terminate_backend", 0)


def cancel_statements(system: System, order: Order) -> None:
    """The database cancels every statement again and again for a while."""
    _to_others(system, order, "pg_cancel_backend", order.seconds)


def take_all_sessions(system: System, order: Order) -> None:
    """Others hold all connections that the database can have, so that it refuses new ones."""
    taken: list[psycopg.Connection] = []
    url = system.stack.descriptor.database_url
    end_sessions(system, order)
    try:
        while len(taken) < 300 and not system.over.is_set():
            taken.append(psycopg.connect(url, connect_timeout=5))
    except psycopg.OperationalError:
        system.over.wait(order.seconds)
    finally:
        for connection in taken:
            connection.close()


def _control(system: System, order: Order, *arguments: str) -> None:
    try:
        RabbitMQNode(system.stack.folder.rabbitmq).control(*arguments)
    except Unavailable as error:
        system.journal.write(event="not done", number=order.number, error=str(error)[:200])


def _to_others(system: System, order: Order, what: str, seconds: float) -> None:
    url = system.stack.descriptor.database_url
    enough = threading.Event()
    timer = threading.Timer(seconds, enough.set)
    timer.start()
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            while True:
                connection.execute(_OTHERS.format(what=what), [_DATABASE])
                if enough.wait(_CANCEL_EVERY) or system.over.is_set():
                    return
    except psycopg.OperationalError as error:
        system.journal.write(event="not done", number=order.number, error=str(error)[:200])
    finally:
        timer.cancel()
