"""What /readyz says of a database and a broker that are there, away, or useless."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from gateway.config import GatewaySettings
from warren.stack.rabbitmq import RabbitMQNode
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]
Serve = Callable[[GatewaySettings], str]


@pytest.fixture
def client(
    settings: GatewaySettings, own_amqp_url: str, serve: Serve, database: Any
) -> Iterator[httpx.Client]:
    """A gateway whose broker is the test's own."""
    url = serve(settings.model_copy(update={"amqp_url": own_amqp_url}))
    with httpx.Client(base_url=url, timeout=15, trust_env=False) as client:
        yield client


def _says(client: httpx.Client, check: str, text: str) -> bool:
    answer = client.get("/readyz").json()
    return text in answer["checks"][check] and (check in answer["missing"]) == (text != "ok")


def test_a_broker_that_takes_no_messages_is_told_of_and_so_is_its_recovery(
    client: httpx.Client, rabbitmq_node: RabbitMQNode
) -> None:
    # Given a gateway that is ready
    eventually(lambda: _says(client, "broker", "ok"), within=20)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "missing": [],
        "checks": {"database": "ok", "broker": "ok"},
    }
    # When its broker raises the alarm for memory, Then that is said, and tasks are still accepted
    rabbitmq_node.control("set_vm_memory_high_watermark", "absolute", "1")
    eventually(lambda: _says(client, "broker", "it takes no messages: it is short of"), within=20)
    assert client.get("/readyz").status_code == 200
    # And when the alarm is over, so is the complaint
    rabbitmq_node.control("set_vm_memory_high_watermark", "0.6")
    eventually(lambda: _says(client, "broker", "ok"), within=30)


def test_a_frozen_broker_is_told_of_though_its_port_is_open(
    client: httpx.Client, rabbitmq_node: RabbitMQNode
) -> None:
    eventually(lambda: _says(client, "broker", "ok"), within=20)
    assert rabbitmq_node.pid is not None
    os.kill(rabbitmq_node.pid, signal.SIGSTOP)
    try:
        eventually(lambda: _says(client, "broker", "it has not answered for"), within=15)
    finally:
        os.kill(rabbitmq_node.pid, signal.SIGCONT)
    eventually(lambda: _says(client, "broker", "ok"), within=60)


def test_a_broker_that_refuses_the_login_is_told_of_with_its_reason(
    settings: GatewaySettings, amqp_url: str, serve: Serve, database: Any
) -> None:
    scheme, _, rest = amqp_url.partition("://")
    wrong = f"{scheme}://nobody:wrong@{rest.partition('@')[2]}"
    url = serve(settings.model_copy(update={"amqp_url": wrong}))
    with httpx.Client(base_url=url, timeout=15, trust_env=False) as client:
        eventually(lambda: _says(client, "broker", "ACCESS_REFUSED"), within=20)
        assert "nobody" not in client.get("/readyz").text


def test_a_database_that_takes_no_writes_makes_the_gateway_unready(
    client: httpx.Client, database: Any
) -> None:
    # Given a database that has become read-only
    name = psycopg.conninfo.conninfo_to_dict(database.url)["dbname"]
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'warren-gateway%'"
            )
            # When asked, Then the gateway is unready and says why
            eventually(lambda: _says(client, "database", "takes no writes"), within=20)
            assert client.get("/readyz").status_code == 503
        finally:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


def test_a_broker_that_is_not_there_costs_no_more_than_a_moment(
    settings: GatewaySettings, serve: Serve, database: Any, tmp_path: Path
) -> None:
    with httpx.Client(base_url=serve(settings), timeout=15, trust_env=False) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["missing"]) == (200, ["broker"])
        assert "no connection (" in answer.json()["checks"]["broker"]
        assert "tasks are accepted" in answer.json()["checks"]["broker"]
