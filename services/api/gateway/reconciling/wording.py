"""What a caller is told of an accepted change, in the language it asks for."""

from enum import StrEnum

DEFAULT = "en"
_LONGEST_HEADER = 500


class Wording(StrEnum):
    """What was accepted."""

    DOCUMENT = "document"
    DOCUMENTS_DELETED = "documents_deleted"
    REINDEX = "reindex"
    FAQ_CREATED = "faq_created"
    FAQ_UPDATED = "faq_updated"
    FAQ_DELETED = "faq_deleted"
    FAQS_DELETED = "faqs_deleted"
    FAQS_IMPORTED = "faqs_imported"
    ITEMS = "items"


_WORDS: dict[str, dict[Wording, str]] = {
    "en": {
        Wording.DOCUMENT: "The document is queued and will reach the chatbot shortly.",
        Wording.DOCUMENTS_DELETED: "The deletion is queued and will reach the chatbot shortly.",
        Wording.REINDEX: "The reindex is queued.",
        Wording.FAQ_CREATED: "The FAQ is queued and will reach the chatbot shortly.",
        Wording.FAQ_UPDATED: "The change of the FAQ is queued and will reach the chatbot shortly.",
        Wording.FAQ_DELETED: "The deletion of the FAQ is queued.",
        Wording.FAQS_DELETED: "The deletion of all FAQs is queued.",
        Wording.FAQS_IMPORTED: "The import is queued and will reach the chatbot shortly.",
        Wording.ITEMS: "The change is queued and will be searchable shortly.",
    },
    "vi": {
        Wording.DOCUMENT: "Tài liệu đã được xếp hàng và sẽ sớm được gửi tới chatbot.",
        Wording.DOCUMENTS_DELETED: "Yêu cầu xóa đã được xếp hàng và sẽ sớm được gửi tới chatbot.",
        Wording.REINDEX: "Yêu cầu lập lại chỉ mục đã được xếp hàng.",
        Wording.FAQ_CREATED: "Câu hỏi đã được xếp hàng và sẽ sớm được gửi tới chatbot.",
        Wording.FAQ_UPDATED: "Thay đổi của câu hỏi đã được xếp hàng và sẽ sớm tới chatbot.",
        Wording.FAQ_DELETED: "Yêu cầu xóa câu hỏi đã được xếp hàng.",
        Wording.FAQS_DELETED: "Yêu cầu xóa tất cả câu hỏi đã được xếp hàng.",
        Wording.FAQS_IMPORTED: "Dữ liệu nhập đã được xếp hàng và sẽ sớm được gửi tới chatbot.",
        Wording.ITEMS: "Thay đổi đã được xếp hàng và sẽ sớm có thể tìm kiếm được.",
    },
    "ru": {
        Wording.DOCUMENT: "Документ поставлен в очередь и скоро попадёт в чат-бот.",
        Wording.DOCUMENTS_DELETED: "Удаление поставлено в очередь и скоро дойдёт до чат-бота.",
        Wording.REINDEX: "Переиндексация поставлена в очередь.",
        Wording.FAQ_CREATED: "Вопрос поставлен в очередь и скоро попадёт в чат-бот.",
        Wording.FAQ_UPDATED: "Изменение вопроса поставлено в очередь и скоро попадёт в чат-бот.",
        Wording.FAQ_DELETED: "Удаление вопроса поставлено в очередь.",
        Wording.FAQS_DELETED: "Удаление всех вопросов поставлено в очередь.",
        Wording.FAQS_IMPORTED: "Импорт поставлен в очередь и скоро попадёт в чат-бот.",
        Wording.ITEMS: "Изменение поставлено в очередь и скоро будет видно в поиске.",
    },
}


def worded(what: Wording, accept_language: str | None) -> tuple[str, str]:
    """The message, and the language that it is in: one of en, vi and ru."""
    language = preferred_language(accept_language)
    return _WORDS[language][what], language


def preferred_language(header: str | None) -> str:
    """The known language that an Accept-Language header likes best; English for all others."""
    liked = []
    for place, item in enumerate((header or "")[:_LONGEST_HEADER].split(",")):
        tag, _, parameters = item.partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(parameters)
        if language in _WORDS and quality > 0:
            liked.append((-quality, place, language))
    return min(liked)[2] if liked else DEFAULT


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
