"""The job that posts a message to a customer's address."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson

from sync_worker.config import WebhookSettings
from sync_worker.errors import DeliveryGivenUp, ReceiverFailed, ReceiverGone
from sync_worker.service.signing import signed_headers
from sync_worker.workers.surroundings import receivers
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.contracts.webhooks import (
    RETRY_DELAYS,
    Answer,
    DeliveredWebhook,
    DeliverWebhook,
    secret_context,
)
from warren.outbound.webhooks import webhook_rules
from warren.sealing import Sealer, SealingSettings
from warren.worker import JobContext, Worker


class DeliverWebhookWorker(Worker[DeliverWebhook, DeliveredWebhook]):
    """Tried again as the published schedule says; who is away keeps no thread of other jobs.

    Delivered at least once: a message comes again with the same `webhook-id` if its outcome got
    lost.
    """

    audience = Audience.INTERNAL
    lane = Lane.LOW
    retry_delays = RETRY_DELAYS
    concurrency_key = "{customer_id}/{payload.host}"
    concurrency_limit = 4
    time_limit = 60
    soft_time_limit = 50

    @classmethod
    def configured(cls) -> dict[str, Any]:
        settings = WebhookSettings()
        webhook_rules()  # a wrong one ends the command
        delays = settings.webhook_retry_delays
        return {
            "retry_delays": delays,
            "max_retries": len(delays),
            "concurrency_limit": settings.webhook_at_a_time,
        }

    async def perform(self, job: DeliverWebhook, context: JobContext) -> DeliveredWebhook:
        context.check_cancelled()
        try:
            answer = await asyncio.to_thread(_post, job)
            return _taken(answer)
        except ReceiverFailed as error:
            if context.attempt < self._attempts(job):
                raise
            # Whose receiver it is knows it from the log of deliveries; no operator can mend it.
            raise DeliveryGivenUp(str(error), field="url") from error

    def _attempts(self, job: DeliverWebhook) -> int:
        most = self.max_retries + 1
        return most if job.attempts is None else min(job.attempts, most)


def _post(job: DeliverWebhook) -> Answer:
    sealer, now = Sealer.of(SealingSettings()), datetime.now(UTC)
    context = secret_context(job.secret_of)
    secrets = [
        sealer.open(secret.sealed, context)
        for secret in job.secrets
        if secret.until is None or secret.until > now
    ]
    body = orjson.dumps(job.body)
    headers = signed_headers(job.message_id, body, secrets, now)
    return receivers().post(job.url, headers, body)


def _taken(answer: Answer) -> DeliveredWebhook:
    status = answer.status_code
    if status == HTTPStatus.GONE:
        raise ReceiverGone(str(answer), field="url")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise ReceiverFailed(str(answer))
    return DeliveredWebhook(status_code=status, seconds=answer.seconds, answer=answer.text)
