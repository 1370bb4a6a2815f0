"""What fields of messages look like, by name or by `schema.field`, for the examples."""

from typing import Any

_TASK = "0199e5c0-7d3a-7c41-9f52-3a6b0e1d2c4f"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_SENTENCE = "The old harbour lay under a heavy grey sky."
_INCARNATION = "b5f8c1d2a3e4"

VALUES: dict[str, Any] = {
    # Envelopes
    "queue_name": "tts.default",
    "message_id": f"{_TASK}.1.1",
    "message_timestamp": 1795771800000,
    "kwargs": {},
    "CloudEvent.source": "/services/tts",
    "subject": _TASK,
    "JobOptions.lane": "default",
    "traceparent": None,
    # Jobs
    "text": _SENTENCE,
    "prompt": "a ruined tower covered with yellow ivy",
    "question": "When are you open?",
    "answer": "From nine to five.",
    "url": "https://example.org/opening-hours",
    "DiscardDeadLetters.reason": "the book was withdrawn",
    "content_hash": _SHA256,
    "id": _TASK,
    **{
        f"{action}{entity}.id": "lamp-1"
        for action in ("Upsert", "Delete")
        for entity in ("Product", "Service", "Accessory")
    },
    "Entity.id": "lamp-1",
    "DeleteDocumentsBySource.source": "handbook",
    "UploadDocumentFile.source": "handbook",
    "UploadDocumentText.source": "handbook",
    "UploadDocumentUrl.source": "handbook",
    "DeliverWebhook.url": "https://example.org/warren",
    "DeliverWebhook.host": "example.org",
    "DeliverWebhook.message_id": "msg_0199e5c07d3a7c419f523a6b0e1d2c4f",
    "WebhookSecret.sealed": "sealed.v1.0a1b2c3d." + "A" * 60,
    "TransferStyle.style": "watercolour",
    "SynthesizeBatch.items": [{"text": _SENTENCE}],
    "ArtifactRef.name": "descriptions.jsonl",
    "GeneratedImage.provider": "procedural",
    # Statuses, beats and orders
    "incarnation": _INCARNATION,
    "ErrorInfo.type": "ProviderDown",
    "ErrorInfo.message": "the voice server does not answer",
    "service": "tts",
    "release": "0.1.0",
    "name": "tts-worker",
    "host": "node-1",
    "kind": "tts.synthesize",
    "NewChild.key": "chapter:1",
    "NewBatch.key": "chapters",
    "provider": "chatbot",
    "HoldProvider.reason": "failing",
    "by": "key:wk_4f1c",
    "sha256": _SHA256,
    "media_type": "application/json",
}
