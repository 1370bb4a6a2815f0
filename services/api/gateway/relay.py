"""The relay: moves due rows of the outbox to the broker."""

from threading import Event, Thread

import structlog

from gateway.database_session import DatabaseSession
from gateway.heartbeat import beating
from gateway.process_metrics import gateway_registry
from gateway.relaying.config import RelaySettings
from gateway.relaying.intents import PublishIntents
from gateway.relaying.listener import PUBLICATIONS_CHANNEL, OutboxListener
from gateway.relaying.loop import Relay
from gateway.relaying.measures import relay_numbers
from gateway.relaying.publications import PublicationRelay
from gateway.relaying.round import RelayRound
from warren.messaging.publisher import Publisher
from warren.observability.metrics_server import serving_metrics

_CLOSE_TIMEOUT = 5.0


def run_relay(settings: RelaySettings, stop: Event) -> None:
    """Relay until `stop` is set. Any number of relays may run: they share the rows."""
    log = structlog.get_logger("warren.relay")
    session = DatabaseSession(settings.database_url, name="warren-relay")
    listener = OutboxListener(
        DatabaseSession(settings.database_url, name="warren-relay-listener"), stop
    )
    # A message the relay no longer waits for must not be published again behind its back.
    publisher = Publisher(
        settings.amqp_url, name="warren-relay", timeout=settings.relay_confirm_timeout
    )
    intents = DatabaseSession(settings.database_url, name="warren-relay-intents")
    relay_round = RelayRound(settings, publisher, PublishIntents(intents))
    publisher.start()
    publications = _Publications(settings, publisher, stop)
    publications.start()
    log.info("the relay has started")
    registry = gateway_registry("relay", relay_numbers().registry)
    try:
        with (
            serving_metrics(registry, settings.host, settings.relay_metrics_port),
            beating(publisher, "relay"),
        ):
            Relay(session, listener, publisher, relay_round).run(stop)
    finally:
        publisher.close(_CLOSE_TIMEOUT)
        publications.join(_CLOSE_TIMEOUT)
        listener.close()
        intents.close()
        session.close()
    log.info("the relay has stopped")


class _Publications(Thread):
    """Publishes what is no job beside the relay, with connections of its own."""

    def __init__(self, settings: RelaySettings, publisher: Publisher, stop: Event) -> None:
        super().__init__(name="publications", daemon=True)
        self._settings = settings
        self._publisher = publisher
        self._stop_event = stop

    def run(self) -> None:
        url = self._settings.database_url
        session = DatabaseSession(url, name="warren-relay-publications")
        listening = DatabaseSession(url, name="warren-relay-publications-listener")
        listener = OutboxListener(listening, self._stop_event, PUBLICATIONS_CHANNEL)
        try:
            PublicationRelay(
                session,
                listener,
                self._publisher,
                confirm_timeout=self._settings.relay_confirm_timeout,
                poll=self._settings.relay_poll,
            ).run(self._stop_event)
        finally:
            listener.close()
            session.close()
