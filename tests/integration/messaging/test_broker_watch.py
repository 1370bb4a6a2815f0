"""How a process knows that the broker takes messages, and how long it takes to."""

from urllib.parse import urlsplit

import pytest

from tests.chaos.proxy import Proxy, ProxyLoop
from warren.messaging.broker_watch import BrokerWatch
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq

_DELAY = 0.2


def test_the_time_of_a_confirm_is_what_the_broker_took(amqp_url: str) -> None:
    port = urlsplit(amqp_url).port or 0
    with ProxyLoop() as loop:
        proxy = Proxy(loop, lambda: port)
        watch = BrokerWatch(amqp_url.replace(f":{port}", f":{proxy.port}"), name="watch")
        watch.start()
        try:
            # (On a machine that others use, not each confirm is that quick.)
            eventually(lambda: 0 < (watch.round_trip or 0) < _DELAY, seen=lambda: watch.round_trip)
            proxy.delay(_DELAY)
            eventually(lambda: (watch.round_trip or 0) >= 2 * _DELAY, seen=lambda: watch.round_trip)
        finally:
            watch.close(5)
            proxy.close()
