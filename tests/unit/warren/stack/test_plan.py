from pathlib import Path

import pytest

from warren.contracts.programs import DeclaredProgram
from warren.stack.folder import StackFolder
from warren.stack.plan import Addresses, Programs, StackPlan, WorkerPlan, stop_order

ADDRESSES = Addresses("postgresql://database", "amqp://broker", 20001)


def programs(plan: StackPlan) -> Programs:
    return Programs(StackFolder(Path("/srv/.warren")), plan)


def test_replicas_of_a_worker_have_names_and_logs_of_their_own() -> None:
    plan = StackPlan(workers=[WorkerPlan("tts-worker", replicas=3)])

    workers = programs(plan).workers(ADDRESSES)

    assert [worker.name for worker in workers] == ["tts-worker", "tts-worker-2", "tts-worker-3"]
    assert workers[2].log == Path("/srv/.warren/logs/tts-worker-3.log")


def test_every_program_learns_where_the_others_are() -> None:
    environment = programs(StackPlan(environment={"EXTRA": "1"})).environment(ADDRESSES)

    assert environment["WARREN_DATABASE_URL"] == "postgresql://database"
    assert environment["WARREN_AMQP_URL"] == "amqp://broker"
    assert environment["WARREN_ARTIFACTS_URL"] == "/srv/.warren/artifacts"
    assert environment["WARREN_PORT"] == "20001"
    assert environment["EXTRA"] == "1"


def test_workers_are_not_told_where_the_database_is() -> None:
    plan = StackPlan(
        workers=[WorkerPlan("tts-worker", concurrency=2, arguments=["--lanes", "low"])]
    )

    worker = programs(plan).workers(ADDRESSES)[0]

    assert "WARREN_DATABASE_URL" not in worker.environment
    assert worker.command[1:] == [
        *["worker", "tts-worker", "--name", "tts-worker"],
        *["--concurrency", "2", "--lanes", "low"],
    ]


def test_workers_stop_first_and_the_servers_last() -> None:
    gateway_side = ["scheduler", "housekeeper", "relay", "recorder", "recorder-2", "gateway"]
    names = ["rabbitmq", "postgres", *gateway_side, "tts-worker"]

    assert stop_order(names) == [
        ["tts-worker"],
        ["scheduler"],
        ["housekeeper"],
        ["relay"],
        ["recorder", "recorder-2"],
        ["gateway"],
        ["rabbitmq", "postgres"],
    ]


def test_relay_and_recorder_can_have_replicas_too() -> None:
    names = [p.name for p in programs(StackPlan(relays=2)).gateway_side(ADDRESSES)]

    assert names == ["scheduler", "housekeeper", "relay", "relay-2", "recorder", "gateway"]


def test_a_single_program_can_be_told_other_addresses_than_the_rest() -> None:
    plan = StackPlan(
        rewire=lambda name, environment: (
            {"WARREN_AMQP_URL": "amqp://a-wire-that-can-be-cut"} if name == "relay" else {}
        )
    )

    _, _, relay, recorder, _ = programs(plan).gateway_side(ADDRESSES)

    assert relay.environment["WARREN_AMQP_URL"] == "amqp://a-wire-that-can-be-cut"
    assert recorder.environment["WARREN_AMQP_URL"] == "amqp://broker"


def test_a_program_that_serves_metrics_is_told_its_own_port() -> None:
    stack = programs(StackPlan(housekeepers=2))
    ports = {name: 20_100 + n for n, name in enumerate(stack.with_metrics())}
    addresses = Addresses("postgresql://database", "amqp://broker", 20001, ports)

    told = {
        program.name: program.environment.get("WARREN_HOUSEKEEPER_METRICS_PORT")
        for program in stack.gateway_side(addresses)
    }

    assert told["housekeeper"] == str(ports["housekeeper"])
    assert told["housekeeper-2"] == str(ports["housekeeper-2"])
    assert told["relay"] is None
    relay = next(p for p in stack.gateway_side(addresses) if p.name == "relay")
    assert relay.environment["WARREN_RELAY_METRICS_PORT"] == str(ports["relay"])
    assert addresses.metrics_urls["housekeeper"].endswith(f":{ports['housekeeper']}/metrics")
    assert addresses.metrics_urls["gateway"] == "http://127.0.0.1:20001/metrics"


SEARCH = DeclaredProgram(
    name="search-node",
    service="indexer",
    arguments=("search-node",),
    port_variable="SEARCH_PORT",
    url_variable="SEARCH_URL",
    token_variable="SEARCH_TOKEN",
    folders={"SEARCH_FOLDER": "search"},
)


def test_what_a_service_declares_is_found_by_all_and_keeps_its_secret(tmp_path: Path) -> None:
    plan = StackPlan(workers=[WorkerPlan("indexer")], programs=[SEARCH])
    addresses = Addresses("postgresql://db", "amqp://b", 20001, program_ports={"search-node": 2})

    folder = StackFolder.of(tmp_path)
    (node,) = Programs(folder, plan).declared(addresses)
    (worker,) = Programs(folder, plan).workers(addresses)

    assert node.command[1:] == ["search-node"]
    assert node.environment["SEARCH_PORT"] == "2"
    assert "WARREN_DATABASE_URL" not in node.environment
    assert worker.environment["SEARCH_URL"] == "http://127.0.0.1:2"
    assert worker.environment["SEARCH_FOLDER"] == str(folder.path / "search")
    assert worker.environment["SEARCH_TOKEN"] == node.environment["SEARCH_TOKEN"]
    assert folder.secret("search-node").stat().st_mode & 0o077 == 0


def test_a_program_stays_away_where_its_service_has_no_worker() -> None:
    plan = StackPlan(workers=[WorkerPlan("tts-worker")], programs=[SEARCH])

    assert programs(plan).declared_names() == []


def test_a_program_that_runs_elsewhere_is_not_started_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SYNC_CHATBOT_URL", raising=False)
    here = {program.name for program in StackPlan().programs}
    monkeypatch.setenv("SYNC_CHATBOT_URL", "https://chatbot.example")

    assert here - {program.name for program in StackPlan().programs} == {"chatbot"}
