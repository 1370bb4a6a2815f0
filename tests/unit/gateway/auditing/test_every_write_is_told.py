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
    f"POST {V1}/tasks/{{task_id}}/cancel": Action.TASK_CANCELLED,
    f"POST {V1}/tasks/{{task_id}}/cancel/": Action.TASK_CANCELLED,
    f"POST {V1}/tasks/{{task_id}}/retry": Action.TASK_RETRIED,
    f"POST {V1}/tasks/cancel": Action.TASKS_CANCELLED,
    f"POST {V1}/tasks/retry": Action.TASKS_RETRIED,
    f"POST {V1}/dead-letters/{{letter_id}}/replay": Action.LETTERS_REPLAYED,
    f"POST {V1}/dead-letters/{{letter_id}}/discard": Action.LETTERS_DISCARDED,
    f"POST {V1}/dead-letters/replay": Action.LETTERS_REPLAYED,
    f"POST {V1}/dead-letters/discard": Action.LETTERS_DISCARDED,
    f"POST {V1}/artifacts": Action.ARTIFACT_UPLOADED,
    f"POST {V1}/books": Action.BOOK_UPLOADED,
    f"POST {V1}/books/{{book_id}}/cache": Action.BOOK_WORKED_ON,
    f"POST {V1}/books/{{book_id}}/locations": Action.BOOK_WORKED_ON,
    f"POST {V1}/books/{{book_id}}/selection": Action.BOOK_WORKED_ON,
    f"POST {V1}/books/{{book_id}}/start": Action.BOOK_WORKED_ON,
    f"PUT {V1}/books/{{book_id}}/plan": Action.BOOK_PLANNED,
    f"DELETE {V1}/books/{{book_id}}": Action.BOOK_DELETED,
    f"PUT {V1}/catalogue/{{kind}}/{{item_id}}": Action.ITEM_WRITTEN,
    f"DELETE {V1}/catalogue/{{kind}}/{{item_id}}": Action.ITEM_DELETED,
    f"POST {V1}/catalogue/{{kind}}/bulk": Action.BULK_WRITTEN,
    f"POST {V1}/catalogue/{{kind}}/bulk-delete": Action.BULK_DELETED,
    f"DELETE {V1}/catalogue/{{kind}}": Action.CATALOGUE_CLEARED,
    f"POST {V1}/documents/upload-file": Action.DOCUMENT_WRITTEN,
    f"POST {V1}/documents/upload-text": Action.DOCUMENT_WRITTEN,
    f"POST {V1}/documents/upload-url": Action.DOCUMENT_WRITTEN,
    f"DELETE {V1}/documents/delete-all": Action.DOCUMENTS_DELETED,
    f"DELETE {V1}/documents/delete-by-source": Action.DOCUMENTS_DELETED,
    f"POST {V1}/documents/reindex": Action.DOCUMENTS_REINDEXED,
    f"POST {V1}/mobile-faq": Action.FAQ_WRITTEN,
    f"PUT {V1}/mobile-faq/{{faq_id}}": Action.FAQ_WRITTEN,
    f"DELETE {V1}/mobile-faq/{{faq_id}}": Action.FAQ_DELETED,
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
    f"POST {V1}/webhooks/{{webhook_id}}/ping": Action.WEBHOOK_PINGED,
    f"POST {V1}/webhooks/deliveries/{{delivery_id}}/resend": Action.MESSAGE_RESENT,
    f"POST {V1}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/resend": Action.MESSAGE_RESENT,
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
#: Pure submissions: nothing is there that was not before but the task (or tasks, with their batch),
#: and that names its actor. What a task changes later is the task's doing.
SUBMISSIONS = {
    "POST /v1/audio/speech",
    "POST /v1/images/edits",
    "POST /v1/images/generations",
    f"POST {V1}/batches",
    f"POST {V1}/batches/{{task_id}}/members",
    f"POST {V1}/books/{{book_id}}/images",
    f"POST {V1}/images/enhance",
    f"POST {V1}/images/for-descriptions",
    f"POST {V1}/images/generate",
    f"POST {V1}/images/remove-background",
    f"POST {V1}/images/swap-face",
    f"POST {V1}/images/transfer-style",
    f"POST {V1}/nlp/descriptions",
    f"POST {V1}/speech",
    f"POST {V1}/speech/batch",
    f"POST {V1}/tasks",
    f"POST {V1}/tasks/batch",
    f"POST {V1}/tasks/create/",
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
    assert _writes() == AUDITED.keys() | SUBMISSIONS
    assert set(AUDITED.values()) | BY_NO_ROUTE == set(Action)


def test_the_page_names_every_action_and_no_other() -> None:
    table = PAGE.read_text().partition("| action | by |")[2].partition("\n\n")[0]
    named = re.findall(r"`([a-z_]+\.[a-z_]+)`", table)

    assert sorted(named) == sorted(Action)
