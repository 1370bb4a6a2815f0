"""The registry of each of the gateway's processes that answer no requests."""

from prometheus_client import CollectorRegistry

from gateway.tasks.measures import task_numbers
from warren.messaging.measures import messaging_numbers
from warren.observability.caches import cache_numbers
from warren.observability.process_numbers import process_registry


def gateway_registry(part: str, *others: CollectorRegistry) -> CollectorRegistry:
    """What all of them tell (the process itself, its connections, tasks), and the `others`."""
    tasks, messaging = task_numbers().registry, messaging_numbers().registry
    return process_registry(part, tasks, messaging, cache_numbers().registry, *others)
