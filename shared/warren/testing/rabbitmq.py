"""RabbitMQ for tests: a server that the run shares, a virtual host for each test.

`WARREN_TEST_AMQP_URL` names an external server instead; its management API is expected on port
15672 with the same user unless `WARREN_TEST_RABBITMQ_API` says where it is. With
`WARREN_RABBITMQ_ROOTFS` all nodes run from that root folder (`deploy/setup/rabbitmq4.sh`).
"""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from warren.stack.rabbitmq import RabbitMQNode
from warren.testing.servers import run_folder, shared_server

#: Consumer time-outs are examined this often, in ms.
_TICK = 500
_WRITE_REGISTERS = "[ok = dets:sync(Table) || Table <- dets:all()], mnesia:sync_log()."


class DisposableNode(RabbitMQNode):
    """A node with the management API, whose data nobody needs when the tests are over."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder,
            plugins=["rabbitmq_management"],
            application={"channel_tick_interval": _TICK},
        )

    def stop(self) -> None:
        """Killed: a clean stop takes six seconds with this plugin."""
        self.kill()


def write_registers(node: RabbitMQNode) -> None:
    """Let the node write down at once which queues and streams it has.

    RabbitMQ 3.10 does that half a second late: killed before, it forgets the youngest of them.
    """
    node.control("eval", _WRITE_REGISTERS)


class VirtualHosts:
    """Makes and deletes the virtual hosts of a server through its management API."""

    def __init__(self, server_url: str, api_url: str) -> None:
        self._server_url = server_url
        self._api_url = api_url

    def create(self) -> str:
        """Make a virtual host and return its AMQP URL."""
        url = urlsplit(self._server_url)._replace(path=f"/test-{uuid.uuid4().hex}").geturl()
        self._call("PUT", url)
        return url

    def delete(self, url: str) -> None:
        """Delete the virtual host of an AMQP URL with all that is in it."""
        self._call("DELETE", url)

    def _call(self, method: str, url: str) -> None:
        # The API may open a moment after the broker itself, hence the retries.
        with httpx.Client(timeout=30, transport=httpx.HTTPTransport(retries=5)) as api:
            name = urlsplit(url).path.lstrip("/")
            api.request(method, f"{self._api_url}/vhosts/{name}").raise_for_status()


@pytest.fixture(scope="session")
def amqp_server_url(pytestconfig: pytest.Config) -> str:
    """The AMQP URL of the server that this test run shares."""
    external = os.environ.get("WARREN_TEST_AMQP_URL")
    return external or shared_server(pytestconfig, "rabbitmq", DisposableNode)


@pytest.fixture(scope="session")
def rabbitmq_api_url(pytestconfig: pytest.Config, amqp_server_url: str) -> str:
    """The management API of the shared server, with user and password in the URL."""
    if os.environ.get("WARREN_TEST_AMQP_URL"):
        server = urlsplit(amqp_server_url)
        user = server.netloc.rpartition("@")[0]
        default = f"http://{user or 'guest:guest'}@{server.hostname}:15672/api"
        return os.environ.get("WARREN_TEST_RABBITMQ_API", default)
    return DisposableNode(run_folder(pytestconfig) / "rabbitmq" / "state").api_url


@pytest.fixture
def amqp_url(amqp_server_url: str, rabbitmq_api_url: str) -> Iterator[str]:
    """The AMQP URL of a fresh virtual host, deleted after the test."""
    hosts = VirtualHosts(amqp_server_url, rabbitmq_api_url)
    url = hosts.create()
    yield url
    hosts.delete(url)


@pytest.fixture
def rabbitmq_node(pytestconfig: pytest.Config) -> RabbitMQNode:
    """A running node that no other test uses meanwhile: the test may kill it and start it again."""
    name = f"rabbitmq-{os.environ.get('PYTEST_XDIST_WORKER', 'own')}"
    shared_server(pytestconfig, name, DisposableNode)
    node = DisposableNode(run_folder(pytestconfig) / name / "state")
    node.start()
    return node


@pytest.fixture
def own_amqp_url(rabbitmq_node: RabbitMQNode) -> str:
    """The AMQP URL of a fresh virtual host on the test's own node.

    It is not deleted: the test may leave the node killed, and the next test gets another.
    """
    return VirtualHosts(rabbitmq_node.url, rabbitmq_node.api_url).create()
