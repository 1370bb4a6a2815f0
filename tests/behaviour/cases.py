"""All behaviours; a system that inherits them behaves like any other."""

from tests.behaviour.families import BatchCases, ChildrenCases, EventCases
from tests.behaviour.outcomes import AskingCases, OutcomeCases
from tests.behaviour.timing import CancellationCases, TimingCases


# pytest begins with the last of them: by the end a minute has passed, which due times need.
class BehaviourCases(
    TimingCases,
    OutcomeCases,
    AskingCases,
    CancellationCases,
    ChildrenCases,
    EventCases,
    BatchCases,
):
    """Needs a fixture `system` (tests.behaviour.system.System) with the service's kinds known."""
