"""The `webhook` of a single task: where its owner wants to be told of it."""

from pydantic import BaseModel, ConfigDict

from gateway.webhooks.filters import DEFAULT_EVENTS, EventNames
from gateway.webhooks.urls import ReceiverUrl


class TaskWebhook(BaseModel):
    """An address, and the types of messages about the task that it is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: ReceiverUrl
    events: EventNames = list(DEFAULT_EVENTS)
