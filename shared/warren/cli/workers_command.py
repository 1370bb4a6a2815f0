"""`warren workers`: the processes of all services, as the gateway knows them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from warren.cli.api_client import open_client
from warren.cli.tables import print_json, print_table

app = typer.Typer(help="Processes of all services: what there is, what runs, how much.")

AsJson = Annotated[bool, typer.Option("--json", help="Print what the gateway answers.")]
_MIB = 1024 * 1024


@app.command("list")
def list_workers(
    state: Annotated[
        str | None, typer.Option(help="Only these: live, stopping, stopped or lost.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the processes of the last day, with what they serve."""
    workers = _fetch(state)
    if as_json:
        print_json(workers)
        return
    print_table(
        ["incarnation", "name", "service", "state", "busy", "queues", "release", "silent for"],
        [
            [
                *(worker[key] for key in ("incarnation", "name", "service", "state")),
                f"{worker['slots_busy']}/{worker['slots_total']}",
                " ".join(worker["queues"]),
                worker["release"],
                f"{_age(worker['beat_at']):.0f} s",
            ]
            for worker in workers
        ],
    )


@app.command()
def active(as_json: AsJson = False) -> None:
    """List the runs that live processes hold."""
    workers = [worker for state in ("live", "stopping") for worker in _fetch(state)]
    runs = [
        {"run_id": run, "name": worker["name"], "incarnation": worker["incarnation"]}
        for worker in workers
        for run in worker["runs"]
    ]
    if as_json:
        print_json(runs)
        return
    print_table(["run", "name", "incarnation"], [list(run.values()) for run in runs])


@app.command()
def stats(as_json: AsJson = False) -> None:
    """Sum up processes, slots, CPU and memory by service."""
    by_service: dict[str, list[dict[str, Any]]] = {}
    for worker in _fetch(None):
        by_service.setdefault(worker["service"], []).append(worker)
    sums = [_sum(service, workers) for service, workers in sorted(by_service.items())]
    if as_json:
        print_json(sums)
        return
    print_table(list(sums[0]) if sums else ["service"], [list(each.values()) for each in sums])


@app.command()
def stop(
    incarnation: Annotated[str, typer.Argument(help="As `warren workers list` shows it.")],
) -> None:
    """Tell a worker process to finish what it runs and stop."""
    with open_client() as client:
        answer = client.post(f"/api/v1/workers/{quote(incarnation, safe='')}/stop")
    typer.echo(f"{answer['incarnation']}: {answer['message']}")


def _sum(service: str, workers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    states = Counter(worker["state"] for worker in workers)
    alive = [worker for worker in workers if worker["state"] in {"live", "stopping"}]
    return {
        "service": service,
        "live": len(alive),
        "lost": states["lost"],
        "slots": sum(worker["slots_total"] for worker in alive),
        "busy": sum(worker["slots_busy"] for worker in alive),
        "cpu_percent": round(sum(worker["cpu_percent"] for worker in alive), 1),
        "memory_mib": sum(worker["memory_bytes"] for worker in alive) // _MIB,
    }


def _fetch(state: str | None) -> list[dict[str, Any]]:
    with open_client() as client:
        items: list[dict[str, Any]] = client.get("/api/v1/workers", {"state": state})["items"]
    return items


def _age(moment: str) -> float:
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
