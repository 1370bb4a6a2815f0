"""What else follows from transitions: every domain's projections, in one list."""

from gateway.artifacts.projections import artifact_projection
from gateway.recording.batch import Projection
from gateway.recording.config import RecorderSettings


def all_projections(settings: RecorderSettings) -> list[Projection]:
    """In the order in which they are called; a new domain adds its own here."""
    return [artifact_projection(settings.days_of)]
