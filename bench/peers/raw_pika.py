"""The limit: consume from a quorum queue with pika and acknowledge each message, nothing else.

    python -m bench.peers.raw_pika AMQP_URL TASKS PREFETCH

Prints {"tasks_per_second", "cpu_seconds"}.
"""

import json
import resource
import sys
import time

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic, BasicProperties

QUEUE = "bench-raw"


def main(amqp_url: str, tasks: int, prefetch: int) -> None:
    """Run the peer once."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_purge(QUEUE)
    body = json.dumps({"args": [{"number": 1}], "padding": "x" * 200}).encode()
    for _ in range(tasks):
        channel.basic_publish("", QUEUE, body, BasicProperties(delivery_mode=2))
    while channel.queue_declare(QUEUE, passive=True).method.message_count < tasks:
        connection.process_data_events(0.05)

    finished = 0

    def acknowledge(
        channel: BlockingChannel, method: Basic.Deliver, _: BasicProperties, body: bytes
    ) -> None:
        nonlocal finished
        channel.basic_ack(method.delivery_tag)
        finished += 1
        if finished == tasks:
            channel.stop_consuming()

    channel.basic_qos(prefetch_count=prefetch)
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    channel.basic_consume(QUEUE, acknowledge)
    channel.start_consuming()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    connection.close()
    print(
        json.dumps(
            {
                "tasks_per_second": tasks / seconds,
                "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
