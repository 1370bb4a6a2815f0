"""What else follows from transitions: every domain's projections, in one list."""

from gateway.artifacts.projections import artifact_projection
from gateway.dead_letters.projections import write_letters_of_ends
from gateway.recording.config import RecorderSettings
from gateway.tasks.projection import Projection
from gateway.tasks.unique_keys import free_unique_keys


def all_projections(settings: RecorderSettings) -> list[Projection]:
    """In the order in which they are called; a new domain adds its own here."""
    return [artifact_projection(settings.days_of), *ending_projections()]


def ending_projections() -> list[Projection]:
    """Those that follow every end of a task, also one that no status brings."""
    return [write_letters_of_ends, free_unique_keys]
