"""The private node's folder and commands, without a node."""

import stat
from pathlib import Path

import pytest

from warren.errors import ConfigurationError
from warren.stack import rabbitmq_installation
from warren.stack.rabbitmq_files import NodeFolder, NodePorts, NodeState
from warren.stack.rabbitmq_installation import RabbitMQInstallation
from warren.stack.rabbitmq_process import ServerProcess

PORTS = NodePorts(amqp=21001, distribution=21002, epmd=21003, api=21004)


@pytest.fixture
def folder(tmp_path: Path) -> NodeFolder:
    node = NodeFolder(tmp_path / "node", tmp_path / "node")
    node.prepare()
    return node


def test_secrets_are_made_once_and_are_the_owners_alone(folder: NodeFolder) -> None:
    # Given a prepared folder
    password = folder.password
    # When it is prepared again
    folder.prepare()
    # Then the password is the same, and nobody else can read it or the cookie
    assert folder.password == password
    for secret in (folder.path / "password", folder.path / "home" / ".erlang.cookie"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o400


def test_the_node_listens_on_loopback_only(folder: NodeFolder) -> None:
    # When the node is configured
    folder.configure(PORTS, ["rabbitmq_management"], {"channel_tick_interval": 500})
    # Then every listener is bound to 127.0.0.1
    configuration = (folder.path / "rabbitmq.conf").read_text()
    assert "listeners.tcp.1 = 127.0.0.1:21001" in configuration
    assert "management.tcp.ip = 127.0.0.1" in configuration
    environment = folder.environment(PORTS)
    assert "{127,0,0,1}" in environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]
    assert environment["ERL_EPMD_ADDRESS"] == "127.0.0.1"
    # And plugins and the application's environment are as asked for
    assert (folder.path / "enabled_plugins").read_text() == "[rabbitmq_management].\n"
    assert "{channel_tick_interval, 500}" in (folder.path / "advanced.config").read_text()


def test_what_was_started_is_found_again(folder: NodeFolder) -> None:
    # Given a recorded start
    state = NodeState(PORTS, server=ServerProcess(123, 4.5))
    folder.save(state)
    # Then it can be read back
    assert folder.load() == state


@pytest.mark.parametrize("content", ["", "{", '{"ports": {}}', "[]"])
def test_a_torn_record_counts_as_none(folder: NodeFolder, content: str) -> None:
    # Given a record that a power failure has torn
    (folder.path / "node.json").write_text(content)
    # Then it is as if there were none
    assert folder.load() is None


def test_ports_of_the_last_start_are_kept_when_they_are_free() -> None:
    # Given the ports of the last start
    # When ports are chosen again
    chosen = NodePorts.choose(None, preferred=PORTS)
    # Then they are the same
    assert chosen == PORTS


def test_a_missing_package_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a machine without RabbitMQ
    monkeypatch.setattr(rabbitmq_installation, "PROGRAMS", tmp_path / "nothing")
    # When it is looked for
    with pytest.raises(ConfigurationError, match="apt-get install rabbitmq-server") as caught:
        RabbitMQInstallation.find(environ={})
    # Then the message is one line
    assert "\n" not in str(caught.value)


def test_a_root_folder_without_rabbitmq_is_told_with_what_to_do(tmp_path: Path) -> None:
    # Given a setting that names an empty folder
    # Then the message says how to fill it
    with pytest.raises(ConfigurationError, match=r"rabbitmq4\.sh install"):
        RabbitMQInstallation.find(environ={"WARREN_RABBITMQ_ROOTFS": str(tmp_path)})
