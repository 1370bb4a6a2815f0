"""What else follows from transitions: every domain's projections, in one list."""

from prometheus_client import CollectorRegistry

from gateway.artifacts.projections import artifact_projection
from gateway.batches.counting import count_members
from gateway.batches.joining import follow_joins
from gateway.books.projections import follow_books
from gateway.catalogue.projections import follow_index
from gateway.catalogue.vectors import follow_vectors
from gateway.dead_letters.projections import write_letters_of_ends
from gateway.documents.projections import document_follow_up
from gateway.events.issuing import EventIssuer
from gateway.events.projections import event_projection
from gateway.images.projections import record_images
from gateway.intake.definitions import Definitions
from gateway.reconciling.issuing import SyncIssuer
from gateway.reconciling.projections import reconciling_projection
from gateway.reconciling.reindexing import Debounce
from gateway.recording.config import RecorderSettings
from gateway.tasks.projection import Projection
from gateway.tasks.routing import Router, load_route
from gateway.tasks.unique_keys import free_unique_keys
from gateway.webhooks.following import follow_deliveries
from gateway.webhooks.hosts import note_paces
from gateway.webhooks.telling import tell_ends
from warren.contracts.submission import MAX_PAYLOAD_BYTES

#: Seconds without a change of a customer's documents before their index is built anew; and how long
#: changes can put that off.
_REINDEX = Debounce(delay=30.0, longest=600.0)


def all_projections(settings: RecorderSettings) -> list[Projection]:
    """In the order in which they are called; a new domain adds its own here.

    Raises ConfigurationError if WARREN_ROUTE names no route.
    """
    router = Router(load_route(settings.route), CollectorRegistry())
    return [
        artifact_projection(settings.days_of),
        record_images,
        *_following_ends(),
        event_projection(router, settings.max_payload_bytes),
        follow_deliveries,
        note_paces,
    ]


def ending_projections() -> list[Projection]:
    """Those that follow every end of a task, also one that no status brings."""
    return [*_following_ends(), follow_deliveries]


def _following_ends() -> list[Projection]:
    # What makes deliveries locks secrets, and comes before what locks endpoints.
    router = Router(None, CollectorRegistry())
    issuer = SyncIssuer(router, Definitions())
    follow_up = document_follow_up(EventIssuer(router, MAX_PAYLOAD_BYTES), issuer, _REINDEX)
    return [
        write_letters_of_ends,
        free_unique_keys,
        count_members,
        follow_joins,
        follow_index,
        follow_vectors,
        follow_books,
        reconciling_projection(follow_up, issuer),
        tell_ends,
    ]
