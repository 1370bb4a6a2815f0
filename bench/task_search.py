"""Searching a year of tasks over HTTP: by id, kind, argument, error, caller, time, and state.

python -m bench.task_search [ROWS] [--folder FOLDER] [--rounds 7]

Fills a private PostgreSQL in FOLDER (ten million tasks: less than 25 GB), which is deleted
afterwards, and prints a table for docs/benchmarks/gateway.md. Every search goes through the
gateway's own application, in this process. `first` is the first time that anybody asks; `most` the
worst of all requests. What is rare is followed to the end of the list: `requests` of 50 tasks each.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from bench.task_search_rows import RARE_KIND, Week, customer, fill, weeks_of
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.customers.administration import create_key
from gateway.customers.keys import Scope
from gateway.schema import migrate
from warren.stack.postgres import PostgresServer

#: Nothing of it has to survive; else as a server of this size would be set up.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "shared_buffers": "1GB",
    "maintenance_work_mem": "512MB",
}
_TASKS = "/api/v1/tasks"
_MOST_REQUESTS = 100
_SIZES = """
SELECT count(*), sum(pg_total_relation_size(oid)) / 2 ^ 30, sum(pg_indexes_size(oid)) / 2 ^ 30
FROM pg_class WHERE relname ~ '^tasks_[0-9]{8}$' AND relkind = 'r'
"""
Query = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Search:
    """Several questions of one sort; `rare` ones are followed to the end."""

    name: str
    queries: Sequence[Query]
    rare: bool = False
    by_owner: bool = False


@dataclass(slots=True)
class Figures:
    """Milliseconds of each request, and what the last question has found."""

    search: Search
    times: list[float] = field(default_factory=list)
    found: int = 0
    requests: int = 0

    def row(self) -> str:
        """Of the table."""
        mid, most = statistics.median(self.times), max(self.times)
        return (
            f"| {self.search.name} | {self.found:,} | {self.requests} | {self.times[0]:.0f}"
            f" | {mid:.0f} | {most:.0f} |"
        )


def main() -> None:
    """Fill, search, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=10_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="warren-search-", dir=options.folder) as folder:
        server = PostgresServer(Path(folder), settings=_SETTINGS)
        try:
            _measure(server.start(), options.rows, options.rounds, folder)
        finally:
            server.kill()


def _measure(url: str, rows: int, rounds: int, folder: str) -> None:
    now = datetime.now(UTC)
    weeks = weeks_of(rows, now)
    migrate(url)
    began = time.monotonic()
    fill(url, weeks)
    with psycopg.connect(url, autocommit=True) as connection:
        partitions, size, indexes = connection.execute(_SIZES).fetchall()[0]
        print(
            f"{rows:,} tasks in {partitions} partitions, {size:.1f} GiB, {indexes:.1f} of them"
            f" indexes; filled in {time.monotonic() - began:.0f} s"
        )
        keys = [_key(connection, 0, Scope.OPERATE), _key(connection, 1)]
        searches = _searches(connection, rounds, now, weeks[-2])
    load = psutil.getloadavg()[0]
    print(f"load before the searches: {load:.1f}\n")
    print("| search by | found | requests | first, ms | median, ms | most, ms |")
    print("|---|---|---|---|---|---|")
    for figures in asyncio.run(_asked(url, searches, keys, folder)):
        print(figures.row())


def _key(connection: psycopg.Connection[Any], number: int, *more: Scope) -> str:
    owner = customer(number)
    connection.execute("INSERT INTO customers (id, name) VALUES (%s, 'bench')", [owner])
    ((owner_id,),) = connection.execute("SELECT %s::uuid", [owner]).fetchall()
    return str(create_key(connection, owner_id, "bench", [Scope.TASKS_READ, *more]))


def _searches(
    connection: psycopg.Connection[Any], rounds: int, now: datetime, week: Week
) -> list[Search]:
    days = [now - timedelta(days=13 + 55 * number) for number in range(rounds)]
    known = _known(connection, days)
    hours = [
        {"since": day.isoformat(), "until": (day + timedelta(hours=1)).isoformat()} for day in days
    ]
    failed = {"state": "failed"}
    errors = [{"error": row["message"]} for row in known if row["message"]]
    return [
        Search("id", [{"id": row["id"]} for row in known]),
        Search("nothing: the newest", [{}] * rounds),
        Search("a frequent kind", [{"kind": "service0.kind_0"}] * rounds),
        Search("a rare kind (20 tasks)", [{"kind": RARE_KIND}] * rounds, rare=True),
        Search("a kind that nobody has", [{"kind": "no.kind"}] * rounds, rare=True),
        Search("state: failed", [failed] * rounds),
        Search("state: failed, of a rare kind", [{**failed, "kind": RARE_KIND}], rare=True),
        Search("state: pending (live)", [{"state": "pending"}] * rounds),
        Search("caller with few tasks", [_of(1_000 + n) for n in range(rounds)]),
        Search("caller with many, kind", [{**_of(0), "kind": "service3.kind_39"}] * rounds),
        Search(
            "caller's own: failed, a month",
            [{**failed, **_month(day)} for day in days],
            by_owner=True,
        ),
        Search("caller's own: a rare kind", [{"kind": RARE_KIND}], rare=True, by_owner=True),
        Search("user", [{"user_id": f"user-{99_000 + n}"} for n in range(rounds)], rare=True),
        Search("time: an hour", hours),
        Search("time and kind", [{**hour, "kind": "service3.kind_9"} for hour in hours], rare=True),
        Search("error, a frequent type", [{"error": "Error7"}] * rounds),
        Search("error, one of all", errors, rare=True),
        Search("argument (two weeks), frequent", [{"text": "VOICE-3"}] * rounds),
        Search(
            "argument (two weeks), one of all",
            [{"text": f"order-{week.number}-{week.rows - n}"} for n in range(3)],
            rare=True,
        ),
        Search("argument, in other letters", [{"text": "СТАРАЯ ГАВАНЬ"}] * 2, rare=True),
        Search("tag, frequent", [{"tag": "nightly"}] * rounds),
    ]


def _of(number: int) -> Query:
    return {"customer_id": customer(number)}


def _month(day: datetime) -> Query:
    return {"since": (day - timedelta(days=30)).isoformat(), "until": day.isoformat()}


def _known(connection: psycopg.Connection[Any], days: Sequence[datetime]) -> list[Query]:
    """Failed tasks of these days, with words that only their errors have."""
    query = (
        "SELECT id::text, split_part(error ->> 'message', ' ', 3) FROM tasks"
        " WHERE ended_badly = 'failed' AND id > uuid7_floor(%s) ORDER BY id LIMIT 1"
    )
    found = [connection.execute(query, [day]).fetchone() for day in days]
    return [{"id": row[0], "message": row[1]} for row in found if row]


@asynccontextmanager
async def _client(url: str, folder: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = GatewaySettings(
        database_url=url,
        artifacts_url=f"{folder}/artifacts",
        amqp_url="amqp://guest:guest@127.0.0.1:1/%2F",
    )
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://gateway", timeout=60
        ) as client,
    ):
        yield client


async def _asked(
    url: str, searches: Sequence[Search], keys: Sequence[str], folder: str
) -> list[Figures]:
    async with _client(url, folder) as client:
        return [await _figures(client, search, keys[search.by_owner]) for search in searches]


async def _figures(client: httpx.AsyncClient, search: Search, key: str) -> Figures:
    figures = Figures(search)
    client.headers["Authorization"] = f"Bearer {key}"
    for query in search.queries:
        figures.found = figures.requests = 0
        cursor = None
        while figures.requests < _MOST_REQUESTS:
            asked = {**query, "cursor": cursor} if cursor else query
            began = time.perf_counter()
            answer = await client.get(_TASKS, params=asked)
            figures.times.append(1000 * (time.perf_counter() - began))
            page = answer.raise_for_status().json()
            figures.found += len(page["items"])
            figures.requests += 1
            cursor = page["next_cursor"]
            if cursor is None or not search.rare:
                break
    return figures


if __name__ == "__main__":
    main()
