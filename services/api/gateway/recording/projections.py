"""What else follows from transitions: every domain's projections, in one list."""

from prometheus_client import CollectorRegistry

from gateway.artifacts.projections import artifact_projection
from gateway.batches.counting import count_members
from gateway.catalogue.projections import follow_index
from gateway.dead_letters.projections import write_letters_of_ends
from gateway.events.projections import event_projection
from gateway.recording.config import RecorderSettings
from gateway.tasks.projection import Projection
from gateway.tasks.routing import Router, load_route
from gateway.tasks.unique_keys import free_unique_keys


def all_projections(settings: RecorderSettings) -> list[Projection]:
    """In the order in which they are called; a new domain adds its own here.

    Raises ConfigurationError if WARREN_ROUTE names no route.
    """
    router = Router(load_route(settings.route), CollectorRegistry())
    return [
        artifact_projection(settings.days_of),
        *ending_projections(),
        event_projection(router, settings.max_payload_bytes),
    ]


def ending_projections() -> list[Projection]:
    """Those that follow every end of a task, also one that no status brings."""
    return [write_letters_of_ends, free_unique_keys, count_members, follow_index]
