"""`@on(…)`: a Worker class whose tasks are the events of a type."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from warren.contracts.events import Event
from warren.contracts.kinds import KindSubscription
from warren.errors import ConfigurationError

ClassT = TypeVar("ClassT", bound=type)

_ATTRIBUTE = "event_subscriptions"


def on(event: str | type[Event], *, envelope: bool = False) -> Callable[[ClassT], ClassT]:
    """Have each event of this type done as a task of the decorated Worker class.

    The payload of the task is the event's `data`, or with `envelope` the whole event as
    warren.contracts.events.CloudEvent describes it; what the job model does not know of it is
    ignored. May be given several times, for several types. Subclasses do not subscribe by it.
    Raises ConfigurationError for what is no event type.
    """
    event_type = event if isinstance(event, str) else getattr(event, "type", None)
    try:
        # Any type may come in from a decorator, hence validation of plain data.
        subscription = KindSubscription.model_validate(
            {"event_type": event_type, "envelope": envelope}
        )
    except ValidationError as error:
        raise ConfigurationError(
            f"@on({event!r}): give the type of an event with its version, "
            "such as 'book.processed.v1'"
        ) from error

    def subscribe(worker: ClassT) -> ClassT:
        known = subscriptions_of(worker)
        if any(other.event_type == subscription.event_type for other in known):
            raise ConfigurationError(
                f"{worker.__module__}.{worker.__qualname__} subscribes to "
                f"{subscription.event_type} twice: one event becomes one task of it"
            )
        setattr(worker, _ATTRIBUTE, (subscription, *known))
        return worker

    return subscribe


def subscriptions_of(worker: Any) -> list[KindSubscription]:
    """What the class itself subscribes to, in the order of its decorators."""
    return list(vars(worker).get(_ATTRIBUTE, ()))
