"""Other names for what is here: paths without their prefix, and former names of kinds."""

from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX = "/api/v1"
#: Paths that begin so stand below /api/v1, too.
PATHS = ("/documents", "/documents-original", "/mobile-faq", "/mobile-faqs")
#: Single paths that are called otherwise.
SINGLE_PATHS = {"/health/celery": "/api/v1/health"}

_CATALOGUE_ACTIONS = ("upsert", "delete", "bulk_upsert", "bulk_delete", "delete_all")
_CATALOGUE_ENTITIES = {"product": "products", "service": "services", "accessory": "accessories"}
#: A former name of a kind, and what the kind is called.
KINDS = {
    **{
        f"es_{action}_{entity}": f"catalogue.{action}_{entity}"
        for action in _CATALOGUE_ACTIONS
        for entity in _CATALOGUE_ENTITIES
    },
    "doc_upload_text": "document.upload_text",
    "doc_upload_file": "document.upload_file",
    "doc_upload_url": "document.upload_url",
    "doc_delete_all": "document.delete_all",
    "doc_delete_by_source": "document.delete_by_source",
    "doc_trigger_reindex": "document.trigger_reindex",
    "faq_create": "faq.create",
    "faq_update": "faq.update",
    "faq_delete": "faq.delete",
    "faq_delete_all": "faq.delete_all",
    "faq_import": "faq.import",
    "process_tts_request": "tts.synthesize",
    "batch_process_requests": "tts.batch",
    "process_book_task": "book.process",
    "generate_cfi_locations_task": "book.generate_locations",
    "cache_epub_file_task": "book.cache_file",
    "process_multi_nlp_ensemble_task": "nlp.extract_descriptions",
    "generate_images_task": "image.generate",
    "batch_generate_for_book_task": "image.generate_for_book",
    "cleanup_old_images_task": "api.clean_images",
    "system_stats_task": "api.system_stats",
    "health_check_task": "api.health_check",
}


_CATALOGUE_REQUESTS = {
    "upsert": "PUT {}/{{item_id}}",
    "delete": "DELETE {}/{{item_id}}",
    "bulk_upsert": "POST {}/bulk",
    "bulk_delete": "POST {}/bulk-delete",
    "delete_all": "DELETE {}?confirm=true",
}
#: What does the work of kinds that have a former name and that nobody submits: it writes the item,
#: document, FAQ or book together with the task.
DONE_BY = {
    **{
        f"catalogue.{action}_{entity}": request.format(f"{_PREFIX}/catalogue/{plural}")
        for action, request in _CATALOGUE_REQUESTS.items()
        for entity, plural in _CATALOGUE_ENTITIES.items()
    },
    "document.upload_text": f"POST {_PREFIX}/documents/upload-text",
    "document.upload_file": f"POST {_PREFIX}/documents/upload-file",
    "document.upload_url": f"POST {_PREFIX}/documents/upload-url",
    "document.delete_all": f"DELETE {_PREFIX}/documents/delete-all?confirm=true",
    "document.delete_by_source": f"DELETE {_PREFIX}/documents/delete-by-source?source=…",
    "document.trigger_reindex": f"POST {_PREFIX}/documents/reindex",
    "faq.create": f"POST {_PREFIX}/mobile-faq",
    "faq.update": f"PUT {_PREFIX}/mobile-faq/{{faq_id}}",
    "faq.delete": f"DELETE {_PREFIX}/mobile-faq/{{faq_id}}",
    "faq.delete_all": f"DELETE {_PREFIX}/mobile-faqs?confirm=true",
    "faq.import": f"POST {_PREFIX}/mobile-faq/import",
    "book.process": f"POST {_PREFIX}/books",
    "book.generate_locations": f"POST {_PREFIX}/books/{{book_id}}/locations",
    "book.cache_file": f"POST {_PREFIX}/books/{{book_id}}/cache",
}
_FORMER = {kind: name for name, kind in KINDS.items()}


def why_unknown(kind: str) -> str:
    """What a caller is told for whom `kind` does not exist; goes on where the field's name ends."""
    if kind not in DONE_BY:
        return f"is {kind[:100]!r}, which no service has announced"
    return (
        f"is {kind!r} (formerly {_FORMER[kind]!r}), which is not submitted as a task: it is done by"
        f" {DONE_BY[kind]}"
    )


def current_kind(name: str) -> str:
    """What the kind `name` is called now."""
    return KINDS.get(name, name)


def current_path(path: str) -> str:
    """Where the path leads."""
    if path in SINGLE_PATHS:
        return SINGLE_PATHS[path]
    first = "/" + path.removeprefix("/").partition("/")[0]
    return _PREFIX + path if first in PATHS else path


class FormerPaths:
    """ASGI middleware: requests for former paths are answered as if they had the prefix."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (path := current_path(scope["path"])) != scope["path"]:
            scope = {**scope, "path": path, "raw_path": quote(path).encode()}
        await self._app(scope, receive, send)
