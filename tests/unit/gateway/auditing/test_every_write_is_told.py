"""What every route that changes something leaves for those who ask who it was."""

import json
import re
from pathlib import Path

from gateway.auditing.changes import Action

ROOT = Path(__file__).resolve().parents[4]
PAGE = ROOT / "docs" / "howto" / "see-who-changed-what.md"
V1 = "/api/v1"
#: An entry of the audit, in the transaction of the change.
AUDITED = {
    f"DELETE {V1}/tasks/{{task_id}}": Action.TASK_DELETED,
    f"POST {V1}/tasks/{{task_id}}/extend": Action.RESULT_EXTENDED,
    f"POST {V1}/tasks/cancel": Action.TASKS_CANCELLED,
    f"POST {V1}/tasks/retry": Action.TASKS_RETRIED,
    f"POST {V1}/dead-letters/{{letter_id}}/replay": Action.LETTERS_REPLAYED,
    f"POST {V1}/dead-letters/{{letter_id}}/discard": Action.LETTERS_DISCARDED,
    f"POST {V1}/dead-letters/replay": Action.LETTERS_REPLAYED,
    f"POST {V1}/dead-letters/discard": Action.LETTERS_DISCARDED,
    f"PUT {V1}/books/{{book_id}}/plan": Action.BOOK_PLANNED,
    f"DELETE {V1}/books/{{book_id}}": Action.BOOK_DELETED,
    f"DELETE {V1}/catalogue/{{kind}}": Action.CATALOGUE_CLEARED,
    f"DELETE {V1}/documents/delete-all": Action.DOCUMENTS_DELETED,
    f"DELETE {V1}/documents/delete-by-source": Action.DOCUMENTS_DELETED,
    f"POST {V1}/documents/reindex": Action.DOCUMENTS_REINDEXED,
    f"POST {V1}/mobile-faq/import": Action.FAQS_IMPORTED,
    f"DELETE {V1}/mobile-faqs": Action.FAQS_DELETED,
    f"PATCH {V1}/images/{{image_id}}": Action.IMAGE_CHANGED,
    f"DELETE {V1}/images/{{image_id}}": Action.IMAGE_DELETED,
    f"POST {V1}/workers/{{incarnation}}/stop": Action.WORKER_STOPPED,
    f"POST {V1}/queues/{{name}}/pause": Action.QUEUE_PAUSED,
    f"POST {V1}/queues/{{name}}/resume": Action.QUEUE_RESUMED,
    f"POST {V1}/queues/{{name}}/purge": Action.QUEUE_PURGED,
    f"POST {V1}/schedules": Action.SCHEDULE_CREATED,
    f"PATCH {V1}/schedules/{{schedule}}": Action.SCHEDULE_CHANGED,
    f"DELETE {V1}/schedules/{{schedule}}": Action.SCHEDULE_DELETED,
    f"POST {V1}/schedules/{{schedule}}/run": Action.SCHEDULE_RUN,
    f"POST {V1}/providers/{{provider}}/release": Action.PROVIDER_RELEASED,
    f"POST {V1}/webhooks": Action.WEBHOOK_CREATED,
    f"POST {V1}/webhooks/secret": Action.WEBHOOK_SECRET_ROTATED,
    f"POST {V1}/webhooks/{{webhook_id}}/rotate-secret": Action.WEBHOOK_SECRET_ROTATED,
    f"PATCH {V1}/webhooks/{{webhook_id}}": Action.WEBHOOK_CHANGED,
    f"DELETE {V1}/webhooks/{{webhook_id}}": Action.WEBHOOK_DELETED,
    f"POST {V1}/keys": Action.KEY_CREATED,
    f"PATCH {V1}/keys/{{key}}": Action.KEY_CHANGED,
    f"DELETE {V1}/keys/{{key}}": Action.KEY_REVOKED,
    f"POST {V1}/customers": Action.CUSTOMER_CREATED,
    f"PATCH {V1}/customers/{{customer_id}}": Action.CUSTOMER_CHANGED,
    f"POST {V1}/customers/{{customer_id}}/erase": Action.ERASURE_REQUESTED,
}
#: What the system does by itself, or a task when it comes to it.
BY_NO_ROUTE = {Action.WEBHOOK_DISABLED, Action.DATA_ERASED}
#: Tasks, and writes with a task each: that has an actor and a history of its own.
BY_TASKS = {
    "POST /v1/audio/speech",
    "POST /v1/images/edits",
    "POST /v1/images/generations",
    f"DELETE {V1}/catalogue/{{kind}}/{{item_id}}",
    f"DELETE {V1}/mobile-faq/{{faq_id}}",
    f"POST {V1}/batches",
    f"POST {V1}/batches/{{task_id}}/members",
    f"POST {V1}/books",
    f"POST {V1}/books/{{book_id}}/cache",
    f"POST {V1}/books/{{book_id}}/images",
    f"POST {V1}/books/{{book_id}}/locations",
    f"POST {V1}/books/{{book_id}}/selection",
    f"POST {V1}/books/{{book_id}}/start",
    f"POST {V1}/catalogue/{{kind}}/bulk",
    f"POST {V1}/catalogue/{{kind}}/bulk-delete",
    f"POST {V1}/documents/upload-file",
    f"POST {V1}/documents/upload-text",
    f"POST {V1}/documents/upload-url",
    f"POST {V1}/images/enhance",
    f"POST {V1}/images/for-descriptions",
    f"POST {V1}/images/generate",
    f"POST {V1}/images/remove-background",
    f"POST {V1}/images/swap-face",
    f"POST {V1}/images/transfer-style",
    f"POST {V1}/mobile-faq",
    f"POST {V1}/nlp/descriptions",
    f"POST {V1}/speech",
    f"POST {V1}/speech/batch",
    f"POST {V1}/tasks",
    f"POST {V1}/tasks/batch",
    f"POST {V1}/tasks/create/",
    f"POST {V1}/tasks/{{task_id}}/cancel",
    f"POST {V1}/tasks/{{task_id}}/cancel/",
    f"POST {V1}/tasks/{{task_id}}/retry",
    f"PUT {V1}/catalogue/{{kind}}/{{item_id}}",
    f"PUT {V1}/mobile-faq/{{faq_id}}",
}
#: The log of deliveries tells of messages; an upload is a row of its own, and changes nothing.
BY_THEMSELVES = {
    f"POST {V1}/artifacts",
    f"POST {V1}/webhooks/deliveries/{{delivery_id}}/resend",
    f"POST {V1}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/resend",
    f"POST {V1}/webhooks/{{webhook_id}}/ping",
}


def _writes() -> set[str]:
    document = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text())
    return {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
        if method in {"post", "put", "patch", "delete"}
    }


def test_of_every_route_that_writes_it_is_decided_what_tells_of_it() -> None:
    assert _writes() == AUDITED.keys() | BY_TASKS | BY_THEMSELVES
    assert set(AUDITED.values()) | BY_NO_ROUTE == set(Action)


def test_the_page_names_every_action_and_no_other() -> None:
    table = PAGE.read_text().partition("| action | by |")[2].partition("\n\n")[0]
    named = re.findall(r"`([a-z_]+\.[a-z_]+)`", table)

    assert sorted(named) == sorted(Action)
