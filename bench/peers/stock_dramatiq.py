"""Stock Dramatiq on RabbitMQ with publisher confirms: enqueue N no-ops, then run them.

    python -m bench.peers.stock_dramatiq AMQP_URL TASKS THREADS

Prints {"enqueue_per_second", "tasks_per_second", "cpu_seconds"}; the rate is measured from the
worker's start to the last task's end. It records nothing and its queue is a classic durable one.
"""

import json
import resource
import sys
import threading
import time

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.worker import Worker


def main(amqp_url: str, tasks: int, threads: int) -> None:
    """Run the peer once."""
    broker = RabbitmqBroker(url=amqp_url, confirm_delivery=True)
    dramatiq.set_broker(broker)
    done = threading.Event()
    lock = threading.Lock()
    finished = 0

    @dramatiq.actor(queue_name="bench-dramatiq", broker=broker)
    def do_nothing(number: int) -> None:
        nonlocal finished
        with lock:
            finished += 1
            if finished == tasks:
                done.set()

    started = time.perf_counter()
    for number in range(tasks):
        do_nothing.send(number)
    enqueued = time.perf_counter() - started

    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    worker = Worker(broker, worker_threads=threads, worker_timeout=100)
    worker.start()
    if not done.wait(120):
        raise SystemExit(f"only {finished} of {tasks} tasks ran within 120 s")
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    worker.stop()
    broker.close()
    print(
        json.dumps(
            {
                "enqueue_per_second": tasks / enqueued,
                "tasks_per_second": tasks / seconds,
                "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
