"""Webhooks: messages to addresses of customers, as Standard Webhooks 1.0 has them."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from warren.contracts.job import Job
from warren.contracts.sealed import SealedText

#: Seconds before the attempts after the first; the longest is a day.
RETRY_DELAYS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_URL = 2_048
#: Bytes of a message as it is posted.
MAX_BODY_BYTES = 60 * 1024
#: Types of errors by which a task says how a delivery has ended.
GONE, GIVEN_UP = "ReceiverGone", "DeliveryGivenUp"
_ANSWER = re.compile(
    r"the receiver answered ([0-9]{3}) after ([0-9]+\.[0-9]{2}) s(?:: (.*))?", re.DOTALL
)


class WebhookSecret(BaseModel):
    """What messages are signed by; after `until`, if given, it is not used any more."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sealed: SealedText
    until: AwareDatetime | None = None


class DeliverWebhook(Job):
    """Post a signed message to an address of the customer's.

    `secret_of` is the endpoint, or the customer, whose secrets these are. After `attempts`, or as
    many as the schedule has, the delivery is given up.
    """

    kind: ClassVar = "webhook.deliver"

    url: Annotated[str, Field(max_length=MAX_URL)]
    #: That of `url`, with its port if that is an unusual one: its deliveries share a few places.
    host: str
    message_id: Annotated[str, Field(pattern=r"^msg_[0-9a-f]{32}$")]
    body: dict[str, Any]
    secret_of: UUID
    secrets: Annotated[list[WebhookSecret], Field(min_length=1, max_length=2)]
    attempts: Annotated[int, Field(ge=1)] | None = None


class DeliveredWebhook(BaseModel):
    """What the receiver answered, after how many seconds; `answer` is how its body begins."""

    status_code: int
    seconds: float
    answer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said."""

    status_code: int
    seconds: float
    text: str

    def __str__(self) -> str:
        said = f"the receiver answered {self.status_code} after {self.seconds:.2f} s"
        return f"{said}: {self.text}" if self.text else said


def answer_in(message: str) -> Answer | None:
    """The answer that an error's message begins with, as `str()` wrote it; None without one."""
    found = _ANSWER.match(message)
    return Answer(int(found[1]), float(found[2]), found[3] or "") if found else None


def message_id(delivery: UUID) -> str:
    """The `webhook-id` of a message that was first delivered by this task."""
    return f"msg_{delivery.hex}"


def secret_context(owner: UUID) -> str:
    """What a secret of an endpoint, or of a customer, is sealed for."""
    return f"webhook:{owner}"
