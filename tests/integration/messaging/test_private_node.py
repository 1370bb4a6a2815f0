"""The private RabbitMQ node and the isolation that its tests rely on."""

import os
import signal
from pathlib import Path

import pika
import pytest

from warren.errors import ConfigurationError
from warren.stack.rabbitmq import RabbitMQNode, answers_amqp
from warren.stack.rabbitmq_files import NodePorts

pytestmark = pytest.mark.rabbitmq


def _queue_exists(url: str, name: str) -> bool:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        connection.channel().queue_declare(name, passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        return False
    finally:
        connection.close()
    return True


def _declare(url: str, name: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    connection.channel().queue_declare(name, durable=True)
    connection.close()


def test_each_test_has_a_virtual_host_of_its_own(amqp_url: str, own_amqp_url: str) -> None:
    # Given a queue in one virtual host
    _declare(amqp_url, "mine")
    # Then another virtual host does not have it
    assert _queue_exists(amqp_url, "mine")
    assert not _queue_exists(own_amqp_url, "mine")


def test_a_killed_node_starts_again_on_its_port_with_its_data(
    rabbitmq_node: RabbitMQNode, own_amqp_url: str
) -> None:
    # Given a node with a durable queue, that somebody killed after it had written it down
    _declare(own_amqp_url, "kept")
    rabbitmq_node.control("eval", "mnesia:sync_log().")
    port, pid = rabbitmq_node.port, rabbitmq_node.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    # When it is started again, from its folder alone
    rabbitmq_node.start()
    # Then it listens where it did, as another process, and nothing is lost
    assert rabbitmq_node.port == port
    assert rabbitmq_node.pid not in (None, pid)
    assert _queue_exists(own_amqp_url, "kept")


def test_starting_a_running_node_leaves_it_alone(rabbitmq_node: RabbitMQNode) -> None:
    # Given a running node
    pid = rabbitmq_node.pid
    # When it is started once more
    rabbitmq_node.start()
    # Then it is the same process
    assert rabbitmq_node.pid == pid


def test_stopping_ends_server_and_name_daemon_and_may_be_repeated(
    rabbitmq_node: RabbitMQNode,
) -> None:
    # When a node is stopped twice
    port = rabbitmq_node.port
    rabbitmq_node.stop()
    rabbitmq_node.stop()
    # Then nothing of it answers any more
    assert rabbitmq_node.pid is None
    assert not answers_amqp(port)


def test_a_taken_port_is_reported_in_one_line(rabbitmq_node: RabbitMQNode, tmp_path: Path) -> None:
    # Given a port on which a node listens
    taken = rabbitmq_node.port
    # When another node is to use it
    with pytest.raises(ConfigurationError, match=f"port {taken} is taken") as caught:
        NodePorts.choose(taken, preferred=None)
    # Then the message is one line
    assert "\n" not in str(caught.value)
