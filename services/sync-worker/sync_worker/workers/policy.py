"""How all jobs of this service are tried again, and how long they wait."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from sync_worker.config import ChatbotSettings
from sync_worker.ports import Written
from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.worker import JobContext, Worker

_DAY = 86_400.0
JobT = TypeVar("JobT", bound=Job)
ResultT = TypeVar("ResultT")
#: A write to the chatbot, given its idempotency key.
Call = Callable[[str], Written]


class SyncWorker(Worker[JobT, ResultT]):
    """A change of the chatbot: three retries after bad answers, days of waiting while it is away.

    Only the gateway asks for these: it keeps the versions.
    """

    audience = Audience.INTERNAL
    max_retries = 3
    retry_backoff_base = 2
    retry_backoff_max = 60
    #: Every job is one call, or a few: all kinds share the rate at which the chatbot is called.
    rate_group = "chatbot"
    time_limit = 120
    soft_time_limit = 110

    @classmethod
    def configured(cls) -> dict[str, Any]:
        settings = ChatbotSettings()
        return {
            "rate_limit": settings.chatbot_rate,
            "max_age": settings.chatbot_patience_days * _DAY,
        }


def written_once(context: JobContext, call: Call, step: str = "chatbot") -> Written:
    """What came of a write, now or in an earlier run of the task; `step` names it therein."""
    receipt = context.effect(step).once(lambda key: _document(call(key)))
    # One of an earlier release says less.
    return Written(receipt["superseded_by"], receipt["removed"], receipt.get("newer"))


def _document(written: Written) -> dict[str, int | None]:
    return asdict(written)
