"""What a request for books may name that is not there, or cannot be used or done now."""

from gateway.problems import Problem


class BookNotFound(Problem):
    """The customer has no such book."""

    status, name, title = 404, "book-not-found", "Book not found"


class ChapterNotFound(Problem):
    """The book has no such chapter, or has not been read so far."""

    status, name, title = 404, "chapter-not-found", "Chapter not found"


class UnusableBook(Problem):
    """Empty, of no format that is read, or cut off."""

    status, name, title = 422, "unusable-book", "The book cannot be used"


class BookBusy(Problem):
    """A task is planning or processing the book."""

    status, name, title = 409, "book-busy", "The book is being worked on"


class NotRead(Problem):
    """The book has no chapters, descriptions or locations so far."""

    status, name, title = 409, "book-not-read", "The book has not been read so far"
